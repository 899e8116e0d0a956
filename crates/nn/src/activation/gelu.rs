//! y = x · Φ(x), with Φ the distribution function of the standard normal and φ its density.
//!
//! ```text
//! Φ(x) = (1 + erf(x / √2)) / 2      φ(x) = e^(−x²/2) / √(2π)      x̄ = (Φ(x) + x φ(x)) ȳ
//! ```
//!
//! This is the exact form, not the approximation by tanh.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, Tensor};

/// Records x · Φ(x), elementwise (Hendrycks and Gimpel 2016), in the exact form with erf.
#[track_caller]
pub fn gelu<T: Scalar>(x: Var<'_, T>) -> Var<'_, T> {
    x.tape().apply(GeluOp, &[x])
}

struct GeluOp;

impl<T: Scalar> Op<T> for GeluOp {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = x Φ(x)").vjp("x̄ = (Φ(x) + x φ(x)) ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(|x| x * normal_distribution(x))
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            dy.zip_map(x[0], |dy, x| dy * (normal_distribution(x) + x * normal_density(x)))
        });
    }
}

/// Φ(x) = (1 + erf(x / √2)) / 2.
fn normal_distribution<T: Scalar>(x: T) -> T {
    (T::ONE + (x * T::from_f64(FRAC_1_SQRT_2)).erf()) * T::from_f64(0.5)
}

/// φ(x) = e^(−x²/2) / √(2π).
fn normal_density<T: Scalar>(x: T) -> T {
    (x * x * T::from_f64(-0.5)).exp() * T::from_f64(FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * 0.5)
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    autograd::check::strategy::unary("gelu", -4.0..4.0, |x| gelu(x))
}
