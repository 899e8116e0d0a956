//! `+`, `-`, `*` and `/` between tensors and numbers, elementwise and with broadcasting; `+=` and its
//! like in place.
//!
//! An operand may be a tensor, a reference to one, or a number, so formulas are written as on paper:
//!
//! ```
//! use tensor::Tensor;
//!
//! let x = Tensor::from([1.0, 2.0, 3.0]);
//! let y = (&x - x.mean_all()) * 2.0 + 1.0;
//! assert_eq!(y, Tensor::from([-1.0, 1.0, 3.0]));
//! assert_eq!(1.0 / (&x * &x), Tensor::from([1.0, 0.25, 1.0 / 9.0]));
//! ```
//!
//! Only an `f32` or an `f64` can be a number on the left: Rust lets this crate implement the operators
//! for types that it names, but not for every [`Scalar`].
//!
//! Two tensors must have shapes that broadcast, or the operator panics at its caller's line. `x += y`
//! leaves the shape of `x` as it is, so there `y` must broadcast to it:
//!
//! ```
//! # use tensor::Tensor;
//! let mut sums = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
//! sums += Tensor::from([10.0, 20.0]);
//! sums *= 2.0;
//! assert_eq!(sums, Tensor::from([[22.0, 44.0], [26.0, 48.0]]));
//! ```

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Range, Sub, SubAssign};

use crate::shape::{self, expect};
use crate::vectorized::vectorized;
use crate::{Scalar, Tensor};

impl<T: Scalar> Neg for &Tensor<T> {
    type Output = Tensor<T>;

    fn neg(self) -> Tensor<T> {
        self.map(|x| -x)
    }
}

impl<T: Scalar> Neg for Tensor<T> {
    type Output = Tensor<T>;

    fn neg(self) -> Tensor<T> {
        -&self
    }
}

impl<T: Scalar> Tensor<T> {
    /// Adds a tensor to the part of one axis that `range` names, in place: NumPy's `x[start:end] += part`.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let mut x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// x.add_to_slice(1, 1..3, &Tensor::from([[10.0, 20.0], [30.0, 40.0]]));
    /// assert_eq!(x, Tensor::from([[1.0, 12.0, 23.0], [4.0, 35.0, 46.0]]));
    /// ```
    ///
    /// # Panics
    /// If the axis does not exist, the range reaches beyond it, or `part` does not have the part's shape.
    #[track_caller]
    pub fn add_to_slice(&mut self, axis: isize, range: Range<usize>, part: &Self) {
        let at = expect("add_to_slice", shape::axis(axis, self.rank()));
        let slice = expect("add_to_slice", self.layout().slice(axis, range.clone()));
        assert!(
            part.shape() == slice.shape(),
            "add_to_slice: {range:?} of axis {at} of shape {:?} has shape {:?}, and the tensor to add {:?}: \
             they must be equal",
            self.shape(),
            slice.shape(),
            part.shape()
        );
        if part.is_empty() {
            return;
        }
        // The number of adjacent elements at each index of the axis.
        let inner: usize = self.shape()[at + 1..].iter().product();
        let (length, from, count) =
            (self.shape()[at] * inner, range.start * inner, range.len() * inner);
        let (sums, part) = (self.as_mut_slice(), part.values());
        vectorized(
            #[inline(always)]
            || {
                for (sums, part) in sums.chunks_exact_mut(length).zip(part.chunks_exact(count)) {
                    for (sum, &x) in sums[from..from + count].iter_mut().zip(part) {
                        *sum += x;
                    }
                }
            },
        );
    }
}

/// Implements an operator for each kind of operands. A form that takes a tensor by value calls the
/// form that takes a reference.
macro_rules! operator {
    ($Operator:ident, $name:ident, $Assign:ident, $assign:ident, $of_numbers:expr) => {
        impl<T: Scalar> $Operator for &Tensor<T> {
            type Output = Tensor<T>;

            #[track_caller]
            fn $name(self, other: Self) -> Tensor<T> {
                self.zip(stringify!($name), other, $of_numbers)
            }
        }

        impl<T: Scalar> $Operator<T> for &Tensor<T> {
            type Output = Tensor<T>;

            fn $name(self, number: T) -> Tensor<T> {
                self.map(move |x| $of_numbers(x, number))
            }
        }

        impl<T: Scalar> $Operator for Tensor<T> {
            type Output = Tensor<T>;

            #[track_caller]
            fn $name(self, other: Self) -> Tensor<T> {
                (&self).$name(&other)
            }
        }

        impl<T: Scalar> $Operator<&Tensor<T>> for Tensor<T> {
            type Output = Tensor<T>;

            #[track_caller]
            fn $name(self, other: &Tensor<T>) -> Tensor<T> {
                (&self).$name(other)
            }
        }

        impl<T: Scalar> $Operator<Tensor<T>> for &Tensor<T> {
            type Output = Tensor<T>;

            #[track_caller]
            fn $name(self, other: Tensor<T>) -> Tensor<T> {
                self.$name(&other)
            }
        }

        impl<T: Scalar> $Operator<T> for Tensor<T> {
            type Output = Tensor<T>;

            fn $name(self, number: T) -> Tensor<T> {
                (&self).$name(number)
            }
        }

        impl<T: Scalar> $Assign<&Tensor<T>> for Tensor<T> {
            #[track_caller]
            fn $assign(&mut self, other: &Tensor<T>) {
                self.assign(stringify!($assign), other, $of_numbers);
            }
        }

        impl<T: Scalar> $Assign for Tensor<T> {
            #[track_caller]
            fn $assign(&mut self, other: Tensor<T>) {
                self.$assign(&other);
            }
        }

        impl<T: Scalar> $Assign<T> for Tensor<T> {
            fn $assign(&mut self, number: T) {
                self.$assign(&Tensor::scalar(number));
            }
        }

        operator!($Operator, $name, $of_numbers, f32);
        operator!($Operator, $name, $of_numbers, f64);
    };
    ($Operator:ident, $name:ident, $of_numbers:expr, $Number:ty) => {
        impl $Operator<&Tensor<$Number>> for $Number {
            type Output = Tensor<$Number>;

            fn $name(self, tensor: &Tensor<$Number>) -> Tensor<$Number> {
                tensor.map(|x| $of_numbers(self, x))
            }
        }

        impl $Operator<Tensor<$Number>> for $Number {
            type Output = Tensor<$Number>;

            fn $name(self, tensor: Tensor<$Number>) -> Tensor<$Number> {
                self.$name(&tensor)
            }
        }
    };
}

operator!(Add, add, AddAssign, add_assign, |x, y| x + y);
operator!(Sub, sub, SubAssign, sub_assign, |x, y| x - y);
operator!(Mul, mul, MulAssign, mul_assign, |x, y| x * y);
operator!(Div, div, DivAssign, div_assign, |x, y| x / y);
