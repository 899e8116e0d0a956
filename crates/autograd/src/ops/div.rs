//! y = a / b, elementwise, so ā = ȳ / b and b̄ = −y ȳ / b.
//!
//! An input that was broadcast was read several times, so its adjoint is a sum: `sum_to` adds up
//! along the axes that broadcasting repeated.

use std::ops::Div;

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct DivOp;

impl<T: Scalar> Op<T> for DivOp {
    fn name(&self) -> &'static str {
        "div"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = a / b").vjp("ā = ȳ / b").vjp("b̄ = −y ȳ / b"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::broadcast(shapes[0], shapes[1]).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0] / x[1]
    }

    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || (dy / x[1]).sum_to(x[0].shape()));
        dx.add(1, || -(dy * y / x[1]).sum_to(x[1].shape()));
    }
}

impl<T: Scalar> Div for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn div(self, other: Self) -> Self {
        self.tape().apply(DivOp, &[self, other])
    }
}

impl<T: Scalar> Div<f64> for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn div(self, number: f64) -> Self {
        self / self.tape().number(number)
    }
}

impl<'t, T: Scalar> Div<Var<'t, T>> for f64 {
    type Output = Var<'t, T>;

    #[track_caller]
    fn div(self, x: Var<'t, T>) -> Var<'t, T> {
        x.tape().number(self) / x
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::binary("div", -2.0..2.0, 0.5..3.0, |a, b| a / b)
}
