//! y = −x, so x̄ = −ȳ.

use std::ops::Neg;

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct NegOp;

impl<T: Scalar> Op<T> for NegOp {
    fn name(&self) -> &'static str {
        "neg"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = −x").vjp("x̄ = −ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        -x[0]
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || -dy);
    }
}

impl<T: Scalar> Neg for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        self.tape().apply(NegOp, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("neg", -2.0..2.0, |x| -x)
}
