//! y = ln x, so x̄ = ȳ / x.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Ln;

impl<T: Scalar> Op<T> for Ln {
    fn name(&self) -> &'static str {
        "ln"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = ln x").vjp("x̄ = ȳ / x"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::ln)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy / x[0]);
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The natural logarithm, elementwise.
    #[track_caller]
    pub fn ln(self) -> Self {
        self.tape().apply(Ln, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("ln", 0.2..4.0, |x| x.ln())
}
