//! Predicted numbers beside the true ones: the figures, and their plots.

use std::ops::Range;

use plotters::prelude::*;
use serde::Serialize;

use super::axis::{PlotAxis, apart, drawable};
use super::canvas::{ACCENT, Area, DrawError, MUTED, Plot, PlotSubject, px, short};
use super::error::ReportError;
use super::plane::Frame;
use crate::metric_list::number;
use crate::statistics::{mean, standard_deviation};

/// The size of a plot in CSS pixels.
const SIZE: (f64, f64) = (380.0, 300.0);

/// At most this many samples are drawn, and in the JSON: more would make the page heavy.
const MOST_POINTS: usize = 1_000;

/// The number of bins of a histogram, about.
const BINS: f64 = 24.0;

/// The residuals of predicted numbers, on the test samples and in the unit of the target. A residual is the true
/// number minus the predicted one.
#[derive(Clone, Debug, Serialize)]
pub struct ResidualReport {
    /// The name of what is predicted.
    pub target: String,
    /// The number of test samples.
    pub samples: usize,
    /// The mean of the residuals.
    pub mean: f64,
    /// Their standard deviation; `None` of a single sample.
    pub deviation: Option<f64>,
    /// The true and the predicted number of samples at even distances, at most a thousand.
    pub points: Vec<(f64, f64)>,
    /// The number of residuals by their size, of all samples.
    pub histogram: Vec<ResidualBin>,
}

/// A bin of a histogram.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResidualBin {
    /// The smallest residual of the bin.
    pub from: f64,
    /// The end of the bin, which belongs to the next one.
    pub to: f64,
    /// The number of samples.
    pub samples: usize,
}

impl ResidualReport {
    /// Measures the residuals of samples, each its true and its predicted number.
    ///
    /// # Panics
    /// If there are no samples.
    #[track_caller]
    pub fn of(target: &str, samples: &[(f64, f64)]) -> Self {
        assert!(!samples.is_empty(), "ResidualReport::of: there are no samples");
        let residuals: Vec<f64> = samples.iter().map(|(truth, found)| truth - found).collect();
        let shown = samples.len().min(MOST_POINTS);
        Self {
            target: target.to_string(),
            samples: samples.len(),
            mean: mean(&residuals),
            deviation: standard_deviation(&residuals),
            points: (0..shown).map(|at| samples[at * samples.len() / shown]).collect(),
            histogram: histogram(&residuals),
        }
    }
}

/// Counts numbers in bins of one width, a round one, so that 0 is between two bins.
fn histogram(residuals: &[f64]) -> Vec<ResidualBin> {
    let drawn: Vec<f64> = residuals.iter().copied().filter_map(drawable).collect();
    let low = drawn.iter().copied().fold(f64::INFINITY, f64::min);
    let high = drawn.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = apart(low, high);
    let width = round_step((range.end - range.start) / BINS);
    let first = (range.start / width).floor();
    let count = ((range.end / width).floor() - first) as usize + 1;
    let edge = |bin: usize| (first + bin as f64) * width;
    let mut bins: Vec<ResidualBin> = (0..count)
        .map(|bin| ResidualBin { from: edge(bin), to: edge(bin + 1), samples: 0 })
        .collect();
    for residual in drawn {
        let bin = ((residual / width).floor() - first).max(0.0) as usize;
        bins[bin.min(count - 1)].samples += 1;
    }
    bins
}

/// Returns the step of 1, 2 or 5 times a power of ten that is at least this.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= least).unwrap_or(10.0 * power)
}

/// Returns the plots.
pub(super) fn plots(residuals: &ResidualReport) -> Result<Vec<Plot>, ReportError> {
    let target = short(&residuals.target, 24);
    let figures = format!(
        "mean {}, standard deviation {}",
        number(residuals.mean, 2),
        residuals.deviation.map_or("undefined".to_string(), |deviation| number(deviation, 2))
    );
    let plot = |name: &str, title: String, paint: &dyn Fn(&Area<'_>) -> Result<(), DrawError>| {
        Plot::draw(PlotSubject::Residuals, name.to_string(), title, SIZE, paint)
    };
    Ok(vec![
        plot(
            "predicted-against-true",
            format!("Predicted {target} by the true one, of {} samples", residuals.points.len()),
            &|area| draw_predictions(area, &target, &residuals.points),
        )?,
        plot(
            "residuals",
            format!("Residuals, true − predicted, by the predicted {target}: {figures}"),
            &|area| draw_residuals(area, &target, &residuals.points),
        )?,
        plot("residuals-histogram", format!("Histogram of the residuals: {figures}"), &|area| {
            draw_histogram(area, &residuals.histogram)
        })?,
    ])
}

/// Returns the range of these numbers, with a margin.
fn range(numbers: impl Iterator<Item = f64>) -> Range<f64> {
    let numbers: Vec<f64> = numbers.filter_map(drawable).collect();
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let air = 0.04 * (high - low);
    apart(low - air, high + air)
}

fn draw_predictions(area: &Area<'_>, target: &str, points: &[(f64, f64)]) -> Result<(), DrawError> {
    // Both axes are of one unit, and have one range.
    let range = range(points.iter().flat_map(|&(truth, found)| [truth, found]));
    let (axis, heading) = (PlotAxis::of(&range), format!("{target}: predicted by true"));
    let across = format!("true {target}");
    let mut plane = Frame::new(&heading, &across).draw(area, &axis, &axis)?;
    let diagonal = [(range.start, range.start), (range.end, range.end)];
    plane.draw_series(LineSeries::new(diagonal, MUTED.color.stroke_width(2)))?;
    let points = points.iter().filter_map(|&(x, y)| Some((drawable(x)?, drawable(y)?)));
    plane.draw_series(points.map(dot))?;
    Ok(())
}

fn draw_residuals(area: &Area<'_>, target: &str, points: &[(f64, f64)]) -> Result<(), DrawError> {
    let points = points.iter().map(|&(truth, found)| (found, truth - found));
    let points: Vec<(f64, f64)> =
        points.filter_map(|(x, y)| Some((drawable(x)?, drawable(y)?))).collect();
    let across = range(points.iter().map(|point| point.0));
    let heights = range(points.iter().map(|point| point.1).chain([0.0]));
    let (heading, below) = ("residuals: true − predicted", format!("predicted {target}"));
    let frame = Frame::new(heading, &below);
    let mut plane = frame.draw(area, &PlotAxis::of(&across), &PlotAxis::of(&heights))?;
    let zero = [(across.start, 0.0), (across.end, 0.0)];
    plane.draw_series(LineSeries::new(zero, MUTED.color.stroke_width(2)))?;
    plane.draw_series(points.into_iter().map(dot))?;
    Ok(())
}

/// Returns a sample's dot. Where many are, it is darker.
fn dot(point: (f64, f64)) -> Circle<(f64, f64), i32> {
    Circle::new(point, px(2.0), ACCENT.color.mix(0.45).filled())
}

fn draw_histogram(area: &Area<'_>, bins: &[ResidualBin]) -> Result<(), DrawError> {
    let across = range(bins.iter().flat_map(|bin| [bin.from, bin.to]));
    let highest = bins.iter().map(|bin| bin.samples).max().unwrap_or(1).max(1) as f64;
    let heights = PlotAxis::of(&(0.0..1.06 * highest));
    let frame = Frame::new("residuals: number of samples", "true − predicted");
    let mut plane = frame.draw(area, &PlotAxis::of(&across), &heights)?;
    let bar = |bin: &ResidualBin| {
        let corners = [(bin.from, 0.0), (bin.to, bin.samples as f64)];
        let mut bar = Rectangle::new(corners, ACCENT.color.mix(0.75).filled());
        bar.set_margin(0, 0, 1, 1);
        bar
    };
    plane.draw_series(bins.iter().filter(|bin| bin.samples > 0).map(bar))?;
    if across.contains(&0.0) {
        let zero = [(0.0, 0.0), (0.0, 1.06 * highest)];
        plane.draw_series(LineSeries::new(zero, MUTED.color.stroke_width(2)))?;
    }
    Ok(())
}
