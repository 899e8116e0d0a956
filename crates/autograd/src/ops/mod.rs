//! The operations, one a file.
//!
//! A file holds, top to bottom: the formula and its derivative, the op, the method of [`Var`] that
//! records it, and the cases on which its gradient is checked. A new op is a new file and a line
//! below; a test fails if a file is not on the list, or if its cases do not exercise the op.
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
mod minimum;
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
    use proptest::strategy::BoxedStrategy;
    use proptest::test_runner::TestRunner;

    use crate::check::Case;

    type Cases = fn() -> BoxedStrategy<Case>;

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
        ("minimum", super::minimum::cases),
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
    fn every_file_is_on_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder of this file")
            .map(|entry| entry.expect("a readable entry").path())
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        assert_eq!(files, OPS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }

    #[test]
    fn every_op_has_right_gradients() {
        for (name, cases) in OPS {
            let outcome = TestRunner::default().run(&cases(), |case| {
                assert_eq!(case.op, *name);
                case.check().assert();
                Ok(())
            });
            outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
