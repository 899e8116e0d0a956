//! y = cos x, so x̄ = −sin x · ȳ.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Cos;

impl<T: Scalar> Op<T> for Cos {
    fn name(&self) -> &'static str {
        "cos"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = cos x").vjp("x̄ = −sin x · ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::cos)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(x[0], |dy, x| -(dy * x.sin())));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The cosine of an angle in radians, elementwise.
    #[track_caller]
    pub fn cos(self) -> Self {
        self.tape().apply(Cos, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("cos", -4.0..4.0, |x| x.cos())
}
