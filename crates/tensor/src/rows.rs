//! Picking rows by number, adding rows back, and joining tensors.
//!
//! [`gather_rows`](Tensor::gather_rows) and [`scatter_add_rows`](Tensor::scatter_add_rows) are each
//! other's adjoint: `⟨gather(x), y⟩ = ⟨x, scatter(y)⟩`.

use crate::buffer;
use crate::shape::{self, Shape, expect};
use crate::{Scalar, Tensor};

impl<T: Copy + 'static> Tensor<T> {
    /// The rows, that is the entries along the first axis, that `ids` names: the result has the
    /// shape of `ids` followed by that of a row.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let table = Tensor::from([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]);
    /// let rows = table.gather_rows(&Tensor::from([2, 0]));
    /// assert_eq!(rows, Tensor::from([[2.0, 2.5], [0.0, 0.5]]));
    /// ```
    ///
    /// # Panics
    /// When there is no axis, or no row of that number.
    #[track_caller]
    pub fn gather_rows(&self, ids: &Tensor<u32>) -> Self {
        assert!(self.rank() > 0, "gather_rows: a scalar has no rows");
        let row = &self.shape()[1..];
        let width = shape::len(row);
        let values = self.values();
        let ids_in_order = ids.values();
        expect("gather_rows", shape::rows_exist(&ids_in_order, self.shape()[0]));
        let shape: Shape = ids.shape().iter().chain(row).copied().collect();
        if shape::len(&shape) == 0 {
            return Self::new(shape, Vec::new());
        }
        let mut gathered = buffer::stale(shape::len(&shape), values[0]);
        for (&id, target) in ids_in_order.iter().zip(gathered.chunks_exact_mut(width)) {
            let start = id as usize * width;
            target.copy_from_slice(&values[start..start + width]);
        }
        Self::from_buffer(&shape, gathered)
    }

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

impl<T: Scalar> Tensor<T> {
    /// A tensor of `count` rows into which each row of this one has been added at the place that
    /// `ids` names; rows no id names are zero.
    ///
    /// # Panics
    /// When this tensor's shape does not begin with that of `ids`, or an id is not below `count`.
    #[track_caller]
    pub fn scatter_add_rows(&self, ids: &Tensor<u32>, count: usize) -> Self {
        assert!(
            self.shape().starts_with(ids.shape()),
            "scatter_add_rows: shape {:?} must begin with that of the ids, {:?}",
            self.shape(),
            ids.shape()
        );
        let row = &self.shape()[ids.rank()..];
        let width = shape::len(row);
        let values = self.values();
        let ids_in_order = ids.values();
        expect("scatter_add_rows", shape::rows_exist(&ids_in_order, count));
        let mut sums = buffer::filled(count * width, T::ZERO);
        for (i, &id) in ids_in_order.iter().enumerate() {
            let start = id as usize * width;
            let source = &values[i * width..(i + 1) * width];
            sums[start..start + width].iter_mut().zip(source).for_each(|(sum, &x)| *sum += x);
        }
        let shape: Shape = std::iter::once(count).chain(row.iter().copied()).collect();
        Self::from_buffer(&shape, sums)
    }
}
