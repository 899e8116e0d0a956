//! The language model in candle.
//!
//! Its fused norm, RoPE and softmax have no backward pass; training takes the ones that are composed.

use std::cell::RefCell;

use candle_core::{D, DType, Result, Tensor, Var};
use candle_nn::attention::{AttnMask, flash_attn};
use candle_nn::kv_cache::KvCache;
use candle_nn::ops::{silu, softmax};
use candle_nn::rotary_emb::{rope_slow, rope_thd};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, RmsNorm, loss};
use peers::language::{
    BATCH, CONTEXT, DECAY, EPSILON, GENERATED, HEADS, LAYERS, MATRICES, RATE, THETA, VOCABULARY,
    WIDTH, batch, matrix, prompt, table,
};

use crate::CPU;

const HEAD: usize = WIDTH / HEADS;
const SCALE: f64 = 0.176_776_695_296_636_87; // 1 / √HEAD

struct Model {
    table: Tensor,
    blocks: Vec<Block>,
    norm: RmsNorm,
    cos: Tensor,
    sin: Tensor,
}

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

/// The variables of a model that is being made.
#[derive(Default)]
struct Variables(RefCell<Vec<Var>>);

impl Variables {
    fn add(&self, value: &Tensor) -> Result<Tensor> {
        let variable = Var::from_tensor(value)?;
        let tensor = variable.as_tensor().clone();
        self.0.borrow_mut().push(variable);
        Ok(tensor)
    }

    fn norm(&self) -> Result<RmsNorm> {
        Ok(RmsNorm::new(self.add(&Tensor::ones(WIDTH, DType::F32, CPU)?)?, EPSILON))
    }

    fn linear(&self, block: usize, number: usize) -> Result<Linear> {
        let weight = Tensor::from_vec(matrix(block, number), &MATRICES[number].1, CPU)?;
        Ok(Linear::new(self.add(&weight.t()?.contiguous()?)?, None))
    }
}

impl Model {
    fn new(variables: &Variables) -> Result<Self> {
        let table = Tensor::from_vec(table(), (VOCABULARY, WIDTH), CPU)?;
        let blocks = (0..LAYERS).map(|number| Block::new(variables, number));
        let angle = |k: usize| {
            let (place, i) = (k / (HEAD / 2), k % (HEAD / 2));
            place as f64 * THETA.powf(-2.0 * i as f64 / HEAD as f64)
        };
        let rotations = |f: fn(f64) -> f64| {
            let values = (0..CONTEXT * HEAD / 2).map(|k| f(angle(k)) as f32).collect();
            Tensor::from_vec(values, (CONTEXT, HEAD / 2), CPU)
        };
        Ok(Self {
            table: variables.add(&table)?,
            blocks: blocks.collect::<Result<_>>()?,
            norm: variables.norm()?,
            cos: rotations(f64::cos)?,
            sin: rotations(f64::sin)?,
        })
    }

    /// Logits `[batch · time, vocabulary]` of ids `[batch, time]`. `mask` is 0 or −∞.
    fn forward(&self, ids: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (batch, time) = ids.dims2()?;
        let x = self.table.embedding(&ids.flatten_all()?)?.reshape((batch, time, WIDTH))?;
        let x = self.blocks.iter().try_fold(x, |x, block| block.forward(&x, self, mask))?;
        let x = self.norm.forward_diff(&x)?.reshape((batch * time, WIDTH))?;
        x.matmul(&self.table.t()?)
    }

    /// The token after `ids`, which follow those in the caches.
    fn next(&self, ids: &[u32], first: usize, caches: &mut [KvCache]) -> Result<u32> {
        let cos = self.cos.narrow(0, first, ids.len())?;
        let sin = self.sin.narrow(0, first, ids.len())?;
        let mut x = self.table.embedding(&Tensor::new(ids, CPU)?)?.unsqueeze(0)?;
        for (block, cache) in self.blocks.iter().zip(caches) {
            x = block.extend(&x, [&cos, &sin], first, cache)?;
        }
        let last = self.norm.forward(&x.narrow(1, ids.len() - 1, 1)?.contiguous()?)?.squeeze(1)?;
        last.matmul(&self.table.t()?)?.argmax(D::Minus1)?.squeeze(0)?.to_scalar()
    }
}

impl Block {
    fn new(variables: &Variables, block: usize) -> Result<Self> {
        let linear = |number| variables.linear(block, number);
        Ok(Self {
            attention_norm: variables.norm()?,
            query: linear(0)?,
            key: linear(1)?,
            value: linear(2)?,
            output: linear(3)?,
            feed_forward_norm: variables.norm()?,
            gate: linear(4)?,
            up: linear(5)?,
            down: linear(6)?,
        })
    }

    fn forward(&self, x: &Tensor, model: &Model, mask: &Tensor) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        let normed = self.attention_norm.forward_diff(x)?;
        let heads = |layer: &Linear| {
            let heads = layer.forward(&normed)?.reshape((batch, time, HEADS, HEAD))?;
            heads.transpose(1, 2)?.contiguous()
        };
        let query = rope_slow(&heads(&self.query)?, &model.cos, &model.sin)?;
        let key = rope_slow(&heads(&self.key)?, &model.cos, &model.sin)?;
        let scores = (query.matmul(&key.t()?)? * SCALE)?.broadcast_add(mask)?;
        let seen = softmax(&scores, D::Minus1)?.matmul(&heads(&self.value)?)?;
        let seen = seen.transpose(1, 2)?.reshape((batch, time, WIDTH))?;
        let x = (x + self.output.forward(&seen)?)?;
        &x + self.feed_forward(&self.feed_forward_norm.forward_diff(&x)?)?
    }

    fn extend(
        &self,
        x: &Tensor,
        [cos, sin]: [&Tensor; 2],
        first: usize,
        cache: &mut KvCache,
    ) -> Result<Tensor> {
        let (_, time, _) = x.dims3()?;
        let normed = self.attention_norm.forward(x)?;
        let heads = |layer: &Linear| layer.forward(&normed)?.reshape((1, time, HEADS, HEAD));
        let query = rope_thd(&heads(&self.query)?, cos, sin)?;
        let key = rope_thd(&heads(&self.key)?, cos, sin)?;
        let (key, value) = cache.append(&key, &heads(&self.value)?)?;
        let mask = AttnMask::causal_with_offset(first);
        // It takes [batch, time, heads, features] and gives [batch, heads, time, features].
        let seen = flash_attn::<f32>(&query, &key, &value, SCALE as f32, mask, None, None)?;
        let seen = seen.transpose(1, 2)?.reshape((1, time, WIDTH))?;
        let x = (x + self.output.forward(&seen)?)?;
        &x + self.feed_forward(&self.feed_forward_norm.forward(&x)?)?
    }

    fn feed_forward(&self, x: &Tensor) -> Result<Tensor> {
        self.down.forward(&(silu(&self.gate.forward(x)?)? * self.up.forward(x)?)?)
    }
}

/// A training step, which gives the loss.
pub fn lm() -> Result<impl FnMut() -> Result<Tensor>> {
    let variables = Variables::default();
    let model = Model::new(&variables)?;
    let settings = ParamsAdamW { lr: RATE, weight_decay: DECAY, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(variables.0.take(), settings)?;
    let [ids, targets] = batch(BATCH, CONTEXT);
    let ids = Tensor::from_vec(ids, (BATCH, CONTEXT), CPU)?;
    let targets = Tensor::from_vec(targets, BATCH * CONTEXT, CPU)?;
    let seen = |k: usize| if k % CONTEXT <= k / CONTEXT { 0.0 } else { f32::NEG_INFINITY };
    let mask = (0..CONTEXT * CONTEXT).map(seen).collect();
    let mask = Tensor::from_vec(mask, (CONTEXT, CONTEXT), CPU)?;
    Ok(move || {
        let loss = loss::cross_entropy(&model.forward(&ids, &mask)?, &targets)?;
        optimizer.backward_step(&loss)?;
        Ok(loss)
    })
}

/// Generates, and gives the tokens.
pub fn generate() -> Result<impl FnMut() -> Result<Vec<u32>>> {
    let model = Model::new(&Variables::default())?;
    let prompt = prompt();
    Ok(move || {
        let mut caches: Vec<_> = (0..LAYERS).map(|_| KvCache::new(1, CONTEXT)).collect();
        let mut tokens = vec![model.next(&prompt, 0, &mut caches)?];
        while tokens.len() < GENERATED {
            let first = prompt.len() + tokens.len() - 1;
            tokens.push(model.next(&tokens[tokens.len() - 1..], first, &mut caches)?);
        }
        Ok(tokens)
    })
}
