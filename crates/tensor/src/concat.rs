//! Tensors joined along an axis.

use std::borrow::Borrow;

use crate::Tensor;
use crate::shape::{self, expect};

impl<T: Copy + 'static> Tensor<T> {
    /// Returns the tensors joined along an axis. The list holds tensors or references to them.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let (x, y) = (Tensor::from([[1, 2], [3, 4]]), Tensor::from([[5], [6]]));
    /// assert_eq!(Tensor::concat(&[x, y], 1), Tensor::from([[1, 2, 5], [3, 4, 6]]));
    /// ```
    ///
    /// # Panics
    /// When there are none, or they differ in an axis other than `axis`.
    #[track_caller]
    pub fn concat(tensors: &[impl Borrow<Self>], axis: isize) -> Self {
        let tensors: Vec<&Self> = tensors.iter().map(Borrow::borrow).collect();
        let shapes: Vec<&[usize]> = tensors.iter().map(|tensor| tensor.shape()).collect();
        let shape = expect("concat", shape::concat(&shapes, axis));
        let at = expect("concat", shape::axis(axis, shape.len()));
        let parts: Vec<_> = tensors.iter().map(|tensor| tensor.values()).collect();
        let mut joined = Vec::with_capacity(shape::len(&shape));
        for outer in 0..shape::len(&shape[..at]) {
            for (part, tensor) in parts.iter().zip(&tensors) {
                let block = shape::len(&tensor.shape()[at..]);
                joined.extend_from_slice(&part[outer * block..(outer + 1) * block]);
            }
        }
        Self::new(shape, joined)
    }
}
