//! Merges the leading axes of a tensor, so that a layer that treats all rows alike sees one matrix.

use tensor::{Scalar, Tensor, shape};

/// Merges all axes but the last into one: `[…, n]` becomes `[rows, n]`.
pub(crate) fn flatten<T: Scalar>(x: &Tensor<T>) -> Tensor<T> {
    let last = x.rank() - 1;
    x.reshape([shape::len(&x.shape()[..last]), x.shape()[last]])
}
