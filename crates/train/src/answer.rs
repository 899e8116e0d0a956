//! Predictions that are checked to be finite.
//!
//! A model with finite weights may still overflow: with weights of 1e20 two layers give infinite
//! logits, and the softmax of two infinities is NaN. A program must not print NaN as a probability.

use autograd::{Parameters, Tape};
use data::{Dataset, Samples};
use nn::Model;
use tensor::{Scalar, Tensor};
use thiserror::Error;

use crate::evaluate::{Evaluated, Evaluation};
use crate::loss::{Classifier, Loss};
use crate::trainer::{Trainer, evaluation_batches};

/// An output of a model, or its loss, is infinite or NaN.
#[derive(Clone, Debug, PartialEq, Error)]
#[error(
    "{what} is {value}, which is not an answer: the model's weights or its inputs are too large, or its \
     training went wrong; train it again with a lower learning rate"
)]
pub struct NotFinite {
    /// The name of the output (its sample and class) or of the loss.
    pub what: String,
    /// The number.
    pub value: f64,
}

impl<M: Model, L> Trainer<'_, M, L> {
    /// Returns what [`outputs`](Self::outputs) returns, after checking that each output is finite.
    ///
    /// # Errors
    /// If an output of the model is infinite or NaN.
    ///
    /// # Panics
    /// If [`outputs`](Self::outputs) panics.
    #[track_caller]
    pub fn outputs_finite<T, X>(
        &self,
        parameters: &Parameters<T>,
        inputs: &X,
    ) -> Result<Tensor<T>, NotFinite>
    where
        T: Scalar,
        X: Samples<Batch = M::Input>,
    {
        let outputs = self.outputs(parameters, inputs);
        check_outputs(&outputs, 0)?;
        Ok(outputs)
    }

    /// Returns what [`predict`](Self::predict) returns, after checking that each output is finite.
    ///
    /// # Errors
    /// If an output of the model is infinite or NaN.
    ///
    /// # Panics
    /// If [`predict`](Self::predict) panics.
    #[track_caller]
    pub fn predict_finite<T, X>(
        &self,
        parameters: &Parameters<T>,
        inputs: &X,
    ) -> Result<Tensor<T>, NotFinite>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
    {
        Ok(self.loss.predict(&self.outputs_finite(parameters, inputs)?))
    }

    /// Returns what [`evaluate`](Self::evaluate) returns, after checking that each output and the
    /// loss are finite.
    ///
    /// # Errors
    /// If an output or the loss is infinite or NaN.
    ///
    /// # Panics
    /// If [`evaluate`](Self::evaluate) panics.
    #[track_caller]
    pub fn evaluate_finite<T, X>(
        &self,
        parameters: &Parameters<T>,
        dataset: &Dataset<X, Tensor<u32>>,
    ) -> Result<Evaluation, NotFinite>
    where
        T: Scalar,
        L: Classifier<T>,
        X: Samples<Batch = M::Input>,
    {
        assert!(!dataset.is_empty(), "evaluate: there are no samples to evaluate on");
        let (mut evaluated, mut checked) = (Evaluated::default(), Ok(()));
        let mut tape = Tape::no_grad();
        for range in evaluation_batches(dataset.inputs()) {
            tape.clear();
            let logits = self.outputs_of(&tape, parameters, dataset.inputs(), range.clone());
            if checked.is_ok() {
                checked = check_outputs(&logits, range.start);
            }
            evaluated.add(self, &logits, &dataset.targets().range(range));
        }
        checked?;
        let evaluation = evaluated.end(dataset.len());
        match evaluation.loss.is_finite() {
            true => Ok(evaluation),
            false => Err(NotFinite { what: "the mean loss".to_string(), value: evaluation.loss }),
        }
    }
}

/// Checks outputs `[n, …]`, of samples from number `first` on.
fn check_outputs<T: Scalar>(outputs: &Tensor<T>, first: usize) -> Result<(), NotFinite> {
    let values = outputs.values();
    let Some(place) = values.iter().position(|output| !output.is_finite()) else { return Ok(()) };
    let width = values.len() / outputs.shape()[0];
    let (sample, output) = (first + place / width + 1, place % width + 1);
    Err(NotFinite {
        what: format!("output {output} for sample {sample}"),
        value: values[place].to_f64(),
    })
}
