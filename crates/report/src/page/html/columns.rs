//! The figures of the sections on a table: the columns that the best model draws from, and predicted and true
//! numbers.

use train::{Change, is_share, metric_label};

use super::{Figure, ReportPage, pointer, with_thousands};
use crate::comparison::LOSS;
use crate::page::columns::{ColumnImportance, ColumnValues, ColumnsReport};
use crate::page::dependence::MOST_OUTPUTS;
use crate::page::importance::MOST_COLUMNS;
use crate::page::residuals::ResidualReport;

impl ReportPage<'_> {
    /// Returns the columns of the best model in the table of importances.
    pub(super) fn important_columns<'c>(
        &self,
        columns: &'c ColumnsReport,
    ) -> &'c [ColumnImportance] {
        &columns.importances[..columns.importances.len().min(MOST_COLUMNS)]
    }

    /// Returns the mean and the deviation of the rise of the loss.
    pub(super) fn importance(&self, index: &usize, found: &ColumnImportance) -> [Figure; 2] {
        let Change { mean, deviation } = found.importance.loss;
        [("mean", mean), ("deviation", deviation)].map(|(name, value)| {
            let path = format!("/best/columns/importances/{index}/loss/{name}");
            Figure::metric(path, LOSS, value)
        })
    }

    /// Returns the mean and the deviation of the change of the metric; `None` if it is not defined.
    pub(super) fn metric_change(
        &self,
        index: &usize,
        found: &ColumnImportance,
        metric: &str,
    ) -> Option<[Figure; 2]> {
        let Change { mean, deviation } = *found.importance.metrics.get(metric)?;
        let figure = |(name, value)| {
            let path =
                format!("/best/columns/importances/{index}/metrics/{}/{name}", pointer(metric));
            match is_share(metric) {
                true => Figure::per_cent(path, value),
                false => Figure::size(path, value),
            }
        };
        Some([("mean", mean), ("deviation", deviation)].map(figure))
    }

    /// Returns the heading for the change of a metric, with its unit.
    pub(super) fn metric_heading(&self, metric: &str) -> String {
        match is_share(metric) {
            true => format!("{}, points", metric_label(metric)),
            false => metric_label(metric).to_string(),
        }
    }

    pub(super) fn asked_samples(&self, columns: &ColumnsReport) -> Figure {
        Figure::count("/best/columns/samples", columns.samples)
    }

    pub(super) fn all_samples(&self, columns: &ColumnsReport) -> Figure {
        Figure::count("/best/columns/of", columns.of)
    }

    /// Returns what the panels of dependence leave out, in sentences.
    pub(super) fn left_out(&self, columns: &ColumnsReport) -> Vec<String> {
        let mut sentences = Vec::new();
        let outputs = columns.outputs.len();
        if outputs > MOST_OUTPUTS && !columns.dependences.is_empty() {
            sentences.push(format!(
                "The {MOST_OUTPUTS} of {outputs} probabilities that move most are drawn; the JSON has all."
            ));
        }
        for dependence in &columns.dependences {
            let ColumnValues::Categories { names, of, .. } = &dependence.values else { continue };
            if names.len() < *of {
                let column = &dependence.column;
                let count = names.len();
                sentences.push(format!(
                    "The {count} most frequent of {of} values of {column} are drawn."
                ));
            }
        }
        sentences
    }

    /// Returns the mean and the standard deviation of the residuals.
    pub(super) fn residual_figures(&self, residuals: &ResidualReport) -> (Figure, Option<Figure>) {
        let figure = |name: &str, value| Figure::size(format!("/best/residuals/{name}"), value);
        let deviation = residuals.deviation.map(|deviation| figure("deviation", deviation));
        (figure("mean", residuals.mean), deviation)
    }

    pub(super) fn residual_samples(&self, residuals: &ResidualReport) -> String {
        with_thousands(residuals.points.len())
    }
}
