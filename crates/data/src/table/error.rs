//! What can be wrong with a CSV file.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::UnknownLabel;
use crate::excerpt::{excerpt, excerpts};

/// A fault of a CSV file and where it is.
#[derive(Debug, Error)]
#[error("{}: {fault}", place(path, *line))]
pub struct TableError {
    /// The file, as it was given.
    pub path: PathBuf,
    /// The line of the file, from 1, if it has to do with one. A row is named by its first line.
    pub line: Option<u64>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a CSV file. The message says what was expected, what was found, and the mend.
#[derive(Debug, Error)]
pub enum Fault {
    /// There is no file of this name.
    #[error("there is no such file; check the path and the current directory")]
    Missing,
    /// The path names a directory.
    #[error("this is a directory; give the path of a CSV file")]
    Directory,
    /// The user may not read the file.
    #[error("you are not allowed to read this file; change its permissions")]
    Forbidden,
    /// Reading failed for another reason.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// The file has no bytes, or blank lines only.
    #[error("the file is empty; expected a header with column names, then a row for each example")]
    Empty,
    /// The file ends after the header.
    #[error(
        "there are no rows below the header ({}); expected a row for each example",
        excerpts(header)
    )]
    NoRows {
        /// The names in the header.
        header: Vec<String>,
    },
    /// A byte that cannot be part of UTF-8.
    #[error(
        "byte {position} of the line, 0x{byte:02X}, is not valid UTF-8; save the file as UTF-8 \
         (from Latin-1: iconv -f latin1 -t utf-8)"
    )]
    NotUtf8 {
        /// The byte found.
        byte: u8,
        /// Its place in the line, from 1.
        position: usize,
    },
    /// The file ends inside a quoted field.
    #[error(
        "a double quote opens in the row that begins here and is never closed; close it, and write \
         a quote inside a quoted field twice"
    )]
    OpenQuote,
    /// A row with more or fewer fields than the header.
    #[error(
        "expected {}, as in the header ({}), found {found}; put a field that holds commas in \
         double quotes",
        fields(header.len()),
        excerpts(header)
    )]
    Ragged {
        /// The names in the header.
        header: Vec<String>,
        /// The number of fields in the row.
        found: usize,
    },
    /// The header lacks a column.
    #[error(
        "there is no column {}; the header has {}{}",
        excerpt(column),
        excerpts(header),
        hint(column, header)
    )]
    MissingColumn {
        /// The name asked for.
        column: String,
        /// The names in the header.
        header: Vec<String>,
    },
    /// The header has a column twice.
    #[error(
        "the column {} occurs twice, as columns {} and {}; rename one of them",
        excerpt(column),
        first + 1,
        second + 1
    )]
    DuplicateColumn {
        /// The name.
        column: String,
        /// Its first place in the header, from 0.
        first: usize,
        /// Its second place in the header, from 0.
        second: usize,
    },
    /// A class name that is empty.
    #[error("column {}: expected a label, found an empty field", excerpt(column))]
    EmptyName {
        /// The column.
        column: String,
    },
    /// A class name that is none of the known ones.
    #[error("column {}: {unknown}; correct it, or train on rows that have it", excerpt(column))]
    UnknownLabel {
        /// The column.
        column: String,
        /// The name, and those that are known.
        unknown: UnknownLabel,
    },
    /// A field that is not a finite number.
    #[error(
        "column {}: expected a finite number such as -1.5 or 2e3, found {}",
        excerpt(column),
        found(text)
    )]
    NotANumber {
        /// The column.
        column: String,
        /// The field.
        text: String,
    },
}

impl TableError {
    pub(super) fn file(path: &Path, fault: Fault) -> TableError {
        TableError { path: path.to_owned(), line: None, fault }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::NotFound => Fault::Missing,
            io::ErrorKind::IsADirectory => Fault::Directory,
            io::ErrorKind::PermissionDenied => Fault::Forbidden,
            _ => Fault::Unreadable(error),
        }
    }
}

fn place(path: &Path, line: Option<u64>) -> String {
    match line {
        Some(line) => format!("{}, line {line}", path.display()),
        None => path.display().to_string(),
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}

fn found(text: &str) -> String {
    if text.trim().is_empty() { "an empty field".to_owned() } else { excerpt(text) }
}

/// The two usual reasons why a column is missing: its name is written otherwise, or the fields are
/// separated by something else.
fn hint(column: &str, header: &[String]) -> String {
    if let Some(name) = header.iter().find(|name| name.eq_ignore_ascii_case(column)) {
        return format!("; did you mean {}?", excerpt(name));
    }
    match header {
        [only] if only.contains([';', '\t']) => "; separate the fields by commas".to_owned(),
        _ => String::new(),
    }
}
