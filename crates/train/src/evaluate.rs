//! Evaluates a trained model on data it has not seen.

use autograd::{Parameters, Tape};
use data::Dataset;
use nn::Model;
use tensor::{Scalar, Tensor};

use crate::history::Score;
use crate::loss::Loss;
use crate::metrics::{ConfusionMatrix, roc_auc};
use crate::trainer::{EVALUATION_BATCH, Trainer};

/// The loss and the quality of a model's predictions on a data set.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The mean loss, in nats.
    pub loss: f64,
    /// The number of samples of each true class by predicted class.
    pub confusion: ConfusionMatrix,
    /// The area under the ROC curve, if there are two classes and both occur in the data.
    pub roc_auc: Option<f64>,
}

impl Evaluation {
    /// Returns the share of samples whose class was predicted.
    pub fn accuracy(&self) -> f64 {
        self.confusion.accuracy()
    }

    /// Returns loss and accuracy in the form of a [`History`](crate::History).
    pub fn score(&self) -> Score {
        Score { loss: self.loss, accuracy: self.accuracy() }
    }
}

impl<M: Model> Trainer<'_, M> {
    /// Evaluates the model in evaluation mode (with dropout off).
    ///
    /// # Panics
    /// If the data set is empty or does not fit the model.
    #[track_caller]
    pub fn evaluate<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        dataset: &Dataset<M::Input>,
    ) -> Evaluation {
        assert!(!dataset.is_empty(), "evaluate: there are no samples to evaluate on");
        self.evaluate_logits(&self.logits_of(parameters, dataset), dataset.labels())
    }

    /// Compares logits `[n, outputs]` with labels `[n]`.
    #[track_caller]
    pub(crate) fn evaluate_logits<T: Scalar>(
        &self,
        logits: &Tensor<T>,
        labels: &Tensor<u32>,
    ) -> Evaluation {
        let loss = self.mean_loss(logits, labels);
        let probabilities = self.loss.probabilities(logits);
        let classes = probabilities.shape()[1];
        let predictions = self.loss.predictions(logits).to_vec();
        let labels = labels.to_vec();
        Evaluation {
            loss,
            confusion: ConfusionMatrix::new(classes, &labels, &predictions),
            roc_auc: (classes == 2).then(|| roc_auc_of(self.loss, logits, &labels)).flatten(),
        }
    }

    /// Returns the mean loss of all rows, added up in `f64` batch by batch.
    #[track_caller]
    fn mean_loss<T: Scalar>(&self, logits: &Tensor<T>, labels: &Tensor<u32>) -> f64 {
        let count = labels.len();
        let mut tape = Tape::no_grad();
        let mut sum = 0.0;
        for start in (0..count).step_by(EVALUATION_BATCH) {
            tape.clear();
            let batch = start..count.min(start + EVALUATION_BATCH);
            let logits = tape.constant(logits.slice(0, batch.clone()));
            let loss = self.loss.of(logits, &labels.slice(0, batch.clone()));
            sum += loss.item().to_f64() * batch.len() as f64;
        }
        sum / count as f64
    }
}

/// Returns the area under the ROC curve of the evidence for class 1: the difference of the two
/// logits.
fn roc_auc_of<T: Scalar>(loss: Loss, logits: &Tensor<T>, labels: &[u32]) -> Option<f64> {
    let evidence = match loss {
        Loss::SoftmaxCrossEntropy => &logits.slice(-1, 1..2) - &logits.slice(-1, 0..1),
        Loss::BinaryCrossEntropy => logits.clone(),
    };
    let scores: Vec<f64> = evidence.values().iter().map(|x| x.to_f64()).collect();
    let labels: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
    roc_auc(&labels, &scores)
}
