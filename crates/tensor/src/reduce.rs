//! Reductions along any axes.
//!
//! A sum over axes is the adjoint of expanding along them, and is written as just that: the result,
//! expanded back with stride 0 to the input's shape, receives every element where it lies.
//!
//! The order of additions depends on shape and layout only, so a result is always bitwise the same.

use crate::buffer;
use crate::elementwise::vectorised;
use crate::layout::Layout;
use crate::parallel;
use crate::shape::{self, Shape, expect};
use crate::strided::{Run, for_each_run};
use crate::{Scalar, Tensor};

/// How many partial results a run keeps. One would make each step wait for the one before.
pub(crate) const LANES: usize = 16;

impl<T: Scalar> Tensor<T> {
    /// The sum along the axes, which disappear.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(&self, axes: &[isize]) -> Self {
        let kept = expect("sum", shape::reduce(self.shape(), axes));
        self.fold_to(&kept, T::ZERO, |x, y| x + y).drop_axes(axes)
    }

    /// The sum of all elements, without axes.
    pub fn sum_all(&self) -> Self {
        self.fold_to(&[], T::ZERO, |x, y| x + y)
    }

    /// The sum over all the axes along which a tensor of `shape` would be expanded to this one:
    /// the adjoint of [`expand`](Self::expand). Free when the shapes are equal.
    ///
    /// # Panics
    /// When `shape` does not expand to this shape.
    #[track_caller]
    pub fn sum_to(&self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self.clone();
        }
        expect("sum_to", shape::expands(shape, self.shape()));
        self.fold_to(shape, T::ZERO, |x, y| x + y)
    }

    /// The mean along the axes, which disappear; NaN where there is nothing to average.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(&self, axes: &[isize]) -> Self {
        let sum = self.sum(axes);
        let count = T::from_f64(reduced_len(self.shape(), axes) as f64);
        sum.map(|x| x / count)
    }

    /// The largest element along the axes, which disappear; NaN where there is one.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice, or when there is nothing to choose from.
    #[track_caller]
    pub fn max(&self, axes: &[isize]) -> Self {
        let kept = expect("max", shape::reduce(self.shape(), axes));
        assert!(
            reduced_len(self.shape(), axes) > 0 || shape::len(&kept) == 0,
            "max: shape {:?} has no elements along axes {axes:?} to choose from",
            self.shape()
        );
        self.fold_to(&kept, T::from_f64(f64::NEG_INFINITY), T::maximum).drop_axes(axes)
    }

    /// The index of the largest element along one axis, which disappears; the first of equals.
    ///
    /// # Panics
    /// When the axis does not exist or has no element.
    #[track_caller]
    pub fn argmax(&self, axis: isize) -> Tensor<u32> {
        let at = expect("argmax", shape::axis(axis, self.rank()));
        let length = self.shape()[at];
        assert!(length > 0, "argmax: axis {at} of shape {:?} is empty", self.shape());
        let last = self.transpose(axis, -1);
        let winners = last.values().chunks_exact(length).map(index_of_max).collect();
        let mut shape = Shape::from_slice(last.shape());
        shape[last.rank() - 1] = 1;
        Tensor::new(shape, winners).transpose(axis, -1).remove_axis(axis)
    }

    /// Combines all elements that share a place in `kept` when it is expanded to this shape.
    fn fold_to(&self, kept: &[usize], start: T, combine: impl Fn(T, T) -> T + Copy + Sync) -> Self {
        let mut folded = buffer::filled(shape::len(kept), start);
        let places = expect("reduce", Layout::contiguous(kept).expand(self.shape()));
        let layouts = [self.layout(), &places];
        match &mut *folded {
            [one] => *one = self.fold_to_one(layouts, start, combine),
            folded => fold_part(self.storage(), layouts, folded, start, combine),
        }
        Self::from_buffer(kept, folded)
    }

    /// Combines all elements, in parts of which each may have a thread of its own.
    fn fold_to_one(
        &self,
        layouts: [&Layout; 2],
        start: T,
        combine: impl Fn(T, T) -> T + Copy + Sync,
    ) -> T {
        let kernel = |layouts: [&Layout; 2], []: [&mut [T]; 0]| {
            let mut folded = [start];
            fold_part(self.storage(), layouts, &mut folded, start, combine);
            folded[0]
        };
        parallel::divide(parallel::LIGHT, layouts, [], &kernel, &combine)
    }

    /// This tensor without the axes, each of length 1.
    fn drop_axes(self, axes: &[isize]) -> Self {
        let rank = self.rank();
        let dropped = |k: usize| axes.iter().any(|&along| shape::axis(along, rank) == Ok(k));
        let shape: Shape = (0..rank).filter(|&k| !dropped(k)).map(|k| self.shape()[k]).collect();
        self.reshape(shape)
    }
}

/// How many elements meet in each place of the result.
fn reduced_len(shape: &[usize], axes: &[isize]) -> usize {
    axes.iter().map(|&along| shape::axis(along, shape.len()).map_or(1, |at| shape[at])).product()
}

/// Combines each element of a part with what lies at its place in `folded`.
fn fold_part<T: Scalar>(
    values: &[T],
    layouts: [&Layout; 2],
    folded: &mut [T],
    start: T,
    combine: impl Fn(T, T) -> T + Copy,
) {
    vectorised(
        #[inline(always)]
        || {
            for_each_run(
                layouts,
                #[inline(always)]
                |[x, y], length| match (x.stride, y.stride) {
                    (1, 0) => {
                        let run =
                            fold_in_lanes(&values[x.offset..x.offset + length], start, combine);
                        folded[y.offset] = combine(folded[y.offset], run);
                    }
                    (1, 1) => {
                        let target = &mut folded[y.offset..y.offset + length];
                        let source = &values[x.offset..x.offset + length];
                        target.iter_mut().zip(source).for_each(|(y, &x)| *y = combine(*y, x));
                    }
                    _ => fold_strided(values, x, folded, y, length, combine),
                },
            );
        },
    );
}

/// Folds a run in independent lanes, then the lanes.
#[inline(always)]
fn fold_in_lanes<T: Copy>(run: &[T], start: T, combine: impl Fn(T, T) -> T) -> T {
    let mut lanes = [start; LANES];
    let chunks = run.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = combine(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = combine(*lane, x);
    }
    fold_lanes(lanes, combine)
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

/// Folds a run of any strides, one element after another.
fn fold_strided<T: Copy>(
    values: &[T],
    x: Run,
    folded: &mut [T],
    y: Run,
    length: usize,
    combine: impl Fn(T, T) -> T,
) {
    for i in 0..length {
        let place = &mut folded[y.offset + i * y.stride];
        *place = combine(*place, values[x.offset + i * x.stride]);
    }
}

/// The position of the first largest element; a NaN counts as the largest.
fn index_of_max<T: Scalar>(run: &[T]) -> u32 {
    let mut best = 0;
    for (i, &x) in run.iter().enumerate() {
        if x > run[best] || (x.is_nan() && !run[best].is_nan()) {
            best = i;
        }
    }
    best as u32
}
