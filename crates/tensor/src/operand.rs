//! The right side of an operation that takes a tensor as well as a number.

use crate::{Scalar, Tensor};

/// A tensor, or a number in its place: `x.maximum(&y)` and `x.maximum(0.0)`.
pub trait TensorOrNumber<T: 'static> {
    /// Returns the tensor; a number as a tensor without axes, which broadcasts to any shape.
    fn into_tensor(self) -> Tensor<T>;
}

impl<T: Clone + 'static> TensorOrNumber<T> for &Tensor<T> {
    fn into_tensor(self) -> Tensor<T> {
        self.clone()
    }
}

impl<T: Scalar> TensorOrNumber<T> for T {
    fn into_tensor(self) -> Tensor<T> {
        Tensor::scalar(self)
    }
}

/// A label or a row number.
impl TensorOrNumber<u32> for u32 {
    fn into_tensor(self) -> Tensor<u32> {
        Tensor::scalar(self)
    }
}
