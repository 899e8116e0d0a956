//! The command `tabular`: the article's network for tables, 10 → 50 → 25 → 1, with several
//! activations side by side.
//!
//! The article gives it 76,250 parameters; it has 550 + 1,275 + 26 = 1,851.

pub mod options;
mod page;
mod table;

use std::error::Error;

use autograd::Parameters;
use nn::{ActivationKind, BinaryCrossEntropy, Dense, Features, Model};
use optim::Adam;
use report::Interrupt;
use tensor::Tensor;
use train::{Fit, Trainer};

use crate::interrupted::Interrupted;
use crate::saying::say;
use crate::trained::{Outcome, Trained};
use crate::training::Weights;
use crate::values::without_repeats;
use options::Options;
use page::report;
use table::Halves;

/// Computes one logit `[batch, 1]` from features `[batch, features]`.
fn build(
    parameters: &mut Parameters,
    activation: ActivationKind,
    features: usize,
) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(features)
        .then(Dense::new(parameters, "first", features, 50))
        .then(activation.layer(parameters, "first.activation"))
        .then(Dense::new(parameters, "second", 50, 25))
        .then(activation.layer(parameters, "second.activation"))
        .then(Dense::new(parameters, "output", 25, 1))
}

/// SwiGLU's β and γ in both layers, which the other activations do not have.
const TRACKED: [&str; 4] = [
    "first.activation.beta",
    "first.activation.gamma",
    "second.activation.beta",
    "second.activation.gamma",
];

fn train(
    activation: ActivationKind,
    seed: u64,
    halves: &Halves,
    options: &Options,
    interrupt: &mut Interrupt,
) -> Result<Trained, Box<dyn Error>> {
    let mut parameters = Parameters::new(seed);
    let model = build(&mut parameters, activation, halves.features());
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    let mut adam = Adam::new(options.training.lr());
    let track = TRACKED.map(String::from).to_vec();
    let fit = Fit { seed, track, ..options.training.fit() };

    let check = |weights, parameters: &Parameters| {
        options.training.check_gradients(weights, seed, &trainer, parameters, &halves.train)
    };
    check(Weights::Initial, &parameters)?;
    let mut session = trainer.session(&mut parameters, &mut adam, &halves.train, &fit)?;
    let history = session
        .run(&mut [interrupt])
        .map_err(|error| Interrupted::by(interrupt, error, "Nothing of it was kept"))?;
    check(Weights::Trained, &parameters)?;

    let evaluation = trainer.evaluate_finite(&parameters, &halves.test)?;
    if !options.training.quiet {
        say(format_args!(
            "{activation:<10}  seed {seed}  kept epoch {:>2} of {:>2}, {}  test loss {:.4}  accuracy {:.1} %",
            history.kept,
            history.epochs.len(),
            history.kept_as(),
            evaluation.loss,
            evaluation.accuracy() * 100.0
        ));
    }
    Ok(Trained { activation, seed, parameters, history, evaluation, calibration: None })
}

/// Trains with each activation and seed, and says which differences are more than luck.
pub fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    without_repeats("--activation", &options.activation)?;
    let mut interrupt = Interrupt::listen()?;
    options.output.check(&options.source.places(), &[], &[])?;
    options.source.check()?;
    let halves = Halves::load(options)?;
    options.training.check_split(options.seeds, &halves.train, &halves.classes)?;
    let mut outcome = Outcome::default();
    for seed in options.training.seeds(options.seeds) {
        for &activation in &options.activation {
            outcome.add(train(activation, seed, &halves, options, &mut interrupt)?);
        }
    }
    let comparison = &outcome.comparison;
    let macro_classes = outcome.best().evaluation.confusion.macro_classes();
    match options.training.quiet {
        true => say(format_args!("{comparison}{macro_classes}")),
        false => say(format_args!("\n{comparison}{macro_classes}\n")),
    }
    options.output.write(options.training.quiet, || report(&outcome, &halves, options))
}
