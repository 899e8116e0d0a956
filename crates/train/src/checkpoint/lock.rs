//! Only one run at a time writes into a folder of checkpoints.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::{CheckpointError, CheckpointFault};

/// The file in the folder that is locked. It stays when the lock is given back: if it were removed,
/// a run that has just opened it would hold a lock that no other run sees.
const FILE: &str = "lock";

/// The right to write into a folder, until this is dropped or the process ends, however that happens.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks a folder. A network drive that has no locks is not locked.
    ///
    /// # Errors
    /// When another run has locked it, or the file `lock` in it cannot be written.
    pub fn take(folder: impl AsRef<Path>) -> Result<Self, CheckpointError> {
        let folder = folder.as_ref();
        let mut options = File::options();
        let file = options.write(true).create(true).truncate(false).open(folder.join(FILE));
        let file = file.map_err(|error| CheckpointFault::Folder(error).of(folder))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(CheckpointFault::InUse.of(folder)),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _file: file }),
        }
    }
}
