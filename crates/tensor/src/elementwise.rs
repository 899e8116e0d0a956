//! Elementwise functions of one or two tensors, with broadcasting.
//!
//! One generic loop is compiled several times for different processors, and the best version
//! that this machine runs is chosen at run time (`pulp`). So a plain release build uses the
//! widest vectors there are.

use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::buffer;
use crate::parallel;
use crate::shape::{self, expect};
use crate::strided::for_each_run;
use crate::{Scalar, Tensor};

/// Runs `loops` in a version compiled for this processor's vector instructions.
///
/// Write the loops inside the closure, over slices, and call only what can be inlined into it. A
/// closure of more than a few lines needs `#[inline(always)]`: left as a function of its own it is
/// compiled for the oldest processor.
#[inline(always)]
pub fn vectorised<R>(loops: impl FnMut() -> R) -> R {
    struct Loops<F>(F);

    impl<R, F: FnMut() -> R> pulp::WithSimd for Loops<F> {
        type Output = R;

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(mut self, _: S) -> R {
            (self.0)()
        }
    }

    pulp::Arch::new().dispatch(Loops(loops))
}

impl<T: Copy + Send + Sync + 'static> Tensor<T> {
    /// `f` of each element.
    pub fn map<U: Copy + Send>(&self, f: impl Fn(T) -> U + Sync) -> Tensor<U> {
        if self.is_empty() {
            return Tensor::new(self.shape(), Vec::new());
        }
        let storage = self.storage();
        let mut mapped = buffer::stale(self.len(), f(storage[self.layout().offset()]));
        parallel::write(parallel::LIGHT, [self.layout()], [&mut mapped], |layouts, [mut rest]| {
            vectorised(
                #[inline(always)]
                || {
                    for_each_run(
                        layouts,
                        #[inline(always)]
                        |[x], length| {
                            let target = rest.split_off_mut(..length).expect("a place for each");
                            match x.stride {
                                1 => {
                                    let source = &storage[x.offset..x.offset + length];
                                    target.iter_mut().zip(source).for_each(|(y, &x)| *y = f(x));
                                }
                                _ => {
                                    for (i, y) in target.iter_mut().enumerate() {
                                        *y = f(storage[x.offset + i * x.stride]);
                                    }
                                }
                            }
                        },
                    );
                },
            )
        });
        Tensor::from_buffer(self.shape(), mapped)
    }

    /// `f` of each pair of elements, after broadcasting both to one shape.
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
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn zip_map<U: Copy + Sync + 'static, V: Copy + Send>(
        &self,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> V + Sync,
    ) -> Tensor<V> {
        self.zip("zip_map", other, f)
    }

    /// [`zip_map`](Self::zip_map) under the name that an error is to bear.
    #[track_caller]
    fn zip<U: Copy + Sync + 'static, V: Copy + Send>(
        &self,
        name: &str,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> V + Sync,
    ) -> Tensor<V> {
        let shape = expect(name, shape::broadcast(self.shape(), other.shape()));
        let count = shape::len(&shape);
        if count == 0 {
            return Tensor::new(shape, Vec::new());
        }
        let left = expect(name, self.layout().expand(&shape));
        let right = expect(name, other.layout().expand(&shape));
        let (a, b) = (self.storage(), other.storage());
        let mut zipped = buffer::stale(count, f(a[left.offset()], b[right.offset()]));
        parallel::write(parallel::LIGHT, [&left, &right], [&mut zipped], |layouts, [mut rest]| {
            vectorised(
                #[inline(always)]
                || {
                    for_each_run(
                        layouts,
                        #[inline(always)]
                        |[x, y], length| {
                            let target = rest.split_off_mut(..length).expect("a place for each");
                            match (x.stride, y.stride) {
                                (1, 1) => {
                                    let xs = &a[x.offset..x.offset + length];
                                    let ys = &b[y.offset..y.offset + length];
                                    for ((z, &x), &y) in target.iter_mut().zip(xs).zip(ys) {
                                        *z = f(x, y);
                                    }
                                }
                                (1, 0) => {
                                    let xs = &a[x.offset..x.offset + length];
                                    let y = b[y.offset];
                                    target.iter_mut().zip(xs).for_each(|(z, &x)| *z = f(x, y));
                                }
                                (0, 1) => {
                                    let x = a[x.offset];
                                    let ys = &b[y.offset..y.offset + length];
                                    target.iter_mut().zip(ys).for_each(|(z, &y)| *z = f(x, y));
                                }
                                _ => {
                                    for (i, z) in target.iter_mut().enumerate() {
                                        *z = f(
                                            a[x.offset + i * x.stride],
                                            b[y.offset + i * y.stride],
                                        );
                                    }
                                }
                            }
                        },
                    );
                },
            )
        });
        Tensor::from_buffer(&shape, zipped)
    }

    /// Replaces each element by `f` of it and of the element of `other`, broadcast to this shape.
    ///
    /// # Panics
    /// When `other` does not broadcast to this shape.
    #[track_caller]
    pub fn zip_apply<U: Copy + Sync + 'static>(
        &mut self,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> T + Sync,
    ) {
        let layout = expect("zip_apply", other.layout().expand(self.shape()));
        let source = other.storage();
        parallel::write(
            parallel::LIGHT,
            [&layout],
            [self.as_mut_slice()],
            |layouts, [mut rest]| {
                vectorised(
                    #[inline(always)]
                    || {
                        for_each_run(
                            layouts,
                            #[inline(always)]
                            |[y], length| {
                                let run = rest.split_off_mut(..length).expect("a place for each");
                                match y.stride {
                                    1 => {
                                        let values = &source[y.offset..y.offset + length];
                                        run.iter_mut()
                                            .zip(values)
                                            .for_each(|(x, &y)| *x = f(*x, y));
                                    }
                                    _ => {
                                        for (i, x) in run.iter_mut().enumerate() {
                                            *x = f(*x, source[y.offset + i * y.stride]);
                                        }
                                    }
                                }
                            },
                        );
                    },
                )
            },
        );
    }
}

impl<T: Scalar> Tensor<T> {
    /// Adds `other`, broadcast to this shape, in place.
    ///
    /// # Panics
    /// When `other` does not broadcast to this shape.
    #[track_caller]
    pub fn add_in_place(&mut self, other: &Self) {
        self.zip_apply(other, |x, y| x + y);
    }

    /// Each element times a number.
    pub fn scale(&self, factor: T) -> Self {
        self.map(|x| x * factor)
    }
}

impl<T: Scalar> Neg for &Tensor<T> {
    type Output = Tensor<T>;

    fn neg(self) -> Tensor<T> {
        self.map(|x| -x)
    }
}

impl<T: Scalar> Add for &Tensor<T> {
    type Output = Tensor<T>;

    #[track_caller]
    fn add(self, other: Self) -> Tensor<T> {
        self.zip("add", other, |x, y| x + y)
    }
}

impl<T: Scalar> Sub for &Tensor<T> {
    type Output = Tensor<T>;

    #[track_caller]
    fn sub(self, other: Self) -> Tensor<T> {
        self.zip("sub", other, |x, y| x - y)
    }
}

impl<T: Scalar> Mul for &Tensor<T> {
    type Output = Tensor<T>;

    #[track_caller]
    fn mul(self, other: Self) -> Tensor<T> {
        self.zip("mul", other, |x, y| x * y)
    }
}

impl<T: Scalar> Div for &Tensor<T> {
    type Output = Tensor<T>;

    #[track_caller]
    fn div(self, other: Self) -> Tensor<T> {
        self.zip("div", other, |x, y| x / y)
    }
}
