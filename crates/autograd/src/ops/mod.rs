//! The operations, one per file; elementwise functions of one input share [`unary`].
//!
//! A file holds, top to bottom: the formula and its derivative, the op, the method of [`Var`] that
//! records it, and the cases on which its gradient is checked. A new op is a new file and a line
//! below; a test fails if an op is not on the list, or if its cases do not exercise it.
//!
//! Functions that other ops can compute are composed from them, in the file of the op they are closest to:
//! `min` with [`max`], `stack` and `pad` with [`concat`]. [`variance`] is composed entirely.
//!
//! [`Var`]: crate::Var

mod add;
mod assign;
mod clamp;
mod compare;
mod concat;
mod cumsum;
mod div;
mod expand;
mod flip;
mod fold;
mod gather;
mod gather_rows;
mod logsumexp;
mod matmul;
mod max;
mod maximum;
mod mul;
mod operand;
mod permute;
mod pow;
mod powi;
mod reshape;
mod scatter_add_rows;
mod slice;
mod sort;
mod sub;
mod sum;
mod unary;
mod unfold;
mod variance;
mod where_;

pub use operand::VarOrNumber;
use tensor::{Scalar, Tensor};

use crate::{Tape, Var};

impl<T: Scalar> Tape<T> {
    /// Records a number as a constant, as in the formula `x + 1.0`.
    ///
    /// # Panics
    /// If a number that is neither 0 nor infinite would become so in the scalar type, as 1e-50 does in `f32`.
    #[track_caller]
    pub fn number(&self, number: f64) -> Var<'_, T> {
        self.constant(Tensor::scalar(rounded(number)))
    }
}

/// Returns the nearest number of the scalar type.
///
/// # Panics
/// If that is 0 or infinite and the number is not: `(x * x + 1e-50).sqrt()` would have an infinite slope at 0.
#[track_caller]
fn rounded<T: Scalar>(number: f64) -> T {
    let rounded = T::from_f64(number);
    assert!(
        (rounded == T::ZERO) == (number == 0.0) && rounded.is_finite() == number.is_finite(),
        "{number:e} would be {rounded} in this scalar type: choose a number that it can hold, or compute in f64"
    );
    rounded
}

#[cfg(test)]
mod tests {
    use crate::check::strategy::{
        Cases, assert_all_are_listed, assert_contributions, assert_formulas, assert_gradients,
    };

    const OPS: &[(&str, Cases)] = &[
        ("abs", super::unary::cases::abs),
        ("add", super::add::cases),
        ("clamp", super::clamp::cases),
        ("concat", super::concat::cases),
        ("cos", super::unary::cases::cos),
        ("cumsum", super::cumsum::cases),
        ("div", super::div::cases),
        ("exp", super::unary::cases::exp),
        ("expand", super::expand::cases),
        ("flip", super::flip::cases),
        ("fold", super::fold::cases),
        ("gather", super::gather::cases),
        ("gather_rows", super::gather_rows::cases),
        ("ln", super::unary::cases::ln),
        ("logsumexp", super::logsumexp::cases),
        ("matmul", super::matmul::cases),
        ("max", super::max::cases),
        ("maximum", super::maximum::cases),
        ("mul", super::mul::cases),
        ("neg", super::unary::cases::neg),
        ("permute", super::permute::cases),
        ("pow", super::pow::cases),
        ("powi", super::powi::cases),
        ("reshape", super::reshape::cases),
        ("scatter_add_rows", super::scatter_add_rows::cases),
        ("sigmoid", super::unary::cases::sigmoid),
        ("sin", super::unary::cases::sin),
        ("slice", super::slice::cases),
        ("softplus", super::unary::cases::softplus),
        ("sort", super::sort::cases),
        ("sqrt", super::unary::cases::sqrt),
        ("sub", super::sub::cases),
        ("sum", super::sum::cases),
        ("tanh", super::unary::cases::tanh),
        ("unfold", super::unfold::cases),
        ("where_", super::where_::cases),
    ];

    /// Functions composed of several ops, each listed under an op that it records.
    const COMPOSED: &[(&str, Cases)] = &[("powi", super::variance::cases)];

    #[test]
    fn every_op_is_on_the_list() {
        assert_all_are_listed(env!("CARGO_MANIFEST_DIR"), OPS);
    }

    #[test]
    fn every_op_says_its_formulas() {
        assert_formulas(OPS);
    }

    #[test]
    fn contributions_of_every_op_add_up_to_the_backward_walk() {
        assert_contributions(OPS);
    }

    #[test]
    fn every_op_has_right_gradients() {
        assert_gradients(OPS);
    }

    #[test]
    fn what_is_composed_of_ops_has_right_gradients() {
        assert_gradients(COMPOSED);
    }
}
