//! Draws how often answers are right by how sure the model is of them: a point for each tenth of confidence.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use train::metrics::{Reliability, ReliabilityBin};

use super::axis::PlotAxis;
use super::canvas::{ACCENT, Area, DrawError, Ink, MUTED, Plot, PlotSubject, SECOND, px, text};
use super::error::ReportError;
use super::figures::BestModel;
use super::plane::Frame;

/// The size of the plot in CSS pixels.
const SIZE: (f64, f64) = (380.0, 300.0);

/// Returns the reliability diagram of the best model, if it has probabilities.
pub(super) fn plot(best: &BestModel) -> Result<Option<Plot>, ReportError> {
    let Some(calibration) = &best.calibration else { return Ok(None) };
    let error = |found: &Reliability| 100.0 * found.expected_calibration_error;
    let title = format!(
        "Reliability of {}: the share of answers that are right, by their confidence. Expected \
         calibration error {:.1} points before calibration, {:.1} after",
        best.name,
        error(&calibration.before),
        error(&calibration.after)
    );
    Plot::draw(PlotSubject::Reliability, "reliability".to_string(), title, SIZE, |area| {
        draw(
            area,
            &[("before", SECOND, &calibration.before), ("after", ACCENT, &calibration.after)],
        )
    })
    .map(Some)
}

fn draw(area: &Area<'_>, lines: &[(&str, Ink, &Reliability)]) -> Result<(), DrawError> {
    let per_cent = PlotAxis::labeled(0.0..100.0, 6, |share| format!("{share:.0}"));
    let frame = Frame::new("right, %, by confidence, %", "confidence, %");
    let mut chart = Frame { right: 12.0, ..frame }.draw(area, &per_cent, &per_cent)?;
    let diagonal = [(0.0, 0.0), (100.0, 100.0)];
    chart.draw_series(LineSeries::new(diagonal, MUTED.color.stroke_width(2)))?;
    for (row, (label, ink, found)) in lines.iter().enumerate() {
        let point = |bin: &ReliabilityBin| (100.0 * bin.confidence, 100.0 * bin.right);
        let points = found.bins.iter().map(point);
        chart.draw_series(LineSeries::new(points, ink.color.stroke_width(3)))?;
        let all: usize = found.bins.iter().map(|bin| bin.answers).sum();
        chart.draw_series(found.bins.iter().map(|bin| {
            // The area is the share of the answers.
            let radius = px(2.0 + 7.0 * (bin.answers as f64 / all as f64).sqrt());
            Circle::new(point(bin), radius, ink.color.filled())
        }))?;
        let at = (px(48.0), px(36.0 + 16.0 * row as f64));
        let words = format!("{label} calibration");
        area.draw(&Text::new(words, at, text(11.0, *ink, HPos::Left)))?;
    }
    Ok(())
}
