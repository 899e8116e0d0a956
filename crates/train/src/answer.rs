//! Answers that can be used.
//!
//! A model of finite weights may still overflow: with weights of 1e20 two layers give infinite logits,
//! and the softmax of two infinities is NaN. A program must not print that as a probability.

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
    /// The output, by its sample and class, or the loss.
    pub what: String,
    /// The number.
    pub value: f64,
}

impl<M: Model> Trainer<'_, M> {
    /// [`predict`](Self::predict), where each answer must be a number.
    ///
    /// # Errors
    /// When an output of the model is infinite or NaN.
    ///
    /// # Panics
    /// As [`predict`](Self::predict).
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

    /// [`evaluate`](Self::evaluate), where each output and the loss must be numbers.
    ///
    /// # Errors
    /// When one of them is infinite or NaN.
    ///
    /// # Panics
    /// As [`evaluate`](Self::evaluate).
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
