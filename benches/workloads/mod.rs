//! What a training step costs: clear, forward, loss, backward, optimizer; f32, data made beforehand.
//!
//! | workload | model | batch |
//! |---|---|---|
//! | `mlp` | 10 → 50 → 25 → 1 with SwiGLU, binary cross-entropy, Adam | 32 |
//! | `mlp_relu` | the same with ReLU | 32 |
//! | `text` | Embedding(1000, 128), mean over 20 to 100 tokens, Dense 64 + SwiGLU, Dense 8, dropout 0.2 twice, cross-entropy, Adam | 32 |
//! | `text_b256` | the same; with several threads each takes a shard of the batch | 256 |
//! | `text_v50k` | the same with a vocabulary of 50,000, other texts in each step | 32 |
//! | `text_v50k_lazy` | the same, the moments of a row rest while no batch holds its word | 32 |
//! | `text_ragged` | the same with a vocabulary of 20,000 by Zipf's law; texts of 100 tokens in the mean, log-normal, at most 1,000 | 32 |
//! | `ffn` | (silu(x Wg) ⊙ x Wu) Wd, x 256×512, hidden 1376, mean of squares, Adam | 256 |
//! | `lm` | a language model of LLaMA's kind: 4 layers, 4 heads, width 128, feed-forward 344, 256 tokens, AdamW; with several threads each takes a shard | 8 × 128 |
//! | `generate` | the same model writes 100 tokens after 16, with a cache; not a training step | 1 |
//! | `generate_bf16` | the same with weights in bf16; wengert alone has it | 1 |
//! | `swiglu` | x·σ(βx + γ) on 1024×1024, its sum, the gradients of x, β, γ | – |
//! | `matmul` | 1024³, forward only | – |
//! | `adam` | one update of 10,000,000 weights | – |
//!
//! `benches/peers` has the same for other frameworks.

#[allow(dead_code, reason = "each program takes what it needs")]
pub mod growing;
pub mod language;
mod language_data;

use std::hint::black_box;

use autograd::{Parameters, Pass, Tape, Var};
use data::Sequences;
use nn::{ActivationKind, Dense, Dropout, Embedding, Features, Model};
use optim::{Adam, Optimizer};
use rand::RngExt;
use rand::distr::Distribution;
use rand_distr::{LogNormal, Zipf};
use tensor::{Key, Tensor, parallel};
use train::Shards;

/// One step, with all that it needs.
pub type Step = Box<dyn FnMut()>;

/// A workload's name, and what makes its step.
pub type Workload = (&'static str, fn() -> Step);

/// All workloads.
pub const ALL: &[Workload] = &[
    ("mlp", || mlp(ActivationKind::SwiGLU)),
    ("mlp_relu", || mlp(ActivationKind::Relu)),
    ("text", || text_in_turn(Adam::new(0.001), 1_000, vec![token_ids(32, 1_000, 3)])),
    ("text_b256", text_b256),
    ("text_v50k", || text_v50k(Adam::new(0.001))),
    ("text_v50k_lazy", || text_v50k(Adam::new(0.001).lazy())),
    ("text_ragged", text_ragged),
    ("ffn", ffn),
    ("lm", || silent(language::lm(language::BATCH, language::CONTEXT))),
    ("generate", || silent(language::generate())),
    ("generate_bf16", || silent(language::generate_bf16())),
    ("swiglu", swiglu),
    ("matmul", matmul),
    ("adam", adam),
];

/// The step without what it gives.
fn silent<R>(mut step: impl FnMut() -> R + 'static) -> Step {
    Box::new(move || drop(step()))
}

/// A whole training step; `loss` is the forward pass.
fn training<F>(parameters: Parameters, loss: F) -> Step
where
    F: for<'t> FnMut(Pass<'t>) -> Var<'t> + 'static,
{
    training_with(Adam::new(0.001), parameters, loss)
}

/// The same with another variant of Adam.
fn training_with<F>(mut adam: Adam, mut parameters: Parameters, mut loss: F) -> Step
where
    F: for<'t> FnMut(Pass<'t>) -> Var<'t> + 'static,
{
    let mut tape = Tape::new();
    let mut step = 0;
    Box::new(move || {
        step += 1;
        let loss = loss(Pass::training(&tape, &parameters, Key::new(step))).id();
        let gradients = tape.backward_freeing(loss);
        adam.step(&mut parameters, &gradients);
    })
}

fn mlp(activation: ActivationKind) -> Step {
    let mut parameters = Parameters::new(0);
    let model = Features::new(10)
        .then(Dense::new(&mut parameters, "first", 10, 50))
        .then(activation.layer(&mut parameters, "first.activation"))
        .then(Dense::new(&mut parameters, "second", 50, 25))
        .then(activation.layer(&mut parameters, "second.activation"))
        .then(Dense::new(&mut parameters, "output", 25, 1));
    let inputs = Tensor::normal([32, 10], 0.0, 1.0, Key::new(1));
    let targets: Tensor = Tensor::uniform([32, 1], 0.0..1.0, Key::new(2)).map(f32::round);
    training(parameters, move |pass| nn::bce_with_logits(model.forward(pass, &inputs), &targets))
}

/// With several threads each works on a shard of the batch: the same step, up to rounding and
/// dropout's draws.
fn text_b256() -> Step {
    let mut parameters = Parameters::new(0);
    let model = text_model(&mut parameters, 1_000);
    let ids = token_ids(256, 1_000, 3);
    let labels = classes(256);
    let mut adam = Adam::new(0.001);
    let mut shards = Shards::new(rayon::current_num_threads());
    let mut step = 0;
    Box::new(move || {
        step += 1;
        let batch = shards.forward_backward(&parameters, 256, Key::new(step), |pass, samples| {
            let logits = model.forward(pass, &ids.slice(0, samples.clone()));
            (nn::softmax_cross_entropy(logits, &labels.slice(0, samples)), ())
        });
        parallel::spread(|| adam.step(&mut parameters, &batch.gradients));
    })
}

/// So many batches that most words are in one of them: a row that a batch reads is then owed the
/// updates of the steps since it was read last.
fn text_v50k(adam: Adam) -> Step {
    text_in_turn(adam, 50_000, (0..64).map(|seed| token_ids(32, 50_000, seed)).collect())
}

/// Texts of very different lengths, of words that are more or less frequent. A batch is padded to its own longest
/// text: most of it is padding.
fn text_ragged() -> Step {
    let words = Zipf::new(19_999.0, 1.0).expect("a vocabulary");
    // The mean of a log-normal distribution is e^(μ + σ²/2).
    let lengths = LogNormal::new(100f64.ln() - 0.5, 1.0).expect("a deviation");
    let batch = |seed| {
        let mut rng = Key::new(seed).rng();
        let mut text = || {
            let length = (lengths.sample(&mut rng) as usize).clamp(1, 1000);
            (0..length).map(|_| words.sample(&mut rng) as u32).collect::<Vec<_>>()
        };
        Sequences::new((0..32).map(|_| text()), 0).padded()
    };
    text_in_turn(Adam::new(0.001), 20_000, (0..64).map(batch).collect())
}

/// The step of `text` for each of these batches of token ids `[batch, time]` in turn.
pub fn text_in_turn(adam: Adam, vocabulary: usize, batches: Vec<Tensor<u32>>) -> Step {
    let mut parameters = Parameters::new(0);
    let model = text_model(&mut parameters, vocabulary);
    let labels = classes(batches[0].shape()[0]);
    let mut turn = 0;
    training_with(adam, parameters, move |pass| {
        turn = (turn + 1) % batches.len();
        nn::softmax_cross_entropy(model.forward(pass, &batches[turn]), &labels)
    })
}

fn text_model(
    parameters: &mut Parameters,
    vocabulary: usize,
) -> impl Model<Input = Tensor<u32>> + use<> {
    Embedding::new(parameters, "embedding", vocabulary, 128)
        .padding(0)
        .mean()
        .then(Dropout::new("dropout1", 0.2))
        .then(Dense::new(parameters, "hidden", 128, 64))
        .then(ActivationKind::SwiGLU.layer(parameters, "activation"))
        .then(Dropout::new("dropout2", 0.2))
        .then(Dense::new(parameters, "output", 64, 8))
}

/// Labels of 8 classes in turn.
fn classes(batch: usize) -> Tensor<u32> {
    Tensor::new([batch], (0..batch as u32).map(|i| i % 8).collect())
}

/// Token ids `[batch, 100]`: 20 to 100 tokens, then padding.
fn token_ids(batch: usize, vocabulary: u32, seed: u64) -> Tensor<u32> {
    let mut rng = Key::new(seed).rng();
    let mut ids = Vec::with_capacity(batch * 100);
    for _ in 0..batch {
        let length = rng.random_range(20..=100);
        ids.extend((0..100).map(|t| if t < length { rng.random_range(1..vocabulary) } else { 0 }));
    }
    Tensor::new([batch, 100], ids)
}

fn ffn() -> Step {
    let mut parameters = Parameters::new(0);
    let gate = Dense::without_bias(&mut parameters, "gate", 512, 1376).weight();
    let up = Dense::without_bias(&mut parameters, "up", 512, 1376).weight();
    let down = Dense::without_bias(&mut parameters, "down", 1376, 512).weight();
    let x = Tensor::normal([256, 512], 0.0, 1.0, Key::new(1));
    training(parameters, move |pass| {
        let x = pass.constant(x.clone());
        let gate = nn::silu(x.matmul(pass.parameter(gate)));
        let hidden = gate * x.matmul(pass.parameter(up));
        hidden.matmul(pass.parameter(down)).powi(2).mean_all()
    })
}

fn swiglu() -> Step {
    let x: Tensor = Tensor::normal([1024, 1024], 0.0, 1.0, Key::new(1));
    let mut tape = Tape::new();
    Box::new(move || {
        let (beta, gamma) = (tape.variable(Tensor::ones([])), tape.variable(Tensor::zeros([])));
        let y = nn::swiglu(tape.variable(x.clone()), beta, gamma).sum_all();
        black_box(y.backward());
        tape.clear();
    })
}

fn matmul() -> Step {
    let x: Tensor = Tensor::normal([1024, 1024], 0.0, 1.0, Key::new(1));
    Box::new(move || {
        black_box(x.matmul(&x));
    })
}

fn adam() -> Step {
    let mut parameters = Parameters::new(0);
    let weights = parameters.add("weights", Tensor::normal([10_000_000], 0.0, 1.0, Key::new(1)));
    let mut tape = Tape::new();
    let half = tape.parameter(&parameters, weights).powi(2).sum_all() * 0.5;
    let gradients = half.backward();
    tape.clear();
    let mut adam = Adam::new(0.001);
    Box::new(move || adam.step(&mut parameters, &gradients))
}
