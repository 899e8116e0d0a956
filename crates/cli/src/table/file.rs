//! Opens a table: a file or standard input, packed or not, separated text or JSON Lines.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use data::{
    DataFrame, Dialect, Fault, HeaderRow, RowReader, TableError, TableRow, TextEncoding,
    TextReader, printable_path,
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
    /// Opens a file, or standard input if its name is `-`.
    pub fn open(path: &Path, header: HeaderRow) -> Result<Self, String> {
        Self::open_as(path, header, false)
    }

    /// Does the same, but takes no more rows from a pipe at once than it gives.
    pub fn open_live(path: &Path, header: HeaderRow) -> Result<Self, String> {
        Self::open_as(path, header, path.as_os_str() == "-")
    }

    fn open_as(path: &Path, header: HeaderRow, is_live: bool) -> Result<Self, String> {
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
        let mut text = match is_live {
            true => TextReader::live(source),
            false => TextReader::new(source),
        };
        let beginning = text.peek().map_err(|(line, fault)| {
            TableError { path: (&name).into(), line, fault }.to_string()
        })?;
        let form = match beginning.trim_start().chars().next() {
            Some('{') => Form::JsonLines(JsonLines::open(&name, text)?),
            Some('[') if beginning.trim_start()[1..].trim_start().starts_with('{') => {
                return Err(format!(
                    "{name}: this is one JSON list; give JSON Lines, an object on each line: jq -c '.[]' \
                     FILE > NEW"
                ));
            }
            _ => {
                let rows = RowReader::open(&name, text, header);
                Form::Separated(rows.map_err(|error| error.to_string())?)
            }
        };
        Ok(Self { name, is_packed, form })
    }

    /// Returns the name of the file, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the names of the columns so far; those of JSON Lines may become more.
    pub fn columns(&self) -> &[String] {
        match &self.form {
            Form::Separated(rows) => rows.columns(),
            Form::JsonLines(rows) => rows.columns(),
        }
    }

    /// Returns `true` if the columns have names of their own.
    pub fn has_header(&self) -> bool {
        match &self.form {
            Form::Separated(rows) => rows.dialect().has_header,
            Form::JsonLines(_) => true,
        }
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

/// Returns what the first row of other files is, where a file has a header or has none.
pub fn header_row(has_header: bool) -> HeaderRow {
    if has_header { HeaderRow::Present } else { HeaderRow::Absent }
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
