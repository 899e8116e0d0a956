//! What the best model makes of the columns of a table: which ones it draws from, and how its predictions depend
//! on them. `train::explain` says what the figures mean; `importance.rs` and `dependence.rs` draw them.

use serde::Serialize;
use train::Importance;

/// The columns of a table, as the best model uses them. It was asked on test samples.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnsReport {
    /// The number of test samples that were asked about.
    pub samples: usize,
    /// The number of all test samples.
    pub of: usize,
    /// The number of times that each column was shuffled.
    pub repetitions: usize,
    /// The name of the metric that is shown beside the loss, if there is one.
    pub metric: Option<String>,
    /// The importance of each column, the highest first.
    pub importances: Vec<ColumnImportance>,
    /// The name of each output: the classes, the labels, or the number that is predicted.
    pub outputs: Vec<String>,
    /// `true` if the outputs are probabilities.
    pub are_probabilities: bool,
    /// The mean of each output over the samples as they are.
    pub means: Vec<f64>,
    /// The partial dependence on the strongest columns.
    pub dependences: Vec<ColumnDependence>,
}

/// The permutation importance of a column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnImportance {
    /// The name of the column.
    pub column: String,
    /// What shuffling it does to the score.
    #[serde(flatten)]
    pub importance: Importance,
}

/// The partial dependence of the predictions on a column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnDependence {
    /// The name of the column.
    pub column: String,
    /// The values that it was given.
    pub values: ColumnValues,
    /// For each value the mean of each output.
    pub means: Vec<Vec<f64>>,
}

/// Values of a column.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnValues {
    /// Numbers, or dates as days since 1970, from low to high.
    Numbers {
        /// The values.
        at: Vec<f64>,
        /// The nine deciles of the samples.
        deciles: Vec<f64>,
        /// `true` if these are dates.
        are_dates: bool,
    },
    /// Categories, the most frequent first.
    Categories {
        /// Their names.
        names: Vec<String>,
        /// The number of samples that have each.
        samples: Vec<usize>,
        /// The number of all different ones among the samples.
        of: usize,
    },
}

impl ColumnsReport {
    /// Returns the places of the outputs to draw, at most this many: those that move most over all columns.
    pub(super) fn drawn_outputs(&self, most: usize) -> Vec<usize> {
        let move_of = |output: usize| {
            let moves = self.dependences.iter().map(|dependence| {
                let values = dependence.means.iter().filter_map(|means| means.get(output).copied());
                let (low, high) = values
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                        (low.min(value), high.max(value))
                    });
                high - low
            });
            moves.fold(0.0, f64::max)
        };
        let mut outputs: Vec<usize> = (0..self.outputs.len()).collect();
        outputs.sort_by(|&a, &b| move_of(b).total_cmp(&move_of(a)));
        outputs.truncate(most);
        outputs.sort_unstable();
        outputs
    }
}
