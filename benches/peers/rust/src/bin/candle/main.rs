//! The workloads in candle, with its AdamW at a decay of 0, which is Adam.

mod language;

use std::hint::black_box;

use candle_core::{D, DType, Device, Result, Tensor, Var};
use candle_nn::ops::{dropout, sigmoid, silu};
use candle_nn::{
    AdamW, Embedding, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, embedding,
    linear, linear_no_bias, loss,
};
use peers::measure::{Workload, check_is_wanted, measure_all, print_check};
use peers::{LONGEST, labels, targets, token_ids, uniform};

const WORKLOADS: &[Workload] = &[
    ("mlp", || boxed(mlp(true))),
    ("mlp_relu", || boxed(mlp(false))),
    ("text", || boxed(text(32, 1_000))),
    ("text_b256", || boxed(text(256, 1_000))),
    ("text_v50k", || boxed(text(32, 50_000))),
    ("ffn", || boxed(ffn())),
    ("lm", || boxed(silent(language::lm()))),
    ("generate", || boxed(silent(language::generate()))),
    ("swiglu", || boxed(swiglu_kernel())),
    ("matmul", || boxed(matmul())),
    ("adam", || boxed(adam_update())),
];

const CPU: &Device = &Device::Cpu;

fn main() {
    match check_is_wanted() {
        true => check().expect("a language model"),
        false => measure_all(WORKLOADS),
    }
}

fn check() -> Result<()> {
    let mut step = language::lm()?;
    let mut loss = || step()?.to_scalar();
    print_check(|| loss().expect("a step"), &language::generate()?()?);
    Ok(())
}

fn boxed(step: Result<impl FnMut() -> Result<()> + 'static>) -> Box<dyn FnMut()> {
    let mut step = step.expect("a model");
    Box::new(move || step().expect("a step"))
}

/// The step without what it gives.
fn silent<T>(
    step: Result<impl FnMut() -> Result<T> + 'static>,
) -> Result<impl FnMut() -> Result<()> + 'static> {
    let mut step = step?;
    Ok(move || step().map(drop))
}

fn tensor(shape: &[usize]) -> Result<Tensor> {
    Tensor::from_vec(uniform(shape.iter().product()), shape, CPU)
}

fn adam(variables: Vec<Var>) -> Result<AdamW> {
    AdamW::new(variables, ParamsAdamW { lr: 0.001, weight_decay: 0.0, ..ParamsAdamW::default() })
}

fn training(
    variables: VarMap,
    loss: impl Fn() -> Result<Tensor>,
) -> Result<impl FnMut() -> Result<()>> {
    let mut adam = adam(variables.all_vars())?;
    Ok(move || adam.backward_step(&loss()?))
}

struct SwiGLU {
    beta: Tensor,
    gamma: Tensor,
}

impl SwiGLU {
    fn new(variables: VarBuilder) -> Result<Self> {
        let beta = variables.get_with_hints((), "beta", candle_nn::Init::Const(1.0))?;
        let gamma = variables.get_with_hints((), "gamma", candle_nn::Init::Const(0.0))?;
        Ok(Self { beta, gamma })
    }
}

impl Module for SwiGLU {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        swiglu(x, &self.beta, &self.gamma)
    }
}

fn swiglu(x: &Tensor, beta: &Tensor, gamma: &Tensor) -> Result<Tensor> {
    x * sigmoid(&x.broadcast_mul(beta)?.broadcast_add(gamma)?)?
}

fn mlp(gated: bool) -> Result<impl FnMut() -> Result<()>> {
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, CPU);
    let first = linear(10, 50, builder.pp("first"))?;
    let second = linear(50, 25, builder.pp("second"))?;
    let output = linear(25, 1, builder.pp("output"))?;
    let gates = if gated {
        Some([SwiGLU::new(builder.pp("gate1"))?, SwiGLU::new(builder.pp("gate2"))?])
    } else {
        None
    };
    let x = tensor(&[32, 10])?;
    let y = Tensor::from_vec(targets(32), (32, 1), CPU)?;
    training(variables, move || {
        let activate = |layer: usize, x: Tensor| match &gates {
            Some(gates) => gates[layer].forward(&x),
            None => x.relu(),
        };
        let hidden = activate(0, first.forward(&x)?)?;
        let hidden = activate(1, second.forward(&hidden)?)?;
        loss::binary_cross_entropy_with_logit(&output.forward(&hidden)?, &y)
    })
}

struct TextModel {
    table: Embedding,
    hidden: Linear,
    gate: SwiGLU,
    output: Linear,
}

impl TextModel {
    fn new(vocabulary: usize, variables: VarBuilder) -> Result<Self> {
        Ok(Self {
            table: embedding(vocabulary, 128, variables.pp("table"))?,
            hidden: linear(128, 64, variables.pp("hidden"))?,
            gate: SwiGLU::new(variables.pp("gate"))?,
            output: linear(64, 8, variables.pp("output"))?,
        })
    }

    /// `real` `[batch, 1, time]` is 1 / number of tokens, 0 for padding: the mean is a matrix product.
    fn forward(&self, ids: &Tensor, real: &Tensor) -> Result<Tensor> {
        let mean = real.matmul(&self.table.forward(ids)?)?.squeeze(1)?;
        let hidden = self.gate.forward(&self.hidden.forward(&dropout(&mean, 0.2)?)?)?;
        self.output.forward(&dropout(&hidden, 0.2)?)
    }
}

fn text(batch: usize, vocabulary: usize) -> Result<impl FnMut() -> Result<()>> {
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, CPU);
    let model = TextModel::new(vocabulary, builder)?;
    let ids = Tensor::from_vec(token_ids(batch, vocabulary), (batch, LONGEST), CPU)?;
    let labels = Tensor::from_vec(labels(batch), batch, CPU)?;
    training(variables, move || {
        let real = ids.ne(0u32)?.to_dtype(DType::F32)?;
        let weights = real.broadcast_div(&real.sum_keepdim(D::Minus1)?)?.unsqueeze(1)?;
        loss::cross_entropy(&model.forward(&ids, &weights)?, &labels)
    })
}

fn ffn() -> Result<impl FnMut() -> Result<()>> {
    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, CPU);
    let gate = linear_no_bias(512, 1376, builder.pp("gate"))?;
    let up = linear_no_bias(512, 1376, builder.pp("up"))?;
    let down = linear_no_bias(1376, 512, builder.pp("down"))?;
    let x = tensor(&[256, 512])?;
    training(variables, move || {
        let hidden = (silu(&gate.forward(&x)?)? * up.forward(&x)?)?;
        down.forward(&hidden)?.sqr()?.mean_all()
    })
}

fn swiglu_kernel() -> Result<impl FnMut() -> Result<()>> {
    let x = Var::from_tensor(&tensor(&[1024, 1024])?)?;
    let beta = Var::ones((), DType::F32, CPU)?;
    let gamma = Var::zeros((), DType::F32, CPU)?;
    Ok(move || {
        black_box(swiglu(&x, &beta, &gamma)?.sum_all()?.backward()?);
        Ok(())
    })
}

fn matmul() -> Result<impl FnMut() -> Result<()>> {
    let x = tensor(&[1024, 1024])?;
    Ok(move || {
        black_box(x.matmul(&x)?);
        Ok(())
    })
}

fn adam_update() -> Result<impl FnMut() -> Result<()>> {
    let weights = Var::from_tensor(&tensor(&[10_000_000])?)?;
    let gradients = (weights.sqr()?.sum_all()? * 0.5)?.backward()?;
    let mut adam = adam(vec![weights])?;
    Ok(move || adam.step(&gradients))
}
