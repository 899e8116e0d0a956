//! The one form of an error about a file: which file, and what is wrong with it.

use std::fmt::{Debug, Display};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::excerpt::{printable, printable_path};

/// A file, or a folder, could not be used: its path, and its fault.
#[derive(Debug, Error)]
#[error("{}: {}", printable_path(path), printable(&fault.to_string()))]
pub struct FileError<F: Debug + Display> {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: F,
}

impl<F: Debug + Display> FileError<F> {
    /// Returns the fault of the file at `path`.
    pub fn new(path: impl AsRef<Path>, fault: F) -> Self {
        Self { path: path.as_ref().to_path_buf(), fault }
    }
}
