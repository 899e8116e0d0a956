//! Drawing for pages of documentation: SVG in the colors of the page, light or dark.
//!
//! plotters writes literal colors. Black becomes `currentColor`, which is the color of the text around
//! the picture; the other colors are readable on light and on dark pages.

use std::io;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Drawn = Result<(), DrawingAreaErrorKind<io::Error>>;

pub const TEXT: RGBColor = BLACK;
pub const BLUE: RGBColor = RGBColor(0x3B, 0x82, 0xD0);
pub const ORANGE: RGBColor = RGBColor(0xD0, 0x6A, 0x1F);
pub const GREEN: RGBColor = RGBColor(0x3F, 0x96, 0x4F);

/// plotters has whole units only, so a unit is half a CSS pixel.
const UNITS: f64 = 2.0;

/// Converts CSS pixels to units.
pub fn px(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

/// Returns a drawing of this size in CSS pixels. `title` describes it to readers who cannot see it.
pub fn draw(
    title: &str,
    (width, height): (f64, f64),
    paint: impl FnOnce(&Area<'_>) -> Drawn,
) -> String {
    let size = (px(width).unsigned_abs(), px(height).unsigned_abs());
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    paint(&area).and_then(|()| area.present()).expect("a string can be drawn to");
    drop(area);
    let (_, body) = svg.split_once('>').expect("the tag of the picture");
    let body = body.replace("\"#000000\"", "\"currentColor\"");
    format!(
        "<svg viewBox=\"0 0 {} {}\" style=\"display: block; width: 100%; max-width: {width}px\" role=\"img\" \
         aria-label=\"{title}\" xmlns=\"http://www.w3.org/2000/svg\">\n{}\n",
        size.0,
        size.1,
        body.trim()
    )
}

/// Returns a style for text of this size in CSS pixels, vertically at its middle.
pub fn text(size: f64, color: RGBColor, anchor: HPos) -> TextStyle<'static> {
    // plotters' unit of size is 1.24 times SVG's unit.
    TextStyle {
        font: ("sans-serif", size * UNITS * 1.24).into_font(),
        color: color.to_backend_color(),
        pos: Pos::new(anchor, VPos::Center),
    }
}

/// A line of a chart, with a label to the right of a point.
pub struct Line {
    pub label: (&'static str, (f64, f64)),
    pub color: RGBColor,
    pub points: Vec<(f64, f64)>,
}

/// An axis: what it shows, its range, and how a number on it is written.
pub struct Axis {
    pub name: &'static str,
    pub range: Range<f64>,
    pub labels: usize,
    pub number: fn(&f64) -> String,
}

/// Returns a chart of lines.
pub fn chart(title: &str, x: &Axis, y: &Axis, lines: &[Line]) -> String {
    draw(title, (640.0, 320.0), |area| {
        area.draw(&Text::new(y.name, (px(4.0), px(10.0)), text(12.0, TEXT, HPos::Left)))?;
        let mut chart = ChartBuilder::on(area)
            .margin_top(px(26.0))
            .margin_right(px(130.0))
            .x_label_area_size(px(40.0))
            .y_label_area_size(px(52.0))
            .build_cartesian_2d(x.range.clone(), y.range.clone())?;
        chart
            .configure_mesh()
            .x_labels(x.labels)
            .y_labels(y.labels)
            .x_label_formatter(&x.number)
            .y_label_formatter(&y.number)
            .x_desc(x.name)
            .axis_desc_style(text(12.0, TEXT, HPos::Center))
            .label_style(text(11.0, TEXT, HPos::Center))
            .axis_style(TEXT)
            .bold_line_style(TEXT.mix(0.12))
            .light_line_style(TRANSPARENT)
            .draw()?;
        for line in lines {
            let points = line.points.iter().copied();
            chart.draw_series(LineSeries::new(points, line.color.stroke_width(4)))?;
            let (label, at) = line.label;
            let (x, y) = chart.backend_coord(&at);
            let style = text(12.0, line.color, HPos::Left);
            area.draw(&Text::new(label, (x + px(6.0), y), style))?;
        }
        Ok(())
    })
}

/// Writes the power of ten with this exponent.
pub fn power_of_ten(exponent: &f64) -> String {
    let digits = format!("{exponent:.0}");
    let raised = digits.chars().map(|digit| match digit {
        '-' => '⁻',
        _ => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize - '0' as usize],
    });
    format!("10{}", raised.collect::<String>())
}
