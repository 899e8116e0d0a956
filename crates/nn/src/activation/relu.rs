//! y = max(x, 0), so x̄ = ȳ where x > 0, 0 elsewhere. At the kink x = 0 the derivative is taken as 0.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, Tensor};

/// Records max(x, 0), elementwise (Nair and Hinton 2010). Its derivative at 0 is taken as 0.
#[track_caller]
pub fn relu<T: Scalar>(x: Var<'_, T>) -> Var<'_, T> {
    x.tape().apply(ReluOp, &[x])
}

struct ReluOp;

impl<T: Scalar> Op<T> for ReluOp {
    fn name(&self) -> &'static str {
        "relu"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = max(x, 0)").vjp("x̄ = ȳ where x > 0, 0 elsewhere"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        // Not x > 0: a NaN must stay one.
        x[0].map(|x| if x <= T::ZERO { T::ZERO } else { x })
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.zip_map(x[0], |dy, x| if x > T::ZERO { dy } else { T::ZERO }));
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    autograd::check::strategy::unary("relu", -4.0..4.0, |x| relu(x))
}
