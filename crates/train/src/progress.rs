//! How far a training run has come: with the weights and the optimizer's memory, all that the rest of
//! the run depends on. So it is also what a checkpoint has to hold, and its fields are public.
//!
//! There is no random state in it. Order and dropout come from keys that are computed from the seed,
//! the number of the epoch and that of the step (see [`tensor::Key`]), so the position is enough.

use autograd::Parameters;
use serde::{Deserialize, Serialize};
use tensor::Scalar;

use crate::history::{Epoch, History, Score};
use crate::options::Fit;

/// The position of a run between two steps, and what it has kept of those before.
#[derive(Clone, Debug)]
pub struct Progress<T: Scalar = f32> {
    /// The epochs that have ended.
    pub epochs: Vec<Epoch>,
    /// The epoch that is running.
    pub running: RunningEpoch,
    /// The number of the best epoch so far; 0 before the first has ended.
    pub best: usize,
    /// Its weights, where the run is to end with them.
    pub best_weights: Option<Parameters<T>>,
}

/// An epoch between two of its steps: how many it has done, and sums over their samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunningEpoch {
    /// The number of steps taken.
    pub steps: usize,
    /// The number of samples in these steps.
    pub samples: usize,
    /// The sum of the losses of these samples.
    pub loss: f64,
    /// The number of samples whose class was predicted.
    pub correct: usize,
    /// How long the steps took.
    pub seconds: f64,
}

impl<T: Scalar> Progress<T> {
    /// The progress of a run before its first step.
    pub fn start() -> Self {
        Self { epochs: Vec::new(), running: RunningEpoch::default(), best: 0, best_weights: None }
    }

    /// The number, counted from 1, of the epoch that the next step belongs to. After the last epoch
    /// it is one more than there are.
    pub fn epoch(&self) -> usize {
        self.epochs.len() + 1
    }

    /// How many steps of that epoch have been taken.
    pub fn step(&self) -> usize {
        self.running.steps
    }

    /// The mean over the steps that the running epoch has taken; `None` before its first.
    pub fn score(&self) -> Option<Score> {
        let RunningEpoch { samples, loss, correct, .. } = self.running;
        let mean = |sum: f64| sum / samples as f64;
        (samples > 0).then(|| Score { loss: mean(loss), accuracy: mean(correct as f64) })
    }

    /// The weights to predict with if training were to end now: those of the best epoch where the
    /// run keeps them, else the present ones.
    pub fn weights<'a>(&'a self, present: &'a Parameters<T>) -> &'a Parameters<T> {
        self.best_weights.as_ref().unwrap_or(present)
    }

    /// Returns `true` if the run has ended: all epochs are done, or patience is at an end.
    pub fn is_over(&self, options: &Fit) -> bool {
        let done = self.epochs.len();
        let waited = done - self.best;
        let is_enough = |patience| done > 0 && waited >= patience;
        done >= options.epochs || options.patience.is_some_and(is_enough)
    }

    /// Counts in a step: the mean loss of its samples, the number of them whose class was predicted,
    /// and the time since the epoch began.
    pub(crate) fn add_step(&mut self, loss: f64, correct: usize, samples: usize, seconds: f64) {
        self.running.steps += 1;
        self.running.samples += samples;
        self.running.loss += loss * samples as f64;
        self.running.correct += correct;
        self.running.seconds = seconds;
    }

    /// Ends the running epoch, whose weights may be the best.
    pub(crate) fn add_epoch(&mut self, epoch: Epoch, weights: &Parameters<T>, options: &Fit) {
        let best = self.best.checked_sub(1).map(|index| self.epochs[index].score());
        if best.is_none_or(|best| epoch.score().is_better_than(&best)) {
            self.best = epoch.number;
            self.best_weights = options.keep_best.then(|| weights.clone());
        }
        self.epochs.push(epoch);
        self.running = RunningEpoch::default();
    }

    /// What happened, and the weights to end with if they are not the present ones.
    pub(crate) fn end(self) -> (History, Option<Parameters<T>>) {
        let kept = if self.best_weights.is_some() { self.best } else { self.epochs.len() };
        (History { epochs: self.epochs, kept }, self.best_weights)
    }
}
