//! How far a training run has come: with the weights and the optimizer's memory, all that the rest of
//! the run depends on. So it is also what a checkpoint has to hold.
//!
//! There is no random state in it. Order and dropout come from keys that are computed from the seed,
//! the number of the epoch and that of the step (see [`tensor::Key`]), so the position is enough.

use autograd::Parameters;
use serde::{Deserialize, Serialize};
use tensor::Scalar;

use crate::fit::Outcome;
use crate::{Epoch, Fit, History, Score};

/// The position of a run between two steps, and what it has kept of those before.
#[derive(Clone, Debug)]
pub struct Progress<T: Scalar = f32> {
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) current: Current,
    /// The number of the best epoch so far; 0 before the first has ended.
    pub(crate) best: usize,
    /// Its weights, where the run is to end with them.
    pub(crate) best_weights: Option<Parameters<T>>,
}

/// The epoch that is running: how many steps it has done, and sums over their samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Current {
    pub(crate) steps: usize,
    pub(crate) samples: usize,
    pub(crate) loss: f64,
    pub(crate) correct: usize,
    pub(crate) seconds: f64,
}

impl<T: Scalar> Progress<T> {
    /// Before the first step.
    pub(crate) fn start() -> Self {
        Self { epochs: Vec::new(), current: Current::default(), best: 0, best_weights: None }
    }

    /// The epochs that have ended.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// The number, counted from 1, of the epoch that the next step belongs to. After the last epoch
    /// it is one more than there are.
    pub fn epoch(&self) -> usize {
        self.epochs.len() + 1
    }

    /// How many steps of that epoch have been taken.
    pub fn step(&self) -> usize {
        self.current.steps
    }

    /// The mean over the steps that the running epoch has taken; `None` before its first.
    pub fn score(&self) -> Option<Score> {
        let Current { samples, loss, correct, .. } = self.current;
        let mean = |sum: f64| sum / samples as f64;
        (samples > 0).then(|| Score { loss: mean(loss), accuracy: mean(correct as f64) })
    }

    /// The weights to predict with if training were to end now: those of the best epoch where the
    /// run keeps them, else the present ones.
    pub fn weights<'a>(&'a self, present: &'a Parameters<T>) -> &'a Parameters<T> {
        self.best_weights.as_ref().unwrap_or(present)
    }

    /// Whether the run has ended: all epochs are done, or patience is at an end.
    pub(crate) fn is_over(&self, options: &Fit) -> bool {
        let done = self.epochs.len();
        let waited = done - self.best;
        let is_enough = |patience| done > 0 && waited >= patience;
        done >= options.epochs || options.patience.is_some_and(is_enough)
    }

    /// Counts in a step on so many samples.
    pub(crate) fn add_step(&mut self, outcome: &Outcome, samples: usize) {
        self.current.steps += 1;
        self.current.samples += samples;
        self.current.loss += outcome.loss * samples as f64;
        self.current.correct += outcome.correct;
    }

    /// Ends the running epoch, whose weights may be the best.
    pub(crate) fn add_epoch(&mut self, epoch: Epoch, weights: &Parameters<T>, options: &Fit) {
        let best = self.best.checked_sub(1).map(|index| self.epochs[index].score());
        if best.is_none_or(|best| epoch.score().is_better_than(&best)) {
            self.best = epoch.number;
            self.best_weights = options.keep_best.then(|| weights.clone());
        }
        self.epochs.push(epoch);
        self.current = Current::default();
    }

    /// What happened, and the weights to end with if they are not the present ones.
    pub(crate) fn end(self) -> (History, Option<Parameters<T>>) {
        let kept = if self.best_weights.is_some() { self.best } else { self.epochs.len() };
        (History { epochs: self.epochs, kept }, self.best_weights)
    }
}
