//! What the layers compute: against the formula written out, and against known values.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use autograd::{Parameters, Pass, Tape, Var, check};
use nn::{
    Activation, Dense, Dropout, Embedding, Features, GatedSwiGLU, Layer, Model,
    SoftmaxCrossEntropy, SwiGLU,
};
use proptest::prelude::*;
use tensor::strategy::tensors;
use tensor::{Key, Tensor};

/// The output of a layer for `x` in evaluation.
fn evaluate(layer: &impl Layer, parameters: &Parameters<f64>, x: &Tensor<f64>) -> Tensor<f64> {
    let tape = Tape::no_grad();
    layer.forward(Pass::eval(&tape, parameters), tape.constant(x.clone())).value()
}

fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = Tensor<f64>> {
    tensors(vec![rows, columns], -3.0..3.0)
}

/// Fused and composed forms, with the adjoints of all inputs under one cotangent.
fn assert_same<F, G>(inputs: &[Tensor<f64>], fused: F, composed: G)
where
    F: for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    G: for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
{
    let tape = Tape::default();
    let variables: Vec<Var<f64>> = inputs.iter().map(|x| tape.variable(x.clone())).collect();
    let (y, expected) = (fused(&variables), composed(&variables));
    assert_relative_eq!(y.value(), expected.value(), epsilon = 1e-12, max_relative = 1e-12);
    let cotangent = Tensor::normal(y.shape(), 0.0, 1.0, Key::new(1));
    let (found, expected) = (y.vjp(cotangent.clone()), expected.vjp(cotangent));
    for x in variables {
        assert_relative_eq!(found.of(x), expected.of(x), epsilon = 1e-12, max_relative = 1e-12);
    }
}

proptest! {
    #[test]
    fn dense_is_a_product_and_a_sum(
        (x, w, b) in (0..4usize, 1..4usize, 1..4usize).prop_flat_map(|(n, i, o)| {
            (matrix(n, i), matrix(i, o), tensors(vec![o], -3.0..3.0))
        })
    ) {
        assert_same(&[x, w, b], |x| nn::dense(x[0], x[1], x[2]), |x| x[0].matmul(x[1]) + x[2]);
    }

    #[test]
    fn swiglu_is_its_formula(
        (x, beta, gamma) in (0..4usize, 1..4usize).prop_flat_map(|(n, f)| {
            (matrix(n, f), tensors(vec![f], -3.0..3.0), tensors(vec![], -3.0..3.0))
        })
    ) {
        assert_same(
            &[x, beta, gamma],
            |x| nn::swiglu(x[0], x[1], x[2]),
            |x| x[0] * (x[1] * x[0] + x[2]).sigmoid(),
        );
    }

    #[test]
    fn gated_swiglu_is_a_product_with_swiglu(
        (up, gate, beta, gamma) in (0..4usize, 1..4usize).prop_flat_map(|(n, f)| {
            let number = || tensors(vec![], -3.0..3.0);
            (matrix(n, f), matrix(n, f), number(), prop_oneof![number(), tensors(vec![f], -3.0..3.0)])
        })
    ) {
        assert_same(
            &[up.clone(), gate.clone(), beta.clone(), gamma.clone()],
            |x| nn::gated_swiglu(x[0], x[1], x[2], x[3]),
            |x| x[0] * nn::swiglu(x[1], x[2], x[3]),
        );
        // Frozen.
        let [beta, gamma] = [&beta, &gamma];
        assert_same(
            &[up, gate],
            |x| {
                let [beta, gamma] = [beta, gamma].map(|x_| x[0].tape().constant(x_.clone()));
                nn::gated_swiglu(x[0], x[1], beta, gamma)
            },
            |x| {
                let [beta, gamma] = [beta, gamma].map(|x_| x[0].tape().constant(x_.clone()));
                x[0] * nn::swiglu(x[1], beta, gamma)
            },
        );
    }

    #[test]
    fn softmax_is_its_formula(x in matrix(3, 4)) {
        let composed = |x: &[Var<'_, f64>]| -> Tensor<f64> {
            let e = x[0].exp();
            (e / e.sum(&[1]).reshape([3, 1])).value()
        };
        let tape = Tape::default();
        let v = tape.variable(x.clone());
        assert_relative_eq!(nn::softmax(v, -1).value(), composed(&[v]), max_relative = 1e-12);
        assert_same(&[x], |x| nn::log_softmax(x[0], 1), |x| {
            x[0] - x[0].exp().sum(&[1]).ln().reshape([3, 1])
        });
    }

    #[test]
    fn softmax_does_not_see_a_shift(x in matrix(2, 5), shift in -100.0..100.0f64) {
        let tape = Tape::no_grad();
        let (v, moved) = (tape.constant(x.clone()), tape.constant(x.map(|x| x + shift)));
        assert_relative_eq!(
            nn::softmax(v, -1).value(), nn::softmax(moved, -1).value(), max_relative = 1e-10
        );
    }

    #[test]
    fn cross_entropy_is_its_formula(
        (x, labels) in (matrix(4, 3), proptest::collection::vec(0..3u32, 4))
    ) {
        let labels = Tensor::new([4], labels);
        let one_hot = Tensor::from([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        let targets = one_hot.gather_rows(&labels);
        assert_same(
            &[x],
            |x| nn::softmax_cross_entropy(x[0], &labels),
            |x| {
                let targets = x[0].tape().constant(targets.clone());
                -(nn::log_softmax(x[0], -1) * targets).sum_all() / 4.0
            },
        );
    }

    /// The other path, over a weight for every class, agrees with the fused one.
    #[test]
    fn an_ignored_label_takes_its_row_out_of_the_mean(
        (x, labels) in (matrix(4, 3), proptest::collection::vec(0..4u32, 4))
    ) {
        let labels = Tensor::new([4], labels);
        let plain = SoftmaxCrossEntropy::new().ignore(3);
        let weighted = plain.clone().class_weights([1.0, 1.0, 1.0]);
        assert_same(&[x], |x| plain.of(x[0], &labels), |x| weighted.of(x[0], &labels));
    }

    #[test]
    fn bce_is_its_formula((x, t) in (matrix(4, 1), tensors(vec![4, 1], 0.0..=1.0))) {
        assert_same(
            &[x],
            |x| nn::bce_with_logits(x[0], &t),
            |x| {
                let t = x[0].tape().constant(t.clone());
                let one = x[0].tape().constant(Tensor::scalar(1.0));
                let p = x[0].sigmoid();
                -(t * p.ln() + (one - t) * (one - p).ln()).mean_all()
            },
        );
    }

    #[test]
    fn the_embedding_mean_is_lookup_sum_and_division(
        (table, ids) in (matrix(5, 3), proptest::collection::vec(0..5u32, 12))
    ) {
        let ids = Tensor::new([3, 4], ids);
        let counts = ids.map(|id| f64::from(u8::from(id != 0))).sum(&[1]).map(|n| n.max(1.0));
        assert_same(
            &[table],
            |x| nn::embedding_mean(x[0], &ids, Some(0)),
            |x| {
                let counts = x[0].tape().constant(counts.reshape([3, 1]));
                nn::embedding(x[0], &ids, Some(0)).sum(&[1]) / counts
            },
        );
    }

    #[test]
    fn samples_of_a_batch_do_not_see_each_other(x in matrix(4, 3), seed in 0..100u64) {
        let mut parameters = Parameters::with_seed(seed);
        let model = Dense::new(&mut parameters, "a", 3, 5)
            .then(SwiGLU::per_feature(&mut parameters, "b", 5))
            .then(Dense::new(&mut parameters, "c", 5, 2));
        let rows = [3, 1, 0, 2];
        let together = evaluate(&model, &parameters, &x).gather_rows(&Tensor::from(rows));
        let apart = evaluate(&model, &parameters, &x.gather_rows(&Tensor::from(rows)));
        assert_relative_eq!(together, apart, max_relative = 1e-12, epsilon = 1e-12);
    }
}

#[test]
fn activations_at_known_points() {
    let x = Tensor::from([-2.0, -0.5, 0.0, 1.0]);
    let at = |activation: Activation| evaluate(&activation, &Parameters::with_seed(0), &x).to_vec();
    assert_eq!(at(Activation::Relu), [0.0, 0.0, 0.0, 1.0]);
    assert_eq!(at(Activation::LeakyRelu(0.1)), [-0.2, -0.05, 0.0, 1.0]);
    assert_eq!(at(Activation::Tanh)[3], 1f64.tanh());
    assert_eq!(at(Activation::Sigmoid)[2], 0.5);
    // From PyTorch 2: torch.nn.functional.gelu and silu of the same points in float64.
    let gelu = [-0.04550026389635842, -0.15426876936299344, 0.0, 0.8413447460685429];
    let silu = [-0.23840584404423515, -0.18877033439907213, 0.0, 0.7310585786300049];
    for (found, expected) in at(Activation::Gelu).iter().zip(gelu) {
        assert_abs_diff_eq!(*found, expected, epsilon = 1e-15);
    }
    for (found, expected) in at(Activation::Silu).iter().zip(silu) {
        assert_abs_diff_eq!(*found, expected, epsilon = 1e-15);
    }
}

#[test]
fn a_new_swiglu_is_silu() {
    let mut parameters = Parameters::with_seed(0);
    let swiglu = SwiGLU::new(&mut parameters, "swiglu");
    let x = Tensor::normal([50], 0.0, 2.0, Key::new(1));
    let silu = evaluate(&Activation::Silu, &parameters, &x);
    assert_eq!(evaluate(&swiglu, &parameters, &x), silu);
}

/// The article's Keras code: `out, gate = split(x, 2, axis)`, then `out * swish(gate)`.
#[test]
fn the_gated_form_is_the_articles_keras_layer_on_any_axis() {
    let mut parameters = Parameters::with_seed(0);
    let x = Tensor::normal([4, 6], 0.0, 1.0, Key::new(1));
    for (axis, name) in [(-1, "last"), (0, "first")] {
        let layer = GatedSwiGLU::new(&mut parameters, name, axis);
        let half = x.shape()[axis.rem_euclid(2) as usize] / 2;
        let (out, gate) = (x.slice(axis, ..half), x.slice(axis, half..));
        let expected = &out * gate.map(|gate: f64| gate / (1.0 + (-gate).exp()));
        assert_relative_eq!(evaluate(&layer, &parameters, &x), expected, max_relative = 1e-14);
    }
}

#[test]
fn frozen_slopes_stay_and_learned_ones_get_gradients() {
    let mut parameters = Parameters::<f64>::with_seed(0);
    let learned = SwiGLU::new(&mut parameters, "learned");
    let frozen = SwiGLU::new(&mut parameters, "frozen").frozen(&mut parameters);
    let gated = GatedSwiGLU::new(&mut parameters, "gated", -1).frozen(&mut parameters);
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let x = tape.constant(Tensor::normal([3, 4], 0.0, 1.0, Key::new(1)));
    let y = gated.forward(pass, frozen.forward(pass, learned.forward(pass, x))).sum_all();
    let gradients = y.backward();
    assert!(gradients.get(learned.beta()).is_some() && gradients.get(learned.gamma()).is_some());
    assert!(gradients.get(frozen.beta()).is_none() && gradients.get(frozen.gamma()).is_none());
    assert!(gradients.get(gated.swiglu().beta()).is_none());
}

#[test]
fn losses_are_finite_and_right_for_logits_of_ten_thousand() {
    let tape = Tape::default();
    // ln(1 + e⁻¹⁰), which is far less than the distance between two numbers near 10,000.
    let close = tape.variable(Tensor::from([[1e4f32, 9990.0]]));
    let loss = nn::softmax_cross_entropy(close, &Tensor::from([0])).item();
    assert_relative_eq!(loss, 4.539_889_9e-5, max_relative = 1e-6);
    let logits = tape.variable(Tensor::from([[1e4f32, -1e4, 0.0], [-1e4, 1e4, 0.0]]));
    let loss = nn::softmax_cross_entropy(logits, &Tensor::from([0, 0]));
    assert_eq!(loss.item(), 1e4);
    assert_eq!(loss.backward().of(logits), Tensor::from([[0.0, 0.0, 0.0], [-0.5, 0.5, 0.0]]));
    let logits = tape.variable(Tensor::from([1e4f32, -1e4, 1e4, -1e4]));
    let loss = nn::bce_with_logits(logits, &Tensor::from([1.0, 0.0, 0.0, 1.0]));
    assert_eq!(loss.item(), 5e3);
    assert_eq!(loss.backward().of(logits), Tensor::from([0.0, 0.0, 0.25, -0.25]));
}

#[test]
fn hubers_loss_is_right_at_its_corners_and_of_what_is_not_finite() {
    let of = |error: f64| {
        let tape = Tape::default();
        let x = tape.variable(Tensor::from([error]));
        let loss = nn::huber(x, tape.constant(Tensor::zeros([1])), 0.5);
        (loss.item(), loss.backward().of(x).item())
    };
    assert_eq!(of(0.0), (0.0, 0.0));
    assert_eq!(of(0.25), (0.03125, 0.25));
    assert_eq!(of(-0.5), (0.125, -0.5));
    assert_eq!(of(0.5), (0.125, 0.5));
    assert_eq!(of(-2.0), (0.875, -0.5));
    assert_eq!(of(f64::INFINITY), (f64::INFINITY, 0.5));
    assert_eq!(of(f64::NEG_INFINITY), (f64::INFINITY, -0.5));
    assert!(of(f64::NAN).0.is_nan());
}

#[test]
fn binary_cross_entropy_of_infinite_logits_is_its_limit() {
    const INFINITY: f64 = f64::INFINITY;
    for (logit, target, loss, slope) in [
        (INFINITY, 0.0, INFINITY, 1.0),
        (INFINITY, 1.0, 0.0, 0.0),
        (-INFINITY, 0.0, 0.0, 0.0),
        (-INFINITY, 1.0, INFINITY, -1.0),
        (INFINITY, 0.5, INFINITY, 0.5),
        (-INFINITY, 0.25, INFINITY, -0.25),
    ] {
        let tape = Tape::default();
        let x = tape.variable(Tensor::from([logit]));
        let found = nn::bce_with_logits(x, &Tensor::from([target]));
        assert_eq!(found.item(), loss, "logit {logit}, target {target}");
        assert_eq!(found.backward().of(x).item(), slope, "logit {logit}, target {target}");
    }
    let tape = Tape::default();
    let x = tape.variable(Tensor::from([f64::NAN]));
    assert!(nn::bce_with_logits(x, &Tensor::from([1.0])).item().is_nan());
}

#[test]
fn a_softmax_of_minus_infinity_is_zero_and_gets_no_gradient() {
    let (low, huge) = (f64::NEG_INFINITY, f64::INFINITY);
    let tape = Tape::default();
    let x = tape.variable(Tensor::from([[1.0, low, 1.0], [low, 5.0, low]]));
    let y = nn::softmax(x, -1);
    assert_eq!(y.value(), Tensor::from([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]]));
    let gradient = y.vjp(Tensor::from([[1.0, huge, 3.0], [huge, huge, huge]])).of(x);
    assert_eq!(gradient, Tensor::from([[-0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]));
}

/// As in PyTorch.
#[test]
fn a_class_of_logit_minus_infinity_has_probability_zero() {
    let low = f64::NEG_INFINITY;
    for (label, loss, slopes) in [(0, 0.0, [0.0, 0.0]), (1, f64::INFINITY, [1.0, -1.0])] {
        let tape = Tape::default();
        let x = tape.variable(Tensor::from([[0.0, low]]));
        let found = nn::softmax_cross_entropy(x, &Tensor::from([label]));
        assert_eq!(found.item(), loss);
        assert_eq!(found.backward().of(x), Tensor::from([slopes]));
    }
}

#[test]
fn losses_of_a_million_equal_rows_are_the_loss_of_one() {
    const ROWS: usize = 1_600_000;
    let tape = Tape::no_grad();
    let mean_and_exact = |mean: Var<'_, f32>, exact: f64| {
        assert_relative_eq!(f64::from(mean.item()), exact, max_relative = 1e-6);
    };
    let x = f64::from(0.1f32);
    let flat = tape.constant(Tensor::full([ROWS], 0.1f32));
    let softplus = x.exp().ln_1p();
    mean_and_exact(nn::bce_with_logits(flat, &Tensor::zeros([ROWS])), softplus);
    let squares = nn::mean_squared_error(flat, tape.constant(Tensor::zeros([ROWS])));
    mean_and_exact(squares, x * x);
    let rows = tape.constant(Tensor::from([[0.1f32, 0.0]]).expand([ROWS, 2]));
    mean_and_exact(nn::softmax_cross_entropy(rows, &Tensor::full([ROWS], 1)), softplus);
}

#[test]
fn gradients_that_are_sums_over_a_large_batch_are_accurate() {
    const ROWS: usize = 100_000;
    let (table, ids) = (Tensor::full([2, 3], 0.1f32), Tensor::full([2, ROWS], 1));
    let tape = Tape::new();
    let table = tape.variable(table);
    let mean = nn::embedding_mean(table, &ids, None);
    for x in mean.value().to_vec() {
        assert_relative_eq!(x, 0.1, max_relative = 1e-6);
    }
    let (x, weight) = (tape.constant(Tensor::ones([ROWS, 1])), tape.constant(Tensor::ones([1, 4])));
    let bias = tape.variable(Tensor::zeros([4]));
    let slopes = tape.constant(Tensor::full([ROWS, 4], 0.1f32));
    let gradients = ((nn::dense(x, weight, bias) * slopes).sum_all() + mean.sum_all()).backward();
    for g in gradients.of(bias).to_vec() {
        assert_relative_eq!(f64::from(g), 1e5 * f64::from(0.1f32), max_relative = 1e-6);
    }
    for g in gradients.of(table).slice(0, 1..).to_vec() {
        assert_relative_eq!(g, 2.0, max_relative = 1e-6);
    }
    let (ids, slopes) = (Tensor::full([ROWS], 0), tape.constant(Tensor::full([ROWS, 3], 0.1f32)));
    let gradients = (nn::embedding(table, &ids, None) * slopes).sum_all().backward();
    for g in gradients.of(table).slice(0, ..1).to_vec() {
        assert_relative_eq!(f64::from(g), 1e5 * f64::from(0.1f32), max_relative = 1e-6);
    }
}

#[test]
fn padding_neither_counts_nor_learns() {
    let mut parameters = Parameters::<f64>::with_seed(3);
    let embedding = Embedding::new(&mut parameters, "embedding", 4, 2).padding(0);
    let (table, mean) = (embedding.table(), embedding.clone().mean());
    let tape = Tape::default();
    let pass = Pass::eval(&tape, &parameters);
    let short = mean.forward(pass, &Tensor::from([[2u32, 1], [3, 3]]));
    let padded = mean.forward(pass, &Tensor::from([[0u32, 2, 0, 1], [3, 0, 0, 0]]));
    assert_eq!(short.value(), padded.value());
    let empty = mean.forward(pass, &Tensor::from([[0u32, 0]]));
    assert_eq!(empty.value(), Tensor::zeros([1, 2]));
    let vectors = embedding.forward(pass, &Tensor::from([0u32, 1]));
    assert_eq!(vectors.value().slice(0, ..1), Tensor::zeros([1, 2]));
    let gradients = (padded.sum_all() + empty.sum_all() + vectors.sum_all()).backward();
    let rows = gradients.get(table).expect("the table was read");
    assert_eq!(rows.slice(0, ..1), Tensor::zeros([1, 2]));
    assert_eq!(rows.slice(0, 1..2), Tensor::from([[1.5, 1.5]]));
}

#[test]
fn dropout_keeps_the_expected_value_and_is_off_in_evaluation() {
    let parameters = Parameters::<f64>::with_seed(0);
    let tape = Tape::default();
    let x = tape.variable(Tensor::ones([100_000]));
    let layer = Dropout::new("dropout", 0.2);
    assert_eq!(layer.forward(Pass::eval(&tape, &parameters), x).value(), x.value());

    let pass = Pass::training(&tape, &parameters, Key::new(1));
    let y = layer.forward(pass, x);
    let dropped = y.value().to_vec().iter().filter(|&&y| y == 0.0).count();
    assert!((19_000..21_000).contains(&dropped), "{dropped} of 100000 dropped");
    assert_abs_diff_eq!(y.mean_all().item(), 1.0, epsilon = 0.01);
    assert_eq!(y.sum_all().backward().of(x), y.value());
}

#[test]
fn a_dropout_mask_depends_on_the_key_the_name_and_the_place_in_the_model() {
    let parameters = Parameters::<f64>::with_seed(0);
    let draw = |seed, name, place: usize| {
        let tape = Tape::default();
        let x = tape.variable(Tensor::ones([1000]));
        for _ in 0..place {
            tape.number(0.0);
        }
        let pass = Pass::training(&tape, &parameters, Key::new(seed));
        Dropout::new(name, 0.2).forward(pass, x).value()
    };
    let mask = draw(1, "dropout", 0);
    assert_eq!(draw(1, "dropout", 0), mask);
    assert_ne!(draw(2, "dropout", 0), mask);
    assert_ne!(draw(1, "another", 0), mask);
    assert_ne!(draw(1, "dropout", 1), mask);
}

/// If both masks were one, a number would stay with probability 1/2 and then be four times as large:
/// a mean of 2.
#[test]
fn two_dropouts_of_one_name_are_independent() {
    let parameters = Parameters::<f64>::with_seed(0);
    let tape = Tape::default();
    let x = tape.variable(Tensor::ones([100_000]));
    let pass = Pass::training(&tape, &parameters, Key::new(1));
    let twice = Dropout::new("dropout", 0.5).then(Dropout::new("dropout", 0.5));
    assert_abs_diff_eq!(twice.forward(pass, x).mean_all().item(), 1.0, epsilon = 0.02);
    let once = Dropout::new("dropout", 0.5);
    let used_twice = once.forward(pass, once.forward(pass, x));
    assert_abs_diff_eq!(used_twice.mean_all().item(), 1.0, epsilon = 0.02);
}

#[test]
fn what_a_layer_drops_is_zero_even_where_numbers_are_infinite() {
    let infinite = || Tensor::<f32>::full([64], f32::INFINITY);
    let tape = Tape::default();
    let x = tape.variable(infinite());
    let dropped = nn::dropout(x, 0.5, Key::new(1));
    let is_zero_or_infinite = |x: &f32| *x == 0.0 || *x == f32::INFINITY;
    assert!(dropped.value().to_vec().iter().all(is_zero_or_infinite));
    assert!(dropped.vjp(infinite()).of(x).to_vec().iter().all(is_zero_or_infinite));

    let table = tape.variable(Tensor::from([[f32::NAN], [1.0]]));
    let padded = nn::embedding(table, &Tensor::from([[0, 1]]), Some(0));
    assert_eq!(padded.value().to_vec(), [0.0, 1.0]);
    let gradient = padded.vjp(Tensor::new([1, 2, 1], vec![f32::INFINITY, 2.0])).of(table);
    assert_eq!(gradient.to_vec(), [0.0, 2.0]);

    let flat = tape.variable(Tensor::from([f32::NEG_INFINITY, -1.0]));
    let y = nn::leaky_relu(flat, 0.0);
    assert_eq!(y.value().to_vec(), [0.0, 0.0]);
    assert_eq!(y.vjp(Tensor::full([2], f32::INFINITY)).of(flat).to_vec(), [0.0, 0.0]);
    assert!(nn::leaky_relu(tape.variable(Tensor::from([f32::NAN])), 0.0).item().is_nan());
}

#[test]
fn a_stack_of_layers_passes_the_gradient_check() {
    let mut parameters = Parameters::new(1);
    let model = Features::new(3)
        .then(Dense::new(&mut parameters, "hidden", 3, 4))
        .then(Activation::SwiGLU(SwiGLU::new(&mut parameters, "swiglu")))
        .then(vec![
            Dense::without_bias(&mut parameters, "a", 4, 4),
            Dense::new(&mut parameters, "b", 4, 4),
        ])
        .then(Some(Activation::Gelu))
        .then(GatedSwiGLU::new(&mut parameters, "gated", -1))
        .then(Dense::new(&mut parameters, "logits", 2, 2));
    let batch = Tensor::normal([5, 3], 0.0, 1.0, Key::new(2));
    let labels = Tensor::from([0, 1, 1, 0, 1]);
    check::parameters(&parameters, |pass| {
        nn::softmax_cross_entropy(model.forward(pass, &batch), &labels)
    })
    .assert();
}

#[test]
fn a_text_model_passes_the_gradient_check() {
    let mut parameters = Parameters::new(1);
    let model = Embedding::new(&mut parameters, "embedding", 20, 6)
        .padding(0)
        .mean()
        .then(Dropout::new("dropout", 0.5))
        .then(Dense::new(&mut parameters, "logits", 6, 3));
    let ids = Tensor::from([[1, 5, 7, 0, 0], [19, 1, 1, 2, 0]]);
    check::parameters(&parameters, |pass| {
        nn::softmax_cross_entropy(model.forward(pass, &ids), &Tensor::from([2, 0]))
    })
    .assert();
}

/// The tabular model of the article, which claims 76,250 parameters.
#[test]
fn the_tabular_network_has_1851_parameters() {
    let mut parameters = Parameters::new(0);
    Dense::new(&mut parameters, "first", 10, 50);
    Dense::new(&mut parameters, "second", 50, 25);
    Dense::new(&mut parameters, "output", 25, 1);
    assert_eq!(parameters.count(), 1851);
}

#[test]
fn what_an_ignored_row_holds_does_not_matter() {
    let tape = Tape::<f32>::new();
    let logits = tape.variable(Tensor::from([[f32::NAN, f32::INFINITY], [0.0, 0.0]]));
    let loss = SoftmaxCrossEntropy::new().ignore(7);
    let mean = loss.of(logits, &Tensor::from([7, 0]));
    assert_eq!(mean.item(), 2f32.ln());
    assert_eq!(mean.backward().of(logits), Tensor::from([[0.0, 0.0], [-0.5, 0.5]]));
    let nothing = loss.of(logits, &Tensor::from([7, 7]));
    assert_eq!(nothing.item(), 0.0);
    assert_eq!(nothing.backward().of(logits), Tensor::zeros([2, 2]));
}

#[test]
fn a_large_batch_has_the_mean_loss_of_its_rows() {
    // More than one thread takes at a time.
    let (rows, classes) = (700, 300);
    let logits = Tensor::<f64>::normal([rows, classes], 0.0, 3.0, Key::new(1));
    let labels: Vec<u32> = (0..rows as u32).map(|i| i * 7919 % classes as u32).collect();
    let tape = Tape::no_grad();
    let loss = |rows: std::ops::Range<usize>| {
        let of_rows = Tensor::new([rows.len()], labels[rows.clone()].to_vec());
        nn::softmax_cross_entropy(tape.constant(logits.slice(0, rows)), &of_rows).item()
    };
    let sum: f64 = (0..rows).map(|i| loss(i..i + 1)).sum();
    assert_relative_eq!(loss(0..rows), sum / rows as f64, max_relative = 1e-12);
}
