//! y = σ(x) = 1 / (1 + e⁻ˣ), so x̄ = y (1 − y) ȳ.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Sigmoid;

impl<T: Scalar> Op<T> for Sigmoid {
    fn name(&self) -> &'static str {
        "sigmoid"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = σ(x) = 1 / (1 + e⁻ˣ)").vjp("x̄ = y (1 − y) ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::sigmoid)
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(y, |dy, y| dy * y * (T::ONE - y)));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The logistic function 1 / (1 + e⁻ˣ), elementwise.
    #[track_caller]
    pub fn sigmoid(self) -> Self {
        self.tape().apply(Sigmoid, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("sigmoid", -4.0..4.0, |x| x.sigmoid())
}
