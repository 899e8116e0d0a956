//! The record of a training run, epoch by epoch.

use std::collections::BTreeMap;
use std::fmt;

use data::printable;
use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::criterion::Criterion;
use crate::score::{Score, four_digits};

/// One pass over the training samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The number of the epoch, counted from 1.
    pub number: usize,
    /// The number of epochs requested.
    pub of: usize,
    /// The number of its steps.
    pub steps: usize,
    /// The learning rate of the next step after the epoch.
    pub rate: f64,
    /// The mean over its batches, each with the weights before its step and with dropout on.
    pub training: Score,
    /// The score on the validation samples at the end of the epoch; `None` without a validation
    /// split.
    pub validation: Option<Score>,
    /// The values at the end of the epoch of the parameters that [`Fit::track`](crate::Fit::track)
    /// names.
    pub tracked: BTreeMap<String, f64>,
    /// What happens inside the model, if [`Fit::watch_layers`](crate::Fit::watch_layers) is set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activity: Vec<Activity>,
    /// The duration of the epoch, in seconds.
    pub seconds: f64,
}

impl Epoch {
    /// Returns the score to compare epochs by: the validation score, or without one the training
    /// score.
    pub fn score(&self) -> &Score {
        self.validation.as_ref().unwrap_or(&self.training)
    }
}

/// The epochs of one training run, at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The epochs in the order they ran.
    pub epochs: Vec<Epoch>,
    /// The number, counted from 1, of the epoch whose weights the model has now.
    pub kept: usize,
    /// The figure by which its epochs were compared.
    #[serde(default)]
    pub criterion: Criterion,
}

impl History {
    /// Returns the epoch whose weights the model has now.
    ///
    /// # Panics
    /// If `kept` is not the number of an epoch.
    #[track_caller]
    pub fn kept_epoch(&self) -> &Epoch {
        match self.kept.checked_sub(1).and_then(|index| self.epochs.get(index)) {
            Some(epoch) => epoch,
            None => panic!("History: epoch {} of {} was kept", self.kept, self.epochs.len()),
        }
    }

    /// Returns which score epochs and models are compared by: `"validation"` or, without validation
    /// samples, `"training"`.
    pub fn judged_by(&self) -> &'static str {
        match self.kept_epoch().validation {
            Some(_) => "validation",
            None => "training",
        }
    }

    /// Returns why this epoch's weights were kept: `"the best in validation"` or `"the last"`.
    pub fn kept_as(&self) -> &'static str {
        let kept = self.kept_epoch();
        let is_better = |epoch: &Epoch| self.criterion.prefers(epoch.score(), kept.score());
        match kept.validation.is_some() && !self.epochs.iter().any(is_better) {
            true => "the best in validation",
            false => "the last",
        }
    }

    /// Returns `true` if this run's model is better than another run's, by the scores of the kept
    /// epochs and this run's criterion.
    pub fn is_better_than(&self, other: &History) -> bool {
        self.criterion.prefers(self.kept_epoch().score(), other.kept_epoch().score())
    }

    /// Returns the total duration of the epochs, in seconds.
    pub fn seconds(&self) -> f64 {
        // Not `sum`, which is −0 for no epochs.
        self.epochs.iter().map(|epoch| epoch.seconds).fold(0.0, |sum, seconds| sum + seconds)
    }
}

/// Writes one line, the same for a terminal and a file.
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.of.to_string().len();
        write!(f, "epoch {:>width$}/{}  {}", self.number, self.of, self.training)?;
        if let Some(validation) = &self.validation {
            write!(f, "  validation {validation}")?;
        }
        write!(f, "  rate {}", self.rate)?;
        for (name, value) in &self.tracked {
            write!(f, "  {} {}", printable(short_name(name)), four_digits(*value))?;
        }
        write!(f, "  {:.2} s", self.seconds)
    }
}

/// Returns the last part of a parameter's name. The name of a Greek letter becomes that letter.
pub fn short_name(name: &str) -> &str {
    match name.rsplit('.').next().unwrap_or(name) {
        "alpha" => "α",
        "beta" => "β",
        "gamma" => "γ",
        "delta" => "δ",
        "theta" => "θ",
        "lambda" => "λ",
        last => last,
    }
}
