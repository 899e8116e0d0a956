//! The right side of an operation that takes a variable as well as a number.

use tensor::{Scalar, Tensor};

use super::rounded;
use crate::{Tape, Var};

/// A variable, or a number in its place: `x.maximum(y)` and `x.maximum(0.0)`.
pub trait VarOrNumber<'t, T: Scalar> {
    /// Returns the variable, or records the number as a constant on the tape.
    fn on(self, tape: &'t Tape<T>) -> Var<'t, T>;

    /// Returns the value of the variable; a number as a tensor without axes.
    fn into_value(self) -> Tensor<T>;
}

impl<'t, T: Scalar> VarOrNumber<'t, T> for Var<'t, T> {
    fn on(self, _: &'t Tape<T>) -> Var<'t, T> {
        self
    }

    fn into_value(self) -> Tensor<T> {
        self.value()
    }
}

impl<'t, T: Scalar> VarOrNumber<'t, T> for f64 {
    #[track_caller]
    fn on(self, tape: &'t Tape<T>) -> Var<'t, T> {
        tape.number(self)
    }

    #[track_caller]
    fn into_value(self) -> Tensor<T> {
        Tensor::scalar(rounded(self))
    }
}
