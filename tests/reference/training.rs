//! The training runs of `tabular.json` and `text.json`: the same weights, the same batches, the
//! same losses.

use std::collections::BTreeMap;

use autograd::{Parameters, Pass, Tape};
use nn::{BinaryCrossEntropy, Dense, Embedding, Features, Model, SoftmaxCrossEntropy, SwiGLU};
use optim::{Adam, Optimizer};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tensor::{Key, Scalar, Tensor};
use train::Loss;

use super::fixture::{Array, Worst, named, read};

/// A run over inputs whose numbers are of type `N`.
#[derive(Deserialize)]
struct Run<N> {
    rate: f64,
    initial: BTreeMap<String, Array>,
    inputs: Array<N>,
    labels: Array<u32>,
    /// Numbers of samples, `[steps, batch]`.
    batches: Array<u32>,
    losses: Array,
    trained: BTreeMap<String, Array>,
}

/// What is to be compared: the losses, and the weights after the last step.
#[derive(Default)]
pub struct Worsts {
    pub losses: Worst,
    pub weights: Worst,
}

/// The tabular model in `T`: 10 → 50 → 25 → 1.
pub fn tabular<T: Scalar>() -> Worsts {
    let mut parameters = Parameters::<T>::with_seed(0);
    let model = Features::new(10)
        .then(Dense::new(&mut parameters, "first", 10, 50))
        .then(SwiGLU::new(&mut parameters, "first.activation"))
        .then(Dense::new(&mut parameters, "second", 50, 25))
        .then(SwiGLU::new(&mut parameters, "second.activation"))
        .then(Dense::new(&mut parameters, "output", 25, 1));
    replay("tabular.json", &model, &mut parameters, BinaryCrossEntropy)
}

/// The text model in `T`: the mean of embeddings of 8 → 16 → 4; 0 is padding.
pub fn text<T: Scalar>() -> Worsts {
    let mut parameters = Parameters::<T>::with_seed(0);
    let model = Embedding::new(&mut parameters, "embedding", 50, 8)
        .padding(0)
        .mean()
        .then(Dense::new(&mut parameters, "hidden", 8, 16))
        .then(SwiGLU::new(&mut parameters, "activation"))
        .then(Dense::new(&mut parameters, "output", 16, 4));
    replay("text.json", &model, &mut parameters, SoftmaxCrossEntropy::new())
}

fn replay<T: Scalar, I: DeserializeOwned + Copy + 'static>(
    file: &str,
    model: &impl Model<Input = Tensor<I>>,
    parameters: &mut Parameters<T>,
    loss: impl Loss<T, Target = Tensor<u32>>,
) -> Worsts {
    let run: Run<I> = read(file);
    assert_eq!(parameters.len(), run.initial.len(), "{file}: another number of parameters");
    for id in parameters.ids() {
        *parameters.get_mut(id) = named(&run.initial, parameters.name(id)).tensor();
    }
    let mut worst = Worsts::default();
    let losses = run.losses.exact();
    for (step, found) in train(&run, model, parameters, loss).into_iter().enumerate() {
        let place = format!("{file}, step {step}");
        worst.losses.compare_relative(place, found, losses.get([step]));
    }
    for (_, name, value) in parameters.iter() {
        worst.weights.compare(format!("{file}, {name}"), value, named(&run.trained, name));
    }
    worst
}

/// Takes all steps and returns the loss of each.
fn train<T: Scalar, I: Copy + 'static>(
    run: &Run<I>,
    model: &impl Model<Input = Tensor<I>>,
    parameters: &mut Parameters<T>,
    loss: impl Loss<T, Target = Tensor<u32>>,
) -> Vec<f64> {
    let (inputs, labels, batches) = (run.inputs.exact(), run.labels.exact(), run.batches.exact());
    let mut adam = Adam::new(run.rate);
    let mut step = |batch: Tensor<u32>| {
        let tape = Tape::default();
        let pass = Pass::training(&tape, parameters, Key::new(0));
        let logits = model.forward(pass, &inputs.gather_rows(&batch));
        let loss = loss.of(logits, &labels.gather_rows(&batch));
        let (value, gradients) = (loss.item().to_f64(), loss.backward());
        drop(tape);
        adam.step(parameters, &gradients);
        value
    };
    let steps = batches.shape()[0];
    (0..steps).map(|number| step(batches.index_axis(0, number))).collect()
}
