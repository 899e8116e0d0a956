//! Figures of predictions that add up over batches, and the metrics that follow from them.
//!
//! A metric such as R² over many batches is not the mean of its values on each batch. So each batch is
//! reduced to figures that can be merged, and the metric is computed from the merged figures. The
//! order of merging is fixed, so a metric does not depend on the number of threads.

mod json;
mod wire;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tensor::{Scalar, Tensor, shape};

/// Named figures of merit, such as `accuracy`. Shares are from 0 to 1.
pub type Metrics = BTreeMap<String, f64>;

/// The figures of some predictions. The loss decides which ones it counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Tally {
    /// Nothing is counted, so there are no metrics.
    #[default]
    Nothing,
    /// The figures of a classifier, for the metric `accuracy`.
    Classes {
        /// The number of samples.
        samples: u64,
        /// The number of samples whose class was predicted.
        correct: u64,
    },
    /// The figures of several yes-or-no labels, for the metrics `micro_f1` and `macro_f1`. Each list has
    /// an entry for each label. A label that neither occurs nor is predicted has an F1 of 0.
    Labels {
        /// The number of samples that have the label and for which it was predicted.
        hits: Vec<u64>,
        /// The number of samples for which the label was predicted.
        predicted: Vec<u64>,
        /// The number of samples that have the label.
        present: Vec<u64>,
    },
    /// The figures of predicted numbers, for the metrics `mae`, `rmse` and `r2`.
    Numbers(Errors),
    /// The figures of a model with two outputs. A metric that the first has too gets a number after its name:
    /// `accuracy2`, and in a `Both` of three outputs `accuracy3`.
    Both(Box<Tally>, Box<Tally>),
    /// Sums of a custom loss and the numbers of their terms. The metrics are their means.
    Means(#[serde(with = "json::pairs")] BTreeMap<String, (f64, f64)>),
}

/// The errors of predicted numbers, by column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errors {
    columns: Vec<ColumnErrors>,
}

/// The errors of one column, and the mean and the spread of its targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnErrors {
    count: u64,
    /// Σ |error|
    #[serde(with = "json::figure")]
    absolute: f64,
    /// Σ error²
    #[serde(with = "json::figure")]
    squared: f64,
    /// The mean of the targets.
    #[serde(with = "json::figure")]
    mean: f64,
    /// Σ (target − mean)²
    #[serde(with = "json::figure")]
    spread: f64,
}

impl Tally {
    /// Adds the figures of more predictions.
    ///
    /// # Panics
    /// If they are of another kind, or of another number of columns.
    #[track_caller]
    pub fn merge(&mut self, more: Tally) {
        match (&mut *self, more) {
            (Tally::Nothing, more) => *self = more,
            (_, Tally::Nothing) => {}
            (Tally::Classes { samples, correct }, Tally::Classes { samples: s, correct: c }) => {
                *samples += s;
                *correct += c;
            }
            (
                Tally::Labels { hits, predicted, present },
                Tally::Labels { hits: h, predicted: q, present: p },
            ) => {
                for (sums, more) in [(hits, h), (predicted, q), (present, p)] {
                    assert!(sums.len() == more.len(), "Tally: the number of labels changed");
                    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
                }
            }
            (Tally::Numbers(errors), Tally::Numbers(more)) => errors.merge(more),
            (Tally::Both(first, second), Tally::Both(a, b)) => {
                first.merge(*a);
                second.merge(*b);
            }
            (Tally::Means(sums), Tally::Means(more)) => {
                for (name, (sum, count)) in more {
                    let entry = sums.entry(name).or_insert((0.0, 0.0));
                    *entry = (entry.0 + sum, entry.1 + count);
                }
            }
            (this, more) => panic!("Tally: {this:?} and {more:?} are of different kinds"),
        }
    }

    /// Returns the metrics. Leaves out those that are undefined, such as R² of equal targets, infinite or
    /// NaN.
    ///
    /// # Panics
    /// If a mean has a name that records of training use for something else, such as `loss`.
    #[track_caller]
    pub fn metrics(&self) -> Metrics {
        match self {
            Tally::Nothing => Metrics::new(),
            Tally::Classes { samples, correct } => named([("accuracy", ratio(*correct, *samples))]),
            Tally::Labels { hits, predicted, present } => {
                let sum = |counts: &[u64]| counts.iter().sum::<u64>();
                let f1 =
                    |hits: u64, predicted: u64, present: u64| ratio(2 * hits, predicted + present);
                let labels = hits.iter().zip(predicted).zip(present);
                // As scikit-learn counts a label that neither occurs nor is predicted.
                let each: Vec<f64> =
                    labels.map(|((&hits, &q), &p)| f1(hits, q, p).unwrap_or(0.0)).collect();
                let mean = each.iter().sum::<f64>() / each.len() as f64;
                named([
                    ("macro_f1", (!each.is_empty()).then_some(mean)),
                    ("micro_f1", f1(sum(hits), sum(predicted), sum(present))),
                ])
            }
            Tally::Numbers(errors) => errors.metrics(),
            Tally::Both(first, second) => {
                let mut metrics = first.metrics();
                second.add_to(&mut metrics);
                metrics
            }
            Tally::Means(sums) => {
                let means = sums.iter().map(|(name, (sum, count))| (name.clone(), sum / count));
                means.inspect(|(name, _)| check_name(name)).filter(|(_, m)| m.is_finite()).collect()
            }
        }
    }
}

impl Tally {
    /// Adds these metrics under names that are free.
    #[track_caller]
    fn add_to(&self, metrics: &mut Metrics) {
        if let Tally::Both(first, second) = self {
            first.add_to(metrics);
            return second.add_to(metrics);
        }
        for (name, value) in self.metrics() {
            let mut free = name.clone();
            for number in 2.. {
                if !metrics.contains_key(&free) {
                    break;
                }
                free = format!("{name}{number}");
            }
            metrics.insert(free, value);
        }
    }
}

/// The names of the other figures in a score, in a record of a log, and in the result of a run.
const TAKEN: [&str; 12] = [
    "loss",
    "record",
    "run",
    "epoch",
    "step",
    "rate",
    "parameters",
    "seconds",
    "samples",
    "name",
    "start",
    "runs",
];

#[track_caller]
fn check_name(name: &str) {
    assert!(
        !TAKEN.contains(&name),
        "Tally: a metric cannot be called `{name}`, as records of training use that name: choose another"
    );
}

/// Returns the metrics that are defined.
fn named<const N: usize>(metrics: [(&str, Option<f64>); N]) -> Metrics {
    let defined = metrics.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
    defined.filter(|(_, value)| value.is_finite()).collect()
}

/// Returns `part / whole`, or `None` if `whole` is 0.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Errors {
    /// Returns the errors of outputs with targets of the same shape, `[n, …]`. The numbers at the same place
    /// in all samples are a column.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn of<T: Scalar>(outputs: &Tensor<T>, targets: &Tensor<f32>) -> Self {
        assert!(
            outputs.shape() == targets.shape(),
            "Errors: outputs {:?} and targets {:?} must have the same shape",
            outputs.shape(),
            targets.shape()
        );
        let width = shape::len(targets.shape().get(1..).unwrap_or_default());
        let (outputs, targets) = (outputs.values(), targets.values());
        let column = |column: usize| {
            let places = (column..targets.len()).step_by(width.max(1));
            ColumnErrors::of(places.map(|at| (outputs[at].to_f64(), f64::from(targets[at]))))
        };
        Self { columns: (0..width).map(column).collect() }
    }

    #[track_caller]
    fn merge(&mut self, more: Errors) {
        let (here, there) = (self.columns.len(), more.columns.len());
        assert!(here == there, "Tally: cannot merge {there} columns of errors into {here}");
        let columns = self.columns.iter_mut().zip(more.columns);
        columns.for_each(|(column, more)| column.merge(more));
    }

    /// Returns the mean absolute error, the root of the mean squared error, and R²: the share of the
    /// targets' variance that the predictions explain, averaged over the columns that have one.
    fn metrics(&self) -> Metrics {
        let sum = |figure: fn(&ColumnErrors) -> f64| self.columns.iter().map(figure).sum::<f64>();
        let count = sum(|column| column.count as f64);
        let explained = |column: &ColumnErrors| {
            (column.spread > 0.0).then(|| 1.0 - column.squared / column.spread)
        };
        let explained: Vec<f64> = self.columns.iter().filter_map(explained).collect();
        let r2 = explained.iter().sum::<f64>() / explained.len() as f64;
        let is_defined = count > 0.0;
        named([
            ("mae", is_defined.then(|| sum(|column| column.absolute) / count)),
            ("r2", (!explained.is_empty()).then_some(r2)),
            ("rmse", is_defined.then(|| (sum(|column| column.squared) / count).sqrt())),
        ])
    }
}

impl ColumnErrors {
    /// Returns the figures of outputs and their targets.
    fn of(pairs: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut all = Self::default();
        for (output, target) in pairs {
            let error = output - target;
            let (absolute, squared) = (error.abs(), error * error);
            all.merge(Self { count: 1, absolute, squared, mean: target, spread: 0.0 });
        }
        all
    }

    /// Adds the figures of more samples. Means and spreads are merged as by Chan, Golub and LeVeque
    /// (1979). A sum of squares would lose all digits where the mean is large.
    fn merge(&mut self, more: Self) {
        let (n, m) = (self.count as f64, more.count as f64);
        if m == 0.0 {
            return;
        }
        let distance = more.mean - self.mean;
        self.mean += distance * m / (n + m);
        self.spread += more.spread + distance * distance * n * m / (n + m);
        self.count += more.count;
        self.absolute += more.absolute;
        self.squared += more.squared;
    }
}
