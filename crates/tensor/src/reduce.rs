//! Reductions along any axes.
//!
//! A sum over axes is the adjoint of expanding along them, and is written as just that: the result is
//! expanded back with stride 0 to the input's shape, so the axes with stride 0 are those to reduce.
//! They are reduced one after another, the innermost first, each in one of two ways:
//!
//! ```text
//! the innermost axis    each run becomes one number; the run is seen as rows of 64 lanes
//! any axis before it    rows are added to rows
//! ```
//!
//! Both add rows to rows, in the order of [`pairwise`](crate::pairwise), so a sum over ten million
//! numbers is as accurate as one over a hundred. The order depends on shape and layout only, so a
//! result is always bitwise the same.

use smallvec::SmallVec;

use crate::buffer::{self, Buffer};
use crate::layout::Layout;
use crate::pairwise::{GROUP, Pairwise};
use crate::parallel;
use crate::shape::{self, expect};
use crate::strided::{Axis, for_each_start, merge_axes, merged};
use crate::vectorized::vectorized;
use crate::{Scalar, Tensor};

/// The number of partial results that are kept at the same time. With one, each step would wait for
/// the step before.
pub(crate) const LANES: usize = 16;

/// A long run is folded in this many lanes: several registers, for an addition takes several cycles.
const WIDE: usize = 4 * LANES;

/// An axis that is reduced is divided among threads from this length on: parts of a shorter one would hardly be larger
/// than their results.
const SHORTEST_DIVIDED: usize = 16;

/// Rows are added this many columns at a time, so that partial sums stay in the cache.
const COLUMNS: usize = 1024;

/// Axes are named by number, and negative numbers count from the end, as in NumPy. The axes of a
/// reduction disappear; where a method's name ends in `keepdim` they stay with length 1, so that the
/// result broadcasts against the tensor it came from.
///
/// ```
/// use tensor::Tensor;
///
/// let x = Tensor::from([[1.0, 2.0], [3.0, 5.0]]);
/// assert_eq!(x.sum(&[1]), Tensor::from([3.0, 8.0]));
/// assert_eq!(x.sum_keepdim(&[-1]), Tensor::from([[3.0], [8.0]]));
/// assert_eq!(&x / x.max_keepdim(&[1]), Tensor::from([[0.5, 1.0], [0.6, 1.0]]));
/// assert_eq!(x.min(&[0, 1]).item(), 1.0);
/// ```
impl<T: Scalar> Tensor<T> {
    /// Returns Σ x along the axes, which disappear.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(&self, axes: &[isize]) -> Self {
        self.reduce("sum", axes, T::ZERO, add).squeeze(axes)
    }

    /// Returns Σ x along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum_keepdim(&self, axes: &[isize]) -> Self {
        self.reduce("sum_keepdim", axes, T::ZERO, add)
    }

    /// Returns Σ x over all elements, a tensor without axes.
    pub fn sum_all(&self) -> Self {
        self.fold_to(&[], T::ZERO, add)
    }

    /// Returns the sum over all the axes along which a tensor of `shape` would be expanded to this
    /// one: the adjoint of [`expand`](Self::expand). Free when the shapes are equal.
    ///
    /// # Panics
    /// If `shape` does not expand to this shape.
    #[track_caller]
    pub fn sum_to(&self, shape: &[usize]) -> Self {
        if shape::are_equal(self.shape(), shape) {
            return self.clone();
        }
        expect("sum_to", shape::expands(shape, self.shape()));
        self.fold_to(shape, T::ZERO, add)
    }

    /// Returns Σ x / n along the axes, which disappear; NaN where n is 0.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(&self, axes: &[isize]) -> Self {
        self.mean_named("mean", axes).squeeze(axes)
    }

    /// Returns Σ x / n along the axes, which stay with length 1; NaN where n is 0.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean_keepdim(&self, axes: &[isize]) -> Self {
        self.mean_named("mean_keepdim", axes)
    }

    /// Returns Σ x / n over all n elements, a tensor without axes; NaN where n is 0.
    pub fn mean_all(&self) -> Self {
        self.sum_all() / T::from_f64(self.len() as f64)
    }

    /// Returns the largest element along the axes, which disappear; NaN where there is one.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn max(&self, axes: &[isize]) -> Self {
        self.choose("max", axes, f64::NEG_INFINITY, T::maximum).squeeze(axes)
    }

    /// Returns the largest element along the axes, which stay with length 1; NaN where there is one.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn max_keepdim(&self, axes: &[isize]) -> Self {
        self.choose("max_keepdim", axes, f64::NEG_INFINITY, T::maximum)
    }

    /// Returns the smallest element along the axes, which disappear; NaN where there is one.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn min(&self, axes: &[isize]) -> Self {
        self.choose("min", axes, f64::INFINITY, T::minimum).squeeze(axes)
    }

    /// Returns the smallest element along the axes, which stay with length 1; NaN where there is one.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn min_keepdim(&self, axes: &[isize]) -> Self {
        self.choose("min_keepdim", axes, f64::INFINITY, T::minimum)
    }

    /// Returns the largest of all elements, a tensor without axes; NaN if there is one.
    ///
    /// # Panics
    /// If there is nothing to choose from.
    #[track_caller]
    pub fn max_all(&self) -> Self {
        self.choose("max_all", &self.all_axes(), f64::NEG_INFINITY, T::maximum).reshape([])
    }

    /// Returns the smallest of all elements, a tensor without axes; NaN if there is one.
    ///
    /// # Panics
    /// If there is nothing to choose from.
    #[track_caller]
    pub fn min_all(&self) -> Self {
        self.choose("min_all", &self.all_axes(), f64::INFINITY, T::minimum).reshape([])
    }

    fn all_axes(&self) -> Vec<isize> {
        (0..self.rank() as isize).collect()
    }

    /// Returns the index of the largest element along one axis, which disappears; the first of equals.
    ///
    /// # Panics
    /// If the axis does not exist or has no element.
    #[track_caller]
    pub fn argmax(&self, axis: isize) -> Tensor<u32> {
        self.arg("argmax", axis, |x, best| x > best)
    }

    /// Returns the index of the smallest element along one axis, which disappears; the first of equals.
    ///
    /// # Panics
    /// If the axis does not exist or has no element.
    #[track_caller]
    pub fn argmin(&self, axis: isize) -> Tensor<u32> {
        self.arg("argmin", axis, |x, best| x < best)
    }

    /// Returns the index of the best element along one axis. NaN counts as better than any number, so
    /// it is not lost.
    #[track_caller]
    fn arg(&self, name: &str, axis: isize, better: impl Fn(T, T) -> bool + Sync) -> Tensor<u32> {
        let at = expect(name, shape::axis(axis, self.rank()));
        let length = self.shape()[at];
        assert!(length > 0, "{name}: axis {at} of shape {:?} is empty", self.shape());
        let index_of_best = |run: &[T]| {
            let mut best = 0;
            for (i, &x) in run.iter().enumerate() {
                if better(x, run[best]) || (x.is_nan() && !run[best].is_nan()) {
                    best = i;
                }
            }
            best as u32
        };
        self.map_along(at, 1, |_, run, winner| winner.push(index_of_best(run))).squeeze(&[axis])
    }

    /// Returns the mean along the axes, which stay, for the operation `name`, which an error names.
    #[track_caller]
    fn mean_named(&self, name: &str, axes: &[isize]) -> Self {
        let sum = self.reduce(name, axes, T::ZERO, add);
        sum / T::from_f64(reduced_len(self.shape(), axes) as f64)
    }

    /// Computes [`reduce`](Self::reduce) with a function that chooses one of two, and never prefers
    /// `worst`.
    #[track_caller]
    fn choose(
        &self,
        name: &str,
        axes: &[isize],
        worst: f64,
        better: impl Fn(T, T) -> T + Copy + Sync,
    ) -> Self {
        let kept = expect(name, shape::choose(self.shape(), axes));
        self.fold_to(&kept, T::from_f64(worst), better)
    }

    /// Combines the elements along the axes, which stay, for the operation that an error names.
    #[track_caller]
    pub(crate) fn reduce(
        &self,
        name: &str,
        axes: &[isize],
        start: T,
        combine: impl Fn(T, T) -> T + Copy + Sync,
    ) -> Self {
        self.fold_to(&expect(name, shape::reduce(self.shape(), axes)), start, combine)
    }

    /// Combines all elements that share a place in `kept` when it is expanded to this shape.
    fn fold_to(&self, kept: &[usize], start: T, combine: impl Fn(T, T) -> T + Copy + Sync) -> Self {
        let places = expect("reduce", Layout::contiguous(kept).expand(self.shape()));
        let layouts = [self.layout(), &places];
        let folded = match shape::len(kept) {
            0 => Vec::new().into(),
            _ if self.is_empty() => buffer::filled(shape::len(kept), start),
            1 => vec![self.fold_to_one(layouts, start, combine)].into(),
            _ if self.len() < 2 * parallel::LIGHT => {
                Fold { start, combine }.part(self.storage(), layouts)
            }
            places => {
                let mut folded = buffer::stale(places, start);
                Fold { start, combine }.divide(self.storage(), layouts, &mut folded);
                folded
            }
        };
        Self::from_buffer(kept, folded)
    }

    /// Combines all elements, in parts that may run on several threads.
    fn fold_to_one(
        &self,
        layouts: [&Layout; 2],
        start: T,
        combine: impl Fn(T, T) -> T + Copy + Sync,
    ) -> T {
        let kernel = |layouts: [&Layout; 2], []: [&mut [T]; 0]| {
            Fold { start, combine }.part(self.storage(), layouts)[0]
        };
        parallel::divide(parallel::LIGHT, layouts, [], &kernel, &combine)
    }
}

/// Returns the sum of adjacent numbers, as accurate as [`Tensor::sum`]. It is meant for loops
/// within [`vectorized`].
#[inline(always)]
pub fn sum<T: Scalar>(values: &[T]) -> T {
    let fold = Fold { start: T::ZERO, combine: add };
    fold.run(values, 0, values.len(), 1, &mut Pairwise::new(WIDE))
}

#[inline(always)]
fn add<T: Scalar>(x: T, y: T) -> T {
    x + y
}

/// Returns the number of elements that are combined in each place of the result.
pub(crate) fn reduced_len(shape: &[usize], axes: &[isize]) -> usize {
    axes.iter().map(|&along| shape::axis(along, shape.len()).map_or(1, |at| shape[at])).product()
}

/// The function that combines elements, and the start value that leaves an element unchanged.
#[derive(Clone, Copy)]
struct Fold<T, F> {
    start: T,
    combine: F,
}

/// Rows of a buffer: row `i` begins at `first + i · apart`, and its numbers are `stride` apart.
#[derive(Clone, Copy)]
struct StridedRows {
    first: usize,
    count: usize,
    apart: usize,
    stride: usize,
}

impl<T: Scalar, F: Fn(T, T) -> T + Copy> Fold<T, F> {
    /// Reduces the axes along which the second layout has stride 0. Returns one number for each place of
    /// that layout, in order. There must be at least one element.
    fn part(self, values: &[T], layouts: [&Layout; 2]) -> Buffer<T> {
        let mut axes = merge_axes(layouts);
        let is_reduced = |axis: &Axis<2>| axis.strides[1] == 0;
        let mut at = axes.iter().rposition(is_reduced).unwrap_or_else(|| {
            // All reduced axes have length 1.
            let before_last = axes.len().saturating_sub(1);
            axes.insert(before_last, Axis { length: 1, strides: [0, 0] });
            before_last
        });
        let mut folded = self.axis(values, layouts[0].offset(), &axes, at);
        loop {
            axes.remove(at);
            if !axes.iter().any(is_reduced) {
                return folded;
            }
            axes = contiguous(axes);
            at = axes.iter().rposition(is_reduced).expect("there is one");
            folded = self.axis(&folded, 0, &axes, at);
        }
    }

    /// Writes what [`part`](Self::part) returns, computed in parts that may run on several threads.
    fn divide(self, values: &[T], layouts: [&Layout; 2], folded: &mut [T])
    where
        F: Sync,
    {
        // The first axis that will do, because its parts are adjacent in memory.
        let (shape, is_kept) = (layouts[0].shape(), |axis: usize| layouts[1].strides()[axis] != 0);
        let axis = (0..shape.len()).find(|&axis| match is_kept(axis) {
            true => shape[axis] > 1,
            false => shape[axis] >= SHORTEST_DIVIDED,
        });
        let Some(axis) = axis.filter(|_| layouts[0].len() >= 2 * parallel::LIGHT) else {
            return folded.copy_from_slice(&self.part(values, layouts));
        };
        let middle = parallel::middle(shape[axis]);
        let [[x, y], [x_places, y_places]] =
            layouts.map(|layout| <[Layout; 2]>::from(layout.split(axis, middle)));
        let fold = |[part, places]: [&Layout; 2], folded: &mut [T]| {
            self.divide(values, [part, places], folded)
        };
        if is_kept(axis) {
            let (first, last) = folded.split_at_mut(folded.len() / shape[axis] * middle);
            parallel::join(|| fold([&x, &x_places], first), || fold([&y, &y_places], last));
            return;
        }
        let mut last = buffer::stale(folded.len(), self.start);
        parallel::join(|| fold([&x, &x_places], folded), || fold([&y, &y_places], &mut last));
        vectorized(|| {
            folded.iter_mut().zip(&*last).for_each(|(x, &y)| *x = (self.combine)(*x, y));
        });
    }

    /// Reduces the axis `at`. No axis after it is to be reduced.
    fn axis(self, values: &[T], offset: usize, axes: &[Axis<2>], at: usize) -> Buffer<T> {
        let [reduced, last] = [axes[at], axes[axes.len() - 1]];
        let mut others: SmallVec<[Axis<2>; 4]> = SmallVec::from_slice(axes);
        others.remove(at);
        let places: usize = others.iter().map(|axis| axis.length).product();
        let mut folded = buffer::stale(places, self.start);
        let is_last = at + 1 == axes.len();
        // The columns of the rows that are added up.
        let columns = if is_last { 1 } else { others.pop().expect("the last axis").length };
        let mut rest = &mut folded[..];
        let mut groups = Pairwise::new(COLUMNS);
        vectorized(
            #[inline(always)]
            || {
                for_each_start(
                    &others,
                    offset,
                    #[inline(always)]
                    |first| {
                        let target = rest.split_off_mut(..columns).expect("a place for each");
                        let Axis { length: count, strides: [apart, _] } = reduced;
                        if is_last {
                            target[0] = self.run(values, first, count, apart, &mut groups);
                            return;
                        }
                        let stride = last.strides[0];
                        for (k, target) in target.chunks_mut(COLUMNS).enumerate() {
                            let first = first + k * COLUMNS * stride;
                            self.rows(
                                values,
                                StridedRows { first, count, apart, stride },
                                target,
                                &mut groups,
                            );
                        }
                    },
                );
            },
        );
        folded
    }

    /// Folds a run, seen as rows of [`WIDE`] numbers.
    #[inline(always)]
    fn run(
        self,
        values: &[T],
        first: usize,
        length: usize,
        stride: usize,
        groups: &mut Pairwise<T>,
    ) -> T {
        if length <= LANES {
            return self.short_run(values, first, length, stride);
        }
        let count = length / WIDE;
        let mut lanes = [self.start; LANES];
        if count > 0 {
            let mut wide = [self.start; WIDE];
            self.rows(
                values,
                StridedRows { first, count, apart: WIDE * stride, stride },
                &mut wide,
                groups,
            );
            for (lane, x) in lanes.iter_mut().enumerate() {
                let [a, b, c, d] = std::array::from_fn(|k| wide[k * LANES + lane]);
                *x = (self.combine)((self.combine)(a, b), (self.combine)(c, d));
            }
        }
        let done = count * WIDE;
        match stride {
            1 => {
                for chunk in values[first + done..first + length].chunks(LANES) {
                    for (lane, &x) in lanes.iter_mut().zip(chunk) {
                        *lane = (self.combine)(*lane, x);
                    }
                }
            }
            _ => {
                for i in done..length {
                    let lane = &mut lanes[i % LANES];
                    *lane = (self.combine)(*lane, values[first + i * stride]);
                }
            }
        }
        fold_lanes(lanes, self.combine)
    }

    /// Folds a run of at most [`LANES`] numbers, in the order of [`fold_lanes`].
    #[inline(always)]
    fn short_run(self, values: &[T], first: usize, length: usize, stride: usize) -> T {
        let mut lanes = [self.start; LANES];
        for (i, lane) in lanes[..length].iter_mut().enumerate() {
            *lane = (self.combine)(*lane, values[first + i * stride]);
        }
        let mut half = LANES / 2;
        while half > 0 {
            // Lanes from `length` on hold the start value, which would change nothing.
            for i in half..length.min(2 * half) {
                lanes[i - half] = (self.combine)(lanes[i - half], lanes[i]);
            }
            half /= 2;
        }
        lanes[0]
    }

    /// Adds rows up, each as long as `target`.
    #[inline(always)]
    fn rows(self, values: &[T], rows: StridedRows, target: &mut [T], groups: &mut Pairwise<T>) {
        if rows.count <= GROUP {
            return self.group(values, rows, target);
        }
        groups.clear(target.len());
        for done in (0..rows.count).step_by(GROUP) {
            let first = rows.first + done * rows.apart;
            let group = StridedRows { first, count: GROUP.min(rows.count - done), ..rows };
            groups.push(
                self.start,
                #[inline(always)]
                |target| self.group(values, group, target),
                self.combine,
            );
        }
        target.copy_from_slice(groups.total(self.combine).expect("there are rows"));
    }

    /// Adds a few rows up, one after another, each as long as `target`.
    #[inline(always)]
    fn group(self, values: &[T], rows: StridedRows, target: &mut [T]) {
        if rows.stride == 1 && target.len() >= LANES {
            return self.blocks(values, rows, target);
        }
        target.fill(self.start);
        for row in 0..rows.count {
            let first = rows.first + row * rows.apart;
            for (i, x) in target.iter_mut().enumerate() {
                *x = (self.combine)(*x, values[first + i * rows.stride]);
            }
        }
    }

    /// Adds a few rows up, in blocks of up to [`WIDE`] columns.
    #[inline(always)]
    fn blocks(self, values: &[T], rows: StridedRows, target: &mut [T]) {
        let mut column = 0;
        while column < target.len() {
            let block = target.len() - column;
            match block.div_ceil(LANES) {
                4.. => self.block::<4>(values, rows, target, column),
                3 => self.block::<3>(values, rows, target, column),
                2 => self.block::<2>(values, rows, target, column),
                _ => self.block::<1>(values, rows, target, column),
            }
            column += WIDE;
        }
    }

    /// Adds a few rows up in the `REGISTERS * LANES` columns from `column` on. Their sums stay in
    /// registers. Where fewer columns are left, the last register holds the last `LANES` of the row: some columns are
    /// added up twice, each time to the same sum, because one by one is slower.
    #[inline(always)]
    fn block<const REGISTERS: usize>(
        self,
        values: &[T],
        rows: StridedRows,
        target: &mut [T],
        column: usize,
    ) {
        let last = target.len() - LANES;
        let mut columns = [0; REGISTERS];
        for (register, at) in columns.iter_mut().enumerate() {
            *at = last.min(column + register * LANES);
        }
        let mut sums = [[self.start; LANES]; REGISTERS];
        for row in 0..rows.count {
            let source = &values[rows.first + row * rows.apart..][..target.len()];
            for (sums, &at) in sums.iter_mut().zip(&columns) {
                for (sum, &x) in sums.iter_mut().zip(&source[at..][..LANES]) {
                    *sum = (self.combine)(*sum, x);
                }
            }
        }
        for (sums, at) in sums.iter().zip(columns) {
            target[at..][..LANES].copy_from_slice(sums);
        }
    }
}

/// Returns the axes of a row-major buffer that holds one number for each of their places.
fn contiguous(mut axes: SmallVec<[Axis<2>; 4]>) -> SmallVec<[Axis<2>; 4]> {
    let mut stride = 1;
    for axis in axes.iter_mut().rev() {
        axis.strides[0] = stride;
        stride *= axis.length;
    }
    merged(axes)
}

/// Folds the lanes pairwise.
#[inline(always)]
pub(crate) fn fold_lanes<T: Copy>(mut lanes: [T; LANES], combine: impl Fn(T, T) -> T) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            lanes[k] = combine(lanes[k], lanes[k + width]);
        }
        width /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_is_folded_as_full_lanes_are() {
        let fold = Fold { start: 0.0, combine: add };
        let values: Vec<f32> = (0..LANES).map(|i| (i as f32 * 0.7).exp()).collect();
        for length in 0..=LANES {
            let mut lanes = [0.0; LANES];
            lanes[..length].copy_from_slice(&values[..length]);
            assert_eq!(fold.short_run(&values, 0, length, 1), fold_lanes(lanes, add), "{length}");
        }
    }
}
