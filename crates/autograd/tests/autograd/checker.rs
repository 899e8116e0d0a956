//! The checker is checked: right gradients pass, and every wrong one is caught.

use autograd::check::{self, Method};
use autograd::{Adjoints, Op, Parameters, Tape, Var};
use mistakes::message;
use proptest::prelude::*;
use tensor::{Key, Scalar, Tensor};

/// Mistakes in a VJP for y = softmax(x) along the last axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    Scaled,
    Sign,
    DroppedTerm,
    Constant,
    RightForOnesOnly,
    WrongAtOneEntry,
    Missing,
}

/// y = eˣ / Σ eˣ, so x̄ = y ⊙ (ȳ − ⟨ȳ, y⟩): small, but with a term that is easily forgotten.
struct Softmax(Mistake);

impl<T: Scalar> Op<T> for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let exponentials = x[0].exp();
        &exponentials / exponentials.sum_keepdim(&[-1])
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<T>) {
        let inner = (dy * y).sum_keepdim(&[-1]);
        let right = y * (dy - &inner);
        match self.0 {
            Mistake::None => dx.add(0, || right),
            Mistake::Scaled => dx.add(0, || right * T::from_f64(2.0)),
            Mistake::Sign => dx.add(0, || -right),
            Mistake::DroppedTerm => dx.add(0, || y * dy),
            Mistake::Constant => dx.add(0, || right.map(|x| x + T::from_f64(1e-3))),
            // With an all-ones cotangent a softmax has gradient 0, whatever is done to it.
            Mistake::RightForOnesOnly => dx.add(0, || Tensor::zeros(y.shape())),
            Mistake::WrongAtOneEntry => dx.add(0, || {
                let mut wrong = right.clone();
                let entry = &mut wrong.as_mut_slice()[1];
                *entry = *entry * T::from_f64(1.01);
                wrong
            }),
            Mistake::Missing => {}
        }
    }
}

fn report(mistake: Mistake, rows: usize) -> check::Report {
    let x = Tensor::normal([rows, 4], 0.0, 1.0, Key::new(3));
    check::inputs(&[x], |x| x[0].tape().apply(Softmax(mistake), &x))
}

#[test]
fn the_right_gradient_passes() {
    for rows in [1, 3, 40] {
        report(Mistake::None, rows).assert();
    }
}

#[test]
fn every_mistake_is_caught() {
    use Mistake::*;
    for mistake in [Scaled, Sign, DroppedTerm, Constant, RightForOnesOnly, WrongAtOneEntry, Missing]
    {
        assert!(!report(mistake, 3).passes(), "{mistake:?} went unseen");
    }
}

#[test]
fn mistakes_in_large_tensors_are_caught_by_samples_and_directions() {
    use Mistake::*;
    for mistake in [Scaled, Sign, DroppedTerm, Constant, RightForOnesOnly, Missing] {
        assert!(!report(mistake, 200).passes(), "{mistake:?} went unseen");
    }
}

#[test]
fn the_report_names_method_input_entry_both_numbers_and_the_users_line() {
    let line = line!() + 2;
    let x = Tensor::normal([1, 4], 0.0, 1.0, Key::new(3));
    let report = check::inputs(&[x], |x| x[0].tape().apply(Softmax(Mistake::WrongAtOneEntry), &x));
    let text = report.to_string();
    assert!(text.starts_with("input 0  [1, 4]        WRONG  worst error "), "{text}");
    assert!(text.contains("\n    differences, along [0, 1]: backward "), "{text}");
    assert!(
        text.contains("\n    forward mode, along [0, 1] to [0, 1] of the output: backward "),
        "{text}"
    );
    let wrong_op = format!("wrong op: %1 = softmax, recorded at {}:{line}:", file!());
    assert!(text.contains(&wrong_op), "{text}");
    assert!(text.contains(", input 0: at [0, 1] the VJP gives "), "{text}");
}

#[test]
fn a_wrong_op_is_named_with_the_line_of_its_check() {
    let line = line!() + 1;
    let report = check::op(|| Softmax(Mistake::Sign), &[Tensor::from([[0.5, 1.0, -1.0]])]);
    let place = format!("softmax, recorded at {}:{line}:", file!());
    assert!(report.to_string().contains(&place), "{report}");
}

#[test]
fn a_kink_is_counted_and_is_no_failure() {
    // The smallest step reaches across 0 from the first entry only.
    let x = Tensor::from([3e-8, 1.0, -1.0]);
    let report = check::inputs(&[x], |[x]| x.abs());
    report.assert();
    assert!(report.findings[0].kinks > 0);
    assert!(report.to_string().contains(" at kinks"));
}

#[test]
fn a_wrong_slope_at_a_kink_is_still_wrong() {
    // At a tie of 1·x and 2·x any slope from 1 to 2 is a derivative, 3 is not.
    let report = check::op(|| WrongAtKink, &[Tensor::from([0.0])]);
    assert!(!report.passes(), "{report}");
}

/// y = max(x, 2x), with slope 3 analytic at the tie.
struct WrongAtKink;

impl<T: Scalar> Op<T> for WrongAtKink {
    fn name(&self) -> &'static str {
        "wrong_at_kink"
    }
    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(|x| x.maximum(x + x))
    }
    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<T>) {
        dx.add(0, || dy * T::from_f64(3.0));
    }
}

type Function = for<'t> fn([Var<'t, check::Number>; 1]) -> Var<'t, check::Number>;

#[test]
fn right_gradients_pass_where_a_function_is_steep() {
    let functions: [(Function, &[f64]); 4] = [
        (|[x]| x.powi(-1), &[1e-3, 1e-6, -1e-4]),
        (|[x]| x.ln(), &[1e-5, 1e-9]),
        (|[x]| x.sqrt(), &[1e-6, 1e-9]),
        (|[x]| (x * 1e4).tanh(), &[1e-5, -1e-4]),
    ];
    for (function, points) in functions {
        check::inputs(&[Tensor::from(points)], function).assert();
        for &at in points {
            let report = check::inputs(&[Tensor::from([at])], function);
            report.assert();
            assert_eq!(report.findings[0].inconclusive, 0, "{report}");
        }
    }
    // Beside a kink, too.
    let x = Tensor::from([2e-3, 0.0]);
    check::inputs(&[x], |[x]| x.index_axis(0, 0).powi(-1) + x.index_axis(0, 1).abs()).assert();
}

#[test]
fn differences_that_drown_in_rounding_do_not_contradict_and_the_report_says_so() {
    let report = check::inputs(&[Tensor::from([0.5])], |[x]| x + 1e12);
    report.assert();
    assert!(report.to_string().contains(" not decided by differences: too steep, or too large"));
}

/// y = 1/x, with a backward pass that is off by a factor, or that agrees with forward mode on 0.
struct SteepReciprocal {
    factor: f64,
    stopped: bool,
}

impl<T: Scalar> Op<T> for SteepReciprocal {
    fn name(&self) -> &'static str {
        "steep_reciprocal"
    }
    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(|x| if self.stopped { T::from_f64(1.0 / x.to_f64()) } else { T::ONE / x })
    }
    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<T>) {
        let factor = T::from_f64(if self.stopped { 0.0 } else { -self.factor });
        dx.add(0, || y * y * dy * factor);
    }
}

#[test]
fn wrong_gradients_fail_where_a_function_is_steep() {
    let passes = |factor, stopped| {
        let make = || SteepReciprocal { factor, stopped };
        check::op(make, &[Tensor::from([1e-3, 2e-5])]).passes()
    };
    assert!(passes(1.0, false));
    assert!(!passes(1.001, false), "a factor in the backward pass");
    assert!(!passes(1.0, true), "only differences see that forward mode does not follow x");
}

#[test]
fn the_report_says_that_numbers_below_its_tolerance_count_as_0() {
    let report = check::inputs(&[Tensor::from([0.5, -2.0])], |[x]| x * x * 1e-15);
    assert!(report.to_string().contains(", all of which count as 0: the largest is "), "{report}");
}

#[test]
fn parameters_are_reported_by_name_and_frozen_ones_left_out() {
    let mut parameters = Parameters::with_seed(0);
    let weight = parameters.add("weight", Tensor::from([[0.5, -1.0]]));
    let frozen = parameters.add("frozen", Tensor::scalar(2.0));
    parameters.freeze(frozen);
    let report = check::parameters(&parameters, |pass| {
        pass.parameter(weight).tanh() * pass.parameter(frozen)
    });
    report.assert();
    let names: Vec<_> = report.findings.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(names, ["weight"]);
}

#[test]
fn a_check_that_compares_nothing_does_not_pass() {
    let nothing = "nothing was compared: the function reads no trainable parameter and no input; unfreeze what is to \
                   be checked, or give the parameters that the function reads";
    let mut parameters = Parameters::with_seed(0);
    let weight = parameters.add("weight", Tensor::from([[0.5, -1.0]]));
    let unread = parameters.clone();
    parameters.freeze_all();
    for report in [
        check::parameters(&parameters, |pass| pass.parameter(weight).tanh()),
        check::parameters(&unread, |pass| pass.constant(Tensor::scalar(5.0).cast())),
        check::layer(&parameters, &[], |pass, []| pass.parameter(weight).tanh()),
    ] {
        assert!(!report.passes());
        assert_eq!(report.summary(), format!("FAILED: {nothing}"));
        assert_eq!(report.to_string(), format!("{nothing}\n"));
        assert_eq!(message(|| report.assert()), format!("check: {nothing}"));
    }
    let x = Tensor::from([[2.0, 3.0]]);
    check::layer(&parameters, &[x], |pass, [x]| pass.parameter(weight) * x).assert();
}

#[test]
fn a_store_may_have_a_parameter_with_the_name_of_an_input() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let weight = parameters.add("input 0", Tensor::from([0.5, -1.0]));
    let x = Tensor::from([2.0, 3.0]);
    let report = check::layer(&parameters, &[x], |pass, [x]| pass.parameter(weight) * x);
    report.assert();
    let names: Vec<_> = report.findings.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(names, ["input 0", "input 0'"]);
}

#[test]
fn an_input_without_elements_passes() {
    let report = check::inputs(&[Tensor::zeros([0, 3])], |[x]| x.tanh());
    report.assert();
    assert_eq!((report.findings.len(), report.compared()), (1, 0));
}

#[test]
fn a_gradient_that_is_not_a_number_fails() {
    let report = check::inputs(&[Tensor::from([-1.0])], |[x]| x.ln());
    assert!(!report.passes());
    assert_eq!(report.worst_error(Method::Differences), f64::INFINITY);
}

proptest! {
    /// The VJP is linear in the cotangent, as a product with a matrix must be.
    #[test]
    fn a_vjp_is_linear_in_the_cotangent(a in -3.0..3.0f64, b in -3.0..3.0f64, seed in 0..1000u64) {
        let key = Key::new(seed);
        let draw = |name| Tensor::normal([3, 2], 0.0, 1.0, key.stream(name));
        let tape = Tape::default();
        let x = tape.variable(draw("x"));
        let y = (x * x).tanh() + x.exp();
        let (u, v) = (draw("u"), draw("v"));
        let together = y.vjp(&u * a + &v * b).of(x);
        let apart = y.vjp(u).of(x) * a + y.vjp(v).of(x) * b;
        prop_assert!(approx::relative_eq!(together, apart, epsilon = 1e-12, max_relative = 1e-12));
    }
}

/// x times a weight, with half of the weight's gradient.
#[derive(Clone)]
struct HalfScale;

impl<T: Scalar> Op<T> for HalfScale {
    fn name(&self) -> &'static str {
        "half_scale"
    }
    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0] * x[1]
    }
    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy * x[1]);
        dx.add(1, || dy * x[0] * T::from_f64(0.5));
    }
}

#[test]
fn a_failed_check_names_the_layer_of_the_wrong_op() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let weight = parameters.add("hidden.weight", Tensor::from([2.0, 3.0]));
    let report = check::parameters(&parameters, |pass| {
        let x = pass.constant(Tensor::from([1.0, 5.0]).cast());
        x.tape().apply(HalfScale, &[x, pass.parameter(weight)])
    });
    assert!(!report.passes());
    let text = report.to_string();
    assert!(text.contains("half_scale in layer `hidden`, recorded at"), "{text}");
}
