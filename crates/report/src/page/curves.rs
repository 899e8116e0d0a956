//! Draws lines over the epochs: loss, metrics, learned parameters. Each model has a panel. All
//! panels of a kind share one scale, so that they can be compared by eye.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use plotters::coord::types::{RangedCoordf64, RangedCoordi32};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::{PlotAxis, apart, drawable};
use super::canvas::{ACCENT, Area, DrawError, Ink, MUTED, Plot, PlotSubject, px, text};
use super::error::ReportError;
use super::figures::{ModelRuns, SeedRun, TrainingReport};
use super::plane::Frame;
use crate::metric_list::{number, scale, three_digits, with_minus};
use train::{Epoch, Score, is_share, metric_label, short_name};

/// The size of a panel in CSS pixels.
const SIZE: (f64, f64) = (380.0, 230.0);

/// At most this many tracked parameters of a model are drawn; the JSON has the figures of all.
const MOST_PANELS: usize = 100;

/// At most this many metrics are drawn; the JSON has the figures of all.
const MOST_METRICS: usize = 20;

/// A line with its band: at each epoch the mean over the seeds, the lowest and the highest.
pub(super) struct PlotLine {
    pub(super) label: String,
    pub(super) ink: Ink,
    pub(super) points: Vec<Point>,
}

pub(super) struct Point {
    epoch: i32,
    low: f64,
    mean: f64,
    high: f64,
}

impl PlotLine {
    /// Creates the line of a figure over the epochs. Some of the runs may have stopped early.
    fn of(label: &str, ink: Ink, runs: &[SeedRun], figure: impl Fn(&Epoch) -> Option<f64>) -> Self {
        let last = runs.iter().map(|run| run.history.epochs.len()).max().unwrap_or(0);
        let point = |index: usize| {
            let epochs = runs.iter().filter_map(|run| run.history.epochs.get(index));
            Point::of(index as i32 + 1, &epochs.filter_map(&figure).collect::<Vec<_>>())
        };
        Self { label: label.to_string(), ink, points: (0..last).filter_map(point).collect() }
    }
}

impl Point {
    pub(super) fn of(epoch: i32, values: &[f64]) -> Option<Self> {
        let values: Vec<f64> = values.iter().copied().filter_map(drawable).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let low = values.iter().copied().reduce(f64::min)?;
        let high = values.iter().copied().reduce(f64::max)?;
        Some(Self { epoch, low, mean, high })
    }

    pub(super) fn height(&self) -> f64 {
        self.mean
    }
}

/// Returns a panel of the loss for each model, and then for each metric that the epochs have, also one
/// for each model.
pub(super) fn training(report: &TrainingReport) -> Result<Vec<Plot>, ReportError> {
    let loss = match &report.loss_unit {
        Some(unit) => format!("loss, {unit}"),
        None => "loss".to_string(),
    };
    let mut plots = panels(report, PlotSubject::Loss, "loss", &loss, |score| Some(score.loss))?;
    for name in metrics(report).into_iter().take(MOST_METRICS) {
        let heading = match is_share(name) {
            true => format!("{}, %", metric_label(name)),
            false => metric_label(name).to_string(),
        };
        let figure = |score: &Score| Some(score.metric(name)? * f64::from(scale(name)));
        plots.extend(panels(report, PlotSubject::Metric, name, &heading, figure)?);
    }
    Ok(plots)
}

/// Returns the names of the metrics of all epochs.
fn metrics(report: &TrainingReport) -> BTreeSet<&str> {
    let runs = report.models.iter().flat_map(|model| &model.runs);
    let epochs = runs.flat_map(|run| &run.history.epochs);
    let scores = epochs.flat_map(|epoch| epoch.validation.iter().chain([&epoch.training]));
    scores.flat_map(|score| score.metrics.keys().map(String::as_str)).collect()
}

fn panels(
    report: &TrainingReport,
    subject: PlotSubject,
    name: &str,
    heading: &str,
    figure: impl Fn(&Score) -> Option<f64>,
) -> Result<Vec<Plot>, ReportError> {
    let lines = |model: &ModelRuns| {
        let training = |epoch: &Epoch| figure(&epoch.training);
        let validation = |epoch: &Epoch| epoch.validation.as_ref().and_then(&figure);
        let lines = [
            PlotLine::of("training", MUTED, &model.runs, training),
            PlotLine::of("validation", ACCENT, &model.runs, validation),
        ];
        lines.into_iter().filter(|line| !line.points.is_empty()).collect::<Vec<_>>()
    };
    let all: Vec<Vec<PlotLine>> = report.models.iter().map(lines).collect();
    let (epochs, heights) = ranges(all.iter().flatten());
    let panel = |(model, lines): (&ModelRuns, &Vec<PlotLine>)| {
        let title = format!("{}: {heading}, by epoch. {}", model.name, described(lines));
        let name = format!("{}-{}", file_name(name), file_name(&model.name));
        Plot::draw(subject, name, title, SIZE, |area| {
            panel(
                area,
                &format!("{}: {heading}", model.name),
                lines,
                &epochs,
                &PlotAxis::of(&heights),
            )
        })
    };
    report.models.iter().zip(&all).map(panel).collect()
}

/// Returns a panel for each tracked parameter of each model, from its value before training on.
pub(super) fn parameters(report: &TrainingReport) -> Result<Vec<Plot>, ReportError> {
    let mut plots = Vec::new();
    for model in &report.models {
        let epochs = model.runs.iter().flat_map(|run| &run.history.epochs);
        let names: BTreeSet<&String> = epochs.flat_map(|epoch| epoch.tracked.keys()).collect();
        let mut alike: HashMap<&str, usize> = HashMap::new();
        for name in &names {
            *alike.entry(short_name(name)).or_default() += 1;
        }
        for name in names.iter().take(MOST_PANELS) {
            let symbol = symbol(name, alike[short_name(name)] > 1);
            let mut line = PlotLine::of(&symbol, ACCENT, &model.runs, |epoch| {
                epoch.tracked.get(*name).copied()
            });
            let start = model.start.get(*name).and_then(|&start| Point::of(0, &[start]));
            line.points.splice(0..0, start);
            let heading = format!("{}: {symbol}", model.name);
            let title = format!("{heading}, by epoch. {}", described(std::slice::from_ref(&line)));
            // The heading names the parameter.
            if let Some(last) = line.points.last() {
                line.label = with_minus(three_digits(last.mean));
            }
            let lines = [line];
            let file = format!("{}-{}", file_name(&model.name), file_name(name));
            plots.push(Plot::draw(PlotSubject::Learned, file, title, SIZE, |area| {
                let (epochs, heights) = ranges(&lines);
                panel(area, &heading, &lines, &epochs, &PlotAxis::of(&heights))
            })?);
        }
    }
    Ok(plots)
}

/// Returns a parameter's short name, with the name of its layer if another parameter has the same
/// short name.
fn symbol(name: &str, is_shared: bool) -> String {
    let short = short_name(name);
    match name.rsplit_once('.').filter(|_| is_shared) {
        Some((layer, _)) => format!("{layer}, {short}"),
        None => short.to_string(),
    }
}

/// Returns the beginning of a name, without characters that a file's name cannot have. Several
/// names may give the same result.
pub(super) fn file_name(name: &str) -> String {
    // A file's name may have 255 bytes, and is made of two names and some more.
    const MOST_BYTES: usize = 100;
    let fits = |&(start, c): &(usize, char)| start + c.len_utf8() <= MOST_BYTES;
    let letters = name.char_indices().take_while(fits).map(|(_, c)| c);
    letters.map(|c| if c.is_alphanumeric() { c } else { '-' }).collect()
}

/// Returns the ends of lines, in words.
fn described(lines: &[PlotLine]) -> String {
    let ends = lines.iter().filter_map(|line| {
        let (first, last) = (line.points.first()?, line.points.last()?);
        let (first, last) = (number(first.mean, 2), number(last.mean, 2));
        Some(format!("{} from {first} to {last}", line.label))
    });
    ends.collect::<Vec<_>>().join("; ")
}

/// Returns ranges of epochs and heights that hold all lines and their bands, with a margin.
pub(super) fn ranges<'a>(
    lines: impl IntoIterator<Item = &'a PlotLine>,
) -> (Range<i32>, Range<f64>) {
    let points: Vec<&Point> = lines.into_iter().flat_map(|line| &line.points).collect();
    let first = points.iter().map(|point| point.epoch).min().unwrap_or(1);
    let last = points.iter().map(|point| point.epoch).max().unwrap_or(1);
    let low = points.iter().map(|point| point.low).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(|point| point.high).fold(f64::NEG_INFINITY, f64::max);
    let air = if high > low { 0.06 * (high - low) } else { 0.5 };
    (first..last.max(first + 1), apart(low - air, high + air))
}

/// Draws lines over the epochs with their bands; each is labeled at its end.
pub(super) fn panel(
    area: &Area<'_>,
    heading: &str,
    lines: &[PlotLine],
    epochs: &Range<i32>,
    heights: &PlotAxis<'_>,
) -> Result<(), DrawError> {
    panel_over("epoch", area, heading, lines, epochs, heights)
}

/// Draws lines with their bands over epochs or steps.
pub(super) fn panel_over(
    axis: &str,
    area: &Area<'_>,
    heading: &str,
    lines: &[PlotLine],
    epochs: &Range<i32>,
    heights: &PlotAxis<'_>,
) -> Result<(), DrawError> {
    let frame = Frame { right: 68.0, ..Frame::new(heading, axis) };
    let mut chart = frame.draw_over(area, epochs.clone(), 6, &i32::to_string, heights)?;
    for line in lines {
        draw_line(&mut chart, line)?;
    }
    let ends = lines.iter().filter_map(|line| {
        let last = line.points.last()?;
        Some((chart.backend_coord(&(last.epoch, last.mean)), line.label.as_str(), line.ink))
    });
    let bottom = chart.plotting_area().get_pixel_range().1.end;
    label_ends(area, ends.collect(), bottom)
}

/// A panel's coordinates: epochs to the right, a figure upwards.
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordi32, RangedCoordf64>>;

/// Draws a line over its band, or a dot where there is one epoch only.
fn draw_line(chart: &mut Chart<'_, '_>, line: &PlotLine) -> Result<(), DrawError> {
    let color = line.ink.color;
    if line.points.iter().any(|point| point.high > point.low) {
        let upper = line.points.iter().map(|point| (point.epoch, point.high));
        let lower = line.points.iter().rev().map(|point| (point.epoch, point.low));
        let band: Vec<(i32, f64)> = upper.chain(lower).collect();
        chart.plotting_area().draw(&Polygon::new(band, color.mix(0.18)))?;
    }
    let mean = line.points.iter().map(|point| (point.epoch, point.mean));
    chart.draw_series(LineSeries::new(mean.clone(), color.stroke_width(3)))?;
    if line.points.len() == 1 {
        chart.draw_series(mean.map(|at| Circle::new(at, px(2.0), color.filled())))?;
    }
    Ok(())
}

/// Writes the label of each line to the right of its end, moved apart where they would overlap, and above the
/// bottom of the plot, where the axis has its numbers.
pub(super) fn label_ends(
    area: &Area<'_>,
    mut ends: Vec<((i32, i32), &str, Ink)>,
    bottom: i32,
) -> Result<(), DrawError> {
    ends.sort_by_key(|((_, y), ..)| *y);
    let heights = label_heights(ends.iter().map(|((_, y), ..)| *y), px(13.0), bottom - px(4.0));
    for (((x, _), label, ink), y) in ends.into_iter().zip(heights) {
        let style = text(11.0, ink, HPos::Left);
        area.draw(&Text::new(label.to_string(), (x + px(5.0), y), style))?;
    }
    Ok(())
}

/// Moves heights apart until neighbors are at least `distance` apart. The heights are in ascending order and counted
/// downwards. They move down, or up if there is no room left above `lowest`.
fn label_heights(heights: impl Iterator<Item = i32>, distance: i32, lowest: i32) -> Vec<i32> {
    let mut free = i32::MIN;
    let mut moved: Vec<i32> = heights
        .map(|height| {
            let height = height.max(free);
            free = height + distance;
            height
        })
        .collect();
    let mut room = lowest;
    for height in moved.iter_mut().rev() {
        *height = (*height).min(room);
        room = *height - distance;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_neither_overlap_nor_cross_the_axis() {
        let moved = |heights: &[i32]| label_heights(heights.iter().copied(), 10, 100);
        assert_eq!(moved(&[10, 50, 90]), [10, 50, 90]);
        assert_eq!(moved(&[50, 51, 52]), [50, 60, 70]);
        assert_eq!(moved(&[20, 97, 98, 99]), [20, 80, 90, 100]);
        assert_eq!(moved(&[75, 97, 99]), [75, 90, 100]);
        assert_eq!(moved(&[85, 97, 99]), [80, 90, 100]);
        assert_eq!(moved(&[]), Vec::<i32>::new());
    }
}
