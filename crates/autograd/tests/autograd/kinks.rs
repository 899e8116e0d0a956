//! Points with many kinks at once: right gradients pass, and wrong ones are still caught.

use std::thread;

use autograd::check::{self, Method, Number, Report};
use autograd::{Adjoints, Op, Parameters};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use tensor::{Key, Scalar, Tensor};

type Array = Tensor<Number>;

/// The mistake of an op of these tests.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    /// ReLU's VJP passes something on where x is negative.
    LeaksOnTheLeft,
    /// ReLU's VJP loses something where x is positive.
    WeakOnTheRight,
    /// ReLU's VJP passes all on at 0, where forward mode has 0.
    AliveAtTheKink,
    /// The smooth op beside has a VJP that is too large.
    SineTooLarge,
    /// It has one that is right except at 0, where value and forward mode are of a constant.
    SineFlatAtZero,
    /// It has one that is wrong to the left of 0 only.
    SineWrongOnTheLeft,
}

const MISTAKES: [Mistake; 6] = [
    Mistake::LeaksOnTheLeft,
    Mistake::WeakOnTheRight,
    Mistake::AliveAtTheKink,
    Mistake::SineTooLarge,
    Mistake::SineFlatAtZero,
    Mistake::SineWrongOnTheLeft,
];

/// y = max(x, 0), with slope 0 at 0.
struct Relu(Mistake);

impl Op<Number> for Relu {
    fn name(&self) -> &'static str {
        "relu"
    }
    fn forward(&mut self, x: &[&Array]) -> Array {
        x[0].map(|x| if x > Number::ZERO { x } else { Number::ZERO })
    }
    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array, dx: &mut Adjoints<Number>) {
        let zero = Number::ZERO;
        let slope = |x: Number| match self.0 {
            Mistake::LeaksOnTheLeft if x < zero => 0.25,
            Mistake::WeakOnTheRight if x > zero => 0.75,
            Mistake::AliveAtTheKink if x == zero => 1.0,
            _ => f64::from(x > zero),
        };
        // Selects, for 0 · ∞ is not 0.
        let times = |dy: Number, slope: f64| match slope {
            0.0 => Number::ZERO,
            slope => dy * Number::from_f64(slope),
        };
        dx.add(0, || dy.zip_map(x[0], |dy, x| times(dy, slope(x))));
    }
}

/// y = sin x.
struct Sine(Mistake);

impl Op<Number> for Sine {
    fn name(&self) -> &'static str {
        "sine"
    }
    fn forward(&mut self, x: &[&Array]) -> Array {
        let is_flat = |x: Number| self.0 == Mistake::SineFlatAtZero && x == Number::ZERO;
        x[0].map(|x| if is_flat(x) { Number::ZERO } else { x.sin() })
    }
    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array, dx: &mut Adjoints<Number>) {
        let factor = |x: Number| match self.0 {
            Mistake::SineTooLarge => 1.01,
            Mistake::SineFlatAtZero if x == Number::ZERO => 0.0,
            Mistake::SineWrongOnTheLeft if x < Number::ZERO => -1.0,
            _ => 1.0,
        };
        dx.add(0, || dy.zip_map(x[0], |dy, x| dy * x.cos() * Number::from_f64(factor(x))));
    }
}

/// relu(x ⊙ a) ⊙ b, a sine of the same numbers, and kinks of other kinds: absolute values, ties of
/// two and of several, clamps at their ends, and relu(x) − relu(−x), whose kinks cancel.
fn report(x: &Tensor<f64>, a: &Tensor<f64>, b: &Tensor<f64>, mistake: Mistake) -> Report {
    let mut parameters = Parameters::with_seed(0);
    let x = parameters.add("x", x.clone());
    check::parameters(&parameters, |pass| {
        let (x, tape) = (pass.parameter(x), pass.tape);
        let (a, b) = (tape.constant(a.cast()), tape.constant(b.cast()));
        let relu = |x| tape.apply(Relu(mistake), &[x]);
        let kinks = relu(x * a) * b + x.abs() * a + x.maximum(x * b) - (relu(x) - relu(-x));
        let clamp = x.maximum(tape.number(0.0)).minimum(tape.number(1.0));
        kinks + clamp * b + x.max(&[0]) + tape.apply(Sine(mistake), &[x])
    })
}

/// Numbers, most of them at a kink, and factors of both signs.
fn points() -> impl Strategy<Value = [Tensor<f64>; 3]> {
    let numbers = prop_oneof![4 => Just(0.0), 1 => Just(1.0), 1 => Just(-1.0), 1 => -2.0..2.0];
    let factors = || prop_oneof![-2.0..-0.5, 0.5..2.0];
    (1..12usize).prop_flat_map(move |n| {
        let draw = |numbers: BoxedStrategy<f64>| {
            prop::collection::vec(numbers, n).prop_map(move |x| Tensor::new([n], x))
        };
        let zero_first = |x: Tensor<f64>| {
            let mut x = x;
            x.as_mut_slice()[0] = 0.0;
            x
        };
        (draw(numbers.clone().boxed()), draw(factors().boxed()), draw(factors().boxed()))
            .prop_map(move |(x, a, b)| [zero_first(x), a, b])
    })
}

/// Checks what holds at 40 random points.
fn at_points(holds: impl Fn([Tensor<f64>; 3]) -> TestCaseResult) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(&points(), holds);
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn right_gradients_pass_at_points_with_many_kinks() {
    at_points(|[x, a, b]| {
        let right = report(&x, &a, &b, Mistake::None);
        prop_assert!(right.passes(), "{}", right);
        prop_assert!(right.findings[0].kinks > 0, "{}", right);
        prop_assert_eq!(right.findings[0].undecided, 0);
        Ok(())
    });
}

#[test]
fn wrong_gradients_fail_at_points_with_many_kinks() {
    // On all cores: this takes longer than all other tests of this crate.
    thread::scope(|scope| {
        for mistake in MISTAKES {
            scope.spawn(move || {
                at_points(|[x, a, b]| {
                    prop_assert!(!report(&x, &a, &b, mistake).passes(), "{mistake:?} went unseen");
                    Ok(())
                });
            });
        }
    });
}

/// A text without a known word: all hidden units are at ReLU's kink, with weights of both signs
/// after them.
#[test]
fn a_hidden_layer_at_the_kinks_of_all_its_units_passes() {
    let mut parameters = Parameters::<f32>::new(0);
    let bias = parameters.add("bias", Tensor::zeros([64]));
    let weight = parameters.add("weight", Tensor::normal([64, 3], 0.0, 1.0, Key::new(1)));
    let report = check::parameters(&parameters, |pass| {
        let hidden = pass.tape.apply(Relu(Mistake::None), &[pass.parameter(bias)]);
        hidden.reshape([1, 64]).matmul(pass.parameter(weight)).tanh()
    });
    report.assert();
    assert!(report.findings[0].kinks >= 48, "{report}");
    assert_eq!(report.findings[0].undecided, 0);
}

#[test]
fn kinks_that_no_parameter_moves_are_none_of_its_business() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let x = parameters.add("x", Tensor::from([0.5, -1.5]));
    let report = check::parameters(&parameters, |pass| {
        let constant = pass.constant(Tensor::zeros([2])).abs();
        pass.parameter(x).sin() * 2.0 + constant
    });
    report.assert();
    assert_eq!(report.findings[0].kinks, 0);
}

/// |x − t| for many t so close together that every point near has one in reach.
struct Comb;

impl Op<Number> for Comb {
    fn name(&self) -> &'static str {
        "comb"
    }
    fn forward(&mut self, x: &[&Array]) -> Array {
        // A triangle wave of slopes ±1 and the period 7e-8.
        x[0].map(|x| {
            let phase = x.value.rem_euclid(7e-8) - 3.5e-8;
            Number::new(phase.abs(), phase.signum() * x.tangent)
        })
    }
    fn vjp(&self, x: &[&Array], _: &Array, dy: &Array, dx: &mut Adjoints<Number>) {
        dx.add(0, || {
            dy.zip_map(x[0], |dy, x| {
                dy * Number::from_f64((x.value.rem_euclid(7e-8) - 3.5e-8).signum())
            })
        });
    }
}

#[test]
fn where_there_are_kinks_all_around_the_report_says_that_nothing_was_compared() {
    let report = check::op(|| Comb, &[Tensor::from([3e-8])]);
    assert!(report.findings[0].undecided > 0, "{report}");
    assert!(report.to_string().contains("not compared: there are kinks all around"), "{report}");
    assert_eq!(report.worst_error(Method::ForwardMode), 0.0);
}
