//! Draws the settings that were tried: a line for each over the rounds of successive halving.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use train::{is_share, metric_label};

use super::canvas::{
    ACCENT, Area, DrawError, MUTED, PAPER, Plot, PlotSubject, RULE, TEXT, px, text,
};
use super::curves::{apart, digits, drawable};
use super::error::ReportError;
use super::figures::{BestModel, SearchReport};

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
    let is_share = is_share(&search.metric);
    let scale = if is_share { 100.0 } else { 1.0 };
    let unit = if is_share { ", %" } else { "" };
    let heading = format!("validation {}{unit}, by epochs", metric_label(&search.metric));
    area.draw(&Text::new(heading, (px(2.0), px(9.0)), text(13.0, TEXT, HPos::Left)))?;
    let points = search.trials.iter().flat_map(|trial| &trial.scores);
    let scores = points.clone().filter_map(|&(_, score)| drawable(score * scale));
    let low = scores.clone().fold(f64::INFINITY, f64::min);
    let high = scores.fold(f64::NEG_INFINITY, f64::max);
    let epochs = points.map(|&(epochs, _)| epochs as f64);
    // Rounds have three times the epochs of the one before: in the logarithm they are evenly apart.
    let last = epochs.clone().fold(1.0, f64::max).ln();
    let first = epochs.fold(f64::INFINITY, f64::min).min(1e9).ln();
    let air = 0.06 * (high - low).max(1e-3);
    let heights = apart(low - air, high + air);
    let digits = digits(heights.end - heights.start);
    let mut chart = ChartBuilder::on(area)
        .margin_top(px(24.0))
        .margin_right(px(28.0))
        .x_label_area_size(px(34.0))
        .y_label_area_size(px(40.0))
        .build_cartesian_2d(apart(first - 0.1, last + 0.1), heights)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .y_labels(5)
        .y_label_formatter(&|y| format!("{y:.digits$}").replace('-', "−"))
        .axis_desc_style(text(11.0, MUTED, HPos::Center))
        .label_style(text(11.0, MUTED, HPos::Center))
        .axis_style(PAPER.colour)
        .bold_line_style(RULE.colour.stroke_width(2))
        .light_line_style(TRANSPARENT)
        .draw()?;
    // The chosen one is drawn last, above the others.
    let (others, best): (Vec<_>, Vec<_>) =
        search.trials.iter().partition(|trial| trial.number != search.best);
    for trial in others.into_iter().chain(best) {
        let is_best = trial.number == search.best;
        let ink = if is_best { ACCENT } else { MUTED };
        let points: Vec<(f64, f64)> = (trial.scores.iter())
            .filter_map(|&(epochs, score)| Some(((epochs as f64).ln(), drawable(score * scale)?)))
            .collect();
        let width = if is_best { 5 } else { 2 };
        chart.draw_series(LineSeries::new(points.clone(), ink.colour.stroke_width(width)))?;
        let radius = px(if is_best { 4.0 } else { 2.5 });
        chart.draw_series(
            points.iter().map(|&point| Circle::new(point, radius, ink.colour.filled())),
        )?;
    }
    let mut rounds: Vec<usize> =
        search.trials.iter().flat_map(|trial| trial.scores.iter().map(|score| score.0)).collect();
    rounds.sort_unstable();
    rounds.dedup();
    for epochs in rounds {
        let (x, _) = chart.backend_coord(&((epochs as f64).ln(), low));
        let at = (x, px(SIZE.1 - 22.0));
        area.draw(&Text::new(format!("{epochs} epochs"), at, text(11.0, MUTED, HPos::Center)))?;
    }
    Ok(())
}
