//! A model with the loss it is trained for.

use autograd::{Parameters, Pass, Tape, Var};
use data::Dataset;
use nn::Model;
use tensor::{Scalar, Tensor};

use crate::Loss;

/// How many samples are evaluated at once.
pub(crate) const EVALUATION_BATCH: usize = 256;

/// Fits, evaluates and predicts with one model.
#[derive(Clone, Copy, Debug)]
pub struct Trainer<'m, M> {
    pub(crate) model: &'m M,
    pub(crate) loss: Loss,
}

impl<'m, M: Model> Trainer<'m, M> {
    /// A trainer for `model`, whose outputs `loss` understands.
    pub fn new(model: &'m M, loss: Loss) -> Self {
        Self { model, loss }
    }

    /// The mean loss of a batch, on the tape of `pass`.
    ///
    /// # Panics
    /// When the batch does not fit the model.
    #[track_caller]
    pub fn loss<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Dataset<M::Input>) -> Var<'t, T> {
        self.loss.of(self.model.forward(pass, batch.inputs()), batch.labels())
    }

    /// The probability of each class for each input, `[n, classes]`.
    ///
    /// # Panics
    /// When the inputs do not fit the model.
    #[track_caller]
    pub fn predict<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Tensor<T> {
        self.loss.probabilities(&self.logits(parameters, inputs))
    }

    /// The model's outputs, computed batch by batch in evaluation mode.
    #[track_caller]
    pub(crate) fn logits<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Tensor<T> {
        let mut tape = Tape::evaluation();
        let mut outputs = Vec::new();
        let count = inputs.shape()[0];
        // At least one batch, so that an empty input gives an output with the right columns.
        for start in (0..count.max(1)).step_by(EVALUATION_BATCH) {
            tape.clear();
            let batch = inputs.slice(0, start..count.min(start + EVALUATION_BATCH));
            let pass = Pass::evaluation(&tape, parameters);
            outputs.push(self.model.forward(pass, &batch).value());
        }
        Tensor::concat(&outputs.iter().collect::<Vec<_>>(), 0)
    }
}
