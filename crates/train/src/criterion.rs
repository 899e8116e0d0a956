//! Decides which of two epochs is better: by the usual figure of the task, or by one that the options name.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::score::Score;

/// The figure by which epochs are compared; see [`Fit::criterion`](crate::Fit::criterion).
///
/// A metric must be one that the loss gives after each epoch, in [`Score::metrics`]: `accuracy` of classes; `micro_f1` and
/// `macro_f1` of several labels; `mae`, `rmse` and `r2` of numbers; any of a [`Loss`](crate::Loss) of your own.
///
/// ```
/// use train::{Criterion, Score};
///
/// let score = |loss, f1| Score { loss, metrics: [("macro_f1".to_string(), f1)].into() };
/// let (sure, fair) = (score(0.3, 0.6), score(0.4, 0.7));
/// assert!(Criterion::Usual.prefers(&sure, &fair));
/// assert!(Criterion::highest("macro_f1").prefers(&fair, &sure));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    /// The higher accuracy, or micro F1 of several labels. The lower loss, if a score has neither or both are equal.
    #[default]
    Usual,
    /// The lower loss.
    Loss,
    /// The higher value of a metric, such as `macro_f1`; the lower loss, if both are equal.
    Highest(String),
    /// The lower value of a metric, such as `mae`; the lower loss, if both are equal.
    Lowest(String),
}

impl Criterion {
    /// Prefers the higher value of a metric, such as `macro_f1`.
    pub fn highest(metric: impl Into<String>) -> Self {
        Self::Highest(metric.into())
    }

    /// Prefers the lower value of a metric, such as `mae`.
    pub fn lowest(metric: impl Into<String>) -> Self {
        Self::Lowest(metric.into())
    }

    /// Returns `true` if a score is better than another. A score whose metric is undefined (NaN, or left out) is never the
    /// better one.
    pub fn prefers(&self, score: &Score, other: &Score) -> bool {
        let (metric, sign) = match self {
            Self::Usual => return score.is_better_than(other),
            Self::Loss => return score.loss < other.loss,
            Self::Highest(metric) => (metric, 1.0),
            Self::Lowest(metric) => (metric, -1.0),
        };
        let value = |score: &Score| score.metric(metric).filter(|value| !value.is_nan());
        match (value(score), value(other)) {
            (Some(this), Some(other)) if this != other => sign * this > sign * other,
            (Some(_), Some(_)) => score.loss < other.loss,
            (this, _) => this.is_some(),
        }
    }

    /// Returns the metric that it names.
    pub(crate) fn metric(&self) -> Option<&str> {
        match self {
            Self::Usual | Self::Loss => None,
            Self::Highest(metric) | Self::Lowest(metric) => Some(metric),
        }
    }
}

/// Writes `the usual figure`, `the loss` or `the highest macro_f1`.
impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("the usual figure"),
            Self::Loss => f.write_str("the loss"),
            Self::Highest(metric) => write!(f, "the highest {metric}"),
            Self::Lowest(metric) => write!(f, "the lowest {metric}"),
        }
    }
}
