//! Tensors joined along an axis.

use crate::Tensor;
use crate::shape::{self, expect};

impl<T: Copy + 'static> Tensor<T> {
    /// The tensors joined along an axis.
    ///
    /// # Panics
    /// When there are none, or they differ in an axis other than `axis`.
    #[track_caller]
    pub fn concat(tensors: &[&Self], axis: isize) -> Self {
        let shapes: Vec<&[usize]> = tensors.iter().map(|tensor| tensor.shape()).collect();
        let shape = expect("concat", shape::concat(&shapes, axis));
        let at = expect("concat", shape::axis(axis, shape.len()));
        let parts: Vec<_> = tensors.iter().map(|tensor| tensor.values()).collect();
        let mut joined = Vec::with_capacity(shape::len(&shape));
        for outer in 0..shape::len(&shape[..at]) {
            for (part, tensor) in parts.iter().zip(tensors) {
                let block = shape::len(&tensor.shape()[at..]);
                joined.extend_from_slice(&part[outer * block..(outer + 1) * block]);
            }
        }
        Self::new(shape, joined)
    }
}
