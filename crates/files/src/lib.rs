//! Writes a file so that a reader never sees half of it.
//!
//! [`write_whole`] writes to a temporary file in the same folder, which is then renamed. A device
//! or a pipe is written to directly.
//!
//! The temporary file is called `.wengert-XXXXXXXX.tmp`, with eight random letters. It is always a
//! new file: an existing file, or a link planted by an attacker, is not opened. It is locked while
//! it is written. The kernel releases the lock when the process ends, even if it is killed. So a
//! file of such a name without a lock is a leftover of a killed run; the next run that writes into
//! the folder removes it.

#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use data::printable_path;
use tempfile::NamedTempFile;
use thiserror::Error;

/// The beginning and end of the names of temporary files.
const NAME: (&str, &str) = (".wengert-", ".tmp");

/// A file could not be written.
#[derive(Debug, Error)]
#[error("{}: cannot be written: {error}; {}", printable_path(path), advice(error))]
pub struct WriteError {
    path: PathBuf,
    error: io::Error,
}

impl WriteError {
    /// Returns the system's error, without the path.
    pub fn reason(&self) -> &io::Error {
        &self.error
    }
}

/// Returns what helps against an error of writing: space on the disk, or a directory to write to.
pub fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make space there, or give a file on another disk"
        }
        io::ErrorKind::FileTooLarge => "it may not be larger there; give a file on another disk",
        _ => "check that the directory exists and that you may write to it",
    }
}

/// Writes a file whole or not at all. `write` fills a temporary file in the same directory, which
/// then replaces `path`, or the file that a link at `path` leads to. An existing file keeps its
/// permissions, and its owner if the system allows that; a new file gets the process's default
/// permissions. A path that is not a file, such as `/dev/stdout`, is written to directly.
///
/// # Errors
///
/// If `path` is a directory, a dangling link, or a file that is protected against writing; or if
/// creating, filling or renaming the temporary file fails. Then the temporary file is removed, and
/// an existing file at `path` is left as it was.
pub fn write_whole(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), WriteError> {
    let path = path.as_ref();
    let done = match Destination::of(path) {
        Ok(Destination::Stream) => write_directly(path, write),
        Ok(Destination::File { path, replaced }) => replace(&path, replaced.as_ref(), write),
        Err(error) => Err(error),
    };
    done.map_err(|error| WriteError { path: path.to_owned(), error })
}

/// Checks that [`write_whole`] can write to this path, before the work whose result will be
/// written. The check leaves no file. It does not notice a full disk.
///
/// # Errors
///
/// If [`write_whole`] would fail.
pub fn check_writable(path: impl AsRef<Path>) -> Result<(), WriteError> {
    let path = path.as_ref();
    let checked = match Destination::of(path) {
        // Opening a pipe would wait for its reader.
        Ok(Destination::Stream) => Ok(()),
        Ok(Destination::File { path, replaced }) => {
            temporary_in(folder_of(&path), replaced.as_ref()).map(drop)
        }
        Err(error) => Err(error),
    };
    checked.map_err(|error| WriteError { path: path.to_owned(), error })
}

/// Checks that files can be created in a folder. The check leaves none.
///
/// # Errors
///
/// If they cannot.
pub fn check_folder(folder: impl AsRef<Path>) -> Result<(), WriteError> {
    let folder = folder.as_ref();
    let checked = temporary_in(folder, None).map(drop);
    checked.map_err(|error| WriteError { path: folder.to_owned(), error })
}

/// The destination of the bytes for a path.
enum Destination {
    /// A device, a pipe or a socket, or what this process has open as one, such as `/dev/stdout`.
    Stream,
    /// A file in an existing folder, all links resolved, which may replace an existing file.
    File { path: PathBuf, replaced: Option<Metadata> },
}

impl Destination {
    fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(found) if !found.is_file() && !found.is_dir() => Ok(Self::Stream),
            // A shell may have led it to a file, in which there is more.
            Ok(_) if is_open(path) => Ok(Self::Stream),
            Ok(found) => {
                // The system refuses a directory. The rename would replace a file that is protected
                // against writing.
                File::options().write(true).open(path)?;
                Ok(Self::File { path: fs::canonicalize(path)?, replaced: Some(found) })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
                match names_a_folder(path) {
                    true => Err(io::ErrorKind::IsADirectory.into()),
                    false => Ok(Self::File { path: path.to_owned(), replaced: None }),
                }
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns `true` for the names of what this process has open, and for links to them.
fn is_open(path: &Path) -> bool {
    open_name(path).is_some()
}

/// Returns the name of something that this process has open, at the end of any links: `stdout`, or the number of `/dev/fd/1`.
fn open_name(path: &Path) -> Option<OsString> {
    const MOST_LINKS: usize = 40;
    let folders = ["/dev/fd", "/proc/self/fd"].map(Path::new);
    let streams = ["/dev/stdin", "/dev/stdout", "/dev/stderr"].map(Path::new);
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        if streams.contains(&&*path)
            || path.parent().is_some_and(|parent| folders.contains(&parent))
        {
            return path.file_name().map(OsStr::to_owned);
        }
        path = folder_of(&path).join(path.read_link().ok()?);
    }
    None
}

/// Returns `true` for `a/`, `a/.` and `a/..`, to which no file can be renamed.
fn names_a_folder(path: &Path) -> bool {
    let without_the_end = path.components().as_path();
    path.file_name().is_none() || without_the_end.as_os_str() != path.as_os_str()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn write_directly(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(open_stream(path)?);
    write(&mut writer)?;
    writer.flush()
}

/// Opens a stream. If a shell has led it to a file, what is written follows what is there: the process's own streams
/// have a position of their own in it, which an opened path would not know.
fn open_stream(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;

        let name = open_name(path);
        let own = match name.as_deref().and_then(OsStr::to_str) {
            Some("stdout" | "1") => Some(io::stdout().as_fd().try_clone_to_owned()?),
            Some("stderr" | "2") => Some(io::stderr().as_fd().try_clone_to_owned()?),
            _ => None,
        };
        if let Some(own) = own {
            io::stdout().flush()?;
            return Ok(File::from(own));
        }
    }
    File::options().append(true).open(path)
}

fn replace(
    path: &Path,
    replaced: Option<&Metadata>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    // If an error returns early, dropping the temporary path removes its file.
    let (file, temporary) = temporary_in(folder_of(path), replaced)?.into_parts();
    let mut writer = BufWriter::new(file);
    write(&mut writer)?;
    let file = writer.into_inner()?;
    file.sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    // The file is already in its place. Some network drives cannot do this, so an error is ignored.
    let _ = sync_folder(folder_of(path));
    Ok(())
}

/// Creates a temporary file with the permissions of the file that it will replace, and locks it.
fn temporary_in(folder: &Path, replaced: Option<&Metadata>) -> io::Result<NamedTempFile> {
    remove_leftovers(folder);
    let mut builder = tempfile::Builder::new();
    builder.prefix(NAME.0).suffix(NAME.1).rand_bytes(8);
    loop {
        let temporary = builder.make_in(folder, |path| create(path, replaced))?;
        let is_locked = !matches!(temporary.as_file().try_lock(), Err(TryLockError::WouldBlock));
        // Another run may have seen the file before its lock, and removed it as a leftover.
        if is_locked && temporary.path().exists() {
            return Ok(temporary);
        }
    }
}

fn create(path: &Path, replaced: Option<&Metadata>) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    let Some(replaced) = replaced else { return options.open(path) };
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    keep_owner(&file, replaced);
    file.set_permissions(replaced.permissions())?;
    Ok(file)
}

/// Gives a file the owner and the group of the replaced one. Only root may do that, and only root
/// needs it: otherwise a user's file would belong to root afterwards.
fn keep_owner(file: &File, replaced: &Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let _ = std::os::unix::fs::fchown(file, Some(replaced.uid()), Some(replaced.gid()));
    }
    #[cfg(not(unix))]
    let _ = (file, replaced);
}

/// Removes temporary files left behind in a folder by runs that were killed. A file that cannot be
/// removed stays.
pub fn remove_leftovers(folder: impl AsRef<Path>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_temporary =
            name.to_str().is_some_and(|name| name.starts_with(NAME.0) && name.ends_with(NAME.1));
        if is_temporary && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            remove_unless_locked(&entry.path());
        }
    }
}

fn remove_unless_locked(path: &Path) {
    let file = File::options().write(true).open(path);
    if let Ok(file) = file
        && file.try_lock().is_ok()
    {
        let _ = fs::remove_file(path);
    }
}

/// Waits until the new name is on the disk too. Only Unix lets a program open a folder for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
