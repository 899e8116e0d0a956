//! The workloads in burn, on Flex, its CPU backend.

mod language;

use std::hint::black_box;

use burn::module::{Module, Param};
use burn::nn::loss::{BinaryCrossEntropyLossConfig, CrossEntropyLossConfig};
use burn::nn::{Dropout, DropoutConfig, Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::prelude::*;
use burn::tensor::activation::{relu, sigmoid, silu};
use peers::measure::{Workload, check_is_wanted, measure_all, print_check};
use peers::{LONGEST, labels, targets, token_ids, uniform};

const WORKLOADS: &[Workload] = &[
    ("mlp", || mlp(true)),
    ("mlp_relu", || mlp(false)),
    ("text", || text(32, 1_000)),
    ("text_b256", || text(256, 1_000)),
    ("text_v50k", || text(32, 50_000)),
    ("ffn", ffn),
    ("lm", lm),
    ("swiglu", swiglu_kernel),
    ("matmul", matmul),
    ("adam", adam_update),
];

fn main() {
    match check_is_wanted() {
        true => check(),
        false => measure_all(WORKLOADS),
    }
}

fn check() {
    let mut step = language::lm();
    print_check(|| step().into_scalar(), &[]);
}

fn device() -> Device {
    Device::flex().autodiff()
}

fn tensor<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(uniform(shape.iter().product()), shape), device)
}

fn integers<const D: usize>(values: Vec<i32>, shape: [usize; D]) -> Tensor<D, Int> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}

fn adam() -> ModuleOptimizer {
    AdamConfig::new().with_epsilon(1e-8).init()
}

fn training<M: Module + 'static>(
    model: M,
    loss: impl Fn(&M) -> Tensor<1> + 'static,
) -> Box<dyn FnMut()> {
    let mut adam = adam();
    let mut model = Some(model);
    Box::new(move || {
        let current = model.take().expect("a model");
        let gradients = GradientsParams::from_grads(loss(&current).backward(), &current);
        model = Some(adam.step(0.001, current, gradients));
    })
}

#[derive(Module, Debug)]
struct SwiGLU {
    beta: Param<Tensor<1>>,
    gamma: Param<Tensor<1>>,
}

impl SwiGLU {
    fn new() -> Self {
        Self {
            beta: Param::from_tensor(Tensor::ones([1], &device())),
            gamma: Param::from_tensor(Tensor::zeros([1], &device())),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        swiglu(x, self.beta.val(), self.gamma.val())
    }
}

fn swiglu(x: Tensor<2>, beta: Tensor<1>, gamma: Tensor<1>) -> Tensor<2> {
    x.clone() * sigmoid(x * beta.unsqueeze() + gamma.unsqueeze())
}

#[derive(Module, Debug)]
struct Mlp {
    first: Linear,
    second: Linear,
    output: Linear,
    gates: Option<[SwiGLU; 2]>,
}

fn mlp(gated: bool) -> Box<dyn FnMut()> {
    let device = &device();
    let model = Mlp {
        first: LinearConfig::new(10, 50).init(device),
        second: LinearConfig::new(50, 25).init(device),
        output: LinearConfig::new(25, 1).init(device),
        gates: gated.then(|| [SwiGLU::new(), SwiGLU::new()]),
    };
    let x = tensor([32, 10], device);
    let y = integers(targets(32).into_iter().map(|y| y as i32).collect(), [32, 1]);
    let loss = BinaryCrossEntropyLossConfig::new().with_logits(true).init(device);
    training(model, move |model: &Mlp| {
        let activate = |layer: usize, x| match &model.gates {
            Some(gates) => gates[layer].forward(x),
            None => relu(x),
        };
        let hidden = activate(0, model.first.forward(x.clone()));
        let hidden = activate(1, model.second.forward(hidden));
        loss.forward(model.output.forward(hidden), y.clone())
    })
}

#[derive(Module, Debug)]
struct TextModel {
    table: Embedding,
    hidden: Linear,
    gate: SwiGLU,
    output: Linear,
    dropout: Dropout,
}

impl TextModel {
    /// `real` `[batch, 1, time]` is 1 / number of tokens, 0 for padding: the mean is a matrix product.
    fn forward(&self, ids: Tensor<2, Int>, real: Tensor<3>) -> Tensor<2> {
        let mean = real.matmul(self.table.forward(ids)).squeeze_dim::<2>(1);
        let hidden = self.gate.forward(self.hidden.forward(self.dropout.forward(mean)));
        self.output.forward(self.dropout.forward(hidden))
    }
}

fn text(batch: usize, vocabulary: usize) -> Box<dyn FnMut()> {
    let device = &device();
    let model = TextModel {
        table: EmbeddingConfig::new(vocabulary, 128).init(device),
        hidden: LinearConfig::new(128, 64).init(device),
        gate: SwiGLU::new(),
        output: LinearConfig::new(64, 8).init(device),
        dropout: DropoutConfig::new(0.2).init(),
    };
    let signed = |ids: Vec<u32>| ids.into_iter().map(|id| id as i32).collect();
    let ids = integers(signed(token_ids(batch, vocabulary)), [batch, LONGEST]);
    let labels = integers(signed(labels(batch)), [batch]);
    let loss = CrossEntropyLossConfig::new().init(device);
    training(model, move |model: &TextModel| {
        let real = ids.clone().not_equal_elem(0).float();
        let weights = real.clone() / real.sum_dim(1);
        let logits = model.forward(ids.clone(), weights.unsqueeze_dim(1));
        loss.forward(logits, labels.clone())
    })
}

#[derive(Module, Debug)]
struct FeedForward {
    gate: Linear,
    up: Linear,
    down: Linear,
}

fn ffn() -> Box<dyn FnMut()> {
    let device = &device();
    let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).with_bias(false).init(device);
    let model =
        FeedForward { gate: linear(512, 1376), up: linear(512, 1376), down: linear(1376, 512) };
    let x = tensor([256, 512], device);
    training(model, move |model: &FeedForward| {
        let hidden = silu(model.gate.forward(x.clone())) * model.up.forward(x.clone());
        model.down.forward(hidden).square().mean()
    })
}

fn lm() -> Box<dyn FnMut()> {
    let mut step = language::lm();
    Box::new(move || drop(step()))
}

fn swiglu_kernel() -> Box<dyn FnMut()> {
    let device = device();
    let x = tensor([1024, 1024], &device).require_grad();
    let beta = Tensor::<1>::ones([1], &device).require_grad();
    let gamma = Tensor::<1>::zeros([1], &device).require_grad();
    Box::new(move || {
        black_box(swiglu(x.clone(), beta.clone(), gamma.clone()).sum().backward());
    })
}

fn matmul() -> Box<dyn FnMut()> {
    let x = tensor([1024, 1024], &Device::flex());
    Box::new(move || {
        black_box(x.clone().matmul(x.clone()));
    })
}

#[derive(Module, Debug)]
struct Weights {
    weights: Param<Tensor<1>>,
}

fn adam_update() -> Box<dyn FnMut()> {
    let mut adam = adam();
    let weights = Param::from_tensor(tensor([10_000_000], &device()));
    let (id, gradient) = (weights.id, tensor([10_000_000], &Device::flex()));
    let mut model = Some(Weights { weights });
    Box::new(move || {
        let mut gradients = GradientsParams::new();
        gradients.register::<1>(id, gradient.clone());
        model = model.take().map(|model| adam.step(0.001, model, gradients));
    })
}
