//! The article's sentiment classifier: which of eight emotions does a short review express?
//!
//!     cargo run --release --example sentiment
//!     cargo run --release --example sentiment -- --train train.csv --test test.csv
//!     cargo run --release --example sentiment -- --help
//!
//! This file is the model and its training. The folder `sentiment/` beside it holds the rest:
//! reading texts, the commands and their options, and what is printed.

mod cli;
mod sentiment {
    pub mod baseline;
    pub mod compare;
    pub mod evaluate;
    pub mod gradcheck;
    pub mod keeping;
    pub mod options;
    pub mod predict;
    pub mod print;
    pub mod report;
    pub mod saved;
    pub mod texts;
}

use std::error::Error;
use std::process::ExitCode;

use autograd::Parameters;
use nn::{ActivationKind, Dense, Dropout, Embedding, Model};
use optim::Adam;
use tensor::Tensor;
use train::{Evaluation, Fit, History, Loss, Trainer};

use cli::Weights;
use sentiment::keeping::Keeper;
use sentiment::options::{Cli, Command, Experiment, Sizes};
use sentiment::saved::Description;
use sentiment::texts::{PADDING, Texts};
use sentiment::{compare, evaluate, gradcheck, predict};

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

/// SwiGLU's β and γ, which the other activations have not.
const TRACKED: [&str; 2] = ["activation.beta", "activation.gamma"];

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
    options: &Experiment,
    keeper: &mut Keeper,
) -> Result<Trained, Box<dyn Error>> {
    let mut parameters = Parameters::new(seed);
    let model = build(&mut parameters, activation, &options.setup.sizes, texts.labels.len());
    let trainer = Trainer::new(&model, Loss::SoftmaxCrossEntropy);
    let mut adam = Adam::new(options.training.lr);
    let track = TRACKED.map(String::from).to_vec();
    let fit = Fit { seed, track, ..options.training.fit() };
    let description = Description::new(&options.setup.sizes, activation, texts);

    let check = |weights, parameters: &Parameters| {
        options.training.check_gradients(weights, seed, &trainer, parameters, &texts.train)
    };
    check(Weights::Initial, &parameters)?;
    let session = trainer.session(&mut parameters, &mut adam, &texts.train, &fit)?;
    let history = keeper.train(&activation.to_string(), seed, session, &description)?;
    check(Weights::Trained, &parameters)?;

    let evaluation = trainer.evaluate_finite(&parameters, &texts.test)?;
    let probabilities = trainer.predict_samples(&parameters, &texts.test);
    Ok(Trained { activation, seed, parameters, history, evaluation, probabilities })
}

fn main() -> ExitCode {
    let Cli { command, train } = cli::ending::parse();
    cli::run(|| match command {
        None => compare::train_each(&train),
        Some(Command::Train(options)) => compare::train_each(&options),
        Some(Command::Compare(options)) => compare::over_seeds(&options),
        Some(Command::Evaluate(options)) => evaluate::run(&options),
        Some(Command::Predict(options)) => predict::run(&options),
        Some(Command::Gradcheck(options)) => gradcheck::run(&options),
    })
}
