//! Tensors from arrays, lists and iterators.
//!
//! Nested arrays become axes; a list becomes one axis, which [`reshape`](Tensor::reshape) divides:
//!
//! ```
//! use tensor::Tensor;
//!
//! let rows = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
//! assert_eq!(rows.shape(), [2, 2]);
//! assert_eq!(rows, Tensor::from(vec![1.0, 2.0, 3.0, 4.0]).reshape([2, 2]));
//! let squares: Tensor = (1..=3).map(|i| (i * i) as f32).collect();
//! assert_eq!(squares, Tensor::from([1.0, 4.0, 9.0]));
//! ```

use crate::{Scalar, Tensor};

/// An element type: scalars, class labels or row numbers (`u32`), and conditions (`bool`).
///
/// An array is not an element, so nested arrays always become several axes.
pub trait Element: Copy + 'static {}

impl<T: Scalar> Element for T {}

impl Element for u32 {}

impl Element for bool {}

impl<T: Element, const N: usize> From<[T; N]> for Tensor<T> {
    fn from(values: [T; N]) -> Self {
        Self::new([N], values.to_vec())
    }
}

impl<T: Element, const N: usize, const M: usize> From<[[T; M]; N]> for Tensor<T> {
    fn from(rows: [[T; M]; N]) -> Self {
        Self::new([N, M], rows.concat())
    }
}

impl<T: Element, const N: usize, const M: usize, const K: usize> From<[[[T; K]; M]; N]>
    for Tensor<T>
{
    fn from(matrices: [[[T; K]; M]; N]) -> Self {
        Self::new([N, M, K], matrices.as_flattened().concat())
    }
}

impl<T: Element> From<Vec<T>> for Tensor<T> {
    fn from(values: Vec<T>) -> Self {
        Self::new([values.len()], values)
    }
}

impl<T: Element> From<&[T]> for Tensor<T> {
    fn from(values: &[T]) -> Self {
        values.to_vec().into()
    }
}

impl<T: Element> FromIterator<T> for Tensor<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Vec::from_iter(values).into()
    }
}
