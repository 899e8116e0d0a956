//! The errors of checkpoints and of resuming a run.

use std::io;
use std::path::Path;

use data::FileError;
use optim::StateError;
use thiserror::Error;
use train::ObserverError;

use crate::archive::ArchiveError;

/// A checkpoint cannot be used: the file or folder, and its fault.
pub type CheckpointError = FileError<CheckpointFault>;

/// The faults of a checkpoint.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointFault {
    /// The folder cannot be created or read.
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
    /// The file is whole, but not a checkpoint.
    #[error(
        "is not a checkpoint of this program ({0}); give the folder of one that was interrupted"
    )]
    Foreign(String),
    /// The file is whole, but a field has an impossible value.
    #[error(
        "cannot be resumed: {field} is {found}, expected {expected}; resume from a checkpoint as it \
         was written, or begin a new run"
    )]
    Field {
        /// The field of the record.
        field: String,
        /// Its value.
        found: String,
        /// The expected value.
        expected: String,
    },
    /// The file has an earlier or later version of the format.
    #[error(
        "is of version {found} of the format, but this program reads version {expected}; resume it \
         with the program that wrote it"
    )]
    Version {
        /// The version that this program reads.
        expected: u64,
        /// The version of the file.
        found: u64,
    },
    /// The samples cannot be read, or not a second time.
    #[error("cannot be resumed: {0}")]
    Samples(ObserverError),
    /// An option or the data differ from those at the beginning of the run.
    #[error(
        "is of another run: {what} was {saved} and is now {now}; resume with what the run began \
         with, or begin a new one in another folder"
    )]
    OtherRun {
        /// The name of the option, or a property of the data.
        what: String,
        /// Its value when the checkpoint was written.
        saved: String,
        /// Its value now.
        now: String,
    },
    /// The run has completed more epochs than are requested now.
    #[error(
        "has already completed {done} epochs, but only {wanted} are wanted now; ask for at least \
         {done}, or begin a new run in another folder"
    )]
    Epochs {
        /// The number of epochs that have ended.
        done: usize,
        /// The number requested.
        wanted: usize,
    },
    /// The parameters belong to another model.
    #[error("is of another model: {0}; resume with the model that the run began with")]
    OtherModel(String),
    /// The optimizer is another one.
    #[error("holds another optimizer's memory: {0}")]
    Optimizer(#[from] StateError),
}

impl From<ArchiveError> for CheckpointFault {
    fn from(error: ArchiveError) -> Self {
        CheckpointFault::Damaged(match error {
            ArchiveError::Format(why) => format!("it is not a whole safetensors file ({why})"),
            ArchiveError::Tensor(what) => format!("the tensor {what}"),
            ArchiveError::Checksum(what) => what,
        })
    }
}

impl CheckpointFault {
    /// Returns this fault with the path of its file.
    pub(crate) fn of(self, path: &Path) -> CheckpointError {
        FileError::new(path, self)
    }

    /// Returns `true` if nothing in the file can be relied on, so that an earlier one may do.
    pub(crate) fn is_unreadable(&self) -> bool {
        use CheckpointFault::{Damaged, Field, Foreign, Read};
        matches!(self, Read(_) | Damaged(_) | Foreign(_) | Field { .. })
    }
}
