//! The position of a training run. The rest of the run depends only on it, the weights and the
//! optimizer's state. So a checkpoint must hold it, and its fields are public.
//!
//! It has no random state. Order and dropout come from keys that are computed from the seed, the
//! epoch and the step (see [`tensor::Key`]), so the position is enough.

use autograd::Parameters;
use serde::{Deserialize, Serialize};
use tensor::Scalar;

use crate::history::{Epoch, History};
use crate::options::Fit;
use crate::score::Score;
use crate::tally::Tally;

/// The position of a run between two steps, with the results so far.
#[derive(Clone, Debug)]
pub struct Progress<T: Scalar = f32> {
    /// The epochs that have ended.
    pub epochs: Vec<Epoch>,
    /// The epoch that is running.
    pub running: RunningEpoch,
    /// The number of the best epoch so far; 0 before the first has ended.
    pub best: usize,
    /// The weights of the best epoch in validation, if the run keeps them.
    pub best_weights: Option<Parameters<T>>,
}

/// An epoch between two of its steps: the number of steps taken, and sums over their samples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunningEpoch {
    /// The number of steps taken.
    pub steps: usize,
    /// The number of samples in these steps.
    pub samples: usize,
    /// The weight of these samples: their number, unless some count more than others.
    pub weight: f64,
    /// The sum of the losses of these samples, by weight.
    pub loss: f64,
    /// The figures of these samples from which the metrics follow.
    pub tally: Tally,
    /// The duration of the steps, in seconds.
    pub seconds: f64,
}

/// The result of one step: the mean loss of a batch before the step, and the batch's weight and figures.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) samples: usize,
    pub(crate) weight: f64,
    pub(crate) loss: f64,
    pub(crate) tally: Tally,
}

impl Step {
    /// Returns the score of the batch.
    pub(crate) fn score(&self) -> Score {
        Score { loss: self.loss, metrics: self.tally.metrics() }
    }
}

impl<T: Scalar> Progress<T> {
    /// Creates the progress of a run before its first step.
    pub fn start() -> Self {
        Self { epochs: Vec::new(), running: RunningEpoch::default(), best: 0, best_weights: None }
    }

    /// Returns the number, counted from 1, of the epoch of the next step. After the last epoch this
    /// is one more than the number of epochs.
    pub fn epoch(&self) -> usize {
        self.epochs.len() + 1
    }

    /// Returns the number of steps taken in that epoch.
    pub fn step(&self) -> usize {
        self.running.steps
    }

    /// Returns the mean over the steps of the running epoch; `None` before its first step.
    pub fn score(&self) -> Option<Score> {
        let RunningEpoch { samples, weight, loss, tally, .. } = &self.running;
        let mean = if *weight > 0.0 { loss / weight } else { 0.0 };
        (*samples > 0).then(|| Score { loss: mean, metrics: tally.metrics() })
    }

    /// Returns the weights to predict with if training ended now: the best epoch's weights if the
    /// run keeps them, otherwise the current ones.
    pub fn weights<'a>(&'a self, present: &'a Parameters<T>) -> &'a Parameters<T> {
        self.best_weights.as_ref().unwrap_or(present)
    }

    /// Returns `true` if the run has ended: all epochs are done, or patience has run out.
    pub fn is_over(&self, options: &Fit) -> bool {
        let done = self.epochs.len();
        let waited = done - self.best;
        let is_enough = |patience| done > 0 && waited >= patience;
        done >= options.epochs || options.patience.is_some_and(is_enough)
    }

    /// Returns the number of steps taken in all epochs.
    pub fn steps(&self) -> usize {
        self.epochs.iter().map(|epoch| epoch.steps).sum::<usize>() + self.running.steps
    }

    /// Adds a step, and the time since the epoch began.
    pub(crate) fn add_step(&mut self, step: Step, seconds: f64) {
        self.running.steps += 1;
        self.running.samples += step.samples;
        // The loss of a batch in which nothing counts may be 0 / 0.
        if step.weight != 0.0 {
            self.running.weight += step.weight;
            self.running.loss += step.loss * step.weight;
        }
        self.running.tally.merge(step.tally);
        self.running.seconds = seconds;
    }

    /// Ends the running epoch and keeps its weights if they are the best so far in validation. A training score is
    /// measured before each step, so it does not judge the weights after the last.
    pub(crate) fn add_epoch(&mut self, epoch: Epoch, weights: &Parameters<T>, options: &Fit) {
        let best = self.best.checked_sub(1).map(|index| self.epochs[index].score());
        if best.is_none_or(|best| options.criterion.prefers(epoch.score(), best)) {
            self.best = epoch.number;
            let is_judged = options.keep_best && epoch.validation.is_some();
            self.best_weights = is_judged.then(|| weights.clone());
        }
        self.epochs.push(epoch);
        self.running = RunningEpoch::default();
    }

    /// Returns the history of a run that has ended.
    pub(crate) fn history(&self, options: &Fit) -> History {
        let kept = if self.best_weights.is_some() { self.best } else { self.epochs.len() };
        History { epochs: self.epochs.clone(), kept, criterion: options.criterion.clone() }
    }
}
