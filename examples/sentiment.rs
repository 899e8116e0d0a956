//! The article's sentiment classifier: which of eight emotions does a short review express?
//!
//!     cargo run --release --example sentiment
//!     cargo run --release --example sentiment -- --train train.csv --test test.csv
//!
//! This file is the model and its training. The folder `sentiment/` beside it holds the rest:
//! reading texts, the options, and what is printed.

mod cli;
mod sentiment {
    pub mod baseline;
    pub mod options;
    pub mod predict;
    pub mod report;
    pub mod texts;
}

use std::error::Error;
use std::process::ExitCode;

use autograd::Parameters;
use clap::Parser;
use nn::{ActivationKind, Dense, Dropout, Embedding, Model};
use optim::Adam;
use tensor::Tensor;
use train::{Comparison, Evaluation, Fit, History, Loss, Progress, Run, Trainer};

use cli::Weights;
use sentiment::options::{Options, Sizes};
use sentiment::predict::{Description, predict};
use sentiment::texts::{PADDING, Texts};
use sentiment::{baseline, report};

/// Token ids `[batch, time]` to logits `[batch, classes]`.
fn build(
    parameters: &mut Parameters,
    activation: ActivationKind,
    sizes: &Sizes,
    classes: usize,
) -> impl Model<Input = u32> + use<> {
    Embedding::new(parameters, "embedding", sizes.vocab, sizes.embedding)
        .padding(PADDING)
        .mean()
        .then(Dropout::new("dropout1", sizes.dropout))
        .then(Dense::new(parameters, "hidden", sizes.embedding, sizes.hidden))
        .then(activation.layer(parameters, "activation"))
        .then(Dropout::new("dropout2", sizes.dropout))
        .then(Dense::new(parameters, "output", sizes.hidden, classes))
}

/// A model after training, and what it says about the test texts.
struct Trained {
    activation: ActivationKind,
    seed: u64,
    parameters: Parameters,
    history: History,
    evaluation: Evaluation,
    probabilities: Tensor,
}

fn train(
    activation: ActivationKind,
    seed: u64,
    texts: &Texts,
    options: &Options,
) -> Result<Trained, Box<dyn Error>> {
    let mut parameters = Parameters::new(seed);
    let model = build(&mut parameters, activation, &options.sizes, texts.labels.len());
    let trainer = Trainer::new(&model, Loss::SoftmaxCrossEntropy);
    let mut adam = Adam::new(options.training.lr);
    let progress = Progress::Show(activation.to_string());
    let fit = Fit { seed, progress, ..options.training.fit() };

    let check = |weights, parameters: &Parameters| {
        options.training.check_gradients(weights, seed, &trainer, parameters, &texts.train)
    };
    check(Weights::Initial, &parameters)?;
    let history = trainer.fit(&mut parameters, &mut adam, &texts.train, &fit)?;
    check(Weights::Trained, &parameters)?;

    let evaluation = trainer.evaluate(&parameters, &texts.test);
    let probabilities = trainer.predict(&parameters, texts.test.inputs());
    Ok(Trained { activation, seed, parameters, history, evaluation, probabilities })
}

/// Trains with each activation and seed, compares, and reports on the one that is best in validation.
fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    options.check()?;
    let texts = Texts::load(options)?;
    options.sizes.check(texts.labels.len())?;
    let mut comparison = Comparison::default();
    let mut best: Option<Trained> = None;
    for seed in options.training.all_seeds() {
        for &activation in &options.activation {
            let trained = train(activation, seed, &texts, options)?;
            report::after_training(&trained);
            let Trained { evaluation, history, parameters, .. } = &trained;
            let run = Run::new(evaluation, history, parameters.count());
            comparison.add(&activation.to_string(), run);
            if best.as_ref().is_none_or(|best| history.is_better_than(&best.history)) {
                best = Some(trained);
            }
        }
        if options.baseline {
            comparison.add("linear", baseline::run(&texts, seed, options)?);
        }
    }
    println!("\n{comparison}");
    let best = best.expect("at least one model was trained");
    report::best_model(&best, &texts);
    if let Some(path) = &options.save {
        Description::new(options, best.activation, &texts).save(path, &best.parameters)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let options = Options::parse();
    cli::run(|| match (&options.predict, &options.model) {
        (Some(text), Some(path)) => predict(text, path),
        _ => compare(&options),
    })
}
