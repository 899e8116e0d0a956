//! Draws the permutation importance of each column: the mean rise of the loss, and its deviation.

use std::ops::Range;

use super::axis::{apart, drawable};
use super::bars::{Bar, BarPlot, BarRow};
use super::canvas::{ACCENT, Plot, PlotSubject};
use super::columns::{ColumnImportance, ColumnsReport};
use super::error::ReportError;
use super::figures::TrainingReport;
use crate::metric_list::three_digits;

/// At most this many columns are drawn; the JSON has the figures of all.
pub(super) const MOST_COLUMNS: usize = 20;

/// Returns the plot, if the best model's columns are known.
pub(super) fn plot(report: &TrainingReport) -> Result<Option<Plot>, ReportError> {
    let Some(columns) = &report.best.columns else { return Ok(None) };
    let shown = &columns.importances[..columns.importances.len().min(MOST_COLUMNS)];
    let unit = report.loss_unit.as_ref().map_or(String::new(), |unit| format!(", {unit}"));
    let first: Vec<String> = shown
        .iter()
        .take(5)
        .map(|found| format!("{} {}", found.column, three_digits(found.importance.loss.mean)))
        .collect();
    let title =
        format!("Rise of the loss when a column is shuffled. The strongest: {}", first.join("; "));
    let row = |found: &ColumnImportance| {
        let change = found.importance.loss;
        let bar = Bar { ink: ACCENT, value: change.mean, deviation: change.deviation };
        BarRow { name: found.column.clone(), bars: vec![bar] }
    };
    let plot = BarPlot {
        heading: "rise of the loss when shuffled",
        across: &format!("loss{unit}"),
        legend: Vec::new(),
        rows: shown.iter().map(row).collect(),
        range: range(columns),
        base: 0.0,
    };
    let name = "importance".to_string();
    Plot::draw(PlotSubject::Importance, name, title, plot.size(), |area| plot.draw(area)).map(Some)
}

/// Returns the range of all bars with their deviations.
fn range(columns: &ColumnsReport) -> Range<f64> {
    let ends = columns.importances.iter().flat_map(|found| {
        let change = found.importance.loss;
        [change.mean, change.mean - change.deviation, change.mean + change.deviation]
    });
    let ends: Vec<f64> = ends.filter_map(drawable).collect();
    let (low, high) =
        ends.iter().fold((0.0_f64, 0.0_f64), |(low, high), &end| (low.min(end), high.max(end)));
    let air = 0.04 * (high - low);
    // No bar is below 0 as a rule, and then the axis begins there.
    apart(if low < 0.0 { low - air } else { 0.0 }, high + air)
}
