//! y = |x|, so x̄ = sign(x) ȳ. At the kink x = 0 the derivative is taken as 0.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Abs;

impl<T: Scalar> Op<T> for Abs {
    fn name(&self) -> &'static str {
        "abs"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = |x|").vjp("x̄ = sign(x) ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(T::abs)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(x[0], |dy, x| times_sign(dy, x)));
    }
}

fn times_sign<T: Scalar>(dy: T, x: T) -> T {
    if x > T::ZERO {
        dy
    } else if x < T::ZERO {
        -dy
    } else {
        T::ZERO
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The absolute value, elementwise. Its derivative at 0 is taken as 0.
    #[track_caller]
    pub fn abs(self) -> Self {
        self.tape().apply(Abs, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::unary("abs", -2.0..2.0, |x| x.abs())
}
