//! The article's text classifier. This file has its model and training. The files beside it have
//! the texts, the commands with their options, and the output.

pub mod answer;
mod baseline;
pub mod compare;
pub mod evaluate;
pub mod gradcheck;
pub mod options;
mod page;
pub mod predict;
mod print;
mod saved;
mod texts;

use std::error::Error;

pub use saved::load;

use autograd::Parameters;
use nn::{ActivationKind, Dense, Dropout, Embedding, Model, SoftmaxCrossEntropy};
use optim::Adam;
use tensor::Tensor;
use train::metrics::{Calibration, Reliability, fit_temperature};
use train::{Calibrated, Evaluation, Fit, NotFinite, Trainer};

use crate::calibrating::{UNCALIBRATED, calibration};
use crate::keeping::Keeper;
use crate::trained::Trained;
use crate::training::Weights;
use options::{Experiment, Sizes};
use saved::Description;
use texts::{PADDING, Texts, TokenIds};

/// Computes logits `[batch, classes]` from token ids `[batch, time]`.
fn build(
    parameters: &mut Parameters,
    activation: ActivationKind,
    sizes: &Sizes,
    classes: usize,
) -> impl Model<Input = Tensor<u32>> + use<> {
    Embedding::new(parameters, "embedding", sizes.vocab, sizes.embedding)
        .padding(PADDING)
        .mean()
        .then(Dropout::new("dropout1", sizes.dropout()))
        .then(Dense::new(parameters, "hidden", sizes.embedding, sizes.hidden))
        .then(activation.layer(parameters, "activation"))
        .then(Dropout::new("dropout2", sizes.dropout()))
        .then(Dense::new(parameters, "output", sizes.hidden, classes))
}

/// SwiGLU's β and γ, which the other activations do not have.
const TRACKED: [&str; 2] = ["activation.beta", "activation.gamma"];

fn train(
    activation: ActivationKind,
    seed: u64,
    texts: &Texts,
    options: &Experiment,
    keeper: &mut Keeper,
) -> Result<Trained, Box<dyn Error>> {
    let mut parameters = Parameters::new(seed);
    let model = build(&mut parameters, activation, &options.setup.sizes, texts.labels.len());
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let mut adam = Adam::new(options.training.lr());
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

    let (_, validation) = fit.split(&texts.train)?;
    let temperature = match validation.is_empty() {
        true => UNCALIBRATED,
        false => {
            let logits = trainer.outputs_finite(&parameters, validation.inputs())?;
            fit_temperature(&logits, &validation.targets().to_vec())
        }
    };
    let (evaluation, calibration) = evaluated(&model, &parameters, temperature, &texts.test)?;
    Ok(Trained {
        activation,
        seed,
        parameters,
        history,
        evaluation,
        calibration: Some(calibration),
    })
}

/// Returns the figures of a model with a temperature, and how reliable its probabilities are.
fn evaluated<M: Model<Input = Tensor<u32>>>(
    model: &M,
    parameters: &Parameters,
    temperature: f64,
    samples: &TokenIds,
) -> Result<(Evaluation, Calibration), NotFinite> {
    let plain = SoftmaxCrossEntropy::new();
    let calibrated = Calibrated::new(SoftmaxCrossEntropy::new(), temperature);
    let trainer = Trainer::new(model, calibrated.clone());
    let evaluation = trainer.evaluate_finite(parameters, samples)?;
    let logits = trainer.outputs(parameters, samples.inputs());
    let classes = samples.targets().to_vec();
    let reliability = |p: &Tensor| Reliability::of_classes(p, &classes);
    Ok((evaluation, calibration(temperature, &logits, reliability, &plain, &calibrated)))
}

/// Builds a trained model again with a copy of its parameters, because a layer's ids belong to one
/// store.
fn rebuild(
    trained: &Trained,
    sizes: &Sizes,
    classes: usize,
) -> (impl Model<Input = Tensor<u32>> + use<>, Parameters) {
    let mut parameters = Parameters::new(trained.seed);
    let model = build(&mut parameters, trained.activation, sizes, classes);
    for (id, (_, _, value)) in parameters.ids().zip(trained.parameters.iter()) {
        parameters.set(id, value.clone());
    }
    (model, parameters)
}

/// Returns the probability of each class for each test text, `[texts, classes]`.
fn probabilities(trained: &Trained, texts: &Texts, sizes: &Sizes) -> Tensor {
    let (model, parameters) = rebuild(trained, sizes, texts.labels.len());
    let loss = Calibrated::new(SoftmaxCrossEntropy::new(), trained.temperature());
    Trainer::new(&model, loss).predict(&parameters, texts.test.inputs())
}
