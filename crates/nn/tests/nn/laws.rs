//! Laws that layers, losses and whole models obey, in value and gradient.
//!
//! That the fused ops equal their formulas in value and first derivative is in `layers.rs`; here
//! their second derivatives are compared.

use approx::assert_relative_eq;
use autograd::check::Number;
use autograd::functional::{hvp, parameters, value_and_grad};
use autograd::{Parameters, Tape, Var};
use nn::{
    ActivationKind, Dense, Embedding, Features, GatedSwiGLU, Layer, Model, SwiGLU, relu,
    softmax_cross_entropy,
};
use proptest::collection::vec;
use proptest::prelude::*;
use tensor::strategy::{shapes, tensors};
use tensor::{Key, Scalar, Tensor};

fn assert_same(found: &Tensor<f64>, expected: &Tensor<f64>) {
    assert_relative_eq!(*found, *expected, epsilon = 1e-11, max_relative = 1e-11);
}

fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = Tensor<f64>> {
    tensors(vec![rows, columns], -3.0..3.0)
}

fn any_tensor() -> impl Strategy<Value = Tensor<f64>> {
    shapes(3, 3).prop_flat_map(|shape| tensors(shape, -3.0..3.0))
}

fn labels(count: usize, classes: u32) -> impl Strategy<Value = Tensor<u32>> {
    vec(0..classes, count).prop_map(move |labels| Tensor::new([count], labels))
}

fn drawn(shape: &[usize], name: &str) -> Tensor<f64> {
    Tensor::normal(shape, 0.0, 1.0, Key::new(1).stream(name))
}

/// ⟨u, y⟩ for a random u: a number whose gradients are the VJPs of y.
fn projected<'t, T: Scalar>(y: Var<'t, T>) -> Var<'t, T> {
    (y * y.tape().constant(drawn(&y.shape(), "u").cast())).sum_all()
}

/// The value and gradient of a function of one tensor, projected if it is not a number.
fn derivative<F>(x: &Tensor<f64>, function: F) -> (f64, Tensor<f64>)
where
    F: for<'t> Fn(Var<'t, f64>) -> Var<'t, f64>,
{
    let (value, [gradient]) = value_and_grad(|[x]| projected(function(x)), std::array::from_ref(x));
    (value, gradient)
}

/// Asserts that two functions agree in value and in the gradients of all inputs.
fn assert_same_function<const N: usize, F, G>(inputs: &[Tensor<f64>; N], found: F, expected: G)
where
    F: for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
    G: for<'t> Fn([Var<'t, f64>; N]) -> Var<'t, f64>,
{
    let (value, gradients) = value_and_grad(|x| projected(found(x)), inputs);
    let (expected_value, expected) = value_and_grad(|x| projected(expected(x)), inputs);
    assert_relative_eq!(value, expected_value, epsilon = 1e-11, max_relative = 1e-11);
    gradients.iter().zip(&expected).for_each(|(found, expected)| assert_same(found, expected));
}

/// Asserts that two functions have the same second derivative along a random direction.
fn assert_same_curvature<const N: usize, F, G>(inputs: &[Tensor<f64>; N], fused: F, composed: G)
where
    F: for<'t> Fn([Var<'t, Number>; N]) -> Var<'t, Number>,
    G: for<'t> Fn([Var<'t, Number>; N]) -> Var<'t, Number>,
{
    let tangents = inputs.each_ref().map(|x| drawn(x.shape(), "v"));
    let found = hvp(|x| projected(fused(x)), inputs, &tangents);
    let expected = hvp(|x| projected(composed(x)), inputs, &tangents);
    found.iter().zip(&expected).for_each(|(found, expected)| assert_same(found, expected));
}

// Fused ops are their formulas in second order, too.

proptest! {
    #[test]
    fn dense_and_swiglu_have_the_curvature_of_their_formulas(
        (x, w, b, gamma) in (0..4usize, 1..4usize, 1..4usize).prop_flat_map(|(n, i, o)| {
            let row = || tensors(vec![o], -3.0..3.0);
            (matrix(n, i), matrix(i, o), row(), row())
        })
    ) {
        assert_same_curvature(
            &[x, w, b, gamma],
            |[x, w, b, gamma]| {
                let y = nn::dense(x, w, b);
                nn::swiglu(y, b, gamma)
            },
            |[x, w, b, gamma]| {
                let y = x.matmul(w) + b;
                y * (b * y + gamma).sigmoid()
            },
        );
    }

    #[test]
    fn activations_have_the_curvature_of_their_formulas(x in any_tensor()) {
        let at = [x];
        assert_same_curvature(&at, |[x]| nn::silu(x), |[x]| x * x.sigmoid());
        assert_same_curvature(&at, |[x]| relu(x), |[x]| (x + x.abs()) * 0.5);
        assert_same_curvature(
            &at,
            |[x]| nn::leaky_relu(x, 0.1),
            |[x]| x * 0.55 + x.abs() * 0.45,
        );
    }

    #[test]
    fn softmax_and_cross_entropy_have_the_curvature_of_their_formulas(
        (x, labels) in (matrix(4, 3), labels(4, 3))
    ) {
        let at = [x];
        assert_same_curvature(&at, |[x]| nn::softmax(x, -1), |[x]| {
            let e = x.exp();
            e / e.sum(&[1]).reshape([4, 1])
        });
        let one_hot = Tensor::<f64>::from([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        let targets = one_hot.gather_rows(&labels).cast();
        assert_same_curvature(&at, |[x]| softmax_cross_entropy(x, &labels), |[x]| {
            let log = x - x.exp().sum(&[1]).ln().reshape([4, 1]);
            -(log * x.tape().constant(targets.clone())).sum_all() / 4.0
        });
    }

    #[test]
    fn embedding_means_and_bce_have_the_curvature_of_their_formulas(
        (table, ids, targets) in (matrix(5, 2), vec(0..5u32, 12), tensors(vec![3, 2], 0.0..=1.0))
    ) {
        let ids = Tensor::new([3, 4], ids);
        let counts = ids.map(|id| f64::from(u8::from(id != 0))).sum(&[1]).map(|n| n.max(1.0));
        let (counts, targets) = (counts.reshape([3, 1]).cast(), targets.cast());
        assert_same_curvature(
            &[table],
            |[table]| nn::bce_with_logits(nn::embedding_mean(table, &ids, Some(0)), &targets),
            |[table]| {
                let tape = table.tape();
                let sums = nn::embedding(table, &ids, Some(0)).sum(&[1]);
                let p = (sums / tape.constant(counts.clone())).sigmoid();
                let (t, one) = (tape.constant(targets.clone()), tape.number(1.0));
                -(t * p.ln() + (one - t) * (one - p).ln()).mean_all()
            },
        );
    }
}

// Symmetries of single functions.

proptest! {
    /// Softmax does not see a shift, so its gradient has no part along one: it sums to 0.
    #[test]
    fn shifts_change_neither_value_nor_gradient_of_a_softmax(
        (x, labels) in (matrix(4, 3), labels(4, 3)), shift in -50.0..50.0f64
    ) {
        let moved = x.map(|x| x + shift);
        for function in [
            |x, _: &Tensor<u32>| nn::softmax(x, -1),
            |x, _: &Tensor<u32>| nn::log_softmax(x, -1),
            |x, labels: &Tensor<u32>| softmax_cross_entropy(x, labels),
        ] as [for<'t> fn(Var<'t, f64>, &Tensor<u32>) -> Var<'t, f64>; 3]
        {
            let (value, gradient) = derivative(&x, |x| function(x, &labels));
            let (same_value, same_gradient) = derivative(&moved, |x| function(x, &labels));
            assert_relative_eq!(value, same_value, epsilon = 1e-10, max_relative = 1e-10);
            assert_same(&gradient, &same_gradient);
            assert_same(&gradient.sum(&[1]), &Tensor::zeros([4]));
        }
    }

    /// f(cx) = c f(x) for c > 0, so the gradient does not change, and ⟨x, ∇f⟩ = f (Euler).
    #[test]
    fn relu_scales_with_its_input(x in any_tensor(), c in 0.01..100.0f64) {
        for function in [|x| relu(x), |x| nn::leaky_relu(x, 0.2)]
            as [for<'t> fn(Var<'t, f64>) -> Var<'t, f64>; 2]
        {
            let (value, gradient) = derivative(&x, function);
            let (scaled_value, scaled_gradient) = derivative(&(&x * c), function);
            assert_relative_eq!(scaled_value, c * value, epsilon = 1e-10, max_relative = 1e-10);
            prop_assert_eq!(scaled_gradient, gradient.clone());
            let euler = (&x * &gradient).sum_all().item();
            assert_relative_eq!(euler, value, epsilon = 1e-12, max_relative = 1e-12);
        }
    }

    /// f(x) − f(−x) = x for x · Φ(x) with any Φ(x) + Φ(−x) = 1.
    #[test]
    fn a_gate_less_its_reflection_is_the_identity(x in any_tensor()) {
        let at = [x];
        assert_same_function(&at, |[x]| nn::silu(x) - nn::silu(-x), |[x]| x);
        assert_same_function(&at, |[x]| nn::gelu(x) - nn::gelu(-x), |[x]| x);
        assert_same_function(&at, |[x]| relu(x) - relu(-x), |[x]| x);
    }

    /// A gate's slope is a scale of its input: swiglu(x, β, γ) = swiglu(βx, 1, γ) / β. And
    /// swiglu(x, 1, 0) is silu.
    #[test]
    fn swiglu_is_a_scaled_and_shifted_silu(
        x in any_tensor(), beta in 0.1..3.0f64, gamma in -2.0..2.0f64
    ) {
        assert_same_function(
            &[x.clone(), Tensor::scalar(beta), Tensor::scalar(gamma)],
            |[x, beta, gamma]| nn::swiglu(x, beta, gamma),
            |[x, beta, gamma]| nn::swiglu(beta * x, x.tape().number(1.0), gamma) / beta,
        );
        assert_same_function(
            &[x],
            |[x]| nn::swiglu(x, x.tape().number(1.0), x.tape().number(0.0)),
            |[x]| nn::silu(x),
        );
    }

    /// The binary loss is that of two classes with logits 0 and x, whichever of them is named first.
    #[test]
    fn the_binary_loss_is_that_of_two_classes(x in matrix(4, 1), labels in labels(4, 2)) {
        let targets = labels.map(f64::from).reshape([4, 1]);
        let swapped = targets.map(|t| 1.0 - t);
        let at = [x];
        assert_same_function(
            &at,
            |[x]| nn::bce_with_logits(x, &targets),
            |[x]| {
                let zero = x.tape().constant(Tensor::zeros([4, 1]));
                softmax_cross_entropy(Var::concat(&[zero, x], 1), &labels)
            },
        );
        assert_same_function(
            &at,
            |[x]| nn::bce_with_logits(x, &targets),
            |[x]| nn::bce_with_logits(-x, &swapped),
        );
    }

    /// Dropout multiplies by one mask in both directions, so its VJP is dropout itself.
    #[test]
    fn the_gradient_of_dropout_is_dropout_of_the_cotangent(
        x in any_tensor(), rate in 0.0..0.9f64, seed in any::<u64>()
    ) {
        let tape = Tape::default();
        let (x, u) = (tape.variable(x.clone()), drawn(x.shape(), "u"));
        let dropped = |x| nn::dropout(x, rate, Key::new(seed));
        let gradient = dropped(x).vjp(u.clone()).of(x);
        prop_assert_eq!(gradient, dropped(tape.constant(u)).value());
    }

    #[test]
    fn dense_on_any_axes_is_dense_on_rows(
        (x, w, b) in (shapes(2, 3), 1..4usize, 1..4usize).prop_flat_map(|(batch, i, o)| {
            let x = tensors([batch.as_slice(), &[i]].concat(), -3.0..3.0);
            (x, matrix(i, o), tensors(vec![o], -3.0..3.0))
        })
    ) {
        let (inputs, outputs) = (w.shape()[0], w.shape()[1]);
        let mut to = x.shape().to_vec();
        to[x.rank() - 1] = outputs;
        let rows = x.len() / inputs;
        assert_same_function(
            &[x, w, b],
            |[x, w, b]| nn::dense(x, w, b),
            |[x, w, b]| nn::dense(x.reshape([rows, inputs]), w, b).reshape(&to),
        );
    }
}

// Whole models.

/// The model of the tabular example, small, with every kind of activation by turns.
fn tabular(seed: u64) -> (Parameters<f64>, impl Model<Input = Tensor<f32>>) {
    let mut parameters = Parameters::with_seed(seed);
    let (name, kind) = ActivationKind::ALL[seed as usize % ActivationKind::ALL.len()];
    let model = Features::new(3)
        .then(Dense::new(&mut parameters, "hidden", 3, 4))
        .then(kind.layer(&mut parameters, name))
        .then(GatedSwiGLU::new(&mut parameters, "gated", -1))
        .then(Dense::new(&mut parameters, "logits", 2, 3));
    (parameters, model)
}

/// The model of the text example, small.
fn text(seed: u64) -> (Parameters<f64>, impl Model<Input = Tensor<u32>>) {
    let mut parameters = Parameters::with_seed(seed);
    let model = Embedding::new(&mut parameters, "embedding", 9, 4)
        .padding(0)
        .mean()
        .then(Dense::new(&mut parameters, "hidden", 4, 5))
        .then(SwiGLU::per_feature(&mut parameters, "swiglu", 5))
        .then(Dense::new(&mut parameters, "logits", 5, 3));
    (parameters, model)
}

/// The loss of a batch and the gradients of all parameters.
fn loss_and_gradients<M: Model>(
    parameters: &Parameters<f64>,
    model: &M,
    batch: &M::Input,
    labels: &Tensor<u32>,
) -> (f64, Parameters<f64>) {
    parameters::value_and_grad(
        |pass| softmax_cross_entropy(model.forward(pass, batch), labels),
        parameters,
    )
}

fn assert_same_loss(found: &(f64, Parameters<f64>), expected: &(f64, Parameters<f64>)) {
    assert_relative_eq!(found.0, expected.0, max_relative = 1e-12);
    found.1.ids().for_each(|id| assert_same(found.1.get(id), expected.1.get(id)));
}

fn texts(count: usize, time: usize) -> impl Strategy<Value = Tensor<u32>> {
    vec(0..9u32, count * time).prop_map(move |ids| Tensor::new([count, time], ids))
}

fn permutation(count: u32) -> impl Strategy<Value = Tensor<u32>> {
    let ids: Vec<u32> = (0..count).collect();
    Just(ids).prop_shuffle().prop_map(Tensor::from)
}

proptest! {
    #[test]
    fn the_order_of_samples_changes_neither_loss_nor_gradients(
        seed in 0..100u64,
        x in tensors(vec![5, 3], -3.0..3.0f32),
        ids in texts(5, 4),
        labels in labels(5, 3),
        order in permutation(5),
    ) {
        let shuffled = labels.gather_rows(&order);
        let (parameters, model) = tabular(seed);
        let expected = loss_and_gradients(&parameters, &model, &x, &labels);
        let x = x.gather_rows(&order);
        assert_same_loss(&loss_and_gradients(&parameters, &model, &x, &shuffled), &expected);
        let (parameters, model) = text(seed);
        let expected = loss_and_gradients(&parameters, &model, &ids, &labels);
        let ids = ids.gather_rows(&order);
        assert_same_loss(&loss_and_gradients(&parameters, &model, &ids, &shuffled), &expected);
    }

    /// A mean of words knows no order.
    #[test]
    fn the_order_of_words_changes_neither_loss_nor_gradients(
        seed in 0..100u64, ids in texts(5, 4), labels in labels(5, 3), order in permutation(4)
    ) {
        let (parameters, model) = text(seed);
        let expected = loss_and_gradients(&parameters, &model, &ids, &labels);
        let ids = ids.t().gather_rows(&order).t();
        assert_same_loss(&loss_and_gradients(&parameters, &model, &ids, &labels), &expected);
    }

    /// More padding, wherever it stands, changes not a bit.
    #[test]
    fn padding_changes_neither_loss_nor_gradients(
        seed in 0..100u64, ids in texts(5, 4), labels in labels(5, 3), place in 0..=4usize,
        width in 0..4usize
    ) {
        let (parameters, model) = text(seed);
        let (loss, gradients) = loss_and_gradients(&parameters, &model, &ids, &labels);
        let padding = Tensor::full([5, width], 0);
        let padded = Tensor::concat(&[&ids.slice(1, ..place), &padding, &ids.slice(1, place..)], 1);
        let found = loss_and_gradients(&parameters, &model, &padded, &labels);
        prop_assert_eq!(found.0, loss);
        for (id, name, gradient) in gradients.iter() {
            prop_assert_eq!(found.1.get(id), gradient, "{}", name);
        }
    }

    /// The loss of a batch is the mean over its samples, and so are its gradients.
    #[test]
    fn a_batch_is_the_mean_of_its_samples(
        seed in 0..100u64, ids in texts(5, 4), labels in labels(5, 3)
    ) {
        let (parameters, model) = text(seed);
        let mut mean = (0.0, parameters.map(|_, value| Tensor::zeros(value.shape())));
        for k in 0..5 {
            let (ids, labels) = (ids.slice(0, k..k + 1), labels.slice(0, k..k + 1));
            let (loss, gradients) = loss_and_gradients(&parameters, &model, &ids, &labels);
            mean.0 += loss / 5.0;
            for (id, _, gradient) in gradients.iter() {
                *mean.1.get_mut(id) += gradient * 0.2;
            }
        }
        assert_same_loss(&mean, &loss_and_gradients(&parameters, &model, &ids, &labels));
    }

    /// Exchanging two hidden units, with all their weights, does not change the function.
    #[test]
    fn hidden_units_may_change_places(
        seed in 0..100u64, x in matrix(4, 3), order in permutation(5)
    ) {
        let mut parameters = Parameters::with_seed(seed);
        let hidden = Dense::new(&mut parameters, "hidden", 3, 5);
        let swiglu = SwiGLU::per_feature(&mut parameters, "swiglu", 5);
        let logits = Dense::new(&mut parameters, "logits", 5, 2);
        let columns = |x: &Tensor<f64>| x.t().gather_rows(&order).t();
        let rows = |x: &Tensor<f64>| x.gather_rows(&order);
        let exchanged = |values: &Parameters<f64>| {
            values.map(|id, value| match id {
                id if id == hidden.weight() => columns(value),
                id if Some(id) == logits.bias() => value.clone(),
                _ => rows(value),
            })
        };
        let model = hidden.clone().then(swiglu.clone()).then(logits.clone());
        let loss = |at: &Parameters<f64>| {
            parameters::value_and_grad(
                |pass| model.forward(pass, pass.constant(x.clone())).powi(2).sum_all(),
                at,
            )
        };
        let (value, gradients) = loss(&parameters);
        let expected = (value, exchanged(&gradients));
        assert_same_loss(&loss(&exchanged(&parameters)), &expected);
    }
}
