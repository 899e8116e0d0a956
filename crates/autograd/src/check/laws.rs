//! Laws that every vector–Jacobian product obeys, whatever the function.

use tensor::{Key, Scalar, Shape, Tensor};

use super::{Law, Number, Subject, influence};
use crate::functional::Dual;
use crate::functional::parameters::{of_inputs, value_and_grad};
use crate::{ParameterId, Parameters, Tape, Var};

/// Checks all laws that concern the function as a whole.
pub(super) fn check_all(subject: &Subject<'_>) -> Vec<Law> {
    let still = subject.still();
    let u = &subject.cotangent;
    let gradient = subject.gradient(&still, u);
    let [again, of_second_walk] = subject.gradients_of_walks(&still, u);
    // Zeros as masks and slices make them: in whole rows.
    let mask = row_mask(subject);
    let of_part = subject.gradient(&still, &(u * &mask));
    let of_rest = subject.gradient(&still, &(u * &mask.map(|x| Number::ONE - x)));
    let joined = of_part.map(|id, g| g + of_rest.get(id));
    let other = Tensor::normal(u.shape(), 0.0, 1.0, subject.key.stream("second cotangent"));
    let of_other = subject.gradient(&still, &other);
    // Factors that move: in second order, cotangents do.
    let (a, b) = (Dual::new(2.0, 0.5), Dual::new(-3.0, 0.7));
    let of_mixed = subject.gradient(&still, &(u * a + &other * b));
    let mixed = gradient.map(|id, g| g * a + of_other.get(id) * b);
    let nothing = subject.gradient(&still, &Tensor::zeros(u.shape()));
    let zeros = nothing.map(|_, g| Tensor::<Number>::zeros(g.shape()));
    vec![
        Law {
            name: "a zero cotangent gives a zero gradient",
            error: distance(&nothing, &zeros),
            tolerance: 0.0,
        },
        Law {
            name: "the gradient is linear in the cotangent",
            error: distance(&of_mixed, &mixed),
            tolerance: 1e-12,
        },
        Law {
            name: "rows of zeros in the cotangent change nothing for the others",
            error: distance(&joined, &gradient),
            tolerance: 1e-12,
        },
        Law {
            name: "the same run gives bitwise the same gradient",
            error: distance(&again, &gradient),
            tolerance: 0.0,
        },
        Law {
            name: "a second walk over a tape gives bitwise the same gradient",
            error: distance(&of_second_walk, &again),
            tolerance: 0.0,
        },
        Law {
            name: "the layout of inputs and cotangent does not matter",
            error: distance(
                &subject.gradient(&still.map(|_, x| scattered(x)), &scattered(u)),
                &gradient,
            ),
            tolerance: 1e-12,
        },
        Law {
            name: "a gradient does not depend on which others are asked for",
            error: distance(&one_by_one(subject), &gradient),
            tolerance: 1e-12,
        },
        influence::law_of_each_op(subject),
    ]
}

/// Returns 0 or 1, drawn at random, for each row of the output along its first axis with several rows. Both occur.
fn row_mask(subject: &Subject<'_>) -> Tensor<Number> {
    let shape = subject.cotangent.shape();
    let mut rows = vec![1; shape.len()];
    if let Some(axis) = shape.iter().position(|&length| length > 1) {
        rows[axis] = shape[axis];
    }
    let mut mask = Tensor::<f64>::normal(&rows, 0.0, 1.0, subject.key.stream("mask"));
    mask.as_mut_slice().iter_mut().for_each(|x| *x = f64::from(u8::from(*x > 0.0)));
    if let [first, .., last] = mask.as_mut_slice() {
        (*first, *last) = (1.0, 0.0);
    }
    mask.cast()
}

/// Returns the gradient of each parameter when all others are frozen.
fn one_by_one(subject: &Subject<'_>) -> Parameters<Number> {
    let still = subject.still();
    still.map(|id, value| {
        let mut alone = still.clone();
        subject.trainable().filter(|&other| other != id).for_each(|other| alone.freeze(other));
        match subject.at.is_trainable(id) {
            true => subject.gradient(&alone, &subject.cotangent).get(id).clone(),
            false => Tensor::zeros(value.shape()),
        }
    })
}

/// A function of inputs, called through a pointer as a [`CheckedFunction`](super::CheckedFunction) is.
pub(super) type FunctionOfInputs<'a> = dyn for<'t> Fn(&[Var<'t, Number>]) -> Var<'t, Number> + 'a;

/// Checks f(x, x): the gradient of one input used twice is the sum of both gradients. Returns the worst outcome of all
/// pairs of inputs of one shape.
pub(super) fn repeated_input(
    inputs: &[Tensor<f64>],
    function: &FunctionOfInputs<'_>,
) -> Option<Law> {
    let pairs = (0..inputs.len()).flat_map(|i| (i + 1..inputs.len()).map(move |j| (i, j)));
    let alike = pairs.filter(|&(i, j)| inputs[i].shape() == inputs[j].shape());
    let laws = alike.filter_map(|(i, j)| input_used_twice(inputs, i, j, function));
    laws.max_by(|a, b| a.error.total_cmp(&b.error))
}

/// Checks this law for inputs number `i` and `j`.
fn input_used_twice(
    inputs: &[Tensor<f64>],
    i: usize,
    j: usize,
    function: &FunctionOfInputs<'_>,
) -> Option<Law> {
    let mut at: Vec<Tensor<Number>> = inputs.iter().map(Tensor::cast).collect();
    at[j] = at[i].clone();
    let u = Tensor::normal(output_shape(function, &at), 0.0, 1.0, Key::new(1));
    let at = of_inputs(&at);
    let (_, apart) = value_and_grad(|pass| weighted_sum(function(&pass.all_parameters()), &u), &at);
    let (_, together) = value_and_grad(
        |pass| {
            let mut x = pass.all_parameters();
            x[j] = x[i];
            weighted_sum(function(&x), &u)
        },
        &at,
    );
    let ids: Vec<ParameterId> = at.ids().collect();
    let expected = apart.get(ids[i]) + apart.get(ids[j]);
    // Two equal inputs may be outside the function's domain, as in 0 / 0.
    expected.is_finite().then(|| Law {
        name: "an input used twice gets the sum of both gradients",
        error: tensor_distance(together.get(ids[i]), &expected),
        tolerance: 1e-12,
    })
}

fn output_shape(function: &FunctionOfInputs<'_>, at: &[Tensor<Number>]) -> Shape {
    let tape = Tape::no_grad();
    let constants: Vec<Var<Number>> = at.iter().map(|x| tape.constant(x.clone())).collect();
    function(&constants).shape()
}

fn weighted_sum<'t>(y: Var<'t, Number>, u: &Tensor<Number>) -> Var<'t, Number> {
    (y * y.tape().constant(u.clone())).sum_all()
}

/// Returns the same elements in another layout: with the axes in reverse order in memory, no two
/// elements side by side, and not at the beginning of the buffer.
fn scattered<T: Scalar>(x: &Tensor<T>) -> Tensor<T> {
    let reversed: Vec<isize> = (0..x.rank() as isize).rev().collect();
    let wide = x.permute(&reversed).unsqueeze(-1);
    let gap = Tensor::concat(&[&wide.map(|_| T::ONE), &wide], -1);
    gap.slice(-1, 1..).squeeze(&[-1]).permute(&reversed)
}

/// Returns the largest distance between two gradients.
fn distance(found: &Parameters<Number>, expected: &Parameters<Number>) -> f64 {
    let pairs = found.ids().map(|id| tensor_distance(found.get(id), expected.get(id)));
    pairs.fold(0.0, f64::max)
}

/// Returns the largest difference between two entries, in value or tangent, relative where they are
/// above 1; NaN counts as infinite.
fn tensor_distance(found: &Tensor<Number>, expected: &Tensor<Number>) -> f64 {
    let difference = |x: f64, y: f64| (x - y).abs() / x.abs().max(y.abs()).max(1.0);
    let differences = found.zip_map(expected, |x, y| {
        Scalar::maximum(difference(x.value, y.value), difference(x.tangent, y.tangent))
    });
    let worst = differences.values().iter().copied().fold(0.0, Scalar::maximum);
    if worst.is_nan() { f64::INFINITY } else { worst }
}
