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
use train::{Comparison, Evaluation, Fit, Loss, Progress, Run, Score, Trainer};

use sentiment::options::{Options, Sizes};
use sentiment::predict::{Description, check_writable, predict};
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

/// A model after training, with what it says about the test texts.
struct Trained {
    score: Score,
    activation: ActivationKind,
    parameters: Parameters,
    evaluation: Evaluation,
    probabilities: Tensor,
}

fn train(options: &Options) -> Result<(), Box<dyn Error>> {
    cli::without_repeats("--activation", &options.activation)?;
    if let Some(path) = &options.save {
        check_writable(path)?;
    }
    let texts = Texts::load(options)?;
    let classes = texts.labels.len();
    options.sizes.check(classes)?;
    let mut comparison = Comparison::default();
    let mut best: Option<Trained> = None;
    for seed in options.training.all_seeds() {
        for &activation in &options.activation {
            let mut parameters = Parameters::new(seed);
            let model = build(&mut parameters, activation, &options.sizes, classes);
            let trainer = Trainer::new(&model, Loss::SoftmaxCrossEntropy);

            let first_seed = seed == options.training.seed;
            let detailed = options.training.gradcheck;
            let samples = texts.train.batches(4).next().expect("at least one text");
            if first_seed {
                report::the_model(activation, &parameters);
                cli::check_gradients(&trainer, &parameters, &samples, "before training", detailed)?;
            }

            let fit = Fit {
                seed,
                progress: Progress::Show(activation.to_string()),
                ..options.training.fit()
            };
            let history = trainer.fit(
                &mut parameters,
                &mut Adam::new(options.training.lr),
                &texts.train,
                &fit,
            )?;
            if first_seed && detailed {
                cli::check_gradients(
                    &trainer,
                    &parameters,
                    &samples,
                    "on the trained weights",
                    true,
                )?;
            }
            let evaluation = trainer.evaluate(&parameters, &texts.test);
            report::after_training(activation, seed, &parameters, &history, &evaluation);
            comparison
                .add(&activation.to_string(), Run::new(&evaluation, &history, parameters.count()));

            let score = history.kept_epoch().score();
            if best.as_ref().is_none_or(|best| score.is_better_than(&best.score)) {
                let probabilities = trainer.predict(&parameters, texts.test.inputs());
                best = Some(Trained { score, activation, parameters, evaluation, probabilities });
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
        _ => train(&options),
    })
}
