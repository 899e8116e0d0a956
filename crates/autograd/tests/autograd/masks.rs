//! An op that takes one of its inputs and leaves the others passes nothing to the others, whatever
//! the cotangent. A mask of zeros and ones would give NaN for an infinite one: 0 · ∞.

use autograd::{Tape, Var};
use tensor::{Scalar, Tensor};

/// The gradient of the sum of √y, y = f(x), whose cotangent is infinite where y is 0.
fn through_a_root<T: Scalar>(
    x: Tensor<T>,
    function: impl for<'t> Fn(Var<'t, T>) -> Var<'t, T>,
) -> Vec<f64> {
    let tape = Tape::default();
    let x = tape.variable(x);
    function(x).sqrt().sum_all().backward().of(x).cast().to_vec()
}

fn inputs_without_influence_get_zero<T: Scalar>() {
    let numbers = |values: &[f64]| -> Tensor<T> {
        Tensor::new([values.len()], values.iter().map(|&x| T::from_f64(x)).collect())
    };

    let x = numbers(&[-1.0, 4.0]);
    let clamped = through_a_root(x.clone(), |x| x.maximum(x.tape().number(0.0)));
    assert_eq!(clamped, [0.0, 0.25]);
    let clamped = through_a_root(-x.clone(), |x| -x.minimum(x.tape().number(0.0)));
    assert_eq!(clamped, [0.0, -0.25]);
    let clamped = through_a_root(x.clone(), |x| x.clamp(0.0, 9.0));
    assert_eq!(clamped, [0.0, 0.25]);
    let chosen = through_a_root(x.clone(), |x| Var::where_(&x.gt(0.0), x, 0.0));
    assert_eq!(chosen, [0.0, 0.25]);
    let largest = through_a_root(numbers(&[-3.0, -1.0, 0.0]), |x| x.max(&[0]));
    assert_eq!(largest, [0.0, 0.0, f64::INFINITY]);
    let absolute = through_a_root(numbers(&[0.0, -4.0]), |x| x.abs());
    assert_eq!(absolute, [0.0, -0.25]);
}

#[test]
fn an_infinite_cotangent_passes_nothing_to_inputs_without_influence() {
    inputs_without_influence_get_zero::<f32>();
    inputs_without_influence_get_zero::<f64>();
}

#[test]
fn a_tie_of_more_elements_than_f32_can_count_is_split_evenly() {
    const TIED: usize = (1 << 24) + 4;
    let tape = Tape::new();
    let x = tape.variable(Tensor::scalar(1.0f32).expand([TIED]));
    let gradient = x.max(&[0]).backward().of(x);
    assert_eq!(gradient.get([0]), 1.0 / TIED as f32);
    assert_eq!(gradient.get([TIED - 1]), 1.0 / TIED as f32);
}

/// The side that is not chosen is infinite and NaN.
#[test]
fn a_side_that_is_not_chosen_gets_exactly_zero() {
    let tape = Tape::<f64>::default();
    let a = tape.variable(Tensor::from([1.0, f64::INFINITY, f64::NAN]));
    let b = tape.variable(Tensor::from([f64::NAN, 2.0, 3.0]));
    let y = Var::where_(&Tensor::from([true, false, false]), a, b);
    assert_eq!(y.value(), Tensor::from([1.0, 2.0, 3.0]));
    let gradients = y.powi(2).sum_all().backward();
    assert_eq!(gradients.of(a), Tensor::from([2.0, 0.0, 0.0]));
    assert_eq!(gradients.of(b), Tensor::from([0.0, 4.0, 6.0]));
}

#[test]
fn rows_of_nothing_but_minus_infinity_have_a_logsumexp_without_slope() {
    let tape = Tape::<f64>::default();
    let infinite = f64::INFINITY;
    let x = tape.variable(Tensor::from([[-infinite, -infinite], [-infinite, 5.0]]));
    let y = x.logsumexp(&[1]);
    assert_eq!(y.value(), Tensor::from([-infinite, 5.0]));
    let gradients = y.vjp(Tensor::from([1.0, 3.0]));
    assert_eq!(gradients.of(x), Tensor::from([[0.0, 0.0], [0.0, 3.0]]));
}

#[test]
fn a_deviation_of_zero_has_no_slope() {
    let tape = Tape::<f64>::default();
    let x = tape.variable(Tensor::from([[2.0, 2.0, 2.0], [1.0, 2.0, 3.0]]));
    let y = x.std(&[1], 1);
    assert_eq!(y.value(), Tensor::from([0.0, 1.0]));
    let gradient = y.sum_all().backward().of(x);
    assert_eq!(gradient, Tensor::from([[0.0, 0.0, 0.0], [-0.5, 0.0, 0.5]]));
}
