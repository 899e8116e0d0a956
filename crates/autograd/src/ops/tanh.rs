//! y = tanh x, so x̄ = (1 − y²) ȳ.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Tanh;

impl<T: Scalar> Op<T> for Tanh {
    fn name(&self) -> &'static str {
        "tanh"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = tanh x").vjp("x̄ = (1 − y²) ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::tanh)
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(y, |dy, y| dy * (T::ONE - y * y)));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The hyperbolic tangent, elementwise.
    #[track_caller]
    pub fn tanh(self) -> Self {
        self.tape().apply(Tanh, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("tanh", -3.0..3.0, |x| x.tanh())
}
