//! Drawing with plotters, so that a style sheet can change the colors.
//!
//! plotters writes SVG with literal colors. A plot is drawn in the few colors below, which suit a
//! light page. Each has a name: on a page `fill="#1f5fa8"` becomes `class="fill-accent"`, and the
//! page's style sheet defines this class for light, for dark and for paper.

use std::io;

use data::{printable, printable_lines};
use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::error::ReportError;
use crate::metric_list::with_minus;

/// A color of a light page, and its name.
#[derive(Clone, Copy)]
pub(super) struct Ink {
    name: &'static str,
    pub(super) color: RGBColor,
}

const fn ink(name: &'static str, red: u8, green: u8, blue: u8) -> Ink {
    Ink { name, color: RGBColor(red, green, blue) }
}

/// The page itself.
pub(super) const PAPER: Ink = ink("paper", 0xFF, 0xFF, 0xFF);
/// Words and numbers.
pub(super) const TEXT: Ink = ink("text", 0x1A, 0x1A, 0x1A);
/// Axes and less important parts.
pub(super) const MUTED: Ink = ink("muted", 0x6B, 0x6B, 0x66);
/// Lines to read a height by.
pub(super) const RULE: Ink = ink("rule", 0xE4, 0xE3, 0xDE);
/// The subject of the plot.
pub(super) const ACCENT: Ink = ink("accent", 0x1F, 0x5F, 0xA8);
/// What the subject is compared with.
pub(super) const SECOND: Ink = ink("second", 0xB4, 0x4A, 0x12);
/// A third and a fourth line of one plot.
pub(super) const THIRD: Ink = ink("third", 0x1E, 0x7A, 0x4C);
pub(super) const FOURTH: Ink = ink("fourth", 0x7C, 0x3F, 0x98);

const INKS: [Ink; 8] = [PAPER, TEXT, MUTED, RULE, ACCENT, SECOND, THIRD, FOURTH];

/// plotters has whole units only, so a unit is half a CSS pixel.
const UNITS: u32 = 2;

/// Converts CSS pixels to units.
pub(super) fn px(pixels: f64) -> i32 {
    (pixels * f64::from(UNITS)).round() as i32
}

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type DrawError = DrawingAreaErrorKind<io::Error>;

impl From<DrawError> for ReportError {
    fn from(error: DrawError) -> Self {
        ReportError::Make(error.to_string())
    }
}

/// The subject of a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotSubject {
    /// The loss of a model over the epochs.
    Loss,
    /// A metric of a model over the epochs, such as accuracy.
    Metric,
    /// The learned activation.
    Learned,
    /// The outputs and gradients of an operation of the best model over the epochs.
    Inside,
    /// The confusion matrix of the best model.
    Confusion,
    /// The reliability of the best model's probabilities.
    Reliability,
    /// The settings that were tried.
    Search,
    /// The importance of each column to the best model.
    Importance,
    /// The dependence of the best model's predictions on a column.
    Dependence,
    /// The best model's predictions of numbers beside the true ones.
    Residuals,
}

/// One drawing of a report.
#[derive(Clone, Debug)]
pub struct Plot {
    subject: PlotSubject,
    name: String,
    title: String,
    size: (u32, u32),
    svg: String,
}

impl Plot {
    /// Draws a plot of this size in CSS pixels. `name` is used for file names. `title` describes
    /// the plot for readers who cannot see it.
    pub(super) fn draw(
        subject: PlotSubject,
        name: String,
        title: String,
        (width, height): (f64, f64),
        paint: impl FnOnce(&Area<'_>) -> Result<(), DrawError>,
    ) -> Result<Self, ReportError> {
        let size = (px(width).unsigned_abs(), px(height).unsigned_abs());
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&PAPER.color)?;
        paint(&area)?;
        area.present()?;
        drop(area);
        // SVG cannot hold control characters at all.
        let svg = printable_lines(&svg).into_owned();
        Ok(Self { subject, name, title: with_minus(title), size, svg })
    }

    /// Returns the subject of the plot.
    pub fn subject(&self) -> PlotSubject {
        self.subject
    }

    /// Returns the name of its file, without `.svg`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the same plot under another name.
    pub(super) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// Returns the description of the plot.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns the drawing as a file of its own, in the colors of a light page.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Returns the content of the `<svg>` element, with class names for colors.
    pub(super) fn body(&self) -> String {
        let start = self.svg.find('>').map_or(0, |end| end + 1);
        let mut body = self.svg[start..].trim_end().trim_end_matches("</svg>").to_string();
        for Ink { name, color: RGBColor(red, green, blue) } in INKS {
            for part in ["fill", "stroke"] {
                let literal = format!("{part}=\"#{red:02X}{green:02X}{blue:02X}\"");
                body = body.replace(&literal, &format!("class=\"{part}-{name}\""));
            }
        }
        body
    }

    /// Returns the SVG's own coordinates.
    pub(super) fn view_box(&self) -> String {
        format!("0 0 {} {}", self.size.0, self.size.1)
    }

    /// Returns the best width of the plot in CSS pixels.
    pub(super) fn width(&self) -> u32 {
        self.size.0 / UNITS
    }
}

/// Returns a style for text of this size in CSS pixels, anchored at its left, right or middle, and
/// vertically at its middle.
pub(super) fn text(size: f64, ink: Ink, anchor: HPos) -> TextStyle<'static> {
    // plotters' unit of size is 1.24 times SVG's unit.
    TextStyle {
        font: ("sans-serif", size * f64::from(UNITS) * 1.24).into_font(),
        color: ink.color.to_backend_color(),
        pos: Pos::new(anchor, VPos::Center),
    }
}

/// Returns a name that a drawing has room for.
pub(super) fn short(name: &str, longest: usize) -> String {
    let shown = printable(name);
    if shown.chars().count() > longest {
        let cut: String = shown.chars().take(longest - 1).collect();
        return format!("{}…", cut.trim_end());
    }
    shown.into_owned()
}
