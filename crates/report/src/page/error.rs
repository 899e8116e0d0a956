//! Why a report could not be made or written.

use files::WriteError;
use thiserror::Error;

/// Why a report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The page, a plot or the JSON could not be made.
    #[error("the report cannot be made: {0}")]
    Make(String),
}
