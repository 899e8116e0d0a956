//! The language model in burn.

use burn::module::{Module, Param};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::{Embedding, Linear, RmsNorm};
use burn::optim::{AdamWConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::activation::silu;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use peers::language::{
    BATCH, CONTEXT, DECAY, EPSILON, HEADS, LAYERS, MATRICES, RATE, THETA, VOCABULARY, WIDTH, batch,
    matrix, table,
};

use crate::{device, integers};

const HEAD: usize = WIDTH / HEADS;

#[derive(Module, Debug)]
struct Model {
    table: Embedding,
    blocks: Vec<Block>,
    norm: RmsNorm,
}

#[derive(Module, Debug)]
struct Block {
    attention_norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    feed_forward_norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// Cosines and sines of RoPE's angles, `[1, 1, CONTEXT, HEAD / 2]` each.
struct Rotations {
    cos: Tensor<4>,
    sin: Tensor<4>,
}

impl Model {
    fn new() -> Self {
        Self {
            table: Embedding { weight: parameter(table(), [VOCABULARY, WIDTH]) },
            blocks: (0..LAYERS).map(Block::new).collect(),
            norm: norm(),
        }
    }

    /// Logits `[batch · time, vocabulary]` of ids `[batch, time]`.
    fn forward(&self, ids: Tensor<2, Int>, rotations: &Rotations) -> Tensor<2> {
        let [batch, time] = ids.dims();
        let x = self.table.forward(ids);
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x, rotations));
        let x = self.norm.forward(x).reshape([batch * time, WIDTH]);
        x.matmul(self.table.weight.val().transpose())
    }
}

impl Block {
    fn new(block: usize) -> Self {
        let linear = |number: usize| Linear {
            weight: parameter(matrix(block, number), MATRICES[number].1),
            bias: None,
        };
        Self {
            attention_norm: norm(),
            query: linear(0),
            key: linear(1),
            value: linear(2),
            output: linear(3),
            feed_forward_norm: norm(),
            gate: linear(4),
            up: linear(5),
            down: linear(6),
        }
    }

    fn forward(&self, x: Tensor<3>, rotations: &Rotations) -> Tensor<3> {
        let [batch, time, _] = x.dims();
        let normed = self.attention_norm.forward(x.clone());
        let heads = |layer: &Linear| {
            layer.forward(normed.clone()).reshape([batch, time, HEADS, HEAD]).swap_dims(1, 2)
        };
        let query = rotations.turn(heads(&self.query));
        let key = rotations.turn(heads(&self.key));
        let causal = AttentionModuleOptions { is_causal: true, ..Default::default() };
        let seen = attention(query, key, heads(&self.value), None, None, causal);
        let x = x + self.output.forward(seen.swap_dims(1, 2).reshape([batch, time, WIDTH]));
        let normed = self.feed_forward_norm.forward(x.clone());
        let hidden = silu(self.gate.forward(normed.clone())) * self.up.forward(normed);
        x + self.down.forward(hidden)
    }
}

impl Rotations {
    fn new() -> Self {
        let angle = |k: usize| {
            let (place, i) = (k / (HEAD / 2), k % (HEAD / 2));
            place as f64 * THETA.powf(-2.0 * i as f64 / HEAD as f64)
        };
        let table = |f: fn(f64) -> f64| {
            let values: Vec<f32> = (0..CONTEXT * HEAD / 2).map(|k| f(angle(k)) as f32).collect();
            Tensor::from_data(TensorData::new(values, [1, 1, CONTEXT, HEAD / 2]), &device())
        };
        Self { cos: table(f64::cos), sin: table(f64::sin) }
    }

    fn turn(&self, x: Tensor<4>) -> Tensor<4> {
        let [a, b] = x.chunk(2, 3).try_into().expect("two halves");
        let (cos, sin) = (&self.cos, &self.sin);
        let first = a.clone() * cos.clone() - b.clone() * sin.clone();
        Tensor::cat(vec![first, b * cos.clone() + a * sin.clone()], 3)
    }
}

fn parameter(values: Vec<f32>, shape: [usize; 2]) -> Param<Tensor<2>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &device()))
}

fn norm() -> RmsNorm {
    RmsNorm { gamma: Param::from_tensor(Tensor::ones([WIDTH], &device())), epsilon: EPSILON }
}

/// A training step, which gives the loss.
pub fn lm() -> impl FnMut() -> Tensor<1> {
    let settings = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(DECAY as f32);
    let mut optimizer = settings.init();
    let mut model = Some(Model::new());
    let rotations = Rotations::new();
    let cross_entropy: CrossEntropyLoss = CrossEntropyLossConfig::new().init(&device());
    let [ids, targets] = batch(BATCH, CONTEXT).map(|ids| ids.into_iter().map(|id| id as i32).collect());
    let ids = integers(ids, [BATCH, CONTEXT]);
    let targets = integers(targets, [BATCH * CONTEXT]);
    move || {
        let current = model.take().expect("a model");
        let logits = current.forward(ids.clone(), &rotations);
        let loss = cross_entropy.forward(logits, targets.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &current);
        model = Some(optimizer.step(RATE, current, gradients));
        loss
    }
}
