//! The normalizing layers: fused and composed, their symmetries, and single precision.

use approx::assert_relative_eq;
use autograd::check::Number;
use autograd::functional::{hvp, value_and_grad};
use autograd::{Parameters, Pass, Tape, Var};
use nn::{Activation, Dense, Layer, LayerNorm, RMSNorm, Residual, layer_norm, rms_norm};
use proptest::prelude::*;
use tensor::strategy::{shapes, tensors};
use tensor::{Key, Scalar, Tensor};

const EPSILON: f64 = 1e-2;

/// The formula of [`layer_norm`], one operation at a time.
fn composed_layer_norm<'t, T: Scalar>([x, weight, bias]: [Var<'t, T>; 3]) -> Var<'t, T> {
    let centered = x - x.mean_keepdim(&[-1]);
    let variance = centered.powi(2).mean_keepdim(&[-1]);
    centered / (variance + EPSILON).sqrt() * weight + bias
}

/// The formula of [`rms_norm`], one operation at a time.
fn composed_rms_norm<'t, T: Scalar>([x, weight]: [Var<'t, T>; 2]) -> Var<'t, T> {
    x / (x.powi(2).mean_keepdim(&[-1]) + EPSILON).sqrt() * weight
}

/// ⟨u, y⟩ for a random u: a number whose gradients are the VJPs of y.
fn projected<'t, T: Scalar>(y: Var<'t, T>) -> Var<'t, T> {
    let u = Tensor::<f64>::normal(y.shape(), 0.0, 1.0, Key::new(1));
    (y * y.tape().constant(u.cast())).sum_all()
}

fn assert_same(found: &Tensor<f64>, expected: &Tensor<f64>) {
    assert_relative_eq!(*found, *expected, epsilon = 1e-10, max_relative = 1e-10);
}

/// Asserts that two functions agree in value, gradients, and second derivatives along a random
/// direction.
fn assert_same_function<const N: usize, F, G>(inputs: &[Tensor<f64>; N], fused: F, composed: G)
where
    F: for<'t> Fn([Var<'t, Number>; N]) -> Var<'t, Number>,
    G: for<'t> Fn([Var<'t, Number>; N]) -> Var<'t, Number>,
{
    let duals = inputs.each_ref().map(|x| x.cast::<Number>());
    let (value, gradients) = value_and_grad(|x| projected(fused(x)), &duals);
    let (expected_value, expected) = value_and_grad(|x| projected(composed(x)), &duals);
    assert_relative_eq!(value.value, expected_value.value, epsilon = 1e-10, max_relative = 1e-10);
    for (found, expected) in gradients.iter().zip(&expected) {
        assert_same(&found.cast(), &expected.cast());
    }
    let direction = |x: &Tensor<f64>| Tensor::<f64>::normal(x.shape(), 0.0, 1.0, Key::new(2));
    let tangents = inputs.each_ref().map(direction);
    let found = hvp(|x| projected(fused(x)), inputs, &tangents);
    let expected = hvp(|x| projected(composed(x)), inputs, &tangents);
    found.iter().zip(&expected).for_each(|(found, expected)| assert_same(found, expected));
}

/// An input `[…, features]` in any layout, a weight and a bias `[features]`.
fn inputs() -> impl Strategy<Value = [Tensor<f64>; 3]> {
    (shapes(2, 3), 1..6usize).prop_flat_map(|(mut shape, features)| {
        shape.push(features);
        let row = || tensors(vec![features], -2.0..2.0).boxed();
        [tensors(shape, -3.0..3.0).boxed(), row(), row()]
    })
}

fn evaluate<T: Scalar>(layer: &impl Layer, parameters: &Parameters<T>, x: &Tensor<T>) -> Tensor<T> {
    let tape = Tape::no_grad();
    layer.forward(Pass::eval(&tape, parameters), tape.constant(x.clone())).value()
}

proptest! {
    #[test]
    fn fused_norms_are_their_formulas_up_to_second_order([x, weight, bias] in inputs()) {
        assert_same_function(
            &[x.clone(), weight.clone(), bias],
            |[x, weight, bias]| layer_norm(x, weight, bias, EPSILON),
            composed_layer_norm,
        );
        assert_same_function(
            &[x, weight],
            |[x, weight]| rms_norm(x, weight, EPSILON),
            composed_rms_norm,
        );
    }

    /// Where ε is small beside the numbers, a layer norm sees neither a shift nor a scale.
    #[test]
    fn shift_and_scale_of_a_sample_do_not_matter_to_a_layer_norm(
        x in tensors(vec![3, 5], -1.0..1.0), shift in -10.0..10.0f64, scale in 0.5..100.0f64
    ) {
        prop_assume!(x.clone().values().chunks(5).all(|row| {
            let (low, high) = row.iter().fold((1.0f64, -1.0f64), |(l, h), &x| (l.min(x), h.max(x)));
            high - low > 0.1
        }));
        let mut parameters = Parameters::<f64>::with_seed(0);
        let norm = LayerNorm::new(&mut parameters, "norm", 5).epsilon(1e-12);
        let moved = x.map(|x| x * scale + shift);
        let (found, expected) =
            (evaluate(&norm, &parameters, &moved), evaluate(&norm, &parameters, &x));
        assert_relative_eq!(found, expected, epsilon = 1e-7, max_relative = 1e-7);
        let mean = expected.mean(&[1]);
        assert_relative_eq!(mean, Tensor::zeros([3]), epsilon = 1e-12);
        let mean_square = (&expected * &expected).mean(&[1]);
        assert_relative_eq!(mean_square, Tensor::ones([3]), epsilon = 1e-7);
    }
}

/// In f32 the mean of these numbers is known to 0.03 only, the deviation is 1.
#[test]
fn a_large_mean_costs_a_layer_norm_no_digits() {
    let spread = Tensor::<f64>::normal([20, 100], 0.0, 1.0, Key::new(3));
    // Rounded to what f32 can hold beside the mean.
    let exact = spread.map(|x| 524_288.0 + (x * 16.0).round() / 16.0);
    let mut parameters = Parameters::<f64>::with_seed(0);
    let norm = LayerNorm::new(&mut parameters, "norm", 100);
    let expected = evaluate(&norm, &parameters, &exact);
    let found = evaluate(&norm, &parameters.cast::<f32>(), &exact.cast::<f32>());
    assert_relative_eq!(found.cast::<f64>(), expected, epsilon = 1e-6, max_relative = 1e-6);
}

/// The squares of these numbers overflow. A norm does not see their scale, and its gradients shrink with it.
fn assert_huge_numbers_are_normalized<T: Scalar>(scales: &[f64], tolerance: f64) {
    let x = Tensor::<f64>::normal([3, 5], 0.0, 1.0, Key::new(4));
    let [weight, bias] = [5, 6].map(|key| Tensor::<f64>::normal([5], 0.0, 1.0, Key::new(key)));
    let results = |scale: f64| {
        let tape = Tape::<T>::default();
        // Only the second row is huge: each row has its own scale.
        let rows = Tensor::from([[1.0], [scale], [1.0]]);
        let [x, weight, bias] =
            [&x * &rows, weight.clone(), bias.clone()].map(|x| tape.variable(x.cast::<T>()));
        [rms_norm(x, weight, 0.0), layer_norm(x, weight, bias, 0.0)].map(|y| {
            let gradients = projected(y).backward();
            let dx = gradients.of(x).cast::<f64>() * &rows;
            [y.value().cast::<f64>(), dx, gradients.of(weight).cast::<f64>()]
        })
    };
    let expected = results(1.0);
    for &scale in scales {
        for (found, expected) in results(scale).iter().flatten().zip(expected.iter().flatten()) {
            assert_relative_eq!(*found, *expected, epsilon = tolerance, max_relative = tolerance);
        }
    }
}

#[test]
fn numbers_whose_squares_overflow_are_normalized_like_smaller_ones() {
    assert_huge_numbers_are_normalized::<f32>(&[1e10, 1e19, 1e25, 1e37], 1e-5);
    assert_huge_numbers_are_normalized::<f64>(&[1e100, 1e154, 1e200, 1e307], 1e-12);
}

#[test]
fn a_row_with_an_infinite_number_has_no_norm() {
    for lost in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
        let tape = Tape::no_grad();
        let x = tape.constant(Tensor::from([[1.0, lost, 2.0], [1.0, 2.0, 3.0]]));
        let [weight, bias] = [1.0, 0.0].map(|number| tape.constant(Tensor::full([3], number)));
        for y in [rms_norm(x, weight, 1e-5), layer_norm(x, weight, bias, 1e-5)] {
            let y = y.value().to_vec();
            assert!(y[..3].iter().all(|y| y.is_nan()), "{y:?}");
            assert!(y[3..].iter().all(|y| y.is_finite()), "{y:?}");
        }
    }
}

#[test]
fn a_single_feature_has_no_influence_on_its_layer_norm() {
    let tape = Tape::<f64>::default();
    let x = tape.variable(Tensor::from([[3.0], [-5.0]]));
    let [weight, bias] = [2.0, 0.5].map(|number| tape.variable(Tensor::from([number])));
    let y = layer_norm(x, weight, bias, 1e-5);
    assert_eq!(y.value(), Tensor::from([[0.5], [0.5]]));
    let gradients = y.vjp(Tensor::from([[f64::INFINITY], [1.0]]));
    assert_eq!(gradients.of(x), Tensor::zeros([2, 1]));
    assert_eq!(gradients.of(weight), Tensor::zeros([1]));
    assert_eq!(gradients.of(bias).item(), f64::INFINITY);
}

#[test]
fn a_layer_norm_of_numbers_whose_sum_overflows_is_that_of_smaller_ones() {
    let tape = Tape::<f32>::default();
    let [weight, bias] = [1.0, 0.0].map(|number| tape.constant(Tensor::full([3], number)));
    let norm =
        |x: [f32; 3]| layer_norm(tape.constant(Tensor::from([x])), weight, bias, 0.0).value();
    let expected = norm([2.0, 2.0, 0.0]);
    assert_relative_eq!(norm([2e38, 2e38, 0.0]), expected, max_relative = 1e-6);
}

#[test]
fn a_residual_adds_its_input() {
    let parameters = Parameters::<f64>::with_seed(0);
    let x = Tensor::from([[-1.0, 2.0]]);
    let y = evaluate(&Residual(Activation::Relu), &parameters, &x);
    assert_eq!(y, Tensor::from([[-1.0, 4.0]]));
}

#[test]
fn mistakes_are_explained_at_the_users_line() {
    let mut parameters = Parameters::new(0);
    let layer = LayerNorm::new(&mut parameters, "norm", 3);
    let rms = RMSNorm::new(&mut parameters, "rms", 3);
    let narrower = Residual(Dense::new(&mut parameters, "dense", 5, 1));
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let [x, scalar] = [&[7, 5][..], &[]].map(|shape| tape.constant(Tensor::zeros(shape)));
    let three = tape.constant(Tensor::zeros([1, 3]));
    let cases: [(&str, &dyn Fn()); 9] = [
        ("LayerNorm: ε is -1: it must be at least 0 and finite", &|| {
            let _ = layer.clone().epsilon(-1.0);
        }),
        ("RMSNorm: ε is NaN: it must be at least 0 and finite", &|| {
            let _ = rms.clone().epsilon(f64::NAN);
        }),
        (
            "layer_norm: ε is 1e-50, which would be 0 in this scalar type: choose a larger one, or compute in \
             f64",
            &|| drop(layer.clone().epsilon(1e-50).forward(pass, three).value()),
        ),
        (
            "rms_norm: ε is 1e-50, which would be 0 in this scalar type: choose a larger one, or compute in f64",
            &|| drop(rms.clone().epsilon(1e-50).forward(pass, three).value()),
        ),
        (
            "layer_norm in layer `norm`: x [7, 5], weight [3], bias [3] do not fit: they must be \
             [..., features], [features], [features]",
            &|| drop(layer.forward(pass, x).value()),
        ),
        (
            "layer_norm in layer `norm`: x [], weight [3], bias [3] do not fit: they must be [..., \
             features], [features], [features]",
            &|| drop(layer.forward(pass, scalar).value()),
        ),
        (
            "rms_norm in layer `rms`: x [7, 5], weight [3] do not fit: they must be [..., \
             features], [features]",
            &|| drop(rms.forward(pass, x).value()),
        ),
        (
            "rms_norm in layer `rms`: x [], weight [3] do not fit: they must be [..., features], \
             [features]",
            &|| drop(rms.forward(pass, scalar).value()),
        ),
        (
            "residual: the layer turns [7, 5] into [7, 1], but its output must have the shape of its \
             input to be added to it",
            &|| drop(narrower.forward(pass, x).value()),
        ),
    ];
    for (expected, run) in cases {
        assert_eq!(mistakes::message(run), expected);
    }
}
