//! Elementwise functions of one or two tensors, with broadcasting.
//!
//! One loop serves every function: it is generic over the function and runs inside [`vectorized`].

use crate::buffer;
use crate::layout::Layout;
use crate::parallel;
use crate::shape::{self, expect};
use crate::strided::{Run, for_each_run};
use crate::vectorized::vectorized;
use crate::{Scalar, Tensor};

impl<T: Copy + Send + Sync + 'static> Tensor<T> {
    /// Returns `f` of each element.
    pub fn map<U: Copy + Send>(&self, f: impl Fn(T) -> U + Sync) -> Tensor<U> {
        if self.is_empty() {
            return Tensor::new(self.shape(), Vec::new());
        }
        let storage = self.storage();
        let mut mapped = buffer::stale(self.len(), f(storage[self.layout().offset()]));
        write_runs(
            [self.layout()],
            &mut mapped,
            #[inline(always)]
            |[x], target| map_run(storage, x, target, &f),
        );
        Tensor::from_buffer(self.shape(), mapped)
    }

    /// Returns `f` of each pair of elements, after broadcasting both to one shape.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let column = Tensor::from([[1.0], [10.0]]);
    /// let row = Tensor::from([[1.0, 2.0, 3.0]]);
    /// let table = column.zip_map(&row, |a, b| a * b);
    /// assert_eq!(table, Tensor::from([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]));
    /// ```
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn zip_map<U: Copy + Sync + 'static, V: Copy + Send>(
        &self,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> V + Sync,
    ) -> Tensor<V> {
        self.zip("zip_map", other, f)
    }

    /// Computes [`zip_map`](Self::zip_map) for the operation `name`, which an error names.
    #[track_caller]
    pub(crate) fn zip<U: Copy + Sync + 'static, V: Copy + Send>(
        &self,
        name: &str,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> V + Sync,
    ) -> Tensor<V> {
        if shape::are_equal(self.shape(), other.shape()) {
            return self.zip_along(other, [self.layout(), other.layout()], f);
        }
        let shape = expect(name, shape::broadcast(self.shape(), other.shape()));
        let left = expect(name, self.layout().expand(&shape));
        let right = expect(name, other.layout().expand(&shape));
        self.zip_along(other, [&left, &right], f)
    }

    /// Returns `f` of each pair of elements, read by two layouts of one shape.
    fn zip_along<U: Copy + Sync + 'static, V: Copy + Send>(
        &self,
        other: &Tensor<U>,
        layouts: [&Layout; 2],
        f: impl Fn(T, U) -> V + Sync,
    ) -> Tensor<V> {
        let [left, right] = layouts;
        if left.is_empty() {
            return Tensor::new(left.shape(), Vec::new());
        }
        let (a, b) = (self.storage(), other.storage());
        let mut zipped = buffer::stale(left.len(), f(a[left.offset()], b[right.offset()]));
        write_runs(
            layouts,
            &mut zipped,
            #[inline(always)]
            |runs, target| zip_run((a, b), runs, target, &f),
        );
        Tensor::from_buffer(left.shape(), zipped)
    }

    /// Replaces each element by `f` of it and of the element of `other`, broadcast to this shape.
    ///
    /// # Panics
    /// If `other` does not broadcast to this shape.
    #[track_caller]
    pub fn zip_apply<U: Copy + Sync + 'static>(
        &mut self,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> T + Sync,
    ) {
        self.assign("zip_apply", other, f);
    }

    /// Computes [`zip_apply`](Self::zip_apply) for the operation `name`, which an error names.
    #[track_caller]
    pub(crate) fn assign<U: Copy + Sync + 'static>(
        &mut self,
        name: &str,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> T + Sync,
    ) {
        let layout = expect(name, other.layout().expand(self.shape()));
        let source = other.storage();
        write_runs(
            [&layout],
            self.as_mut_slice(),
            #[inline(always)]
            |[y], target| apply_run(source, y, target, &f),
        );
    }
}

/// Calls `kernel` to write the output run by run, on several threads for large tensors. The kernel
/// gets the position of a run of each input, and the place for its results.
pub(crate) fn write_runs<T: Send, const N: usize>(
    inputs: [&Layout; N],
    output: &mut [T],
    kernel: impl Fn([Run; N], &mut [T]) + Sync,
) {
    parallel::write(parallel::LIGHT, inputs, [output], |layouts, [mut rest]| {
        vectorized(
            #[inline(always)]
            || {
                for_each_run(
                    layouts,
                    #[inline(always)]
                    |runs, length| {
                        kernel(runs, rest.split_off_mut(..length).expect("a place for each"));
                    },
                );
            },
        );
    });
}

#[inline(always)]
fn map_run<T: Copy, U>(storage: &[T], x: Run, target: &mut [U], f: &impl Fn(T) -> U) {
    if x.stride == 1 {
        let xs = &storage[x.offset..x.offset + target.len()];
        target.iter_mut().zip(xs).for_each(|(y, &x)| *y = f(x));
    } else {
        for (i, y) in target.iter_mut().enumerate() {
            *y = f(storage[x.offset + i * x.stride]);
        }
    }
}

/// Maps one run. Frequent pairs of strides have separate loops, which become vector instructions.
#[inline(always)]
fn zip_run<T: Copy, U: Copy, V>(
    (a, b): (&[T], &[U]),
    [x, y]: [Run; 2],
    target: &mut [V],
    f: &impl Fn(T, U) -> V,
) {
    let length = target.len();
    match (x.stride, y.stride) {
        (1, 1) => {
            let (xs, ys) = (&a[x.offset..x.offset + length], &b[y.offset..y.offset + length]);
            target.iter_mut().zip(xs).zip(ys).for_each(|((z, &x), &y)| *z = f(x, y));
        }
        (1, 0) => {
            let (xs, y) = (&a[x.offset..x.offset + length], b[y.offset]);
            target.iter_mut().zip(xs).for_each(|(z, &x)| *z = f(x, y));
        }
        (0, 1) => {
            let (x, ys) = (a[x.offset], &b[y.offset..y.offset + length]);
            target.iter_mut().zip(ys).for_each(|(z, &y)| *z = f(x, y));
        }
        _ => {
            for (i, z) in target.iter_mut().enumerate() {
                *z = f(a[x.offset + i * x.stride], b[y.offset + i * y.stride]);
            }
        }
    }
}

#[inline(always)]
fn apply_run<T: Copy, U: Copy>(source: &[U], y: Run, target: &mut [T], f: &impl Fn(T, U) -> T) {
    if y.stride == 1 {
        let ys = &source[y.offset..y.offset + target.len()];
        target.iter_mut().zip(ys).for_each(|(x, &y)| *x = f(*x, y));
    } else {
        for (i, x) in target.iter_mut().enumerate() {
            *x = f(*x, source[y.offset + i * y.stride]);
        }
    }
}

impl<T: Scalar> Tensor<T> {
    /// Returns this tensor times `mask`, broadcast to this shape, where the mask is not 0; 0 elsewhere.
    /// A product would be NaN where the mask is 0 and the element infinite.
    ///
    /// # Panics
    /// If `mask` does not broadcast to this shape.
    #[track_caller]
    pub fn mask(&self, mask: &Self) -> Self {
        let wide = mask.with_layout(expect("mask", mask.layout().expand(self.shape())));
        self.zip("mask", &wide, |x, m| if m.is_zero() { T::ZERO } else { x * m })
    }
}
