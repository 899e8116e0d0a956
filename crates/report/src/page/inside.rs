//! Draws what happens inside the best model: how large the outputs of its operations are, and the
//! gradients of the loss with respect to them, epoch by epoch.
//!
//! The size of a set of numbers is the root of their mean square. Sizes differ by powers of ten from
//! layer to layer, so their axis is logarithmic. All panels share it.

use std::ops::Range;

use train::{Activity, Epoch, Spread};

use super::axis::PlotAxis;
use super::canvas::{ACCENT, FOURTH, Ink, MUTED, Plot, PlotSubject, SECOND, TEXT, THIRD, short};
use super::curves::{PlotLine, Point, file_name, panel};
use super::error::ReportError;
use super::figures::TrainingReport;
use crate::metric_list::{three_digits, with_minus};

/// The size of a panel in CSS pixels.
const SIZE: (f64, f64) = (380.0, 190.0);

/// At most this many operations are shown; the JSON has the figures of all.
pub(super) const MOST_OPERATIONS: usize = 12;

/// At most this many operations have a line in the panel of zeros.
const MOST_LINES: usize = 6;

/// The most letters of a label in the panel of zeros.
const LONGEST: usize = 11;

/// The epochs of the best model's run, and the last one among them that was watched.
pub(super) struct Inside<'a> {
    pub(super) epochs: &'a [Epoch],
    pub(super) last: &'a Epoch,
    /// The place of the last one's operations in the JSON.
    pub(super) path: String,
}

impl TrainingReport {
    /// Returns the operations of the best model, if a run of it was watched.
    pub(super) fn inside(&self) -> Option<Inside<'_>> {
        let (model, run) = self.best_run()?;
        let epochs = &self.models[model].runs[run].history.epochs;
        let index = epochs.iter().rposition(|epoch| !epoch.activity.is_empty())?;
        let path = format!("/models/{model}/runs/{run}/history/epochs/{index}/activity");
        Some(Inside { epochs, last: &epochs[index], path })
    }
}

impl Inside<'_> {
    /// Returns the operations to show.
    pub(super) fn shown(&self) -> &[Activity] {
        &self.last.activity[..self.last.activity.len().min(MOST_OPERATIONS)]
    }

    /// Returns sentences on numbers that were infinite or NaN: for each operation its first such epoch.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut found: Vec<(String, String)> = Vec::new();
        for epoch in self.epochs {
            for activity in &epoch.activity {
                for (what, spread) in [
                    ("outputs", &activity.outputs),
                    ("gradients with respect to the outputs", &activity.gradients),
                ] {
                    let subject = format!("{what} of {}", name(activity));
                    let is_known = found.iter().any(|(known, _)| *known == subject);
                    if spread.not_finite == 0 || is_known {
                        continue;
                    }
                    let sentence = format!(
                        "In epoch {}, {} of the {} {subject} were infinite or NaN.",
                        epoch.number, spread.not_finite, spread.count
                    );
                    found.push((subject, sentence));
                }
            }
        }
        found.into_iter().map(|(_, sentence)| sentence).collect()
    }

    /// Returns the line of a figure of an operation over the epochs that were watched.
    fn line(
        &self,
        operation: &Activity,
        label: &str,
        ink: Ink,
        figure: impl Fn(&Activity) -> f64,
    ) -> PlotLine {
        let is_same = |other: &&Activity| name(other) == name(operation);
        let point = |epoch: &Epoch| {
            let value = figure(epoch.activity.iter().find(is_same)?);
            Point::of(epoch.number as i32, &[value]).filter(|_| value.is_finite())
        };
        let points = self.epochs.iter().filter_map(point).collect();
        PlotLine { label: label.to_string(), ink, points }
    }

    /// Returns the epochs to draw.
    fn range(&self) -> Range<i32> {
        let last = self.epochs.last().map_or(1, |epoch| epoch.number as i32);
        1..last.max(2)
    }
}

/// Returns an operation's name with its layer's, if it has one.
pub(super) fn name(activity: &Activity) -> String {
    match &activity.layer {
        Some(layer) => format!("{layer}, {}", activity.op),
        None => activity.op.clone(),
    }
}

/// Returns a panel of sizes for each operation, and one panel of zeros.
pub(super) fn plots(report: &TrainingReport) -> Result<Vec<Plot>, ReportError> {
    let Some(inside) = report.inside() else { return Ok(Vec::new()) };
    let mut plots = sizes(&inside)?;
    plots.extend(zeros(&inside)?);
    Ok(plots)
}

/// Returns a panel for each operation: the decimal logarithms of the sizes of its outputs and gradients.
fn sizes(inside: &Inside<'_>) -> Result<Vec<Plot>, ReportError> {
    let size = |spread: &Spread| spread.rms.log10();
    let lines = |operation: &Activity| {
        [
            inside.line(operation, "outputs", ACCENT, |activity| size(&activity.outputs)),
            inside.line(operation, "gradients", SECOND, |activity| size(&activity.gradients)),
        ]
    };
    let all: Vec<_> = inside.shown().iter().map(lines).collect();
    let heights = decades(all.iter().flatten());
    let labels = (heights.end - heights.start) as usize + 1;
    let draw = |(operation, lines): (&Activity, &[PlotLine; 2])| {
        let name = name(operation);
        let spread = |what: &str, spread: &Spread| match spread.count {
            0 => format!("no {what}"),
            _ => format!("{what} {}", three_digits(spread.rms)),
        };
        let title = format!(
            "{name}: size of outputs and gradients, by epoch. At last {}; {}",
            spread("outputs", &operation.outputs),
            spread("gradients", &operation.gradients)
        );
        let file = format!("inside-{}", file_name(&name));
        Plot::draw(PlotSubject::Inside, file, title, SIZE, |area| {
            let power = |y: &f64| with_minus(format!("1e{y:.0}"));
            let heights = PlotAxis::labeled(heights.clone(), labels.min(6), power);
            panel(area, &short(&name, 48), lines, &inside.range(), &heights)
        })
    };
    inside.shown().iter().zip(&all).map(draw).collect()
}

/// Returns whole powers of ten that hold all points, at least one decade.
fn decades<'a>(lines: impl IntoIterator<Item = &'a PlotLine>) -> Range<f64> {
    let points: Vec<f64> =
        lines.into_iter().flat_map(|line| &line.points).map(Point::height).collect();
    let low = points.iter().copied().fold(f64::INFINITY, f64::min).floor();
    let high = points.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil();
    match low.is_finite() && high.is_finite() {
        true => low..high.max(low + 1.0),
        false => 0.0..1.0,
    }
}

/// Returns the panel of the shares of outputs that are 0: a line for each operation that has such
/// outputs.
fn zeros(inside: &Inside<'_>) -> Result<Option<Plot>, ReportError> {
    let inks: [Ink; MOST_LINES] = [ACCENT, SECOND, TEXT, MUTED, THIRD, FOURTH];
    let mut lines = Vec::new();
    for operation in inside.shown() {
        // The operation first, as the end of a label is cut off.
        let label = match &operation.layer {
            Some(layer) => format!("{} of {layer}", operation.op),
            None => operation.op.clone(),
        };
        let (label, ink) = (short(&label, LONGEST), inks[lines.len() % inks.len()]);
        let line = inside.line(operation, &label, ink, |activity| activity.outputs.zeros * 100.0);
        if lines.len() < MOST_LINES && line.points.iter().any(|point| point.height() > 0.0) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let ends = lines.iter().filter_map(|line| Some((&line.label, line.points.last()?.height())));
    let ends: Vec<String> = ends.map(|(label, share)| format!("{label} {share:.1}")).collect();
    let title = format!("Zeros among the outputs, %, by epoch. At last {}", ends.join("; "));
    Plot::draw(PlotSubject::Inside, "inside-zeros".to_string(), title, SIZE, |area| {
        let heights = PlotAxis::labeled(0.0..100.0, 5, |y| format!("{y:.0}"));
        panel(area, "zeros among the outputs, %", &lines, &inside.range(), &heights)
    })
    .map(Some)
}
