//! The operations, one a file.
//!
//! A file holds, top to bottom: the formula and its derivative, the op, the method of [`Var`] that
//! records it, and the cases on which its gradient is checked. A new op is a new file and a line
//! below; a test fails if an op is not on the list, or if its cases do not exercise it.
//!
//! [`Var`]: crate::Var

mod abs;
mod add;
mod concat;
mod cos;
mod div;
mod exp;
mod expand;
mod gather_rows;
mod ln;
mod matmul;
mod max;
mod maximum;
mod mul;
mod neg;
mod permute;
mod powi;
mod reshape;
mod scatter_add_rows;
mod sigmoid;
mod sin;
mod slice;
mod sqrt;
mod sub;
mod sum;
mod tanh;

#[cfg(test)]
mod tests {
    use crate::check::strategy::{
        Cases, assert_all_are_listed, assert_formulas, assert_gradients, assert_walks,
    };

    const OPS: &[(&str, Cases)] = &[
        ("abs", super::abs::cases),
        ("add", super::add::cases),
        ("concat", super::concat::cases),
        ("cos", super::cos::cases),
        ("div", super::div::cases),
        ("exp", super::exp::cases),
        ("expand", super::expand::cases),
        ("gather_rows", super::gather_rows::cases),
        ("ln", super::ln::cases),
        ("matmul", super::matmul::cases),
        ("max", super::max::cases),
        ("maximum", super::maximum::cases),
        ("mul", super::mul::cases),
        ("neg", super::neg::cases),
        ("permute", super::permute::cases),
        ("powi", super::powi::cases),
        ("reshape", super::reshape::cases),
        ("scatter_add_rows", super::scatter_add_rows::cases),
        ("sigmoid", super::sigmoid::cases),
        ("sin", super::sin::cases),
        ("slice", super::slice::cases),
        ("sqrt", super::sqrt::cases),
        ("sub", super::sub::cases),
        ("sum", super::sum::cases),
        ("tanh", super::tanh::cases),
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
    fn every_op_is_walked_as_backward_does() {
        assert_walks(OPS);
    }

    #[test]
    fn every_op_has_right_gradients() {
        assert_gradients(OPS);
    }
}
