//! Why a run cannot be resumed.

use std::io;
use std::path::Path;

use data::FileError;
use optim::StateError;
use thiserror::Error;

/// Why a checkpoint cannot be used: the file or folder, and its fault.
pub type CheckpointError = FileError<CheckpointFault>;

/// What can be wrong with a checkpoint.
#[derive(Debug, Error)]
pub enum CheckpointFault {
    /// The folder cannot be made or read.
    #[error("cannot be a folder of checkpoints: {0}; give a folder that you may write to")]
    Folder(io::Error),
    /// Another run writes into the folder.
    #[error(
        "is in use: another run writes its checkpoints there; wait until that has ended, or give \
         another folder"
    )]
    InUse,
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// The file is not as it was written.
    #[error("is damaged: {0}; begin a new run if there is no whole checkpoint before it")]
    Damaged(String),
    /// The file is whole, but no checkpoint.
    #[error("is no checkpoint of this program ({0}); give the folder of one that was interrupted")]
    Foreign(String),
    /// The file is whole, but says what cannot be true.
    #[error(
        "cannot be gone on with: {field} is {found}, expected {expected}; go on with a checkpoint as \
         it was written, or begin a new run"
    )]
    Field {
        /// The field of the record.
        field: String,
        /// Its value.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The file is a checkpoint of an earlier or later kind.
    #[error(
        "is of version {found} of the format, but this program reads version {expected}; resume it \
         with the program that wrote it"
    )]
    Version {
        /// The one that this program reads.
        expected: u64,
        /// The one of the file.
        found: u64,
    },
    /// The run was begun with something else than it is to be resumed with.
    #[error(
        "is of another run: {what} was {saved} and is now {now}; go on with what the run began \
         with, or begin a new one in another folder"
    )]
    OtherRun {
        /// The option, or what else it is.
        what: String,
        /// What it was when the checkpoint was written.
        saved: String,
        /// What it is now.
        now: String,
    },
    /// More epochs are done than are wanted now.
    #[error(
        "has {done} epochs behind it, but only {wanted} are wanted now; ask for at least {done}, \
         or begin a new run in another folder"
    )]
    Epochs {
        /// The number of epochs that have ended.
        done: usize,
        /// The number asked for.
        wanted: usize,
    },
    /// The parameters are those of another model.
    #[error("is of another model: {0}; resume with the model that the run began with")]
    OtherModel(String),
    /// The optimizer is another one.
    #[error("holds another optimizer's memory: {0}")]
    Optimizer(#[from] StateError),
}

impl CheckpointFault {
    /// The fault of this file.
    pub(crate) fn of(self, path: &Path) -> CheckpointError {
        FileError::new(path, self)
    }

    /// Returns `true` if nothing in the file can be relied on, so that an earlier one may do.
    pub(crate) fn is_unreadable(&self) -> bool {
        use CheckpointFault::{Damaged, Field, Foreign, Read};
        matches!(self, Read(_) | Damaged(_) | Foreign(_) | Field { .. })
    }
}
