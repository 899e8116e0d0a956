//! Comparisons of values, element by element. They record nothing: a condition has no derivative.
//!
//! A value chosen by a comparison, with [`where_`](Var::where_), has the derivative of the chosen side.

use tensor::{Scalar, Tensor};

use super::VarOrNumber;
use crate::Var;

/// Comparisons with a variable or a number, element by element, with broadcasting. NaN is not equal
/// to anything, and is neither less nor greater.
impl<'t, T: Scalar> Var<'t, T> {
    /// Returns `true` where an element is equal to the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn eq(self, other: impl VarOrNumber<'t, T>) -> Tensor<bool> {
        self.value().eq(&other.into_value())
    }

    /// Returns `true` where an element is not equal to the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn ne(self, other: impl VarOrNumber<'t, T>) -> Tensor<bool> {
        self.value().ne(&other.into_value())
    }

    /// Returns `true` where an element is less than the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn lt(self, other: impl VarOrNumber<'t, T>) -> Tensor<bool> {
        self.value().lt(&other.into_value())
    }

    /// Returns `true` where an element is less than the other one, or equal.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn le(self, other: impl VarOrNumber<'t, T>) -> Tensor<bool> {
        self.value().le(&other.into_value())
    }

    /// Returns `true` where an element is greater than the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn gt(self, other: impl VarOrNumber<'t, T>) -> Tensor<bool> {
        self.value().gt(&other.into_value())
    }

    /// Returns `true` where an element is greater than the other one, or equal.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn ge(self, other: impl VarOrNumber<'t, T>) -> Tensor<bool> {
        self.value().ge(&other.into_value())
    }
}
