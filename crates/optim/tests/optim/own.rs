//! A custom optimizer: a formula, with the rest for free.

use autograd::{Gradient, Parameters, Tape};
use mistakes::message;
use optim::{Optimizer, ParameterStep, RuleOptimizer, Sgd, UpdateRule};
use proptest::prelude::*;
use tensor::{Scalar, Tensor};

use crate::{gradients, runs};

/// b ← 0.9 b + g, then θ ← θ − η b.
#[derive(Clone, Debug)]
pub struct HeavyBall;

impl<T: Scalar> UpdateRule<T, 1> for HeavyBall {
    const NAME: &'static str = "HeavyBall";
    const MOMENTS: [&'static str; 1] = ["velocity"];

    fn update(&self, step: ParameterStep<'_>, x: &mut [T], gradient: &[T], [b]: [&mut [T]; 1]) {
        let (mu, rate) = (T::from_f64(0.9), T::from_f64(step.rate));
        for ((x, &g), b) in x.iter_mut().zip(gradient).zip(b) {
            *b = mu * *b + g;
            *x = *x - rate * *b;
        }
    }
}

proptest! {
    #[test]
    fn a_rule_is_an_optimizer(run in runs()) {
        let (mut expected, mut parameters) = (run.parameters::<f32>(), run.parameters());
        run.play(0..run.steps(), &mut Sgd::new(0.1).momentum(0.9), &mut expected);
        run.play(0..run.steps(), &mut RuleOptimizer::of(HeavyBall, 0.1), &mut parameters);
        let values = |p: &Parameters<f32>| p.iter().map(|(_, _, x)| x.to_vec()).collect::<Vec<_>>();
        prop_assert_eq!(values(&parameters), values(&expected));
    }
}

/// Writes what it is told into the values, and counts the steps in its moment.
struct Told;

impl UpdateRule<f64, 1> for Told {
    const NAME: &'static str = "Told";
    const MOMENTS: [&'static str; 1] = ["count"];

    fn update(&self, step: ParameterStep<'_>, x: &mut [f64], _: &[f64], [count]: [&mut [f64]; 1]) {
        assert_eq!(step.shape.iter().product::<usize>(), x.len());
        count.iter_mut().for_each(|count| *count += 1.0);
        assert!(count.iter().all(|&count| count == step.number as f64));
        x.fill(step.rate);
    }
}

#[test]
fn a_rule_is_told_rate_number_and_shape() {
    let mut parameters = Parameters::with_seed(0);
    let [a, b] = ["a", "b"].map(|name| parameters.add(name, Tensor::ones([2, 3])));
    let mut optimizer = RuleOptimizer::of(Told, 0.5).group("b", |group| group.rate_scale(0.5));
    let given = || Some(Tensor::ones([2, 3]));
    for given in [[given(), None], [given(), given()], [None, given()]] {
        let gradients = gradients(&parameters, &given);
        optimizer.step(&mut parameters, &gradients);
    }
    assert_eq!(parameters.get(a), &Tensor::full([2, 3], 0.5));
    assert_eq!(parameters.get(b), &Tensor::full([2, 3], 0.25));
    let state = optimizer.state(&parameters);
    assert_eq!(state.tensors["count.b"], Tensor::full([2, 3], 2.0));
    assert_eq!(state.header.kind, "Told");
}

#[test]
fn a_rule_gets_the_gradient_of_rows_in_full() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let table = parameters.add("table", Tensor::ones([4, 2]));
    let tape = Tape::default();
    let gradients = tape.parameter_rows(&parameters, table, vec![2]).sum_all().backward();
    drop(tape);
    assert!(matches!(gradients.iter().next(), Some((_, Gradient::Sparse(_)))));
    RuleOptimizer::of(HeavyBall, 1.0).step(&mut parameters, &gradients);
    assert_eq!(parameters.get(table).to_vec(), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
}

/// θ ← θ − η g, with decay and a rule for squares.
struct Squares;

impl UpdateRule<f32, 0> for Squares {
    const NAME: &'static str = "Squares";
    const MOMENTS: [&'static str; 0] = [];

    fn update(
        &self,
        step: ParameterStep<'_>,
        x: &mut [f32],
        gradient: &[f32],
        []: [&mut [f32]; 0],
    ) {
        x.iter_mut().zip(gradient).for_each(|(x, g)| *x -= step.rate as f32 * g);
    }

    fn square_factor(&self) -> Option<f64> {
        Some(1.0)
    }
}

#[test]
fn a_rule_that_squares_gradients_refuses_huge_ones() {
    let mut parameters = Parameters::new(0);
    let x = parameters.add("x", Tensor::ones([2]));
    let mut optimizer = RuleOptimizer::of(Squares, 0.1);
    let mut step = |g: f64| {
        let gradients = gradients(&parameters, &[Some(Tensor::from([0.0, g]))]);
        optimizer.try_step(&mut parameters, &gradients)
    };
    assert_eq!(
        step(-1e20).unwrap_err().to_string(),
        "the gradient of the parameter `x` is -1e20 at position 1, and its square is too large for \
         this scalar type: clip the gradients or lower the learning rate"
    );
    step(1.0).unwrap();
    assert_eq!(parameters.get(x).to_vec(), [1.0, 0.9]);
    assert_eq!(optimizer.steps(), 1);
}

#[test]
fn decay_pulls_weights_before_the_rule_moves_them() {
    let mut parameters = Parameters::new(0);
    let weight = parameters.add("weight", Tensor::full([1, 2], 2.0));
    let bias = parameters.add("bias", Tensor::full([2], 2.0));
    let given = [Some(Tensor::ones([1, 2])), Some(Tensor::ones([2]))];
    let gradients = gradients(&parameters, &given);
    RuleOptimizer::of(Squares, 0.5).decay(0.5).step(&mut parameters, &gradients);
    assert_eq!(parameters.get(weight), &Tensor::full([1, 2], 2.0 * 0.75 - 0.5));
    assert_eq!(parameters.get(bias), &Tensor::full([2], 1.5));
    let mut all = RuleOptimizer::of(Squares, 0.5).decay(0.5).decays(|_, _| true);
    all.step(&mut parameters, &gradients);
    assert_eq!(parameters.get(bias), &Tensor::full([2], 1.5 * 0.75 - 0.5));
}

/// Parameters may be added during training; their moments begin then.
#[test]
fn a_parameter_that_is_added_later_begins_with_zeros() {
    let mut parameters = Parameters::with_seed(0);
    parameters.add("first", Tensor::ones([2]));
    let mut optimizer = RuleOptimizer::of(HeavyBall, 1.0);
    let of_first = gradients(&parameters, &[Some(Tensor::ones([2]))]);
    optimizer.step(&mut parameters, &of_first);
    let before = optimizer.state(&parameters);

    let added = parameters.add("added", Tensor::<f64>::zeros([1]));
    let of_both = gradients(&parameters, &[Some(Tensor::ones([2])), Some(Tensor::ones([1]))]);
    let refused = RuleOptimizer::of(HeavyBall, 1.0).restore(&parameters, before.clone());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the state has no parameter `added`, but the model has: it was saved with another model, or \
         before the parameter was added; restore it first and then add the parameter"
    );
    optimizer.step(&mut parameters, &of_both);
    assert_eq!(parameters.get(added).to_vec(), [-1.0]);
    assert_eq!(optimizer.state(&parameters).header.updates["added"], 1);
}

#[test]
fn a_parameter_whose_shape_has_changed_is_refused() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let head = parameters.add("head", Tensor::ones([2]));
    let mut optimizer = RuleOptimizer::of(HeavyBall, 1.0);
    let of_two = gradients(&parameters, &[Some(Tensor::ones([2]))]);
    optimizer.step(&mut parameters, &of_two);
    let state = optimizer.state(&parameters);
    *parameters.get_mut(head) = Tensor::ones([3]);
    let of_three = gradients(&parameters, &[Some(Tensor::ones([3]))]);
    assert_eq!(
        message(|| optimizer.step(&mut parameters, &of_three)),
        "step: the parameter `head` has shape [3], but had [2] in a step before, and its moments have \
         that shape: give each model, and a model with a changed parameter, an optimizer of its own"
    );
    assert_eq!(
        optimizer.restore(&parameters, state).unwrap_err().to_string(),
        "the tensor `velocity.head` has shape [2], expected [3]: the state was saved with another model"
    );
}
