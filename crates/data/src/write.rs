//! Writing a file so that a reader never meets half of it: into a temporary file beside it, which
//! is then renamed. A device or a pipe has no place for that and is written to as it is.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file could not be written.
#[derive(Debug, Error)]
#[error(
    "{}: cannot be written: {error}; check that the directory exists and that you may write to it",
    path.display()
)]
pub struct WriteError {
    path: PathBuf,
    error: io::Error,
}

/// Writes a file whole or not at all: `write` fills a temporary file in the same directory, which
/// then takes the place of `path`, or of the file that a link at `path` leads to. What is no file,
/// such as `/dev/stdout`, is written to directly.
///
/// # Errors
///
/// When creating, filling or renaming fails, or a link leads nowhere. The temporary file is removed
/// and a file at `path` is left as it was.
pub fn write_whole(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), WriteError> {
    let path = path.as_ref();
    let done = match fs::metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => write_directly(path, write),
        _ => replace(path, write),
    };
    done.map_err(|error| WriteError { path: path.to_owned(), error })
}

fn write_directly(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = BufWriter::new(File::options().write(true).open(path)?);
    write(&mut writer)?;
    writer.flush()
}

fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let path = if path.is_symlink() { fs::canonicalize(path)? } else { path.to_owned() };
    let temporary = temporary_beside(&path);
    fill(&temporary, write).and_then(|()| fs::rename(&temporary, &path)).inspect_err(|_| {
        // The first error is the one to report; nothing more can be done if this fails too.
        let _ = fs::remove_file(&temporary);
    })?;
    // The file is in its place by now. Some network drives cannot do this, which is no error.
    let _ = sync_folder(&path);
    Ok(())
}

fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn fill(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut writer = BufWriter::new(File::create(path)?);
    write(&mut writer)?;
    writer.into_inner()?.sync_all()
}

/// Waits until the new name is on the disk too. Only Unix lets a program open a folder for that.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => {
            let here = Path::new(".");
            File::open(if folder.as_os_str().is_empty() { here } else { folder })?.sync_all()
        }
        _ => Ok(()),
    }
}

/// Writes a CSV file whole or not at all, quoted as RFC 4180 says.
///
/// # Errors
///
/// As [`write_whole`], and when a row's length differs from the header's.
pub fn write_csv<H, R>(
    path: impl AsRef<Path>,
    header: impl IntoIterator<Item = H>,
    rows: impl IntoIterator<Item = R>,
) -> Result<(), WriteError>
where
    H: AsRef<[u8]>,
    R: IntoIterator<Item: AsRef<[u8]>>,
{
    write_whole(path, |file| {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(header)?;
        for row in rows {
            writer.write_record(row)?;
        }
        writer.flush()
    })
}
