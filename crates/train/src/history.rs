//! What happened in training, epoch by epoch.

use std::collections::BTreeMap;
use std::fmt;

use data::printable;
use serde::{Deserialize, Serialize};

/// Loss and accuracy on one set of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The mean loss, in nats.
    pub loss: f64,
    /// The share of samples whose class was predicted.
    pub accuracy: f64,
}

impl Score {
    /// Higher accuracy, or the same with a lower loss.
    pub fn is_better_than(&self, other: &Score) -> bool {
        self.accuracy > other.accuracy
            || (self.accuracy == other.accuracy && self.loss < other.loss)
    }
}

/// One pass over the training samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub number: usize,
    /// How many epochs were asked for.
    pub of: usize,
    /// The learning rate that the schedule had reached at its end: that of the next step.
    pub rate: f64,
    /// The mean over its batches, each at the weights of its time and with dropout on.
    pub training: Score,
    /// On the validation samples at the end of the epoch; without a validation split there is none.
    pub validation: Option<Score>,
    /// The parameters that [`Fit::track`](crate::Fit::track) names, by name, at the end of the epoch.
    pub tracked: BTreeMap<String, f64>,
    /// How long it took.
    pub seconds: f64,
}

impl Epoch {
    /// What epochs are compared by: the validation score, or without one that of training.
    pub fn score(&self) -> Score {
        self.validation.unwrap_or(self.training)
    }
}

/// The epochs of one training run, at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// In the order they ran.
    pub epochs: Vec<Epoch>,
    /// The number, counted from 1, of the epoch whose weights the model has now.
    pub kept: usize,
}

impl History {
    /// The epoch whose weights the model has now.
    ///
    /// # Panics
    /// When `kept` is not the number of an epoch.
    #[track_caller]
    pub fn kept_epoch(&self) -> &Epoch {
        match self.kept.checked_sub(1).and_then(|index| self.epochs.get(index)) {
            Some(epoch) => epoch,
            None => panic!("History: epoch {} of {} was kept", self.kept, self.epochs.len()),
        }
    }

    /// By what epochs and models are compared: `"validation"` or, where no samples were kept for that,
    /// `"training"`.
    pub fn judged_by(&self) -> &'static str {
        match self.kept_epoch().validation {
            Some(_) => "validation",
            None => "training",
        }
    }

    /// Whether the model is now better than that of another run: by the scores of the kept epochs.
    pub fn is_better_than(&self, other: &History) -> bool {
        self.kept_epoch().score().is_better_than(&other.kept_epoch().score())
    }

    /// How long the epochs took together.
    pub fn seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum()
    }
}

/// One line, the same on a terminal and in a file.
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.of.to_string().len();
        let Score { loss, accuracy } = self.training;
        write!(
            f,
            "epoch {:>width$}/{}  loss {loss:.4}  accuracy {:>5.1} %",
            self.number,
            self.of,
            accuracy * 100.0
        )?;
        if let Some(Score { loss, accuracy }) = self.validation {
            write!(f, "  validation loss {loss:.4}  accuracy {:>5.1} %", accuracy * 100.0)?;
        }
        write!(f, "  rate {}", self.rate)?;
        for (name, value) in &self.tracked {
            write!(f, "  {} {value:.4}", printable(short_name(name)))?;
        }
        write!(f, "  {:.2} s", self.seconds)
    }
}

/// The last part of a parameter's name; one that spells a Greek letter is written as that letter.
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
