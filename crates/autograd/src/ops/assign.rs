//! `total += x`, and `-=`, `*=`, `/=`: short for `total = total + x`.
//!
//! Nothing on the tape changes: `total` becomes another variable. It keeps its shape, so a loss per
//! sample that was not averaged cannot silently turn the total into a tensor.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Sub, SubAssign};

use tensor::Scalar;

use crate::Var;

/// Returns the new value of a variable, which must have the shape of the old one.
#[track_caller]
fn with_shape_kept<'t, T: Scalar>(operator: &str, old: Var<'t, T>, new: Var<'t, T>) -> Var<'t, T> {
    let (before, after) = (old.shape(), new.shape());
    assert!(
        before == after,
        "x {operator} y: x has shape {before:?}, and the result {after:?}: x keeps its shape, so \
         reduce y first"
    );
    new
}

impl<'t, T: Scalar, Y> AddAssign<Y> for Var<'t, T>
where
    Self: Add<Y, Output = Self>,
{
    #[track_caller]
    fn add_assign(&mut self, y: Y) {
        *self = with_shape_kept("+=", *self, *self + y);
    }
}

impl<'t, T: Scalar, Y> SubAssign<Y> for Var<'t, T>
where
    Self: Sub<Y, Output = Self>,
{
    #[track_caller]
    fn sub_assign(&mut self, y: Y) {
        *self = with_shape_kept("-=", *self, *self - y);
    }
}

impl<'t, T: Scalar, Y> MulAssign<Y> for Var<'t, T>
where
    Self: Mul<Y, Output = Self>,
{
    #[track_caller]
    fn mul_assign(&mut self, y: Y) {
        *self = with_shape_kept("*=", *self, *self * y);
    }
}

impl<'t, T: Scalar, Y> DivAssign<Y> for Var<'t, T>
where
    Self: Div<Y, Output = Self>,
{
    #[track_caller]
    fn div_assign(&mut self, y: Y) {
        *self = with_shape_kept("/=", *self, *self / y);
    }
}
