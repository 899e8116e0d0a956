//! y = sin x, so x̄ = cos x · ȳ.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Sin;

impl<T: Scalar> Op<T> for Sin {
    fn name(&self) -> &'static str {
        "sin"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = sin x").vjp("x̄ = cos x · ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::sin)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(x[0], |dy, x| dy * x.cos()));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The sine of an angle in radians, elementwise.
    #[track_caller]
    pub fn sin(self) -> Self {
        self.tape().apply(Sin, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("sin", -4.0..4.0, |x| x.sin())
}
