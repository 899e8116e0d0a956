//! Writing a file so that a reader never meets half of it: into a temporary file beside it, which
//! is then renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter};
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
/// then takes the place of `path`.
///
/// # Errors
///
/// When creating, filling or renaming fails. The temporary file is removed and a file at `path` is
/// left as it was.
pub fn write_whole(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), WriteError> {
    let path = path.as_ref();
    let temporary = temporary_beside(path);
    let done = fill(&temporary, write).and_then(|()| fs::rename(&temporary, path));
    done.and_then(|()| sync_folder(path)).map_err(|error| {
        // The first error is the one to report; nothing more can be done if this fails too.
        let _ = fs::remove_file(&temporary);
        WriteError { path: path.to_owned(), error }
    })
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
