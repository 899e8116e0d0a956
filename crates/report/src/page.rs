//! A report of training runs as one page to read, to keep and to send.
//!
//! A [`TrainingReport`] has only figures. [`TrainingReport::to_json`] writes them for programs,
//! [`TrainingReport::to_html`] draws them as one file that needs no network and holds the same
//! JSON, and [`TrainingReport::plots`] returns each drawing by itself. So everything that the page
//! shows can be recomputed from its JSON.
//!
//! Read next: `figures.rs` (the content of a report), `contributions.rs` (the words a prediction
//! depends on, by one backward pass), `curves.rs` (a plot), `inside.rs` (outputs and gradients by
//! layer), `columns.rs` and `residuals.rs` (what is shown of a table), `html.rs` and
//! `templates/report.html` (the page). `language.rs` is the report of a language model.

mod activations;
mod axis;
mod bars;
mod canvas;
mod columns;
mod contributions;
mod curves;
mod dependence;
mod error;
mod figures;
mod heat_map;
mod html;
mod importance;
mod inside;
mod language;
mod plane;
mod plots;
mod reliability;
mod residuals;
mod search;
mod writing;

use std::path::Path;

pub use canvas::{Plot, PlotSubject};
pub use columns::{ColumnDependence, ColumnImportance, ColumnValues, ColumnsReport};
pub use contributions::contributions;
pub use error::ReportError;
pub use figures::{
    ActivationCurve, BestModel, ClassDetails, ClassScores, CurveRole, ModelRuns, ParameterRow,
    SearchReport, SearchTrial, SeedRun, TrainingReport, Word, WrongPrediction,
};
pub use language::{
    AttentionHead, AttentionMaps, CountingModel, GateRow, LanguageReport, LossPoint, ResultRow,
    SurpriseToken,
};
pub use residuals::{ResidualBin, ResidualReport};
use writing::write_text;

impl TrainingReport {
    /// Writes each plot to `folder` as `NAME.svg`.
    ///
    /// # Errors
    /// If a plot cannot be drawn or written.
    pub fn write_plots(&self, folder: &Path) -> Result<(), ReportError> {
        for plot in self.plots()? {
            write_text(&folder.join(format!("{}.svg", plot.name())), plot.svg())?;
        }
        Ok(())
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If the page cannot be drawn or written.
    pub fn write_html(&self, path: &Path) -> Result<(), ReportError> {
        write_text(path, &self.to_html()?)
    }

    /// Writes the figures as JSON.
    ///
    /// # Errors
    /// If the figures cannot be written.
    pub fn write_json(&self, path: &Path) -> Result<(), ReportError> {
        write_text(path, &(self.to_json()? + "\n"))
    }
}
