//! Draws how the predictions depend on each of the strongest columns: lines over numbers and dates, bars over
//! categories. All panels share one scale, so that a strong column looks stronger than a weak one.

use std::ops::{Range, RangeInclusive};

use data::iso_date;
use plotters::prelude::*;

use super::axis::{PlotAxis, apart, drawable};
use super::bars::{Bar, BarPlot, BarRow};
use super::canvas::{
    ACCENT, Area, DrawError, FOURTH, Ink, MUTED, Plot, PlotSubject, SECOND, TEXT, THIRD, px, short,
};
use super::columns::{ColumnDependence, ColumnValues, ColumnsReport};
use super::curves::{file_name, label_ends};
use super::error::ReportError;
use super::figures::BestModel;
use super::plane::{Frame, Plane};
use crate::metric_list::number;

/// The size of a panel of lines in CSS pixels.
const SIZE: (f64, f64) = (380.0, 230.0);

/// The colors of the outputs. At most this many are drawn; the JSON has the figures of all.
const OUTPUTS: [Ink; 6] = [ACCENT, SECOND, THIRD, FOURTH, MUTED, TEXT];
pub(super) const MOST_OUTPUTS: usize = OUTPUTS.len();

/// The most letters of an output's name beside its line.
const LONGEST: usize = 10;

/// What all panels share.
struct Panels<'a> {
    columns: &'a ColumnsReport,
    /// The places of the outputs that are drawn.
    outputs: Vec<usize>,
    /// The factor from the JSON to the plot: 100 for probabilities, which are drawn in percent.
    scale: f64,
    range: Range<f64>,
}

/// Returns a panel for each column whose dependence is known.
pub(super) fn plots(best: &BestModel) -> Result<Vec<Plot>, ReportError> {
    let Some(columns) = &best.columns else { return Ok(Vec::new()) };
    let panels = Panels::of(columns);
    columns.dependences.iter().map(|dependence| panels.plot(dependence)).collect()
}

impl<'a> Panels<'a> {
    fn of(columns: &'a ColumnsReport) -> Self {
        let outputs = columns.drawn_outputs(MOST_OUTPUTS);
        let scale = if columns.are_probabilities { 100.0 } else { 1.0 };
        let all = columns.dependences.iter().flat_map(|dependence| &dependence.means);
        let rows = all.chain([&columns.means]);
        let drawn = rows.flat_map(|means| outputs.iter().filter_map(|&output| means.get(output)));
        let drawn: Vec<f64> = drawn.filter_map(|&mean| drawable(mean * scale)).collect();
        let low = drawn.iter().copied().fold(f64::INFINITY, f64::min);
        let high = drawn.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let air = 0.06 * (high - low);
        // The length of a bar is a probability only if it begins at 0.
        let (low, high) = match columns.are_probabilities {
            true => (low.min(0.0), high.max(0.0) + air),
            false => (low - air, high + air),
        };
        Self { columns, outputs, scale, range: apart(low, high) }
    }

    fn plot(&self, dependence: &ColumnDependence) -> Result<Plot, ReportError> {
        let column = &dependence.column;
        let what = match self.columns.are_probabilities {
            true => "probability, %".to_string(),
            false => format!("predicted {}", short(&self.columns.outputs.join(", "), 18)),
        };
        let heading = format!("{}: {what}", short(column, 24));
        let file = format!("dependence-{}", file_name(column));
        let title = format!("Mean {what} by {column}. {}", self.described(dependence));
        match &dependence.values {
            ColumnValues::Numbers { at, deciles, are_dates } => {
                Plot::draw(PlotSubject::Dependence, file, title, SIZE, |area| {
                    self.draw_lines(area, &heading, dependence, (at, deciles), *are_dates)
                })
            }
            ColumnValues::Categories { names, .. } => {
                let bars = self.bars(&heading, &what, dependence, names);
                let size = bars.size();
                Plot::draw(PlotSubject::Dependence, file, title, size, |area| bars.draw(area))
            }
        }
    }

    /// Returns the lowest and the highest mean of each output, in words.
    fn described(&self, dependence: &ColumnDependence) -> String {
        let output = |&output: &usize| {
            let values = self.means(dependence, output);
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let (low, high) = (number(low, 2), number(high, 2));
            format!("{} from {low} to {high}", self.columns.outputs[output])
        };
        self.outputs.iter().map(output).collect::<Vec<_>>().join("; ")
    }

    /// Returns the mean of an output at each value, on the plot's scale.
    fn means(&self, dependence: &ColumnDependence, output: usize) -> Vec<f64> {
        let mean = |means: &Vec<f64>| means.get(output).map_or(f64::NAN, |mean| mean * self.scale);
        dependence.means.iter().map(mean).collect()
    }

    /// Returns the name and the color of each output that is drawn.
    fn legend(&self) -> Vec<(String, Ink)> {
        let names = self.outputs.iter().map(|&output| short(&self.columns.outputs[output], 18));
        names.zip(OUTPUTS).collect()
    }

    fn draw_lines(
        &self,
        area: &Area<'_>,
        heading: &str,
        dependence: &ColumnDependence,
        (at, deciles): (&[f64], &[f64]),
        are_dates: bool,
    ) -> Result<(), DrawError> {
        let drawn = || at.iter().copied().filter_map(drawable);
        let first = drawn().fold(f64::INFINITY, f64::min);
        let last = drawn().fold(f64::NEG_INFINITY, f64::max);
        let across = match are_dates {
            // A day has a label only if the axis is longer than it.
            true if last - first < 2.0 => {
                PlotAxis::labeled(first - 1.0..last + 1.0, 4, |days| whole_date(*days))
            }
            true => PlotAxis::labeled(apart(first, last), 4, |days| whole_date(*days)),
            false => PlotAxis::of(&apart(first, last)),
        };
        let has_names = self.columns.outputs.len() > 1;
        // Half of the last date is beyond the end of its axis.
        let right = if has_names { 68.0 } else { 36.0 };
        let column = short(&dependence.column, 40);
        let frame = Frame { right, ..Frame::new(heading, &column) };
        let mut plane = frame.draw(area, &across, &PlotAxis::of(&self.range))?;
        self.draw_deciles(&mut plane, deciles, first..=last)?;
        let mean = self.columns.means.first().map(|mean| mean * self.scale).and_then(drawable);
        if let (Some(mean), false) = (mean, has_names) {
            let ends = [(first, mean), (last, mean)];
            plane.draw_series(LineSeries::new(ends, MUTED.color.stroke_width(1)))?;
        }
        let mut ends = Vec::new();
        for (&output, (name, ink)) in self.outputs.iter().zip(self.legend()) {
            let end = draw_line(&mut plane, at, &self.means(dependence, output), ink)?;
            ends.extend(end.map(|end| (end, short(&name, LONGEST), ink)));
        }
        if has_names {
            let ends = ends.iter().map(|(end, name, ink)| (*end, name.as_str(), *ink)).collect();
            label_ends(area, ends, plane.plotting_area().get_pixel_range().1.end)?;
        }
        Ok(())
    }

    /// Draws a tick for each decile of the column. Few values far out have deciles beyond the ends of the line.
    fn draw_deciles(
        &self,
        plane: &mut Plane<'_, '_>,
        deciles: &[f64],
        line: RangeInclusive<f64>,
    ) -> Result<(), DrawError> {
        let (low, height) = (self.range.start, self.range.end - self.range.start);
        for decile in deciles.iter().copied().filter(|decile| line.contains(decile)) {
            let tick = [(decile, low), (decile, low + 0.035 * height)];
            plane.draw_series(LineSeries::new(tick, MUTED.color.stroke_width(2)))?;
        }
        Ok(())
    }

    fn bars<'p>(
        &self,
        heading: &'p str,
        what: &'p str,
        dependence: &ColumnDependence,
        names: &[String],
    ) -> BarPlot<'p> {
        let row = |(at, name): (usize, &String)| {
            let bar = |(&output, ink): (&usize, Ink)| Bar {
                ink,
                value: self.means(dependence, output).get(at).copied().unwrap_or(f64::NAN),
                deviation: 0.0,
            };
            let bars = self.outputs.iter().zip(OUTPUTS).map(bar).collect();
            BarRow { name: name.clone(), bars }
        };
        let mean = self.columns.means.first().copied().and_then(drawable).unwrap_or(0.0);
        BarPlot {
            heading,
            across: what,
            legend: if self.columns.outputs.len() > 1 { self.legend() } else { Vec::new() },
            rows: names.iter().enumerate().map(row).collect(),
            range: self.range.clone(),
            base: if self.columns.are_probabilities { 0.0 } else { mean },
        }
    }
}

/// Draws a line with a dot at each value of the column, and returns where it ends on the plot.
fn draw_line(
    plane: &mut Plane<'_, '_>,
    at: &[f64],
    means: &[f64],
    ink: Ink,
) -> Result<Option<(i32, i32)>, DrawError> {
    let points = at.iter().zip(means).map(|(&x, &y)| Some((drawable(x)?, drawable(y)?)));
    let points: Vec<(f64, f64)> = points.flatten().collect();
    plane.draw_series(LineSeries::new(points.clone(), ink.color.stroke_width(3)))?;
    let dot = |&point: &(f64, f64)| Circle::new(point, px(1.8), ink.color.filled());
    plane.draw_series(points.iter().map(dot))?;
    Ok(points.last().map(|end| plane.backend_coord(end)))
}

/// Returns the date at a place of an axis; an empty text between two days.
fn whole_date(days: f64) -> String {
    match (days - days.round()).abs() < 1e-6 {
        true => iso_date(days.round()),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_at_its_day_only() {
        let labels = [19786.0, 19787.0, 19787.5, 19788.0].map(whole_date);
        assert_eq!(labels, ["2024-03-04", "2024-03-05", "", "2024-03-06"]);
    }
}
