//! y = a + b, so ā = b̄ = ȳ.
//!
//! An input that was broadcast was read several times, so its adjoint is a sum: `sum_to` adds up
//! along the axes that broadcasting repeated.

use std::ops::Add;

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct AddOp;

impl<T: Scalar> Op<T> for AddOp {
    fn name(&self) -> &'static str {
        "add"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = a + b").vjp("ā = ȳ").vjp("b̄ = ȳ"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::broadcast(shapes[0], shapes[1]).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0] + x[1]
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.sum_to(x[0].shape()));
        dx.add(1, || dy.sum_to(x[1].shape()));
    }
}

impl<T: Scalar> Add for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn add(self, other: Self) -> Self {
        self.tape().apply(AddOp, &[self, other])
    }
}

impl<T: Scalar> Add<f64> for Var<'_, T> {
    type Output = Self;

    #[track_caller]
    fn add(self, number: f64) -> Self {
        self + self.tape().number(number)
    }
}

impl<'t, T: Scalar> Add<Var<'t, T>> for f64 {
    type Output = Var<'t, T>;

    #[track_caller]
    fn add(self, x: Var<'t, T>) -> Var<'t, T> {
        x.tape().number(self) + x
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::binary("add", -2.0..2.0, -2.0..2.0, |a, b| a + b)
}
