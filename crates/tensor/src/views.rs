//! Views: the same elements under another layout, without copying.

use std::ops::RangeBounds;

use crate::Tensor;
use crate::shape::{self, expect};

impl<T: Copy + 'static> Tensor<T> {
    /// Returns the same elements, in row-major order, under another shape: a view where the strides
    /// allow it, otherwise a copy.
    ///
    /// # Panics
    /// If the shapes differ in their number of elements.
    #[track_caller]
    pub fn reshape(&self, shape: impl AsRef<[usize]>) -> Self {
        let shape = shape.as_ref();
        if shape::are_equal(self.shape(), shape) {
            return self.clone();
        }
        match expect("reshape", self.layout().reshape(shape)) {
            Some(layout) => self.with_layout(layout),
            None => self.contiguous().reshape(shape),
        }
    }

    /// Returns the tensor with its axes in another order: axis `k` of the result is axis `order[k]` of this tensor.
    ///
    /// # Panics
    /// If `order` does not name each axis once.
    #[track_caller]
    pub fn permute(&self, order: &[isize]) -> Self {
        self.with_layout(expect("permute", self.layout().permute(order)))
    }

    /// Returns the tensor with its last two axes swapped: the transpose of a matrix, or of each matrix
    /// of a batch.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[track_caller]
    pub fn t(&self) -> Self {
        self.transpose(-2, -1)
    }

    /// Returns the tensor with two axes swapped.
    ///
    /// # Panics
    /// If an axis does not exist.
    #[track_caller]
    pub fn transpose(&self, first: isize, second: isize) -> Self {
        let first = expect("transpose", shape::axis(first, self.rank()));
        let second = expect("transpose", shape::axis(second, self.rank()));
        self.with_layout(self.layout().transpose(first, second))
    }

    /// Returns the part of one axis that `range` names.
    ///
    /// ```
    /// let x = tensor::Tensor::from([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.slice(-1, 1..).to_vec(), [2, 3, 5, 6]);
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist or the range reaches beyond it.
    #[track_caller]
    pub fn slice(&self, axis: isize, range: impl RangeBounds<usize>) -> Self {
        let at = expect("slice", shape::axis(axis, self.rank()));
        let range = shape::range(range, self.shape()[at]);
        self.with_layout(expect("slice", self.layout().slice(axis, range)))
    }

    /// Returns the part of one axis at an index. The axis disappears (NumPy's `x[:, 1]`, PyTorch's `select`).
    ///
    /// ```
    /// let x = tensor::Tensor::from([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.index_axis(1, 2).to_vec(), [3, 6]);
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist or is not longer than the index.
    #[track_caller]
    pub fn index_axis(&self, axis: isize, index: usize) -> Self {
        let at = expect("index_axis", shape::axis(axis, self.rank()));
        expect("index_axis", shape::index(self.shape(), at, index));
        self.with_layout(expect("index_axis", self.layout().slice(axis, index..index + 1)))
            .squeeze(&[axis])
    }

    /// Returns the tensor repeated along axes of length 1 and along new outer axes, as broadcasting does.
    ///
    /// # Panics
    /// If this shape does not broadcast to `shape`.
    #[track_caller]
    pub fn expand(&self, shape: impl AsRef<[usize]>) -> Self {
        self.with_layout(expect("expand", self.layout().expand(shape.as_ref())))
    }

    /// Returns the tensor with an axis of length 1 put in, so that it becomes axis `axis` of the
    /// result (PyTorch's `unsqueeze`).
    ///
    /// # Panics
    /// If the result would have no such axis.
    #[track_caller]
    pub fn unsqueeze(&self, axis: isize) -> Self {
        self.reshape(expect("unsqueeze", shape::unsqueeze(self.shape(), axis)))
    }

    /// Returns the tensor with axes of length 1 taken out (NumPy's `squeeze`; PyTorch's silently keeps
    /// a longer axis).
    ///
    /// # Panics
    /// If an axis does not exist, is named twice or is longer than 1.
    #[track_caller]
    pub fn squeeze(&self, axes: &[isize]) -> Self {
        self.reshape(expect("squeeze", shape::squeeze(self.shape(), axes)))
    }

    /// Returns the parts of an axis, one after another, of these lengths (PyTorch's `split`).
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let x = Tensor::from([[1, 2, 3], [4, 5, 6]]);
    /// let parts = x.split(&[1, 2], 1);
    /// assert_eq!(parts[0], Tensor::from([[1], [4]]));
    /// assert_eq!(parts[1], Tensor::from([[2, 3], [5, 6]]));
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist or the lengths do not add up to its length.
    #[track_caller]
    pub fn split(&self, lengths: &[usize], axis: isize) -> Vec<Self> {
        let parts = expect("split", shape::split(self.shape(), lengths, axis));
        parts.into_iter().map(|range| self.slice(axis, range)).collect()
    }
}
