//! y = √x, so x̄ = ȳ / (2y).

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Sqrt;

impl<T: Scalar> Op<T> for Sqrt {
    fn name(&self) -> &'static str {
        "sqrt"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = √x").vjp("x̄ = ȳ / (2y)"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::sqrt)
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(y, |dy, y| dy / (y + y)));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The square root, elementwise.
    #[track_caller]
    pub fn sqrt(self) -> Self {
        self.tape().apply(Sqrt, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("sqrt", 0.2..4.0, |x| x.sqrt())
}
