//! The kernels under the training steps, each at sizes from a small model's up.
//!
//!     cargo bench --bench kernels -- matmul

use std::hint::black_box;

use autograd::{Parameters, Pass, Tape, Var};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nn::{Dropout, Embedding, Layer, Model};
use optim::{Adam, Optimizer};
use rand::RngExt;
use tensor::{Key, Tensor};

fn normal(shape: &[usize], seed: u64) -> Tensor {
    Tensor::normal(shape, 0.0, 1.0, Key::new(seed))
}

/// The products of a layer `[m, k] · [k, n]`, and of its gradients `x̄ = ȳ wᵀ` and `w̄ = xᵀ ȳ`.
/// An element counts for one multiply-add.
fn matmul(c: &mut Criterion) {
    let mut group = c.benchmark_group("matmul");
    let shapes = [(32, 10, 50), (32, 50, 25), (32, 25, 1), (32, 128, 64), (256, 512, 1376)];
    for (m, k, n) in shapes {
        let (x, w, dy) = (normal(&[m, k], 1), normal(&[k, n], 2), normal(&[m, n], 3));
        group.throughput(Throughput::Elements((m * k * n) as u64));
        let size = format!("{m}x{k}x{n}");
        group.bench_function(BenchmarkId::new("y", &size), |b| b.iter(|| x.matmul(&w)));
        group.bench_function(BenchmarkId::new("dx", &size), |b| b.iter(|| dy.matmul(&w.t())));
        group.bench_function(BenchmarkId::new("dw", &size), |b| b.iter(|| x.t().matmul(&dy)));
    }
}

/// One pass over a tensor that fits the L1 cache, and one that fits none.
fn elementwise(c: &mut Criterion) {
    let mut group = c.benchmark_group("elementwise");
    for len in [1 << 11, 1 << 23] {
        let (x, y) = (normal(&[len], 1), normal(&[len], 2));
        group.throughput(Throughput::Elements(len as u64));
        group.bench_function(BenchmarkId::new("add", len), |b| b.iter(|| &x + &y));
        group.bench_function(BenchmarkId::new("exp", len), |b| b.iter(|| x.exp()));
        group.bench_function(BenchmarkId::new("sum", len), |b| b.iter(|| x.sum_all()));
    }
}

/// Sums and products that several cores divide by the places of the result.
fn divided(c: &mut Criterion) {
    let mut group = c.benchmark_group("divided");
    let x = normal(&[1024, 4096], 1);
    group.throughput(Throughput::Elements(x.len() as u64));
    for axis in [0, 1] {
        group.bench_function(BenchmarkId::new("sum", axis), |b| b.iter(|| x.sum(&[axis])));
    }
    let pairs = normal(&[1 << 21, 2], 1);
    group.bench_function("sum of pairs", |b| b.iter(|| pairs.sum(&[1])));
    let (left, right) = (normal(&[64, 96, 96], 1), normal(&[64, 96, 96], 2));
    group.throughput(Throughput::Elements(64 * 96 * 96 * 96));
    group.bench_function("matmul of a batch", |b| b.iter(|| left.matmul(&right)));
}

/// Fused operations, forward and backward.
fn fused(c: &mut Criterion) {
    let mut group = c.benchmark_group("fused");
    for size in [32, 1024] {
        let x = normal(&[size, size], 1);
        let labels = Tensor::new([size], (0..size as u32).collect());
        let mut forward_backward =
            |name: &str, function: &dyn for<'t> Fn(Pass<'t>, Var<'t>) -> Var<'t>| {
                let (parameters, mut tape) = (Parameters::new(0), Tape::new());
                group.throughput(Throughput::Elements((size * size) as u64));
                group.bench_function(BenchmarkId::new(name, size), |b| {
                    b.iter(|| {
                        let pass = Pass::training(&tape, &parameters, Key::new(0));
                        let y = function(pass, tape.variable(x.clone()));
                        black_box(y.sum_all().backward());
                        tape.clear();
                    });
                });
            };
        forward_backward("swiglu", &|_, x| {
            let tape = x.tape();
            nn::swiglu(x, tape.variable(Tensor::scalar(1.0)), tape.variable(Tensor::scalar(0.0)))
        });
        forward_backward("softmax_cross_entropy", &|_, x| nn::softmax_cross_entropy(x, &labels));
        forward_backward("dropout", &|pass, x| Dropout::new("dropout", 0.2).forward(pass, x));
    }
}

/// The mean of 100 vectors for each of 32 texts, forward and backward. An element is a token.
fn embedding_mean(c: &mut Criterion) {
    let mut parameters = Parameters::new(0);
    let embedding = Embedding::new(&mut parameters, "embedding", 1000, 128).padding(0).mean();
    let mut rng = Key::new(1).rng();
    let ids = (0..32 * 100).map(|_| rng.random_range(1..1000)).collect();
    let ids = Tensor::new([32, 100], ids);
    let mut tape = Tape::new();
    let mut group = c.benchmark_group("embedding_mean");
    group.throughput(Throughput::Elements(ids.len() as u64));
    group.bench_function("1000x128", |b| {
        b.iter(|| {
            let pass = Pass::training(&tape, &parameters, Key::new(0));
            black_box(embedding.forward(pass, &ids).sum_all().backward());
            tape.clear();
        });
    });
}

/// An update of all weights.
fn adam(c: &mut Criterion) {
    let mut group = c.benchmark_group("adam");
    for len in [1 << 11, 1 << 17, 1 << 23] {
        let mut parameters = Parameters::new(0);
        let weights = parameters.add("weights", normal(&[len], 1));
        let tape = Tape::new();
        let gradients = tape.parameter(&parameters, weights).powi(2).sum_all().backward();
        drop(tape);
        let mut adam = Adam::new(0.001);
        group.throughput(Throughput::Elements(len as u64));
        group.bench_function(len.to_string(), |b| {
            b.iter(|| adam.step(&mut parameters, &gradients));
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = matmul, elementwise, divided, fused, embedding_mean, adam
}
criterion_main!(benches);
