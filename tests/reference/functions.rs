//! What we compute for each fixture of `functions.json`.

use std::collections::BTreeMap;

use autograd::{Parameters, Pass, Tape, Var};
use nn::{
    AvgPool2d, Conv2d, Dense, GatedSwiGLU, Gru, Layer, LayerNorm, Lstm, MaxPool2d,
    MultiLabelCrossEntropy, RMSNorm, Seen, SelfAttention, SoftmaxCrossEntropy, SwiGLU,
};
use serde::Deserialize;
use tensor::{Scalar, Tensor, Window};

use super::fixture::{Array, Worst, named};

/// `f(inputs)` and the gradients of ⟨cotangent, f(inputs)⟩.
#[derive(Deserialize)]
pub struct Function {
    inputs: Vec<Array>,
    ids: Option<Array<u32>>,
    cotangent: Array,
    output: Array,
    /// `None` where the input is a constant.
    gradients: Vec<Option<Array>>,
}

pub type Functions = BTreeMap<String, Function>;

/// What we found for one fixture.
pub struct Replay<T: Scalar> {
    output: Tensor<T>,
    /// The gradients of the inputs that are not constants.
    gradients: Vec<Tensor<T>>,
    /// The op that gave the output.
    pub op: &'static str,
}

impl<T: Scalar> Replay<T> {
    /// Compares what we found with the fixture of this name.
    pub fn compare(&self, name: &str, fixture: &Function, worst: &mut Worst) {
        worst.compare(name, &self.output, &fixture.output);
        let references: Vec<&Array> = fixture.gradients.iter().flatten().collect();
        assert_eq!(self.gradients.len(), references.len(), "{name}: the number of gradients");
        for (input, (found, reference)) in self.gradients.iter().zip(references).enumerate() {
            worst.compare(format!("{name}, gradient {input}"), found, reference);
        }
    }
}

type Compute<T> = for<'t> fn(&[Var<'t, T>], &Tensor<u32>) -> Var<'t, T>;

/// The functions by the names of their fixtures, in the order of `generate.py`.
fn functions<T: Scalar>() -> Vec<(&'static str, Compute<T>)> {
    let table: &[(&'static str, Compute<T>)] = &[
        ("abs", |x, _| x[0].abs()),
        ("add", |x, _| x[0] + x[1]),
        ("add with broadcasting", |x, _| x[0] + x[1]),
        ("clamp", |x, _| x[0].clamp(-1.0, 0.5)),
        ("clamp of one side", |x, _| x[0].clamp(0.25, f64::INFINITY)),
        ("concat", |x, _| Var::concat(x, 1)),
        ("cos", |x, _| x[0].cos()),
        ("cos of large angles", |x, _| x[0].cos()),
        ("cumsum", |x, _| x[0].cumsum(1)),
        ("div", |x, _| x[0] / x[1]),
        ("div with broadcasting", |x, _| x[0] / x[1]),
        ("exp", |x, _| x[0].exp()),
        ("exp of large numbers", |x, _| x[0].exp()),
        ("expand", |x, _| x[0].expand([2, 3, 4])),
        ("flip", |x, _| x[0].flip(&[0, 2])),
        ("gather", |x, ids| x[0].gather(1, ids)),
        ("fold", |x, _| x[0].fold([4, 5], Window::new([3, 2]).padding([1, 0]).stride([1, 2]))),
        ("fold with dilation", |x, _| x[0].fold([5, 4], Window::new([2, 2]).dilation([2, 3]))),
        ("gather_rows", |x, ids| x[0].gather_rows(ids)),
        ("ln", |x, _| x[0].ln()),
        ("logsumexp", |x, _| x[0].logsumexp(&[0, 2])),
        ("logsumexp of large numbers", |x, _| x[0].logsumexp_keepdim(&[1])),
        ("matmul", |x, _| x[0].matmul(x[1])),
        ("matmul of two batches", |x, _| x[0].matmul(x[1])),
        ("matmul with broadcasting", |x, _| x[0].matmul(x[1])),
        ("max", |x, _| x[0].max(&[1])),
        ("max over all axes", |x, _| x[0].max(&[0, 1])),
        ("max with ties", |x, _| x[0].max(&[1])),
        ("maximum", |x, _| x[0].maximum(x[1])),
        ("maximum with ties", |x, _| x[0].maximum(x[1])),
        ("mean", |x, _| x[0].mean(&[0, 2])),
        ("mean over all axes", |x, _| x[0].mean_all()),
        ("min", |x, _| x[0].min(&[1])),
        ("minimum", |x, _| x[0].minimum(x[1])),
        ("minimum with ties", |x, _| x[0].minimum(x[1])),
        ("mul", |x, _| x[0] * x[1]),
        ("mul of a number by itself", |x, _| x[0] * x[0]),
        ("mul with broadcasting", |x, _| x[0] * x[1]),
        ("neg", |x, _| -x[0]),
        ("permute", |x, _| x[0].permute(&[2, 0, 1])),
        ("pad", |x, _| x[0].pad(&[(0, 0), (1, 2), (0, 3)], -1.5)),
        ("pow", |x, _| x[0].pow(x[1])),
        ("pow of negative numbers", |x, _| x[0].pow(3.0)),
        ("pow with exponent 0.5", |x, _| x[0].pow(0.5)),
        ("pow with broadcasting", |x, _| x[0].pow(x[1])),
        ("pow at zero", |x, _| x[0].pow(x[1])),
        ("powi", |x, _| x[0].powi(3)),
        ("powi with exponent 0", |x, _| x[0].powi(0)),
        ("powi with exponent -2", |x, _| x[0].powi(-2)),
        ("reshape", |x, _| x[0].reshape([3, 4])),
        ("scatter_add_rows", |x, ids| x[0].scatter_add_rows(ids, 6)),
        ("sigmoid", |x, _| x[0].sigmoid()),
        ("sigmoid of large numbers", |x, _| x[0].sigmoid()),
        ("sin", |x, _| x[0].sin()),
        ("sin of large angles", |x, _| x[0].sin()),
        ("slice", |x, _| x[0].slice(1, 1..3)),
        ("softplus", |x, _| x[0].softplus()),
        ("softplus of large numbers", |x, _| x[0].softplus()),
        ("sort", |x, _| x[0].sort(1, false).0),
        ("sort descending", |x, _| x[0].sort(0, true).0),
        ("stack", |x, _| Var::stack(x, 1)),
        ("std", |x, _| x[0].std(&[0, 2], 1)),
        ("std of equal numbers", |x, _| x[0].std_keepdim(&[1], 0)),
        ("sqrt", |x, _| x[0].sqrt()),
        ("sub", |x, _| x[0] - x[1]),
        ("sub with broadcasting", |x, _| x[0] - x[1]),
        ("sum", |x, _| x[0].sum(&[0, 2])),
        ("sum over all axes", |x, _| x[0].sum_all()),
        ("tanh", |x, _| x[0].tanh()),
        ("tanh of large numbers", |x, _| x[0].tanh()),
        ("topk", |x, _| x[0].topk(2, 1).0),
        ("var", |x, _| x[0].var(&[1], 0)),
        ("var over all axes", |x, _| x[0].var(&[0, 1], 1)),
        ("where_", |x, _| Var::where_(&x[0].gt(0.25), x[0], x[1])),
        ("unfold", |x, _| x[0].unfold(Window::new([3, 2]).padding([1, 0]).stride([1, 2]))),
        ("unfold with dilation", |x, _| x[0].unfold(Window::new([2, 2]).dilation([2, 3]))),
        // Layers and activations.
        ("dense", |x, _| nn::dense(x[0], x[1], x[2])),
        ("dense on three axes", |x, _| nn::dense(x[0], x[1], x[2])),
        ("embedding", |x, ids| nn::embedding(x[0], ids, None)),
        ("embedding with padding", |x, ids| nn::embedding(x[0], ids, Some(0))),
        ("embedding_mean", |x, ids| nn::embedding_mean(x[0], ids, None)),
        ("embedding_mean with padding", |x, ids| nn::embedding_mean(x[0], ids, Some(0))),
        ("gelu", |x, _| nn::gelu(x[0])),
        ("gelu of large numbers", |x, _| nn::gelu(x[0])),
        ("layer_norm", |x, _| nn::layer_norm(x[0], x[1], x[2], 1e-5)),
        ("layer_norm on three axes", |x, _| nn::layer_norm(x[0], x[1], x[2], 0.25)),
        ("leaky_relu", |x, _| nn::leaky_relu(x[0], 0.1)),
        ("log_softmax", |x, _| nn::log_softmax(x[0], -1)),
        ("log_softmax along rows", |x, _| nn::log_softmax(x[0], 0)),
        ("log_softmax of large numbers", |x, _| nn::log_softmax(x[0], -1)),
        ("relu", |x, _| nn::relu(x[0])),
        ("rms_norm", |x, _| nn::rms_norm(x[0], x[1], 1e-5)),
        ("scaled_dot_product_attention", |x, _| {
            nn::scaled_dot_product_attention(x[0], x[1], x[2], Seen::All)
        }),
        ("rope", |x, _| nn::rope(x[0], 6, 0, 10_000.0)),
        ("rope from a later position", |x, _| nn::rope(x[0], 4, 100, 500.0)),
        ("causal_attention", |x, _| nn::causal_attention(x[0], x[1], x[2], 4, 2)),
        ("causal_attention at the last steps", |x, _| nn::causal_attention(x[0], x[1], x[2], 2, 1)),
        ("gated_swiglu of two tensors", |x, _| nn::gated_swiglu(x[0], x[1], x[2], x[3])),
        ("scaled_dot_product_attention, causal", |x, _| {
            nn::scaled_dot_product_attention(x[0], x[1], x[2], Seen::Causal)
        }),
        ("silu", |x, _| nn::silu(x[0])),
        ("silu of large numbers", |x, _| nn::silu(x[0])),
        ("softmax", |x, _| nn::softmax(x[0], -1)),
        ("softmax along rows", |x, _| nn::softmax(x[0], 0)),
        ("softmax of large numbers", |x, _| nn::softmax(x[0], -1)),
        ("swiglu", |x, _| nn::swiglu(x[0], x[1], x[2])),
        ("swiglu per feature", |x, _| nn::swiglu(x[0], x[1], x[2])),
        // Losses.
        ("bce_with_logits", |x, _| nn::bce_with_logits(x[0], &x[1].value())),
        ("bce_with_logits of large logits", |x, _| nn::bce_with_logits(x[0], &x[1].value())),
        ("huber", |x, _| nn::huber(x[0], x[1], 0.5)),
        ("mean_absolute_error", |x, _| nn::mean_absolute_error(x[0], x[1])),
        ("mean_squared_error", |x, _| nn::mean_squared_error(x[0], x[1])),
        ("weighted_bce_with_logits of smoothed labels", |x, _| {
            let loss = MultiLabelCrossEntropy::new().positive_weights([3.0, 0.5]).smoothing(0.1);
            loss.of(x[0], &x[1].value().cast())
        }),
        ("soft_cross_entropy", |x, _| nn::soft_cross_entropy(x[0], &x[1].value())),
        ("softmax_cross_entropy", |x, ids| nn::softmax_cross_entropy(x[0], ids)),
        ("softmax_cross_entropy of large logits", |x, ids| nn::softmax_cross_entropy(x[0], ids)),
        ("softmax_cross_entropy with an ignored label", |x, ids| {
            SoftmaxCrossEntropy::new().ignore(1).of(x[0], ids)
        }),
        ("softmax_cross_entropy with weights, smoothing and an ignored label", |x, ids| {
            let loss = SoftmaxCrossEntropy::new().class_weights([1.0, 5.0, 0.5]);
            loss.smoothing(0.1).ignore(1).of(x[0], ids)
        }),
    ];
    table.to_vec()
}

type ReplayLayer<T> = Box<dyn Fn(&Function) -> Replay<T>>;

/// The layers that hold parameters: a fixture's first input is `x`, the others are the parameters.
fn layers<T: Scalar>() -> Vec<(&'static str, ReplayLayer<T>)> {
    vec![
        ("avg_pool2d", layer(|_| AvgPool2d::new([2, 2]))),
        ("avg_pool2d with stride", layer(|_| AvgPool2d::new([3, 2]).stride([1, 2]))),
        ("conv2d", layer(|parameters| Conv2d::new(parameters, "conv", 3, 2, [3, 2]))),
        (
            "conv2d with stride and padding",
            layer(|parameters| {
                let layer = Conv2d::new(parameters, "conv", 1, 3, [3, 3]);
                layer.stride([2, 1]).padding([1, 2])
            }),
        ),
        (
            "conv2d with dilation and without bias",
            layer(|parameters| {
                Conv2d::without_bias(parameters, "conv", 2, 2, [2, 3]).dilation([2, 1])
            }),
        ),
        ("dense", layer(|parameters| Dense::new(parameters, "dense", 4, 2))),
        ("dense without bias", layer(|parameters| Dense::without_bias(parameters, "dense", 4, 2))),
        ("dense on three axes", layer(|parameters| Dense::new(parameters, "dense", 4, 2))),
        ("gated_swiglu", layer(|parameters| GatedSwiGLU::new(parameters, "gated", -1))),
        ("gated_swiglu along rows", layer(|parameters| GatedSwiGLU::new(parameters, "gated", 0))),
        ("gru", layer(|parameters| Gru::new(parameters, "gru", 2, 4))),
        ("gru over 20 steps", layer(|parameters| Gru::new(parameters, "gru", 3, 5))),
        ("layer_norm", layer(|parameters| LayerNorm::new(parameters, "norm", 4))),
        ("layer_norm of a large mean", layer(|parameters| LayerNorm::new(parameters, "norm", 8))),
        ("lstm", layer(|parameters| Lstm::new(parameters, "lstm", 2, 3))),
        ("lstm over 20 steps", layer(|parameters| Lstm::new(parameters, "lstm", 3, 5))),
        ("max_pool2d", layer(|_| MaxPool2d::new([2, 2]))),
        ("max_pool2d with stride", layer(|_| MaxPool2d::new([3, 2]).stride([1, 2]))),
        (
            "rms_norm with PyTorch's epsilon",
            layer(|parameters| RMSNorm::new(parameters, "norm", 4)),
        ),
        ("self_attention", layer(|parameters| SelfAttention::new(parameters, "attention", 4, 2))),
        (
            "self_attention, causal",
            layer(|parameters| SelfAttention::new(parameters, "attention", 6, 2).causal()),
        ),
        ("swiglu", layer(|parameters| SwiGLU::new(parameters, "swiglu"))),
        ("swiglu per feature", layer(|parameters| SwiGLU::per_feature(parameters, "swiglu", 4))),
    ]
}

/// Computes all functions and layers, by the names of their fixtures.
pub fn replay_all<T: Scalar>(fixtures: &Functions) -> Vec<(&'static str, Replay<T>)> {
    let functions = functions().into_iter();
    let layers = layers().into_iter();
    functions
        .map(|(name, compute)| (name, replay(named(fixtures, name), compute)))
        .chain(layers.map(|(name, replay)| (name, replay(named(fixtures, name)))))
        .collect()
}

fn replay<T: Scalar>(fixture: &Function, compute: Compute<T>) -> Replay<T> {
    let tape = Tape::default();
    let inputs = fixture.inputs.iter().map(|input| tape.variable(input.tensor()));
    let inputs: Vec<_> = inputs.collect();
    let ids = fixture.ids.as_ref().map_or(Tensor::new([0], vec![]), Array::exact);
    let output = compute(&inputs, &ids);
    let found = output.vjp(fixture.cotangent.tensor());
    let wanted = inputs.iter().zip(&fixture.gradients).filter(|(_, gradient)| gradient.is_some());
    Replay {
        output: output.value(),
        gradients: wanted.map(|(&x, _)| found.of(x)).collect(),
        op: tape.nodes().get(output.index()).name(),
    }
}

fn layer<T: Scalar, L: Layer + 'static>(build: fn(&mut Parameters<T>) -> L) -> ReplayLayer<T> {
    Box::new(move |fixture| {
        let mut parameters = Parameters::with_seed(0);
        let layer = build(&mut parameters);
        for (id, value) in parameters.ids().zip(&fixture.inputs[1..]) {
            *parameters.get_mut(id) = value.tensor();
        }
        let tape = Tape::default();
        let x = tape.variable(fixture.inputs[0].tensor());
        let output = layer.forward(Pass::eval(&tape, &parameters), x);
        let found = output.vjp(fixture.cotangent.tensor());
        let of_parameters = found.iter().map(|(_, gradient)| gradient.dense().clone());
        Replay {
            output: output.value(),
            gradients: std::iter::once(found.of(x)).chain(of_parameters).collect(),
            op: tape.nodes().get(output.index()).name(),
        }
    })
}
