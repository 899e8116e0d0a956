//! Reads files of unknown length. A device or a pipe may never end, and may have no line breaks.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// The size of the largest file that is read whole: 4 GiB.
const LARGEST_FILE: u64 = 1 << 32;

/// The most bytes that are read from a pipe or a device: 256 MiB.
const LARGEST_STREAM: u64 = 1 << 28;

/// The longest line that [`read_line`] reads: 16 MiB.
pub const LONGEST_LINE: usize = 1 << 24;

/// Reads all of a file, or of a pipe or device up to a limit.
///
/// # Errors
///
/// If the file cannot be read or is larger than 4 GiB, or if a pipe or a device does not end within
/// 256 MiB.
pub fn read_whole(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    read_up_to_a_limit(File::open(path)?)
}

fn read_up_to_a_limit(file: File) -> io::Result<Vec<u8>> {
    let about = file.metadata()?;
    let (most, why) = match about.is_file() {
        true => (LARGEST_FILE, "it is larger than 4 GiB; give a part of it"),
        false => (LARGEST_STREAM, "it does not end within 256 MiB; give a file"),
    };
    if about.is_file() && about.len() > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 <= most {
        true => Ok(bytes),
        false => Err(io::Error::new(io::ErrorKind::FileTooLarge, why)),
    }
}

/// Reads all of a file of weights, which may be as large as memory, or of a pipe or device up to a limit.
///
/// # Errors
///
/// If the file cannot be read or memory is not enough, or if a pipe or a device does not end within 256 MiB.
pub fn read_weights(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return read_up_to_a_limit(file);
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(about.len()).map_err(io::Error::other)?)?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the next line into `line`, without its `\n`. Returns `false` at the end.
///
/// # Errors
///
/// If the line cannot be read, or is longer than [`LONGEST_LINE`].
pub fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = reader.take(LONGEST_LINE as u64 + 1).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if line.len() > LONGEST_LINE {
        let why = "the line is longer than 16 MiB; break it into lines";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(read > 0)
}
