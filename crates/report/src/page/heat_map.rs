//! Draws the confusion matrix as a heat map: a row for each true class, a column for each predicted
//! one. A deeper color is a larger share of the row. Counts off the diagonal are wrong
//! predictions.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::canvas::{ACCENT, Area, DrawError, MUTED, Plot, PlotSubject, TEXT, px, short, text};
use super::error::ReportError;
use super::figures::{BestModel, ClassDetails};

/// The most letters of a class name.
const LONGEST: usize = 18;

/// The layout of the drawing, in CSS pixels.
struct HeatMapLayout {
    names: Vec<String>,
    /// The room for names, beside the rows and above the columns.
    names_width: f64,
    /// The side of a cell.
    cell: f64,
    /// The size of letters.
    letters: f64,
}

impl HeatMapLayout {
    /// The room for the words above the names of the columns.
    const TOP: f64 = 18.0;

    fn of(details: &ClassDetails) -> Self {
        let names: Vec<String> =
            details.classes.iter().map(|class| short(&class.name, LONGEST)).collect();
        let letters = if names.len() > 12 { 9.0 } else { 11.0 };
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let largest = details.confusion.iter().flatten().max().copied().unwrap_or(0);
        let count = largest.to_string().len() as f64 * 0.6 * letters + 5.0;
        let share = (264.0 / names.len() as f64).clamp(18.0, 36.0);
        Self {
            // `labeled` stands there too.
            names_width: longest.max("labeled".len()) as f64 * 0.58 * letters + 12.0,
            names,
            cell: share.max(count),
            letters,
        }
    }

    fn size(&self) -> (f64, f64) {
        let cells = self.names.len() as f64 * self.cell;
        (self.names_width + cells + 2.0, Self::TOP + self.names_width + cells + 2.0)
    }

    /// Returns the upper left corner of a cell.
    fn corner(&self, row: usize, column: usize) -> (f64, f64) {
        let at = |index: usize| self.names_width + index as f64 * self.cell;
        (at(column), Self::TOP + at(row))
    }
}

/// Returns the heat map of the best model, if it is a classifier.
pub(super) fn plot(best: &BestModel) -> Result<Option<Plot>, ReportError> {
    let Some(details) = &best.by_class else { return Ok(None) };
    let layout = HeatMapLayout::of(details);
    let title = format!(
        "Confusion matrix of {}: {} classes; {:.1} % of the samples are on the diagonal",
        best.name,
        details.classes.len(),
        best.test.metric("accuracy").unwrap_or_default() * 100.0
    );
    Plot::draw(PlotSubject::Confusion, "confusion".to_string(), title, layout.size(), |area| {
        draw_names(area, &layout)?;
        for (row, counts) in details.confusion.iter().enumerate() {
            let samples: usize = counts.iter().sum();
            for (column, &count) in counts.iter().enumerate() {
                let share = count as f64 / samples.max(1) as f64;
                draw_cell(area, &layout, layout.corner(row, column), count, share)?;
            }
        }
        Ok(())
    })
    .map(Some)
}

fn draw_names(area: &Area<'_>, layout: &HeatMapLayout) -> Result<(), DrawError> {
    let middle = layout.cell / 2.0;
    let (left, top) = layout.corner(0, 0);
    let words = |size| text(size, MUTED, HPos::Left);
    area.draw(&Text::new("predicted as", (px(left), px(8.0)), words(layout.letters)))?;
    let labeled = text(layout.letters, MUTED, HPos::Right);
    area.draw(&Text::new("labeled", (px(left - 6.0), px(top - 8.0)), labeled))?;
    for (index, name) in layout.names.iter().enumerate() {
        let (x, y) = layout.corner(index, index);
        let row = text(layout.letters, TEXT, HPos::Right);
        area.draw(&Text::new(name.clone(), (px(left - 6.0), px(y + middle)), row))?;
        let column = text(layout.letters, TEXT, HPos::Left).transform(FontTransform::Rotate270);
        area.draw(&Text::new(name.clone(), (px(x + middle), px(top - 6.0)), column))?;
    }
    Ok(())
}

fn draw_cell(
    area: &Area<'_>,
    layout: &HeatMapLayout,
    (x, y): (f64, f64),
    count: usize,
    share: f64,
) -> Result<(), DrawError> {
    let gap = 1.0;
    let corners = [(px(x), px(y)), (px(x + layout.cell - gap), px(y + layout.cell - gap))];
    // Strong enough that the grid is visible, and weak enough that the count is readable, on light
    // and on dark pages.
    let shade = ACCENT.color.mix(0.04 + 0.46 * share);
    area.draw(&Rectangle::new(corners, shade.filled()))?;
    if count == 0 {
        return Ok(());
    }
    let middle = (layout.cell - gap) / 2.0;
    let style = text(layout.letters, TEXT, HPos::Center);
    area.draw(&Text::new(count.to_string(), (px(x + middle), px(y + middle)), style))
}
