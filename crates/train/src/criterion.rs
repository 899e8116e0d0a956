//! Decides which of two epochs is better: by the usual figure of the task, or by one that the options name.

use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use crate::history::Score;

/// The figure by which epochs are compared; see [`Fit::criterion`](crate::Fit::criterion).
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
    /// Prefers the higher value of a metric, such as `macro_f1` or `roc_auc`.
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

    /// Checks that a score has the metric.
    pub(crate) fn check(&self, score: &Score) -> Result<(), TrainError> {
        match self {
            Self::Highest(metric) | Self::Lowest(metric) if score.metric(metric).is_none() => {
                let known = score.metrics.keys().cloned().collect();
                Err(TrainError::NoMetric { metric: metric.clone(), known })
            }
            _ => Ok(()),
        }
    }
}
