//! y = eˣ, so x̄ = y ȳ.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Exp;

impl<T: Scalar> Op<T> for Exp {
    fn name(&self) -> &'static str {
        "exp"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = eˣ").vjp("x̄ = y ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::exp)
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy * y);
    }
}

impl<T: Scalar> Var<'_, T> {
    /// eˣ, elementwise.
    #[track_caller]
    pub fn exp(self) -> Self {
        self.tape().apply(Exp, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("exp", -2.0..2.0, |x| x.exp())
}
