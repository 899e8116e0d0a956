//! Measures steps of three models, and messages.

use std::cell::Cell;
use std::error::Error;
use std::time::Instant;

use autograd::Parameters;
use data::Dataset;
use nn::{
    Activation, Decoder, DecoderConfig, Dense, Embedding, Features, FeedForwardKind, Model,
    SoftmaxCrossEntropy, TokenCrossEntropy,
};
use optim::Adam;
use tensor::{Key, Tensor};
use train::{Context, Fit, Loss, Observer, ObserverError, Trainer, WorkerEnded, Workers};

use crate::figures::MODELS;

/// The steps of a measurement. The first ones warm up.
const STEPS: usize = 60;
const WARM_UP: usize = 10;

/// Prints figures of all models, on batches of this number of shards.
pub fn steps(workers: &dyn Workers, setting: &str, shards: usize) -> Result<(), Box<dyn Error>> {
    classifier(workers, setting, shards)?;
    language_model(workers, setting, shards)?;
    dense_network(workers, setting, shards)
}

/// An embedding of 10,000 words, its mean over 20 of them, and a hidden layer. A shard has 64 texts.
fn classifier(workers: &dyn Workers, setting: &str, shards: usize) -> Result<(), Box<dyn Error>> {
    const WORDS: u32 = 10_000;
    let mut parameters = Parameters::new(0);
    let model = Embedding::new(&mut parameters, "embedding", WORDS as usize, 64)
        .mean()
        .then(Dense::new(&mut parameters, "hidden", 64, 64))
        .then(Activation::Relu)
        .then(Dense::new(&mut parameters, "output", 64, 8));
    let count = 64 * shards * STEPS;
    // Few words are frequent, as in any language.
    let words = Tensor::new([count, 20], ids(count * 20, WORDS, 3));
    let texts = Dataset::new(words, Tensor::new([count], ids(count, 8, 1)));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    measure(workers, [setting, MODELS[0]], &trainer, &mut parameters, &texts, shards)
}

/// A decoder of two blocks of width 64. A shard has 4 windows of 64 tokens.
fn language_model(
    workers: &dyn Workers,
    setting: &str,
    shards: usize,
) -> Result<(), Box<dyn Error>> {
    let mut parameters = Parameters::new(0);
    let config = DecoderConfig {
        vocabulary: 64,
        width: 64,
        layers: 2,
        heads: 4,
        key_value_heads: 4,
        feed_forward: 172,
        context: 64,
        theta: 10_000.0,
        epsilon: 1e-5,
        tied: true,
        dropout: 0.0,
        kind: FeedForwardKind::SiluGated,
    };
    let model = Decoder::new(&mut parameters, config);
    let count = 4 * shards * STEPS;
    let tokens = || Tensor::new([count, 64], ids(count * 64, 64, 1));
    let windows = Dataset::with_targets(tokens(), tokens());
    let trainer = Trainer::new(&model, TokenCrossEntropy);
    measure(workers, [setting, MODELS[1]], &trainer, &mut parameters, &windows, shards)
}

/// Layers of 784, 1,024, 1,024 and 10. A shard has 32 images.
fn dense_network(
    workers: &dyn Workers,
    setting: &str,
    shards: usize,
) -> Result<(), Box<dyn Error>> {
    let mut parameters = Parameters::new(0);
    let model = Features::new(784)
        .then(Dense::new(&mut parameters, "first", 784, 1024))
        .then(Activation::Relu)
        .then(Dense::new(&mut parameters, "second", 1024, 1024))
        .then(Activation::Relu)
        .then(Dense::new(&mut parameters, "output", 1024, 10));
    let count = 32 * shards * STEPS;
    let images = Tensor::new([count, 784], numbers(count * 784));
    let images = Dataset::new(images, Tensor::new([count], ids(count, 10, 1)));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    measure(workers, [setting, MODELS[2]], &trainer, &mut parameters, &images, shards)
}

/// Returns numbers from 0 to 1.
fn numbers(count: usize) -> Vec<f32> {
    Tensor::uniform([count], 0.0..1.0, Key::new(7)).to_vec()
}

/// Returns ids below a limit. The higher the power, the more frequent are low ones.
fn ids(count: usize, below: u32, power: i32) -> Vec<u32> {
    let id = |x: f32| ((x.powi(power) * below as f32) as u32).min(below - 1);
    numbers(count).into_iter().map(id).collect()
}

/// Trains an epoch, and prints the time of its steps and what they sent.
fn measure<M, L, Y>(
    workers: &dyn Workers,
    [setting, name]: [&str; 2],
    trainer: &Trainer<'_, M, L>,
    parameters: &mut Parameters,
    samples: &Dataset<M::Input, Y>,
    shards: usize,
) -> Result<(), Box<dyn Error>>
where
    M: Model<Input: data::Samples<Batch = M::Input>>,
    L: Loss<Target = Y>,
    Y: data::Samples<Batch = Y>,
{
    let options = Fit {
        epochs: 1,
        batch_size: samples.len() / STEPS,
        shards,
        validation_split: 0.0,
        keep_best: false,
        ..Fit::default()
    };
    let (mut adam, counted) = (Adam::new(1e-3), Counted::new(workers));
    let mut stamps = Stamps { counted: &counted, steps: Vec::new() };
    let session = trainer.session(parameters, &mut adam, samples, &options)?;
    session.with_workers(&counted).run(&mut [&mut stamps])?;
    if workers.rank() == 0 {
        let steps = &stamps.steps[WARM_UP..];
        let of = |figure: fn(&Stamp) -> f64| {
            lower_quartile(
                steps.windows(2).map(|pair| figure(&pair[1]) - figure(&pair[0])).collect(),
            )
        };
        println!("{setting},{name},seconds,{:.3e}", of(|stamp| stamp.seconds));
        if workers.size() > 1 {
            println!("{setting},{name},seconds in messages,{:.3e}", of(|stamp| stamp.in_messages));
            println!("{setting},{name},gradient bytes,{:.0}", of(|stamp| stamp.bytes));
        }
    }
    Ok(())
}

/// Prints the seconds of exchanges of several sizes between two processes.
pub fn network(workers: &dyn Workers) -> Result<(), Box<dyn Error>> {
    for bytes in [0usize, 1 << 10, 1 << 14, 1 << 17, 1 << 20, 1 << 22] {
        let message = || vec![vec![1; bytes]; workers.size()];
        let mut seconds = Vec::new();
        for _ in 0..60 {
            let messages = message();
            workers.barrier()?;
            let start = Instant::now();
            workers.exchange(messages)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        if workers.rank() == 0 {
            println!("two processes,exchange,{bytes},{:.3e}", lower_quartile(seconds));
        }
    }
    Ok(())
}

/// Returns the value that a quarter of these stay below. On a machine with other work to do the slower ones tell of
/// that work.
fn lower_quartile(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 4]
}

/// Workers, with the time that their messages take and the bytes that they exchange.
struct Counted<'w> {
    workers: &'w dyn Workers,
    seconds: Cell<f64>,
    bytes: Cell<usize>,
}

impl<'w> Counted<'w> {
    fn new(workers: &'w dyn Workers) -> Self {
        Self { workers, seconds: Cell::new(0.0), bytes: Cell::new(0) }
    }

    fn timed<R>(&self, call: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = call();
        self.seconds.set(self.seconds.get() + start.elapsed().as_secs_f64());
        result
    }
}

impl Workers for Counted<'_> {
    fn rank(&self) -> usize {
        self.workers.rank()
    }

    fn size(&self) -> usize {
        self.workers.size()
    }

    fn exchange(&self, messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        let bytes = |messages: &[Vec<u8>]| messages.iter().map(Vec::len).sum::<usize>();
        let (sent, size) = (bytes(&messages), self.size());
        let received = self.timed(|| self.workers.exchange(messages))?;
        // Slices for the others and of the others. With the own one they are about the size of the gradient.
        let other = (sent + bytes(&received)) / 2;
        self.bytes.set(self.bytes.get() + other * size / (size - 1).max(1));
        Ok(received)
    }

    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, WorkerEnded> {
        self.timed(|| self.workers.gather(message))
    }

    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, WorkerEnded> {
        self.timed(|| self.workers.broadcast(message))
    }

    fn barrier(&self) -> Result<(), WorkerEnded> {
        self.timed(|| self.workers.barrier())
    }

    fn leave(&self, reason: &str) {
        self.workers.leave(reason);
    }
}

/// An observer that notes what has passed after each step.
struct Stamps<'c> {
    counted: &'c Counted<'c>,
    steps: Vec<Stamp>,
}

struct Stamp {
    seconds: f64,
    in_messages: f64,
    bytes: f64,
}

impl Observer<f32> for Stamps<'_> {
    fn step(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        self.steps.push(Stamp {
            seconds: now.progress.running.seconds,
            in_messages: self.counted.seconds.get(),
            bytes: self.counted.bytes.get() as f64,
        });
        Ok(())
    }
}
