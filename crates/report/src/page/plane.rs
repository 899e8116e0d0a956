//! The axes of a plot of one number by another, and its coordinates.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::PlotAxis;
use super::canvas::{Area, DrawError, MUTED, PAPER, RULE, TEXT, px, text};

/// The coordinates of a plot: a number to the right, a number upwards.
pub(super) type Plane<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The words of a plot, and the room beside it in CSS pixels.
pub(super) struct Frame<'a> {
    /// What the plot shows.
    pub(super) heading: &'a str,
    /// What the axis to the right is; empty if its labels say it.
    pub(super) across: &'a str,
    /// The room above the plot, for the heading and what else is there.
    pub(super) top: f64,
    /// The room to the left, if names stand there in place of numbers.
    pub(super) names: Option<f64>,
    /// The room to the right.
    pub(super) right: f64,
}

impl<'a> Frame<'a> {
    /// Creates the frame of a plot with numbers on both axes.
    pub(super) fn new(heading: &'a str, across: &'a str) -> Self {
        Self { heading, across, top: 24.0, names: None, right: 14.0 }
    }

    /// Draws heading and axes.
    pub(super) fn draw<'p, 'b>(
        &self,
        area: &'p Area<'b>,
        across: &PlotAxis<'_>,
        upwards: &PlotAxis<'_>,
    ) -> Result<Plane<'p, 'b>, DrawError> {
        self.draw_over(area, across.range.clone(), across.labels, &across.label, upwards)
    }

    /// Draws heading and axes. `X` is the range to the right, of numbers of any type, such as epochs. There are at
    /// most `labels` labels on it, which `label` writes.
    pub(super) fn draw_over<'p, 'b, X>(
        &self,
        area: &'p Area<'b>,
        across: X,
        labels: usize,
        label: &dyn Fn(&X::Value) -> String,
        upwards: &PlotAxis<'_>,
    ) -> Result<
        ChartContext<'p, SVGBackend<'b>, Cartesian2d<X::CoordDescType, RangedCoordf64>>,
        DrawError,
    >
    where
        X: AsRangedCoord,
        X::CoordDescType: ValueFormatter<X::Value>,
    {
        let heading = text(13.0, TEXT, HPos::Left);
        area.draw(&Text::new(self.heading.to_string(), (px(2.0), px(9.0)), heading))?;
        let mut plane = ChartBuilder::on(area)
            .margin_top(px(self.top))
            .margin_right(px(self.right))
            .x_label_area_size(px(34.0))
            .y_label_area_size(px(self.names.unwrap_or(upwards.width())))
            .build_cartesian_2d(across, upwards.range.clone())?;
        let mut mesh = plane.configure_mesh();
        // Lines cross the axis that values are read from.
        match self.names {
            Some(_) => mesh.disable_y_mesh().y_labels(0),
            None => mesh.disable_x_mesh().y_labels(upwards.labels),
        };
        if !self.across.is_empty() {
            mesh.x_desc(self.across);
        }
        mesh.x_labels(labels)
            .x_label_formatter(label)
            .y_label_formatter(&upwards.label)
            .axis_desc_style(text(11.0, MUTED, HPos::Center))
            .label_style(text(11.0, MUTED, HPos::Center))
            .axis_style(PAPER.color)
            .bold_line_style(RULE.color.stroke_width(2))
            .light_line_style(TRANSPARENT)
            .draw()?;
        Ok(plane)
    }
}
