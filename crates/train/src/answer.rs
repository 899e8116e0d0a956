//! Predictions that are checked to be finite.
//!
//! A model with finite weights may still overflow: with weights of 1e20 two layers give infinite
//! logits, and the softmax of two infinities is NaN. A program must not print NaN as a probability.

use autograd::Parameters;
use data::Dataset;
use nn::Model;
use tensor::{Scalar, Tensor};
use thiserror::Error;

use crate::evaluate::Evaluation;
use crate::trainer::Trainer;

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

impl<M: Model> Trainer<'_, M> {
    /// Returns what [`predict`](Self::predict) returns, after checking that each output is finite.
    ///
    /// # Errors
    /// If an output of the model is infinite or NaN.
    ///
    /// # Panics
    /// If [`predict`](Self::predict) panics.
    #[track_caller]
    pub fn predict_finite<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        inputs: &Tensor<M::Input>,
    ) -> Result<Tensor<T>, NotFinite> {
        let logits = self.logits(parameters, inputs);
        check_outputs(&logits)?;
        Ok(self.loss.probabilities(&logits))
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
    pub fn evaluate_finite<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        dataset: &Dataset<M::Input>,
    ) -> Result<Evaluation, NotFinite> {
        let logits = self.logits_of(parameters, dataset);
        check_outputs(&logits)?;
        let evaluation = self.evaluate_logits(&logits, dataset.labels());
        match evaluation.loss.is_finite() {
            true => Ok(evaluation),
            false => Err(NotFinite { what: "the mean loss".to_string(), value: evaluation.loss }),
        }
    }
}

/// Checks logits `[n, outputs]`.
fn check_outputs<T: Scalar>(logits: &Tensor<T>) -> Result<(), NotFinite> {
    let outputs = logits.shape()[1].max(1);
    match logits.to_vec().iter().position(|logit| !logit.is_finite()) {
        None => Ok(()),
        Some(place) => Err(NotFinite {
            what: format!("output {} for sample {}", place % outputs + 1, place / outputs + 1),
            value: logits.to_vec()[place].to_f64(),
        }),
    }
}
