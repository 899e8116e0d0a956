//! Trains the text classifier, calibrates it on the validation samples, and evaluates it.

use std::error::Error;

use autograd::Parameters;
use nn::{ActivationKind, Model, SoftmaxCrossEntropy};
use optim::Adam;
use tensor::Tensor;
use train::metrics::{Calibration, Reliability, fit_temperature};
use train::{Calibrated, Evaluation, Fit, NotFinite, Trainer};

use super::model::{TRACKED, build};
use super::options::Experiment;
use super::saved::Description;
use super::sizes::Sizes;
use super::texts::{Texts, TokenIds};
use crate::calibrating::{UNCALIBRATED, calibration};
use crate::keeping::Keeper;
use crate::trained::Trained;
use crate::training::Weights;

/// Trains a classifier, with the gradient checks that the options ask for, and evaluates it on the test texts.
pub fn train(
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
pub fn evaluated<M: Model<Input = Tensor<u32>>>(
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
pub fn rebuild(
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
pub fn probabilities(trained: &Trained, texts: &Texts, sizes: &Sizes) -> Tensor {
    let (model, parameters) = rebuild(trained, sizes, texts.labels.len());
    let loss = Calibrated::new(SoftmaxCrossEntropy::new(), trained.temperature());
    Trainer::new(&model, loss).predict(&parameters, texts.test.inputs())
}
