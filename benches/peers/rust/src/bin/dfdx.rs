//! The workloads in dfdx, whose shapes are types.

use std::hint::black_box;

use dfdx::optim::{Adam, AdamConfig};
use dfdx::prelude::*;
use peers::measure::{Workload, measure_all};
use peers::{LONGEST, labels, targets, token_ids, uniform};

const WORKLOADS: &[Workload] = &[
    ("mlp", mlp::<SwiGLUBuilder>),
    ("mlp_relu", mlp::<ReLU>),
    ("text", text::<32, 1_000>),
    ("text_b256", text::<256, 1_000>),
    ("text_v50k", text::<32, 50_000>),
    ("ffn", ffn),
    ("swiglu", swiglu_kernel),
    ("matmul", matmul),
    ("adam", adam_update),
];

fn main() {
    dfdx::flush_denormals_to_zero();
    measure_all(WORKLOADS);
}

type Rank2Tensor<const B: usize, const N: usize, T> = Tensor<Rank2<B, N>, f32, Cpu, T>;

/// x · σ(βx + γ), β and γ learned.
#[derive(Debug, Clone)]
struct SwiGLU<E: Dtype, D: Device<E>> {
    beta: Tensor<Rank0, E, D>,
    gamma: Tensor<Rank0, E, D>,
}

#[derive(Debug, Clone)]
struct SwiGLUBuilder;

impl BuildOnDevice<Cpu, f32> for SwiGLUBuilder {
    type Built = SwiGLU<f32, Cpu>;

    fn try_build_on_device(device: &Cpu) -> Result<Self::Built, <Cpu as HasErr>::Err> {
        Ok(SwiGLU { beta: device.try_ones()?, gamma: device.try_zeros()? })
    }
}

impl<E: Dtype, D: Device<E>> TensorCollection<E, D> for SwiGLU<E, D> {
    type To<E2: Dtype, D2: Device<E2>> = SwiGLU<E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::tensor("beta", |s| &s.beta, |s| &mut s.beta, TensorOptions::reset_to_ones()),
                Self::tensor(
                    "gamma",
                    |s| &s.gamma,
                    |s| &mut s.gamma,
                    TensorOptions::reset_to_zeros(),
                ),
            ),
            |(beta, gamma)| SwiGLU { beta, gamma },
        )
    }
}

impl NonMutableModule for SwiGLU<f32, Cpu> {}

impl<const B: usize, const N: usize, T: Tape<f32, Cpu>> Module<Rank2Tensor<B, N, T>>
    for SwiGLU<f32, Cpu>
{
    type Output = Rank2Tensor<B, N, T>;
    type Error = <Cpu as HasErr>::Err;

    fn try_forward(&self, x: Rank2Tensor<B, N, T>) -> Result<Self::Output, Self::Error> {
        Ok(swiglu(x, &self.beta, &self.gamma))
    }
}

fn swiglu<const B: usize, const N: usize, T: Tape<f32, Cpu>>(
    x: Rank2Tensor<B, N, T>,
    beta: &Tensor<Rank0, f32, Cpu>,
    gamma: &Tensor<Rank0, f32, Cpu>,
) -> Rank2Tensor<B, N, T> {
    let slope = beta.retaped::<T>().broadcast::<Rank2<B, N>, _>();
    let shift = gamma.retaped::<T>().broadcast::<Rank2<B, N>, _>();
    let gate = (slope * x.with_empty_tape() + shift).sigmoid();
    x * gate
}

fn adam<M: TensorCollection<f32, Cpu>>(model: &M) -> Adam<M, f32, Cpu> {
    Adam::new(model, AdamConfig { lr: 0.001, ..AdamConfig::default() })
}

/// A whole training step; `loss` is the forward pass.
fn training<M: TensorCollection<f32, Cpu> + 'static>(
    mut model: M,
    mut loss: impl FnMut(&mut M, Gradients<f32, Cpu>) -> Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>>
    + 'static,
) -> Box<dyn FnMut()> {
    let mut adam = adam(&model);
    let mut gradients = Some(model.alloc_grads());
    Box::new(move || {
        let cleared = gradients.take().expect("gradients");
        let mut computed = loss(&mut model, cleared).backward();
        adam.update(&mut model, &computed).expect("gradients for all parameters");
        model.zero_grads(&mut computed);
        gradients = Some(computed);
    })
}

type Mlp<A> = ((Linear<10, 50>, A), (Linear<50, 25>, A), Linear<25, 1>);

fn mlp<A>() -> Box<dyn FnMut()>
where
    A: BuildOnDevice<Cpu, f32>,
    Mlp<A>: BuildOnDevice<Cpu, f32>,
    <Mlp<A> as BuildOnDevice<Cpu, f32>>::Built: 'static
        + TensorCollection<f32, Cpu>
        + ModuleMut<
            Rank2Tensor<32, 10, OwnedTape<f32, Cpu>>,
            Output = Rank2Tensor<32, 1, OwnedTape<f32, Cpu>>,
        >,
{
    let device = Cpu::default();
    let model = Mlp::<A>::build_on_device(&device);
    let x = device.tensor_from_vec(uniform(320), (Const::<32>, Const::<10>));
    let y = device.tensor_from_vec(targets(32), (Const::<32>, Const::<1>));
    training(model, move |model, gradients| {
        let logits = model.forward_mut(x.trace(gradients));
        binary_cross_entropy_with_logits_loss(logits, y.clone())
    })
}

type TextModel<const V: usize> = (
    Embedding<V, 128>,
    (DropoutOneIn<5>, Linear<128, 64>, SwiGLUBuilder, DropoutOneIn<5>, Linear<64, 8>),
);

fn text<const B: usize, const V: usize>() -> Box<dyn FnMut()> {
    let device = Cpu::default();
    let model = TextModel::<V>::build_on_device(&device);
    let ids = token_ids(B, V);
    let weights = device.tensor_from_vec(token_weights(&ids), (Const::<B>, Const::<LONGEST>));
    let ids: Vec<usize> = ids.into_iter().map(|id| id as usize).collect();
    let ids = device.tensor_from_vec(ids, (Const::<B>, Const::<LONGEST>));
    let classes = labels(B).into_iter().flat_map(one_hot).collect();
    let classes = device.tensor_from_vec(classes, (Const::<B>, Const::<8>));
    training(model, move |(table, head), gradients| {
        let vectors = table.forward(ids.clone().traced(gradients));
        let weights = weights.clone().broadcast::<Rank3<B, LONGEST, 128>, Axis<2>>();
        let mean = (vectors * weights).sum::<Rank2<B, 128>, Axis<1>>();
        cross_entropy_with_logits_loss(head.forward_mut(mean), classes.clone())
    })
}

/// 1 / number of tokens, 0 for padding.
fn token_weights(ids: &[u32]) -> Vec<f32> {
    let weights = |text: &[u32]| {
        let count = text.iter().filter(|&&id| id != 0).count() as f32;
        text.iter().map(|&id| if id == 0 { 0.0 } else { 1.0 / count }).collect::<Vec<_>>()
    };
    ids.chunks(LONGEST).flat_map(weights).collect()
}

fn one_hot(label: u32) -> [f32; 8] {
    let mut class = [0.0; 8];
    class[label as usize] = 1.0;
    class
}

type FeedForward =
    (UnbiasedLinear<512, 1376>, UnbiasedLinear<512, 1376>, UnbiasedLinear<1376, 512>);

fn ffn() -> Box<dyn FnMut()> {
    let device = Cpu::default();
    let model = FeedForward::build_on_device(&device);
    let x = device.tensor_from_vec(uniform(256 * 512), (Const::<256>, Const::<512>));
    training(model, move |(gate, up, down), gradients| {
        let gate = gate.forward(x.trace(gradients));
        let silu = gate.with_empty_tape().sigmoid() * gate;
        let up = up.forward(x.retaped::<OwnedTape<f32, Cpu>>());
        down.forward(silu * up).square().mean()
    })
}

fn swiglu_kernel() -> Box<dyn FnMut()> {
    let device = Cpu::default();
    let x = device.tensor_from_vec(uniform(1 << 20), (Const::<1024>, Const::<1024>));
    let beta: Tensor<Rank0, f32, Cpu> = device.ones();
    let gamma: Tensor<Rank0, f32, Cpu> = device.zeros();
    Box::new(move || {
        black_box(swiglu(x.leaky_trace(), &beta, &gamma).sum().backward());
    })
}

fn matmul() -> Box<dyn FnMut()> {
    let device = Cpu::default();
    let x = device.tensor_from_vec(uniform(1 << 20), (Const::<1024>, Const::<1024>));
    Box::new(move || {
        black_box(x.clone().matmul(x.clone()));
    })
}

fn adam_update() -> Box<dyn FnMut()> {
    let device = Cpu::default();
    let mut weights = device.tensor_from_vec(uniform(10_000_000), (Const::<10_000_000>,));
    let gradients = weights.leaky_trace().square().sum().backward();
    let mut adam = adam(&weights);
    Box::new(move || adam.update(&mut weights, &gradients).expect("a gradient"))
}
