//! Workloads whose size grows: in each series one size grows, and the others stay as they are.
//!
//! | series | what grows |
//! |---|---|
//! | `batch` | samples of a [`Network`] of 2 layers 64 → 64 |
//! | `width` | features of its layers, at a batch of 32 |
//! | `depth` | layers of width 64, at a batch of 32 |
//! | `tape` | factors of a product of one number, forward and backward alone |
//! | `vocabulary` | words of the model of `text`, drawn by Zipf's law |
//! | `sequence` | tokens of the one text that the language model of `lm` reads in a step |
//!
//! `benches/peers/growth.py` measures and draws them.

use autograd::{Parameters, Pass, Tape, Var};
use nn::{Dense, Layer};
use optim::Adam;
use rand::RngExt;
use rand::distr::Distribution;
use rand_distr::Zipf;
use tensor::{Key, Tensor};

use super::{Step, language, silent, text_in_turn, training};

/// The name of a series, and the function that makes its step for a size.
pub type Growing = (&'static str, fn(usize) -> Step);

/// All series.
pub const SERIES: &[Growing] = &[
    ("batch", |batch| Network { batch, ..BASE }.step()),
    ("width", |width| Network { width, ..BASE }.step()),
    ("depth", |depth| Network { depth, ..BASE }.step()),
    ("tape", chain_step),
    ("vocabulary", vocabulary),
    ("sequence", |tokens| silent(language::lm(1, tokens))),
];

/// Layers `width → width` with ReLU; the loss is the mean of the outputs' squares.
#[derive(Clone, Copy)]
pub struct Network {
    pub batch: usize,
    pub width: usize,
    pub depth: usize,
}

/// Each series changes one size of this network and keeps the others.
pub const BASE: Network = Network { batch: 32, width: 64, depth: 2 };

impl Network {
    /// Returns the weights, and the forward pass to the loss.
    pub fn build(self) -> (Parameters, impl for<'t> Fn(Pass<'t>) -> Var<'t>) {
        let mut parameters = Parameters::new(0);
        let layers: Vec<Dense> = (0..self.depth)
            .map(|layer| Dense::new(&mut parameters, &layer.to_string(), self.width, self.width))
            .collect();
        let x = Tensor::normal([self.batch, self.width], 0.0, 1.0, Key::new(1));
        (parameters, move |pass| {
            let x = pass.constant(x.clone());
            let y = layers.iter().fold(x, |x, layer| nn::relu(layer.forward(pass, x)));
            y.powi(2).mean_all()
        })
    }

    fn step(self) -> Step {
        let (parameters, loss) = self.build();
        training(parameters, loss)
    }
}

/// A chain of products of single numbers. It is hardly any arithmetic, so its time is the cost of the tape's nodes.
/// Returns the number, and the forward pass to its power.
pub fn chain(nodes: usize) -> (Parameters, impl for<'t> Fn(Pass<'t>) -> Var<'t>) {
    let mut parameters = Parameters::new(0);
    let start = parameters.add("start", Tensor::scalar(1.0));
    (parameters, move |pass| {
        let start = pass.parameter(start);
        (1..nodes).fold(start, |product, _| product * start)
    })
}

fn chain_step(nodes: usize) -> Step {
    let (parameters, power) = chain(nodes);
    let mut tape = Tape::new();
    Box::new(move || {
        let power = power(Pass::training(&tape, &parameters, Key::new(0))).id();
        tape.backward_freeing(power);
    })
}

fn vocabulary(size: usize) -> Step {
    let batches = (0..64).map(|seed| zipf_ids(size, Key::new(seed)));
    text_in_turn(Adam::new(0.001), size, batches.collect())
}

/// Returns token ids `[32, 100]`: 20 to 100 tokens, then padding. As in texts, few words are frequent and
/// most are rare.
pub fn zipf_ids(vocabulary: usize, key: Key) -> Tensor<u32> {
    let words = Zipf::new(vocabulary as f64 - 1.0, 1.0).expect("a vocabulary");
    let mut rng = key.rng();
    let mut ids = Vec::with_capacity(32 * 100);
    for _ in 0..32 {
        let length = rng.random_range(20..=100);
        ids.extend((0..100).map(|t| if t < length { words.sample(&mut rng) as u32 } else { 0 }));
    }
    Tensor::new([32, 100], ids)
}
