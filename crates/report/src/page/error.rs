//! The errors of reports.

use files::WriteError;
use thiserror::Error;

/// A report cannot be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The page, a plot or the JSON cannot be created.
    #[error("the report cannot be made: {0}")]
    Make(String),
}
