//! The operations, one a file; elementwise functions of one input share [`unary`].
//!
//! A file holds, top to bottom: the formula and its derivative, the op, the method of [`Var`] that
//! records it, and the cases on which its gradient is checked. A new op is a new file and a line
//! below; a test fails if an op is not on the list, or if its cases do not exercise it.
//!
//! [`Var`]: crate::Var

mod add;
mod concat;
mod div;
mod expand;
mod gather_rows;
mod matmul;
mod max;
mod maximum;
mod mul;
mod permute;
mod powi;
mod reshape;
mod scatter_add_rows;
mod slice;
mod sub;
mod sum;
mod unary;

use tensor::{Scalar, Tensor};

use crate::{Tape, Var};

impl<T: Scalar> Tape<T> {
    /// Records a single number that is constant, as in the formula `x + 1.0`.
    #[track_caller]
    pub fn number(&self, number: f64) -> Var<'_, T> {
        self.constant(Tensor::scalar(T::from_f64(number)))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::strategy::{
        Cases, assert_all_are_listed, assert_contributions, assert_formulas, assert_gradients,
    };

    const OPS: &[(&str, Cases)] = &[
        ("abs", super::unary::cases::abs),
        ("add", super::add::cases),
        ("concat", super::concat::cases),
        ("cos", super::unary::cases::cos),
        ("div", super::div::cases),
        ("exp", super::unary::cases::exp),
        ("expand", super::expand::cases),
        ("gather_rows", super::gather_rows::cases),
        ("ln", super::unary::cases::ln),
        ("matmul", super::matmul::cases),
        ("max", super::max::cases),
        ("maximum", super::maximum::cases),
        ("mul", super::mul::cases),
        ("neg", super::unary::cases::neg),
        ("permute", super::permute::cases),
        ("powi", super::powi::cases),
        ("reshape", super::reshape::cases),
        ("scatter_add_rows", super::scatter_add_rows::cases),
        ("sigmoid", super::unary::cases::sigmoid),
        ("sin", super::unary::cases::sin),
        ("slice", super::slice::cases),
        ("sqrt", super::unary::cases::sqrt),
        ("sub", super::sub::cases),
        ("sum", super::sum::cases),
        ("tanh", super::unary::cases::tanh),
    ];

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
}
