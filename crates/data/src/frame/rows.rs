//! Reads a table row by row.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::text_reader::{LineFault, TextEncoding, TextReader};
use super::{DataFrame, Dialect, KnownForm, Separator};
use crate::LONGEST_LINE;
use crate::table::records::{Row, RowParser};
use crate::table::{Fault, Misquoted, TableError};

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRow {
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// A cell for each column, as in the file.
    pub cells: Vec<String>,
}

/// The rows of a file whose cells are separated by a character, one after the other.
///
/// Cells are quoted as RFC 4180 says, and strictly so: see [`Table`](crate::Table).
///
/// ```
/// use data::{HeaderRow, RowReader, TextReader};
///
/// let file = TextReader::new("city;price\n\"New; York\";3,5\n".as_bytes());
/// let mut rows = RowReader::open("cities.csv", file, HeaderRow::Guess)?;
/// assert_eq!(rows.columns(), ["city", "price"]);
/// assert_eq!(rows.next_row()?.unwrap().cells, ["New; York", "3,5"]);
/// # Ok::<(), data::TableError>(())
/// ```
#[derive(Debug)]
pub struct RowReader<R> {
    path: PathBuf,
    text: TextReader<R>,
    dialect: Dialect,
    columns: Vec<String>,
    /// A first row that is not the header.
    first: Option<Row>,
}

impl<R: Read> RowReader<R> {
    /// Finds out the form of the table, as far as it is not known, and reads the header. Errors name the file `path`.
    /// A first line such as `sep=;` is not a row: it names the separator, unless that is known.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or decoded, is empty, or has two columns of one name.
    pub fn open(
        path: impl AsRef<Path>,
        mut text: TextReader<R>,
        known: impl Into<KnownForm>,
    ) -> Result<Self, TableError> {
        let path = path.as_ref().to_path_buf();
        let mut known = known.into();
        if let Some(named) = named_separator(text.peek().map_err(|fault| error(&path, fault))?) {
            known.separator.get_or_insert(named);
            text.next_line().map_err(|fault| error(&path, fault))?;
        }
        let beginning = text.peek().map_err(|fault| error(&path, fault))?;
        let dialect = Dialect::sniff(beginning, known);
        let mut rows = Self { path, text, dialect, columns: Vec::new(), first: None };
        let Some(first) = rows.row()? else { return Err(rows.error((None, Fault::Empty))) };
        match dialect.has_header {
            true => {
                let names = first.fields.iter().map(str::trim).enumerate();
                rows.columns = names.map(|(place, name)| named(place, name)).collect();
                rows.check_columns(first.line)?;
            }
            false => {
                rows.columns = (0..first.fields.len()).map(|place| named(place, "")).collect();
                rows.first = Some(first);
            }
        }
        Ok(rows)
    }

    /// Returns the names of the columns, without surrounding spaces. A column without a name has one by
    /// its place, such as `column1`.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Returns the form of the table.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the encoding, as far as it shows in what was read.
    pub fn encoding(&self) -> TextEncoding {
        self.text.encoding()
    }

    /// Returns the next row, or `None` at the end. Blank lines are skipped.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or decoded, a quote is misplaced, or the row has more or fewer cells than
    /// there are columns.
    pub fn next_row(&mut self) -> Result<Option<TableRow>, TableError> {
        let row = match self.first.take() {
            Some(first) => first,
            None => match self.row()? {
                Some(row) => row,
                None => return Ok(None),
            },
        };
        if row.fields.len() != self.columns.len() {
            let (found, cause) = (row.fields.len(), Misquoted::of(&row.fields));
            let (header, separator) = (self.columns.clone(), self.dialect.separator);
            let fault = Fault::Ragged { header, found, cause, separator };
            return Err(self.error((Some(row.line), fault)));
        }
        Ok(Some(TableRow { line: row.line, cells: row.fields.iter().map(String::from).collect() }))
    }

    /// Reads all rows that are left.
    ///
    /// # Errors
    ///
    /// If [`next_row`](Self::next_row) fails, or there are no rows.
    pub fn read_all(&mut self) -> Result<DataFrame, TableError> {
        let mut rows = Vec::new();
        while let Some(row) = self.next_row()? {
            rows.push(row);
        }
        match rows.is_empty() {
            true => Err(self.error((None, Fault::NoRows { header: self.columns.clone() }))),
            false => Ok(DataFrame::new(self.columns.clone(), rows, Some(self.dialect.separator))),
        }
    }

    /// Reads lines until no quote is open, and cuts them into fields.
    fn row(&mut self) -> Result<Option<Row>, TableError> {
        let (mut text, mut line, mut is_open) = (String::new(), 0, false);
        loop {
            let number = self.text.line();
            let next = self.text.next_line().map_err(|fault| error(&self.path, fault))?;
            let Some(next) = next else { break };
            if text.is_empty() {
                line = number;
            }
            if !text.is_empty() || !next.trim_matches(['\r', '\n']).is_empty() {
                text.push_str(next);
            }
            is_open = is_open_after(next, self.dialect.separator, is_open);
            if text.len() > LONGEST_LINE || (!is_open && !text.is_empty()) {
                break;
            }
        }
        let mut parser = RowParser { rest: &text, line, separator: self.dialect.separator };
        parser.next_row().map_err(|(line, fault)| self.error((Some(line), fault)))
    }

    fn check_columns(&self, line: u64) -> Result<(), TableError> {
        let mut places = std::collections::HashMap::new();
        for (second, name) in self.columns.iter().enumerate() {
            if let Some(first) = places.insert(name, second) {
                let fault = Fault::DuplicateColumn { column: name.clone(), first, second };
                return Err(self.error((Some(line), fault)));
            }
        }
        Ok(())
    }

    fn error(&self, fault: LineFault) -> TableError {
        error(&self.path, fault)
    }
}

fn error(path: &Path, (line, fault): LineFault) -> TableError {
    TableError { path: path.to_path_buf(), line, fault }
}

fn named(place: usize, name: &str) -> String {
    if name.is_empty() { format!("column{}", place + 1) } else { name.to_owned() }
}

/// Returns the separator that a first line such as `sep=;` names. Excel reads and writes such lines.
fn named_separator(beginning: &str) -> Option<Separator> {
    let (line, _) = beginning.split_once(['\n', '\r'])?;
    let line = line.trim_matches('"');
    let (name, separator) = line.split_at_checked(4)?;
    name.eq_ignore_ascii_case("sep=").then(|| separator.parse().ok())?
}

/// Returns `true` if a quoted field is open after a line. `is_open` says it before the line.
fn is_open_after(line: &str, separator: char, mut is_open: bool) -> bool {
    let (mut rest, mut begins) = (line, !is_open);
    loop {
        if is_open {
            let Some(quote) = rest.find('"') else { return true };
            rest = &rest[quote + 1..];
            if let Some(behind) = rest.strip_prefix('"') {
                rest = behind;
                continue;
            }
            is_open = false;
        } else if let (true, Some(behind)) = (begins, rest.strip_prefix('"')) {
            (rest, is_open) = (behind, true);
            continue;
        }
        let Some(end) = rest.find(separator) else { return false };
        (rest, begins) = (&rest[end + separator.len_utf8()..], true);
    }
}
