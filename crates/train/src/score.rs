//! The loss and the metrics on a set of samples, and their names as people write them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::tally::Metrics;

/// The loss and the metrics on one set of samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The mean loss; in nats if it is a cross-entropy.
    pub loss: f64,
    /// The figures of merit that the loss has, such as `accuracy`. Shares are from 0 to 1.
    #[serde(flatten)]
    pub metrics: Metrics,
}

/// The metrics by which epochs are compared, the first that a score has. Higher is better.
const DECISIVE: [&str; 2] = ["accuracy", "micro_f1"];

/// The metrics that are shares, with their names as people write them.
const SHARES: [(&str, &str); 5] = [
    ("accuracy", "accuracy"),
    ("micro_f1", "micro F1"),
    ("macro_f1", "macro F1"),
    ("weighted_f1", "weighted F1"),
    ("roc_auc", "ROC AUC"),
];

impl Score {
    /// Returns a metric by its name, if the loss has it.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).copied()
    }

    /// Returns the name of the metric by which scores are compared, `accuracy` or `micro_f1`; `None` if
    /// the score has neither, and the loss decides.
    pub fn decisive(&self) -> Option<&'static str> {
        DECISIVE.into_iter().find(|name| self.metrics.contains_key(*name))
    }

    /// Returns `true` if this score has the higher accuracy (or micro F1 of a multi-label task), or the
    /// same with a lower loss. Scores without either are compared by their losses alone.
    pub fn is_better_than(&self, other: &Score) -> bool {
        let decisive = |score: &Score| score.metric(score.decisive()?);
        match (decisive(self), decisive(other)) {
            (Some(this), Some(other)) if this != other => this > other,
            _ => self.loss < other.loss,
        }
    }
}

/// Writes `loss 0.3456  accuracy  87.0 %`.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "loss {}", four_digits(self.loss))?;
        for (name, value) in &self.metrics {
            write!(f, "  {}", written(name, *value))?;
        }
        Ok(())
    }
}

/// Returns a metric with its name, as people write it: shares in percent.
pub fn written(name: &str, value: f64) -> String {
    let label = metric_label(name);
    match is_share(name) {
        true => format!("{label} {:>5.1} %", value * 100.0),
        false => format!("{label} {}", four_digits(value)),
    }
}

/// Writes a number with four digits after its point, or if it would lose them, with three digits and an exponent.
pub(crate) fn four_digits(number: f64) -> String {
    match number != 0.0 && number.abs() < 0.001 {
        true => format!("{number:.2e}"),
        false => format!("{number:.4}"),
    }
}

/// Returns the name of a metric as people write it, such as `macro F1` for `macro_f1`. Other names are
/// returned as they are.
pub fn metric_label(name: &str) -> &str {
    match name {
        "mae" => "MAE",
        "rmse" => "RMSE",
        "r2" => "R²",
        name => SHARES.iter().find(|(share, _)| *share == name).map_or(name, |(_, label)| label),
    }
}

/// Returns `true` if a metric of this name is a share, from 0 to 1, which people write in percent. The `accuracy2` of
/// a second head is one, too.
pub fn is_share(name: &str) -> bool {
    let of_a_head = name.strip_suffix(|number: char| ('2'..='9').contains(&number));
    SHARES.iter().any(|(share, _)| *share == name || Some(*share) == of_a_head)
}
