//! Draws bars to the right, in rows with a name.

use std::ops::Range;

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::{PlotAxis, drawable};
use super::canvas::{Area, DrawError, Ink, MUTED, TEXT, px, short, text};
use super::plane::Frame;

/// The most letters of a name.
const LONGEST: usize = 18;

/// The width of a plot, and the room above the bars and below them, in CSS pixels.
pub(super) const WIDTH: f64 = 380.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 34.0;

/// The room between two rows.
const GAP: f64 = 8.0;

/// A row of bars.
pub(super) struct BarRow {
    pub(super) name: String,
    pub(super) bars: Vec<Bar>,
}

pub(super) struct Bar {
    pub(super) ink: Ink,
    pub(super) value: f64,
    /// The standard deviation of the value, or 0.
    pub(super) deviation: f64,
}

/// A plot of bars.
pub(super) struct BarPlot<'a> {
    pub(super) heading: &'a str,
    /// What the axis is.
    pub(super) across: &'a str,
    /// The names of the bars of a row, if there are several.
    pub(super) legend: Vec<(String, Ink)>,
    pub(super) rows: Vec<BarRow>,
    pub(super) range: Range<f64>,
    /// Where bars begin.
    pub(super) base: f64,
}

impl BarPlot<'_> {
    /// Returns the height of a bar: one alone is thicker.
    fn thickness(&self) -> f64 {
        match self.bars() {
            1 => 11.0,
            2 | 3 => 8.0,
            _ => 6.0,
        }
    }

    /// Returns the most bars of a row.
    fn bars(&self) -> usize {
        self.rows.iter().map(|row| row.bars.len()).max().unwrap_or(1).max(1)
    }

    fn row_height(&self) -> f64 {
        (self.bars() as f64 * self.thickness()).max(10.0) + GAP
    }

    /// Returns the place of each name of the legend, in lines that are as long as the plot is wide.
    fn legend_places(&self) -> Vec<(f64, f64)> {
        let (mut x, mut y, mut places) = (2.0, TOP + 2.0, Vec::new());
        for (name, _) in &self.legend {
            let width = 6.4 * name.chars().count() as f64 + 12.0;
            if x > 2.0 && x + width > WIDTH {
                (x, y) = (2.0, y + 14.0);
            }
            places.push((x, y));
            x += width;
        }
        places
    }

    /// Returns the room above the bars.
    fn top(&self) -> f64 {
        self.legend_places().last().map_or(TOP, |(_, y)| y + 10.0)
    }

    /// Returns the size of the plot in CSS pixels.
    pub(super) fn size(&self) -> (f64, f64) {
        (WIDTH, self.top() + self.rows.len() as f64 * self.row_height() + BOTTOM)
    }

    pub(super) fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let names: Vec<String> = self.rows.iter().map(|row| short(&row.name, LONGEST)).collect();
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let left = (6.8 * longest as f64 + 16.0).max(36.0);
        let frame =
            Frame { top: self.top(), names: Some(left), ..Frame::new(self.heading, self.across) };
        for ((name, ink), (x, y)) in self.legend.iter().zip(self.legend_places()) {
            area.draw(&Text::new(name.clone(), (px(x), px(y)), text(11.0, *ink, HPos::Left)))?;
        }
        let upwards = PlotAxis::labeled(0.0..self.rows.len().max(1) as f64, 0, |_| String::new());
        let mut plane = frame.draw(area, &PlotAxis::of(&self.range), &upwards)?;
        let (height, gap) = (self.row_height(), GAP / 2.0);
        for (at, (row, name)) in self.rows.iter().zip(names).enumerate() {
            let top = self.top() + at as f64 * height;
            let words = text(11.0, TEXT, HPos::Right);
            area.draw(&Text::new(name, (px(left - 8.0), px(top + height / 2.0)), words))?;
            // Rows are counted from above, and the plane's numbers from below.
            let y = |pixels: f64| self.rows.len() as f64 - (at as f64 + pixels / height);
            let all = row.bars.len() as f64 * self.thickness();
            for (number, bar) in row.bars.iter().enumerate() {
                let Some(value) = drawable(bar.value) else { continue };
                let start =
                    gap + (height - 2.0 * gap - all) / 2.0 + number as f64 * self.thickness();
                let corners = [(self.base, y(start)), (value, y(start + self.thickness() - 1.0))];
                plane.draw_series([Rectangle::new(corners, bar.ink.color.filled())])?;
                if let Some(off) = drawable(bar.deviation).filter(|off| *off > 0.0) {
                    let middle = y(start + (self.thickness() - 1.0) / 2.0);
                    let ends = [(value - off, middle), (value + off, middle)];
                    plane.draw_series(LineSeries::new(ends, TEXT.color.stroke_width(2)))?;
                }
            }
        }
        let base = [(self.base, 0.0), (self.base, self.rows.len() as f64)];
        plane.draw_series(LineSeries::new(base, MUTED.color.stroke_width(2)))?;
        Ok(())
    }
}
