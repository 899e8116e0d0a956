//! Second derivatives at the points where a formula with cases changes from one to the other: the
//! function is smooth there, and both ways of deriving it twice must say so.

use approx::relative_eq;
use autograd::check::Number;
use autograd::functional::{Dual, hvp};
use autograd::{Tape, Var};
use nn::MultiLabelCrossEntropy;
use tensor::{Scalar, Tensor};

/// Functions of one number `[1, 1]` that are smooth at the points below, with their second derivative at 0
/// where it is known without the code.
fn smooth<T: Scalar>(x: Var<'_, T>) -> Vec<(&'static str, Option<f64>, Var<'_, T>)> {
    let tape = x.tape();
    let constant = |value: f64| tape.constant(Tensor::full([1, 1], T::from_f64(value)));
    let (zero, one) = (constant(0.0), constant(1.0));
    let target = |t: f64| Tensor::full([1, 1], T::from_f64(t));
    let multi_label = |weight: f64| MultiLabelCrossEntropy::new().positive_weights([weight]);
    // Two equal logits at 0: the larger of them is not defined there.
    let pair = Var::concat(&[x, zero], 1);
    let soft_targets = Tensor::new([1, 2], [0.75, 0.25].map(T::from_f64).to_vec());
    let row = tape.constant(Tensor::full([2], T::ONE));
    vec![
        ("bce_with_logits", Some(0.25), nn::bce_with_logits(x, &target(0.3))),
        ("bce_with_logits of 0", Some(0.25), nn::bce_with_logits(x, &target(0.0))),
        ("bce_with_logits of 1", Some(0.25), nn::bce_with_logits(x, &target(1.0))),
        // 1 − t + p t of the curvature of one label.
        (
            "weighted bce_with_logits",
            Some(0.25 * (0.5 + 3.0 * 0.5)),
            multi_label(3.0).of(x, &Tensor::full([1, 1], 0.5)),
        ),
        (
            "weighted bce_with_logits of 1",
            Some(0.75),
            multi_label(3.0).of(x, &Tensor::full([1, 1], 1.0)),
        ),
        ("softmax_cross_entropy", Some(0.25), nn::softmax_cross_entropy(pair, &Tensor::from([0]))),
        ("soft_cross_entropy", Some(0.25), nn::soft_cross_entropy(pair, &soft_targets)),
        ("mean_squared_error", Some(2.0), nn::mean_squared_error(x, zero)),
        ("huber", Some(1.0), nn::huber(x, zero, 1.0)),
        ("softmax", None, nn::softmax(pair, 1)),
        ("log_softmax", None, nn::log_softmax(pair, 1)),
        ("gelu", None, nn::gelu(x)),
        ("silu", Some(0.5), nn::silu(x)),
        ("swiglu", Some(0.5), nn::swiglu(x, one, zero)),
        ("gated_swiglu", Some(1.0), nn::gated_swiglu(x, x, one.reshape([1]), zero.reshape([1]))),
        ("tanh", Some(0.0), x.tanh()),
        ("sigmoid", Some(0.0), x.sigmoid()),
        ("softplus", Some(0.25), x.softplus()),
        ("layer_norm", None, nn::layer_norm(pair, row, row, 1e-2)),
        ("rms_norm", None, nn::rms_norm(pair, row, 1e-2)),
        // The scores of the second step are x and 0.
        ("causal_attention", None, {
            let keys = pair.reshape([1, 2, 1]);
            let queries = tape.constant(Tensor::full([1, 2, 1], T::ONE));
            nn::causal_attention(queries, keys, keys * keys + keys, 1, 1)
        }),
    ]
}

fn is_near(found: f64, expected: f64) -> bool {
    relative_eq!(found, expected, epsilon = 1e-12, max_relative = 1e-12)
}

#[test]
fn smooth_functions_have_their_second_derivative_where_their_formula_changes() {
    let tape = Tape::<f64>::no_grad();
    let functions = smooth(tape.constant(Tensor::zeros([1, 1])));
    for at in [0.0, -0.0, 0.5, -0.5] {
        let seed = Dual::new(Dual::new(at, 1.0), Dual::new(1.0, 0.0));
        let twice_forward = Tape::<Dual<Number>>::no_grad();
        let twice_forward = smooth(twice_forward.constant(Tensor::full([1, 1], seed)));
        for (k, &(name, known, _)) in functions.iter().enumerate() {
            let forward = twice_forward[k].2.value().sum_all().item().tangent.tangent;
            let (x, along) = ([Tensor::full([1, 1], at)], [Tensor::ones([1, 1])]);
            let reverse = hvp(|[x]| smooth(x)[k].2.sum_all(), &x, &along)[0].item();
            let describe = format!("{name} at {at}");
            assert!(is_near(forward, reverse), "{describe}: {forward} instead of {reverse}");
            if let (Some(known), 0.0) = (known, at) {
                assert!(is_near(reverse, known), "{describe}: {reverse} instead of {known}");
            }
        }
    }
}
