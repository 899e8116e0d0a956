//! Concatenation along an axis, and padding with a constant.

use std::borrow::Borrow;

use crate::Tensor;
use crate::shape::{self, Shape, expect};

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
    /// If there are none, or they differ in an axis other than `axis`.
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

    /// Returns tensors of one shape side by side along a new axis, which is axis `axis` of the result
    /// (NumPy's and PyTorch's `stack`). The list holds tensors or references to them.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let (x, y) = (Tensor::from([1, 2]), Tensor::from([3, 4]));
    /// assert_eq!(Tensor::stack(&[&x, &y], 0), Tensor::from([[1, 2], [3, 4]]));
    /// assert_eq!(Tensor::stack(&[&x, &y], 1), Tensor::from([[1, 3], [2, 4]]));
    /// ```
    ///
    /// # Panics
    /// If there are none, their shapes differ, or the result would have no such axis.
    #[track_caller]
    pub fn stack(tensors: &[impl Borrow<Self>], axis: isize) -> Self {
        let shapes: Vec<&[usize]> = tensors.iter().map(|tensor| tensor.borrow().shape()).collect();
        expect("stack", shape::stack(&shapes, axis));
        let parts: Vec<Self> = tensors.iter().map(|x| x.borrow().unsqueeze(axis)).collect();
        Self::concat(&parts, axis)
    }

    /// Returns the tensor padded with `value`. For each axis, `widths` has the number of elements to
    /// put before and after (NumPy's `pad` in the mode "constant").
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let x = Tensor::from([[1, 2], [3, 4]]);
    /// let padded = Tensor::from([[0, 1, 2], [0, 3, 4], [0, 0, 0]]);
    /// assert_eq!(x.pad(&[(0, 1), (1, 0)], 0), padded);
    /// ```
    ///
    /// # Panics
    /// If there is not a pair for each axis.
    #[track_caller]
    pub fn pad(&self, widths: &[(usize, usize)], value: T) -> Self {
        expect("pad", shape::pad(self.shape(), widths));
        let mut padded = self.clone();
        for (axis, &(before, after)) in widths.iter().enumerate() {
            let filled = |length: usize| {
                let mut shape = Shape::from_slice(padded.shape());
                shape[axis] = length;
                Self::scalar(value).expand(shape)
            };
            if (before, after) != (0, 0) {
                padded = Self::concat(&[&filled(before), &padded, &filled(after)], axis as isize);
            }
        }
        padded
    }
}
