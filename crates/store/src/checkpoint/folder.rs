//! The folder of checkpoints: the names of its files, and the lock that lets only one run write
//! into it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{CheckpointError, CheckpointFault};

/// The file in the folder that is locked. It stays when the lock is released: if it were removed, a
/// run that has just opened it would hold a lock that no other run sees.
const FILE: &str = "lock";

/// The right to write into a folder, until this is dropped or the process ends, even if it is
/// killed.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks a folder. On a network drive without locks it does nothing.
    ///
    /// # Errors
    /// If another run has locked it, or the file `lock` in it cannot be written.
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

/// Returns the name of the checkpoint after this many steps of the run.
pub(super) fn file_name(steps: usize) -> String {
    format!("step-{steps:08}.safetensors")
}

/// Returns the steps and the path of each checkpoint in a folder, the newest first.
pub(super) fn files(folder: &Path) -> io::Result<Vec<(usize, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let steps = name.to_str().and_then(|name| {
            name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse::<usize>().ok()
        });
        found.extend(steps.map(|steps| (steps, entry.path())));
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Removes the temporary files of earlier versions of this library, left behind by runs that were
/// killed.
pub(super) fn remove_old_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_leftover =
            name.to_str().is_some_and(|name| name.starts_with("step-") && name.ends_with(".tmp"));
        if is_leftover {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
