//! Draws the settings that were tried: a line for each over the rounds of successive halving.

use std::collections::BTreeSet;
use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use train::{is_share, metric_label};

use super::axis::{PlotAxis, apart, drawable};
use super::canvas::{ACCENT, Area, DrawError, MUTED, Plot, PlotSubject, px, text};
use super::error::ReportError;
use super::figures::{BestModel, SearchReport, SearchTrial};
use super::plane::{Frame, Plane};
use crate::metric_list::scale;

/// The size of the plot in CSS pixels.
const SIZE: (f64, f64) = (560.0, 300.0);

/// Returns the plot of the search, if there was one.
pub(super) fn plot(best: &BestModel) -> Result<Option<Plot>, ReportError> {
    let Some(search) = &best.search else { return Ok(None) };
    let title = format!(
        "Search of {} settings: validation {} of each, by the most epochs of the round; setting {} was \
         chosen",
        search.trials.len(),
        metric_label(&search.metric),
        search.best
    );
    Plot::draw(PlotSubject::Search, "search".to_string(), title, SIZE, |area| draw(area, search))
        .map(Some)
}

fn draw(area: &Area<'_>, search: &SearchReport) -> Result<(), DrawError> {
    let unit = if is_share(&search.metric) { ", %" } else { "" };
    let heading = format!("validation {}{unit}, by epochs", metric_label(&search.metric));
    let (across, heights) = ranges(search);
    let low = heights.start;
    let frame = Frame { right: 28.0, ..Frame::new(&heading, "") };
    let across = PlotAxis::labeled(across, 0, |_| String::new());
    let mut plane = frame.draw(area, &across, &PlotAxis::of(&heights))?;
    // The chosen one is drawn last, above the others.
    let (others, best): (Vec<_>, Vec<_>) =
        search.trials.iter().partition(|trial| trial.number != search.best);
    for trial in others.into_iter().chain(best) {
        draw_trial(&mut plane, search, trial)?;
    }
    for epochs in rounds(search) {
        let (x, _) = plane.backend_coord(&((epochs as f64).ln(), low));
        let at = (x, px(SIZE.1 - 22.0));
        area.draw(&Text::new(format!("{epochs} epochs"), at, text(11.0, MUTED, HPos::Center)))?;
    }
    Ok(())
}

/// Returns the range of the logarithms of the epochs, in which rounds are evenly apart, as each has three times the
/// epochs of the one before; and the range of the scores. Both have a margin.
fn ranges(search: &SearchReport) -> (Range<f64>, Range<f64>) {
    let scores = search.trials.iter().flat_map(|trial| &trial.scores);
    let scores = scores.filter_map(|&(_, score)| drawable(score * factor(search)));
    let low = scores.clone().fold(f64::INFINITY, f64::min);
    let high = scores.fold(f64::NEG_INFINITY, f64::max);
    let air = 0.06 * (high - low).max(1e-3);
    let rounds = rounds(search);
    let first = rounds.first().map_or(1e9, |&epochs| epochs as f64).ln();
    let last = rounds.last().map_or(1.0, |&epochs| epochs.max(1) as f64).ln();
    (apart(first - 0.1, last + 0.1), apart(low - air, high + air))
}

/// Returns the most epochs of each round, in order.
fn rounds(search: &SearchReport) -> BTreeSet<usize> {
    search.trials.iter().flat_map(|trial| trial.scores.iter().map(|score| score.0)).collect()
}

/// Returns the factor from the JSON to the plot: 100 for shares, which are drawn in percent.
fn factor(search: &SearchReport) -> f64 {
    f64::from(scale(&search.metric))
}

/// Draws the line of a trial with a dot for each round.
fn draw_trial(
    plane: &mut Plane<'_, '_>,
    search: &SearchReport,
    trial: &SearchTrial,
) -> Result<(), DrawError> {
    let (ink, width, radius) = match trial.number == search.best {
        true => (ACCENT, 5, 4.0),
        false => (MUTED, 2, 2.5),
    };
    let point = |&(epochs, score): &(usize, f64)| {
        Some(((epochs as f64).ln(), drawable(score * factor(search))?))
    };
    let points: Vec<(f64, f64)> = trial.scores.iter().filter_map(point).collect();
    plane.draw_series(LineSeries::new(points.clone(), ink.color.stroke_width(width)))?;
    let dot = |point| Circle::new(point, px(radius), ink.color.filled());
    plane.draw_series(points.into_iter().map(dot))?;
    Ok(())
}
