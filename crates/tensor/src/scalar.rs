//! What a number must be able to do to live in a tensor.
//!
//! `f32` is for training and `f64` for checking. The trait is open: any type with these operations
//! works everywhere, which is how dual numbers can run through the very same code.

use std::fmt::{Debug, Display, LowerExp};
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use crate::elementary;
use crate::matrix::MatrixKernel;

/// A real number, or something that behaves like one under differentiation.
///
/// Numbers are compared by their values. The elementary functions are the ones that the operations and
/// layers need; each is correct to a few units in the last place wherever its result is a normal
/// number.
pub trait Scalar:
    Copy
    + Debug
    + Display
    + LowerExp
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Send
    + Sync
    + MatrixKernel
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// Returns the nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// Returns the value as `f64`.
    fn to_f64(self) -> f64;
    /// Returns `true` if this is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Returns |x|.
    fn abs(self) -> Self;
    /// Returns √x.
    fn sqrt(self) -> Self;
    /// Returns eˣ.
    fn exp(self) -> Self;
    /// Returns the natural logarithm.
    fn ln(self) -> Self;
    /// Returns ln(1 + x), accurate for small x.
    fn ln_1p(self) -> Self;
    /// Returns sin x, x in radians.
    fn sin(self) -> Self;
    /// Returns cos x, x in radians.
    fn cos(self) -> Self;
    /// Returns the hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Returns the error function erf x = 2/√π ∫₀ˣ e^(−t²) dt.
    fn erf(self) -> Self;
    /// Returns xⁿ for a whole number n. In `f64` the error grows with n, to about |n| / 2 units in the last place.
    fn powi(self, n: i32) -> Self;
    /// Returns xᵖ for a real exponent: 1 for p = 0; NaN for x < 0, unless p is whole.
    fn powf(self, exponent: Self) -> Self;

    /// Returns the logistic function σ(x) = 1 / (1 + e⁻ˣ).
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp())
    }

    /// Returns ln(1 + eˣ), without overflow.
    #[inline(always)]
    fn softplus(self) -> Self {
        // max(x, 0) + ln(1 + e⁻|x|), but without the kinks that both have in the derivatives at 0. The choice is
        // between operands, not between results, because the compiler can vectorize that.
        let is_positive = self > Self::ZERO;
        let (line, below) = if is_positive { (self, -self) } else { (Self::ZERO, self) };
        line + below.exp().ln_1p()
    }

    /// Returns the larger of two; NaN if either is NaN.
    #[inline(always)]
    fn maximum(self, other: Self) -> Self {
        if other > self || other.is_nan() { other } else { self }
    }

    /// Returns the smaller of two; NaN if either is NaN.
    #[inline(always)]
    fn minimum(self, other: Self) -> Self {
        if other < self || other.is_nan() { other } else { self }
    }

    /// Returns `true` if this is 0 in all its parts: for a dual number, the tangent too.
    #[inline(always)]
    fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// Returns the number's value alone: a dual number loses its tangent.
    #[inline(always)]
    fn without_tangent(self) -> Self {
        self
    }

    /// Returns `true` if this is not a number.
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.partial_cmp(&self).is_none()
    }
}

impl Scalar for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self.into()
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        f32::abs(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        elementary::exp(self)
    }

    #[inline(always)]
    fn sigmoid(self) -> Self {
        1.0 / elementary::one_plus_exp(-self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        elementary::ln(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        elementary::ln_1p(self)
    }
    #[inline(always)]
    fn sin(self) -> Self {
        f32::sin(self)
    }
    #[inline(always)]
    fn cos(self) -> Self {
        f32::cos(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        elementary::tanh(self)
    }
    #[inline(always)]
    fn erf(self) -> Self {
        libm::erff(self)
    }
    #[inline(always)]
    fn powi(self, n: i32) -> Self {
        // Each factor rounds. In f64, the error of a billion roundings is a few units in the last place of f32.
        if n.unsigned_abs() <= 4 { f32::powi(self, n) } else { f64::from(self).powi(n) as f32 }
    }
    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        f32::powf(self, exponent)
    }
}

impl Scalar for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        f64::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        f64::ln(self)
    }
    #[inline(always)]
    fn ln_1p(self) -> Self {
        f64::ln_1p(self)
    }
    #[inline(always)]
    fn sin(self) -> Self {
        f64::sin(self)
    }
    #[inline(always)]
    fn cos(self) -> Self {
        f64::cos(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        f64::tanh(self)
    }
    #[inline(always)]
    fn erf(self) -> Self {
        libm::erf(self)
    }
    #[inline(always)]
    fn powi(self, n: i32) -> Self {
        f64::powi(self, n)
    }
    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        f64::powf(self, exponent)
    }
}
