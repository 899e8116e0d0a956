//! Opens a table: a file or standard input, packed or not, separated text or JSON Lines.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use data::{
    DataFrame, Dialect, Fault, HeaderRow, KnownForm, NumberForm, RowReader, Separator, TableError,
    TableRow, TextEncoding, TextReader, printable_path,
};
use flate2::read::MultiGzDecoder;

use super::json_lines::JsonLines;

/// The rows of a table, one after the other.
pub struct TableFile {
    name: String,
    is_packed: bool,
    form: Form,
}

enum Form {
    Separated(RowReader<Box<dyn Read>>),
    JsonLines(JsonLines<Box<dyn Read>>),
}

impl TableFile {
    /// Opens a file, or standard input if its name is `-`, whose rows are all kept in memory.
    pub fn open(path: &Path, known: KnownForm) -> Result<Self, String> {
        Self::open_as(path, known, true)
    }

    /// Opens rows that are read one after the other: they may never end, and a read from a pipe does not
    /// wait for more than the pipe has.
    pub fn open_live(path: &Path, known: KnownForm) -> Result<Self, String> {
        Self::open_as(path, known, false)
    }

    fn open_as(path: &Path, known: KnownForm, is_kept: bool) -> Result<Self, String> {
        let is_standard_input = path.as_os_str() == "-";
        let name =
            if is_standard_input { "standard input".to_owned() } else { printable_path(path) };
        let of_file = |error: io::Error| {
            TableError { path: path.to_path_buf(), line: None, fault: Fault::from(error) }
                .to_string()
        };
        let mut source: Box<dyn Read> = match is_standard_input {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(path).map_err(of_file)?),
        };
        let mut start = [0; 2];
        let length = read_start(&mut source, &mut start).map_err(of_file)?;
        let is_packed = start == [0x1f, 0x8b];
        let whole = Cursor::new(start).take(length as u64).chain(source);
        let source: Box<dyn Read> = match is_packed {
            true => Box::new(MultiGzDecoder::new(whole)),
            false => Box::new(whole),
        };
        let is_plain = !is_packed && path.is_file() && !is_standard_input;
        let left = if is_plain { LARGEST_FILE } else { LARGEST_STREAM };
        let source: Box<dyn Read> = match is_kept {
            true => Box::new(Bounded { source, left }),
            false => source,
        };
        let mut text = match is_standard_input && !is_kept {
            true => TextReader::live(source),
            false => TextReader::new(source),
        };
        let beginning = text.peek().map_err(|(line, fault)| {
            TableError { path: (&name).into(), line, fault }.to_string()
        })?;
        let form = match beginning.trim_start().chars().next() {
            Some('{') if known.separator.is_some() => {
                return Err(format!(
                    "--separator: {name} has objects, which need none; leave it out"
                ));
            }
            Some('{') => Form::JsonLines(JsonLines::open(&name, text)?),
            Some('[') if beginning.trim_start()[1..].trim_start().starts_with('{') => {
                return Err(format!(
                    "{name}: this is one JSON list; give JSON Lines, an object on each line: jq -c '.[]' \
                     FILE > NEW"
                ));
            }
            _ => {
                let rows = RowReader::open(&name, text, known);
                Form::Separated(rows.map_err(|error| error.to_string())?)
            }
        };
        Ok(Self { name, is_packed, form })
    }

    /// Returns the name of the file, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the names of the columns so far; later rows of JSON Lines may add more.
    pub fn columns(&self) -> &[String] {
        match &self.form {
            Form::Separated(rows) => rows.columns(),
            Form::JsonLines(rows) => rows.columns(),
        }
    }

    /// Writes the numbers of these columns of JSON Lines in the form that the model was trained on.
    pub fn set_number_forms(&mut self, forms: HashMap<String, NumberForm>) -> Result<(), String> {
        match &mut self.form {
            Form::Separated(_) => Ok(()),
            Form::JsonLines(rows) => rows.set_number_forms(forms),
        }
    }

    /// Returns `true` if the columns have names of their own.
    pub fn has_header(&self) -> bool {
        match &self.form {
            Form::Separated(rows) => rows.dialect().has_header,
            Form::JsonLines(_) => true,
        }
    }

    /// Returns `true` if each row is an object of its own, which may have new columns.
    pub fn is_json_lines(&self) -> bool {
        matches!(self.form, Form::JsonLines(_))
    }

    /// Returns the object of the row that was read last, if the file has objects.
    pub fn object(&self) -> Option<&str> {
        match &self.form {
            Form::Separated(_) => None,
            Form::JsonLines(rows) => Some(rows.object()),
        }
    }

    /// Returns the next row, or `None` at the end.
    pub fn next_row(&mut self) -> Result<Option<TableRow>, String> {
        match &mut self.form {
            Form::Separated(rows) => rows.next_row().map_err(|error| error.to_string()),
            Form::JsonLines(rows) => rows.next_row(),
        }
    }

    /// Reads all rows.
    pub fn read_all(&mut self) -> Result<DataFrame, String> {
        match &mut self.form {
            Form::Separated(rows) => rows.read_all().map_err(|error| error.to_string()),
            Form::JsonLines(rows) => rows.read_all(),
        }
    }

    /// Returns how the file is written, for a person to read.
    pub fn describe(&self) -> String {
        let (form, encoding) = match &self.form {
            Form::Separated(rows) => {
                let Dialect { has_header, .. } = rows.dialect();
                let header = if has_header { "a header" } else { "no header (or: --header yes)" };
                let by = format!("separated by {}, {header}", rows.dialect());
                (by, rows.encoding())
            }
            Form::JsonLines(rows) => ("JSON Lines".to_owned(), rows.encoding()),
        };
        let guessed = if encoding == TextEncoding::Windows1252 { " (guessed)" } else { "" };
        let packed = if self.is_packed { ", gzip" } else { "" };
        format!("{form}, {encoding}{guessed}{packed}")
    }
}

/// The most bytes of a file that are kept in memory: 4 GiB.
const LARGEST_FILE: u64 = 1 << 32;

/// The most bytes that are kept of a pipe, or of what a packed file holds: 1 GiB.
const LARGEST_STREAM: u64 = 1 << 30;

/// A source that must end within a number of bytes, as pipes may not end and a small packed file may hold
/// more than fits into memory.
struct Bounded<R> {
    source: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let why = "it holds more than is kept in memory (4 GiB of a file; 1 GiB of a pipe, or when \
                       unpacked); give a part of it";
            io::Error::new(io::ErrorKind::FileTooLarge, why)
        })?;
        Ok(read)
    }
}

/// Returns the form of other files, where one has a header or has none. Each may have a separator of its own.
pub fn form_of_others(has_header: bool, separator: Option<Separator>) -> KnownForm {
    let header = if has_header { HeaderRow::Present } else { HeaderRow::Absent };
    KnownForm { header, separator }
}

/// Reads until the buffer is full or the source ends, and returns the number of bytes.
fn read_start(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_must_end_within_its_bound() {
        let read = |left| {
            let mut bytes = Vec::new();
            Bounded { source: &b"abc"[..], left }.read_to_end(&mut bytes)
        };
        assert_eq!(read(3).unwrap(), 3);
        assert!(read(2).unwrap_err().to_string().contains("give a part of it"));
    }
}
