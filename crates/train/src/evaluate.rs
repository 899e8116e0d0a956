//! Evaluates a trained model on data it has not seen.

use std::ops::Range;

use autograd::{Parameters, Tape};
use data::{Dataset, Samples};
use nn::Model;
use tensor::{Scalar, Tensor, parallel};

use crate::error::none_counts;
use crate::loss::{Classifier, Loss};
use crate::metrics::{ConfusionMatrix, roc_auc};
use crate::score::Score;
use crate::tally::Tally;
use crate::trainer::{Trainer, evaluation_batches};

/// The loss and the quality of a classifier's predictions on a data set.
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

    /// Returns loss and accuracy as the score that [`Trainer::score`] returns.
    pub fn score(&self) -> Score {
        let metrics = [("accuracy".to_string(), self.accuracy())].into();
        Score { loss: self.loss, metrics }
    }
}

impl<M: Model, L> Trainer<'_, M, L> {
    /// Returns the loss and the metrics of the model on a data set, in evaluation mode (with dropout
    /// off).
    ///
    /// # Panics
    /// If the data set is empty or does not fit the model, or none of its samples counts in the loss.
    #[track_caller]
    pub fn score<T, X, Y>(&self, parameters: &Parameters<T>, dataset: &Dataset<X, Y>) -> Score
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        assert!(!dataset.is_empty(), "score: there are no samples to evaluate on");
        let mut scores = Vec::new();
        // Not by a closure, which would hide the caller's line.
        let mut tape = Tape::no_grad();
        for range in evaluation_batches(dataset.inputs()) {
            tape.clear();
            let outputs = self.outputs_of(&tape, parameters, dataset.inputs(), range.clone());
            scores.push(self.score_of(&outputs, &dataset.targets().range(range).batch()));
        }
        match Score::of_batches(scores) {
            Some(score) => score,
            None => panic!("score: {}", none_counts(&dataset.len(), "samples")),
        }
    }

    /// Returns the figures of some batches of a data set, computed by several threads. The figures of all
    /// [`evaluation_batches`], in order, make up a score.
    pub(crate) fn score_batches<T, X, Y>(
        &self,
        parameters: &Parameters<T>,
        dataset: &Dataset<X, Y>,
        batches: &[Range<usize>],
    ) -> Vec<BatchScore>
    where
        T: Scalar,
        L: Loss<T>,
        X: Samples<Batch = M::Input>,
        Y: Samples<Batch = L::Target>,
    {
        parallel::map(batches, |range| {
            let (tape, inputs) = (Tape::no_grad(), dataset.inputs());
            let outputs = self.outputs_of(&tape, parameters, inputs, range.clone());
            self.score_of(&outputs, &dataset.targets().range(range.clone()).batch())
        })
    }

    /// Returns the figures of one batch.
    #[track_caller]
    fn score_of<T: Scalar>(&self, outputs: &Tensor<T>, targets: &L::Target) -> BatchScore
    where
        L: Loss<T>,
    {
        BatchScore {
            loss: self.loss_of(outputs, targets),
            weight: self.loss.weight(targets),
            tally: self.loss.tally(outputs, targets),
        }
    }

    /// Evaluates a classifier in evaluation mode (with dropout off).
    ///
    /// # Panics
    /// If the data set is empty or does not fit the model, or none of its samples counts in the loss.
    #[track_caller]
    pub fn evaluate<T, X>(
        &self,
        parameters: &Parameters<T>,
        dataset: &Dataset<X, Tensor<u32>>,
    ) -> Evaluation
    where
        T: Scalar,
        L: Classifier<T>,
        X: Samples<Batch = M::Input>,
    {
        assert!(!dataset.is_empty(), "evaluate: there are no samples to evaluate on");
        let mut evaluation = Evaluated::default();
        let mut tape = Tape::no_grad();
        for range in evaluation_batches(dataset.inputs()) {
            tape.clear();
            let logits = self.outputs_of(&tape, parameters, dataset.inputs(), range.clone());
            evaluation.add(self, &logits, &dataset.targets().range(range));
        }
        evaluation.end(dataset.len())
    }

    /// Returns the mean loss of a batch of outputs.
    #[track_caller]
    fn loss_of<T: Scalar>(&self, outputs: &Tensor<T>, targets: &L::Target) -> f64
    where
        L: Loss<T>,
    {
        let tape = Tape::no_grad();
        self.loss.of(tape.constant(outputs.clone()), targets).item().to_f64()
    }
}

/// The figures of one batch: its mean loss, its weight and what its metrics follow from.
pub(crate) struct BatchScore {
    pub(crate) loss: f64,
    pub(crate) weight: f64,
    pub(crate) tally: Tally,
}

impl Score {
    /// Returns the score of all batches together; `None` if none of their samples counts.
    pub(crate) fn of_batches(batches: impl IntoIterator<Item = BatchScore>) -> Option<Self> {
        let (mut mean, mut tally) = (WeightedMean::default(), Tally::default());
        for batch in batches {
            mean.add(batch.loss, batch.weight);
            tally.merge(batch.tally);
        }
        Some(Self { loss: mean.value()?, metrics: tally.metrics() })
    }
}

/// A mean of means, added up in `f64`.
#[derive(Default)]
struct WeightedMean {
    sum: f64,
    weight: f64,
}

impl WeightedMean {
    /// Adds the mean of a batch. Without weight it may be 0 / 0, and adds nothing.
    fn add(&mut self, mean: f64, weight: f64) {
        if weight != 0.0 {
            self.sum += mean * weight;
            self.weight += weight;
        }
    }

    /// Returns the mean; `None` if nothing counts in it.
    fn value(&self) -> Option<f64> {
        (self.weight != 0.0).then(|| self.sum / self.weight)
    }
}

/// What has been evaluated so far.
#[derive(Default)]
pub(crate) struct Evaluated {
    mean: WeightedMean,
    /// The number of classes.
    classes: usize,
    labels: Vec<u32>,
    predictions: Vec<u32>,
    /// The evidence for class 1, if there are two classes.
    evidence: Vec<f64>,
}

impl Evaluated {
    /// Adds a batch of logits with its labels. Samples that do not count are left out.
    #[track_caller]
    pub(crate) fn add<T: Scalar, M: Model, L: Classifier<T>>(
        &mut self,
        trainer: &Trainer<'_, M, L>,
        logits: &Tensor<T>,
        labels: &Tensor<u32>,
    ) {
        let loss = &trainer.loss;
        self.mean.add(trainer.loss_of(logits, labels), loss.weight(labels));
        self.classes = loss.predict(logits).shape()[1];
        let evidence = loss.evidence(logits);
        let predictions = loss.classes(logits);
        for (sample, &label) in labels.values().iter().enumerate() {
            if loss.ignores(label) {
                continue;
            }
            self.labels.push(label);
            self.predictions.push(predictions.values()[sample]);
            self.evidence.extend(evidence.as_ref().map(|evidence| evidence[sample]));
        }
    }

    /// Returns the evaluation of this number of samples.
    ///
    /// # Panics
    /// If none of them counts.
    #[track_caller]
    pub(crate) fn end(self, samples: usize) -> Evaluation {
        let Some(loss) = self.mean.value() else {
            panic!("evaluate: {}", none_counts(&samples, "samples"));
        };
        let is_one: Vec<bool> = self.labels.iter().map(|&label| label == 1).collect();
        let has_evidence = !self.evidence.is_empty();
        Evaluation {
            loss,
            confusion: ConfusionMatrix::new(self.classes, &self.labels, &self.predictions),
            roc_auc: has_evidence.then(|| roc_auc(&is_one, &self.evidence)).flatten(),
        }
    }
}
