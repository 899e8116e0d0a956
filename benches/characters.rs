//! The characters of a text, in nanoGPT's setting for processors but with LLaMA's parts: the loss that is
//! reached, the time that it takes, and the loss of an n-gram model.
//!
//!     WENGERT_TEXT=$PWD/input.txt cargo bench --bench characters
//!     WENGERT_TEXT=$PWD/input.txt cargo bench --bench characters -- --seeds 1
//!
//! Context 64, 4 layers, 4 heads, width 128, batch 12, 2,000 steps, rate 1e-3 to 1e-4 by a cosine after a
//! warm-up of 100, β₂ 0.99, decay 0.1 of matrices, clipping at 1, no dropout. The feed-forward part has 344
//! features: 800,008 parameters for 65 characters, where nanoGPT has 804,096.
//!
//! `benches/peers/nanogpt.py` is the same with nanoGPT's model in PyTorch.

use std::error::Error;
use std::time::Instant;
use std::{env, fs};

use autograd::Parameters;
use data::{Characters, Dataset, KneserNey, Windows};
use nn::{Decoder, DecoderConfig, TokenCrossEntropy};
use optim::{AdamW, Schedule};
use tensor::Key;
use train::{Context, Fit, Observer, ObserverError, Trainer};

const CONTEXT: usize = 64;
const BATCH: usize = 12;
const STEPS: usize = 2_000;
const WARM_UP: usize = 100;

/// Batches of nanoGPT's own estimate.
const ESTIMATE: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::var("WENGERT_TEXT").map_err(|_| {
        "WENGERT_TEXT must name a text file, such as tinyshakespeare's input.txt".to_string()
    })?;
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let characters = Characters::of(&text);
    let ids = characters.encode(&text)?;
    let (training, validation) = ids.split_at(ids.len() * 9 / 10);
    println!(
        "{} characters, {} different; {} for validation",
        ids.len(),
        characters.len(),
        validation.len()
    );
    print_counting(&ids, training.len(), characters.len());

    let seeds = seeds()?;
    let run = |seed| run(seed, training, validation, characters.len());
    let losses = (1..=seeds).map(run).collect::<Result<Vec<f64>, _>>()?;
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    println!("mean of {seeds} seeds: {mean:.4} nats a character");
    Ok(())
}

fn seeds() -> Result<u64, Box<dyn Error>> {
    // Cargo gives a bench this argument.
    let arguments: Vec<String> = env::args().skip(1).filter(|name| name != "--bench").collect();
    match &arguments[..] {
        [] => Ok(3),
        [option, count] if option == "--seeds" => Ok(count.parse()?),
        other => Err(format!("found {other:?}: give nothing, or --seeds COUNT").into()),
    }
}

/// Prints what Kneser–Ney's model reaches on the text from `start` on, by its order.
fn print_counting(ids: &[u32], start: usize, vocabulary: usize) {
    print!("Kneser–Ney of order 1 to 8:");
    for order in 1..=8 {
        let model = KneserNey::new(ids[..start].to_vec(), vocabulary, order);
        print!(" {:.3}", model.loss(ids, start));
    }
    println!(" nats a character");
}

/// Trains a model, prints what it reaches, and returns its loss on all of the validation text.
fn run(
    seed: u64,
    training: &[u32],
    validation: &[u32],
    vocabulary: usize,
) -> Result<f64, Box<dyn Error>> {
    let mut parameters = Parameters::new(seed);
    let model = Decoder::new(&mut parameters, config(vocabulary));
    let trainer = Trainer::new(&model, TokenCrossEntropy);
    let rate = Schedule::cosine(1e-3, (STEPS - WARM_UP) as u64).floor(1e-4).warm_up(WARM_UP as u64);
    let mut optimizer = AdamW::new(rate).betas(0.9, 0.99).decay(0.1);
    let key = Key::new(seed);
    let windows = Windows::drawn(training, CONTEXT, STEPS * BATCH, key.stream("training"));
    let options = Fit {
        epochs: 1,
        batch_size: BATCH,
        validation_split: 0.0,
        shards: rayon::current_num_threads(),
        shuffle: false,
        clip_norm: Some(1.0),
        ..Fit::default()
    };
    let mut clock = Clock::new();
    trainer.session(&mut parameters, &mut optimizer, &windows, &options)?.run(&mut [&mut clock])?;

    let loss_on = |windows: &Dataset<Windows, Windows>| trainer.score(&parameters, windows).loss;
    let whole = loss_on(&Windows::consecutive(validation, CONTEXT));
    let drawn = Windows::drawn(validation, CONTEXT, ESTIMATE * BATCH, key.stream("estimate"));
    println!(
        "seed {seed}: loss {whole:.4} on all of the validation text, {:.4} by nanoGPT's estimate; \
         {:.2} ms a step (median), {:.1} s in all; {} parameters",
        loss_on(&drawn),
        1e3 * clock.median(),
        clock.seconds(),
        parameters.count()
    );
    Ok(whole)
}

fn config(vocabulary: usize) -> DecoderConfig {
    DecoderConfig {
        width: 128,
        layers: 4,
        feed_forward: 344,
        context: CONTEXT,
        theta: 10_000.0,
        ..DecoderConfig::small(vocabulary)
    }
}

/// The end of each step.
struct Clock(Vec<Instant>);

impl Clock {
    fn new() -> Self {
        Self(vec![Instant::now()])
    }

    fn seconds(&self) -> f64 {
        (self.0[self.0.len() - 1] - self.0[0]).as_secs_f64()
    }

    fn median(&self) -> f64 {
        let mut steps: Vec<f64> =
            self.0.windows(2).map(|ends| (ends[1] - ends[0]).as_secs_f64()).collect();
        steps.sort_unstable_by(f64::total_cmp);
        steps[steps.len() / 2]
    }
}

impl Observer<f32> for Clock {
    fn step(&mut self, _: &Context<'_>) -> Result<(), ObserverError> {
        self.0.push(Instant::now());
        Ok(())
    }
}
