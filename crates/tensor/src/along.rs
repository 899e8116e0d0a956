//! Operations that take the elements along one axis as a list: reversal, picking, running sums, order.
//!
//! The axis is moved to the end, so that its elements are side by side; each run of them is turned into
//! a run of the result, and the axis is moved back.

use std::cmp::Ordering;

use crate::shape::{self, Shape, expect};
use crate::{RowSums, Scalar, Tensor};

impl<T: Copy + 'static> Tensor<T> {
    /// Calls `f` with each run of elements along an axis, and returns the tensor of the elements that it
    /// appends: `length` for each run, along the same axis. `f` also gets the number of the run.
    pub(crate) fn map_along<U: Copy>(
        &self,
        axis: usize,
        length: usize,
        mut f: impl FnMut(usize, &[T], &mut Vec<U>),
    ) -> Tensor<U> {
        let last = self.transpose(axis as isize, -1);
        let mut shape = Shape::from_slice(last.shape());
        shape[self.rank() - 1] = length;
        let mut mapped = Vec::with_capacity(shape::len(&shape));
        let (values, run) = (last.values(), self.shape()[axis]);
        for i in 0..shape::len(&shape) / length.max(1) {
            f(i, &values[i * run..(i + 1) * run], &mut mapped);
        }
        Tensor::new(shape, mapped).transpose(axis as isize, -1)
    }

    /// Returns the elements in reverse order along the axes (PyTorch's and NumPy's `flip`), as a copy.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn flip(&self, axes: &[isize]) -> Self {
        expect("flip", shape::reduce(self.shape(), axes));
        let mut flipped = self.clone();
        for &axis in axes {
            let at = expect("flip", shape::axis(axis, self.rank()));
            let length = self.shape()[at];
            flipped = flipped.map_along(at, length, |_, run, reversed| {
                reversed.extend(run.iter().rev().copied())
            });
        }
        flipped
    }

    /// Returns elements picked along one axis by index: `y[i, j, k] = x[i, ids[i, j, k], k]` for axis
    /// 1 of 3. The result has the shape of `ids` (PyTorch's `gather`, NumPy's `take_along_axis`).
    /// [`gather_rows`](Self::gather_rows) picks whole rows.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// // The probability that each row gives to its label.
    /// let p = Tensor::from([[0.1, 0.9], [0.8, 0.2]]);
    /// let labels = Tensor::from([1, 1]);
    /// assert_eq!(p.gather(1, &labels.unsqueeze(1)), Tensor::from([[0.9], [0.2]]));
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist, `ids` differs in another axis, or an index is not within the axis.
    /// PyTorch lets `ids` be shorter there and reads a slice; here, slice or expand first.
    #[track_caller]
    pub fn gather(&self, axis: isize, ids: &Tensor<u32>) -> Self {
        expect("gather", shape::gather(self.shape(), axis, &ids.values(), ids.shape()));
        let at = expect("gather", shape::axis(axis, self.rank()));
        let picks = ids.transpose(axis, -1);
        let (picks, count) = (picks.values(), ids.shape()[at]);
        self.map_along(at, count, |i, run, picked| {
            picked.extend(picks[i * count..(i + 1) * count].iter().map(|&id| run[id as usize]));
        })
    }
}

impl<T: Scalar> Tensor<T> {
    /// Returns a tensor whose axis `axis` is `length` long, with each element added at its index along
    /// that axis: `y[i, ids[i, j, k], k] += x[i, j, k]` for axis 1 of 3. Elements that no index names
    /// are zero. It is the adjoint of [`gather`](Self::gather), and the sums are as accurate as
    /// [`sum`](Self::sum).
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let x = Tensor::from([[1.0, 2.0, 4.0]]);
    /// let sums = x.scatter_add(1, &Tensor::from([[0, 2, 0]]), 3);
    /// assert_eq!(sums, Tensor::from([[5.0, 0.0, 2.0]]));
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist, `ids` has another shape, or an index is not below `length`.
    #[track_caller]
    pub fn scatter_add(&self, axis: isize, ids: &Tensor<u32>, length: usize) -> Self {
        let at = expect("scatter_add", shape::axis(axis, self.rank()));
        assert!(
            self.shape() == ids.shape(),
            "scatter_add: the indices have shape {:?}, the elements {:?}: they must be equal",
            ids.shape(),
            self.shape()
        );
        let mut shape = Shape::from_slice(self.shape());
        shape[at] = length;
        expect("scatter_add", shape::gather(&shape, axis, &ids.values(), ids.shape()));
        shape.swap(at, self.rank() - 1);
        let (own, ids) = (self.transpose(axis, -1), ids.transpose(axis, -1));
        let run = self.shape()[at];
        let mut sums = RowSums::new(shape::len(&shape), 1);
        for (i, (x, &id)) in own.values().iter().zip(ids.values().iter()).enumerate() {
            sums.add(i / run * length + id as usize, std::slice::from_ref(x));
        }
        sums.total().reshape(shape).transpose(axis, -1)
    }

    /// Returns the running sums along an axis: `y[k] = x[0] + … + x[k]` (NumPy's and PyTorch's
    /// `cumsum`). What the rounding loses is kept and added to the next element (Kahan 1965),
    /// so the error does not grow with the number of elements: it is about 2ε Σ|x| at most.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    pub fn cumsum(&self, axis: isize) -> Self {
        let at = expect("cumsum", shape::axis(axis, self.rank()));
        self.map_along(at, self.shape()[at], |_, run, sums| {
            let (mut sum, mut lost) = (T::ZERO, T::ZERO);
            for &x in run {
                let next = sum + (x - lost);
                lost = (next - sum) - (x - lost);
                // ∞ − ∞ is not a rounding error.
                lost = if lost.is_finite() { lost } else { T::ZERO };
                sum = next;
                sums.push(sum);
            }
        })
    }

    /// Returns the indices that [sort](Self::sort) an axis.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    pub fn argsort(&self, axis: isize, descending: bool) -> Tensor<u32> {
        let at = expect("argsort", shape::axis(axis, self.rank()));
        self.first_in_order(at, self.shape()[at], descending)
    }

    /// Returns the elements in order along an axis, and the index that each had before. Equal ones
    /// stay in the order they had, ascending or descending; NaN counts as the largest (PyTorch's
    /// `sort` with `stable=True`).
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let (values, ids) = Tensor::from([3.0, 1.0, 2.0]).sort(0, false);
    /// assert_eq!(values, Tensor::from([1.0, 2.0, 3.0]));
    /// assert_eq!(ids, Tensor::from([1, 2, 0]));
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    pub fn sort(&self, axis: isize, descending: bool) -> (Self, Tensor<u32>) {
        let at = expect("sort", shape::axis(axis, self.rank()));
        let ids = self.first_in_order(at, self.shape()[at], descending);
        (self.gather(axis, &ids), ids)
    }

    /// Returns the `k` largest elements along an axis, the largest first, and the index of each
    /// (PyTorch's `topk`). Equal elements stay in their order; NaN counts as the largest.
    ///
    /// # Panics
    /// If the axis does not exist or has fewer than `k` elements.
    #[track_caller]
    pub fn topk(&self, k: usize, axis: isize) -> (Self, Tensor<u32>) {
        expect("topk", shape::topk(self.shape(), k, axis));
        let ids = self.first_in_order(expect("topk", shape::axis(axis, self.rank())), k, true);
        (self.gather(axis, &ids), ids)
    }

    /// Returns the indices of the first `count` elements along the axis in sorted order.
    fn first_in_order(&self, axis: usize, count: usize, descending: bool) -> Tensor<u32> {
        self.map_along(axis, count, |_, run, first| {
            let by_value = |&i: &u32, &j: &u32| {
                let order = order(run[i as usize], run[j as usize]);
                (if descending { order.reverse() } else { order }).then(i.cmp(&j))
            };
            let length = u32::try_from(run.len()).expect("an index fits 32 bits");
            let mut ids: Vec<u32> = (0..length).collect();
            if count < run.len() {
                // Only the elements before this position have to be sorted.
                ids.select_nth_unstable_by(count, by_value);
                ids.truncate(count);
            }
            ids.sort_unstable_by(by_value);
            first.extend(ids);
        })
    }
}

/// Returns the order of two numbers; NaN counts as the largest.
fn order<T: Scalar>(x: T, y: T) -> Ordering {
    x.partial_cmp(&y).unwrap_or_else(|| x.is_nan().cmp(&y.is_nan()))
}
