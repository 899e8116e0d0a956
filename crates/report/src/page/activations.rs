//! Draws the learned activation beside well-known ones.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::{PlotAxis, apart, drawable};
use super::canvas::{ACCENT, Area, DrawError, Ink, MUTED, Plot, PlotSubject, SECOND, px, text};
use super::error::ReportError;
use super::figures::{ActivationCurve, CurveRole, TrainingReport};
use super::plane::Frame;

/// The size of the plot in CSS pixels.
const SIZE: (f64, f64) = (380.0, 270.0);

/// Draws one plot of all shapes, if there are any.
pub(super) fn plot(report: &TrainingReport) -> Result<Option<Plot>, ReportError> {
    let shapes = &report.shapes;
    if shapes.is_empty() {
        return Ok(None);
    }
    drawn("activation", shapes).map(Some)
}

/// Draws these shapes in one plot of this name.
pub(super) fn drawn(name: &str, shapes: &[ActivationCurve]) -> Result<Plot, ReportError> {
    let labels: Vec<&str> = shapes.iter().map(|shape| shape.label.as_str()).collect();
    let title =
        format!("The learned activation, output by input, beside others: {}", labels.join("; "));
    Plot::draw(PlotSubject::Learned, name.to_string(), title, SIZE, |area| draw(area, shapes))
}

fn draw(area: &Area<'_>, shapes: &[ActivationCurve]) -> Result<(), DrawError> {
    let (inputs, outputs) = ranges(shapes);
    let inputs = PlotAxis { labels: 9, ..PlotAxis::of(&inputs) };
    let frame = Frame { right: 8.0, ..Frame::new("activation: output by input", "input") };
    let mut chart = frame.draw(area, &inputs, &PlotAxis::of(&outputs))?;
    for (row, shape) in shapes.iter().enumerate() {
        let (ink, width) = pen(shape);
        let points = shape.points.iter().filter_map(|&(x, y)| Some((drawable(x)?, drawable(y)?)));
        chart.draw_series(LineSeries::new(points, ink.color.stroke_width(width)))?;
        // The upper left is free, because every such function is near zero there.
        let at = (px(48.0), px(48.0 + 16.0 * row as f64));
        area.draw(&Text::new(shape.label.clone(), at, text(11.0, ink, HPos::Left)))?;
    }
    Ok(())
}

/// Returns the range of inputs of all shapes, and the range of outputs with a margin.
fn ranges(shapes: &[ActivationCurve]) -> (Range<f64>, Range<f64>) {
    let points = || shapes.iter().flat_map(|shape| &shape.points);
    let range = |numbers: Vec<f64>| {
        let drawn = || numbers.iter().copied().filter_map(drawable);
        let low = drawn().fold(f64::INFINITY, f64::min);
        let high = drawn().fold(f64::NEG_INFINITY, f64::max);
        apart(low, high.max(low + 1e-3))
    };
    let outputs = range(points().map(|point| point.1).collect());
    let air = 0.06 * (outputs.end - outputs.start);
    (range(points().map(|point| point.0).collect()), apart(outputs.start - air, outputs.end + air))
}

/// Returns the color and width of a line.
fn pen(shape: &ActivationCurve) -> (Ink, u32) {
    match shape.role {
        CurveRole::Reference => (MUTED, 2),
        CurveRole::Start => (SECOND, 3),
        CurveRole::Learned => (ACCENT, 5),
    }
}
