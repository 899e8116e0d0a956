//! The faults of a CSV file and their messages.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use thiserror::Error;

use crate::excerpt::{excerpt, excerpts, printable, printable_path};
use crate::{NotText, UnknownLabel};

/// A fault of a CSV file and where it is.
#[derive(Debug, Error)]
#[error("{}: {}", place(path, *line), printable(&fault.to_string()))]
pub struct TableError {
    /// The file, as the caller gave it.
    pub path: PathBuf,
    /// The line of the fault, from 1, if it has one. A row is named by its first line.
    pub line: Option<u64>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a CSV file. The message says what was expected, what was found, and what to
/// do.
#[derive(Debug, Error)]
#[non_exhaustive]
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
    #[error("the file is empty; expected a header with column names, then a row for each sample")]
    Empty,
    /// The file ends after the header.
    #[error(
        "there are no rows below the header ({}); expected a row for each sample",
        excerpts(header)
    )]
    NoRows {
        /// The names in the header.
        header: Vec<String>,
    },
    /// The file is not UTF-8 text.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// The fields are separated by another character than commas.
    #[error(
        "the fields are separated by {} ({}), expected commas; save it with commas between the \
         fields, texts that hold commas in double quotes, and a header of column names as first line",
        named_separator(*separator),
        excerpt(found)
    )]
    Separator {
        /// The character found.
        separator: char,
        /// The header.
        found: String,
    },
    /// The file ends inside a quoted field.
    #[error(
        "a double quote opens in the row that begins here and is never closed; close it, and write \
         a quote inside a quoted field twice"
    )]
    OpenQuote,
    /// Text follows the closing quote of a field.
    #[error(
        "a double quote opens on this line and closes on line {closed}, but is followed by {}; a \
         quoted field ends with its closing quote: remove the quote that should not be there, or write \
         a quote inside a quoted field twice",
        excerpt(after)
    )]
    TextAfterQuote {
        /// The line of the closing quote.
        closed: u64,
        /// The text after it on that line.
        after: String,
    },
    /// A quote inside a quoted field has a backslash before it.
    #[error(
        "the field that opens here has a backslash before a double quote ({}), which does not keep it \
         from closing the field; write a quote inside a quoted field twice: \"\" instead of \\\"",
        excerpt(found)
    )]
    BackslashQuote {
        /// The field's first line, from its opening quote.
        found: String,
    },
    /// A row with more or fewer fields than the header.
    #[error(
        "expected {}, as in the header ({}), found {found}; {}",
        fields(header.len()),
        excerpts(header),
        Misquoted::mend(cause, *separator)
    )]
    Ragged {
        /// The names in the header.
        header: Vec<String>,
        /// The number of fields in the row.
        found: usize,
        /// A field whose quotes do not count as quotes, if there is one.
        cause: Option<Misquoted>,
        /// The character between fields.
        separator: char,
    },
    /// The header lacks a column.
    #[error(
        "there is no column {}; the header has {}{}",
        excerpt(column),
        excerpts(header),
        hint(column, header, *is_headless)
    )]
    MissingColumn {
        /// The requested name.
        column: String,
        /// The names in the header.
        header: Vec<String>,
        /// `true` if the header looks like one of the rows.
        is_headless: bool,
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
    /// A class name that is not one of the known ones.
    #[error("column {}: {unknown}; correct it, or train on rows that have it", excerpt(column))]
    UnknownLabel {
        /// The column.
        column: String,
        /// The name and the known names.
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

/// A field with a double quote that does not count as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misquoted {
    /// White space precedes the quote that should open the field.
    Space(String),
    /// A backslash precedes a quote.
    Backslash(String),
}

impl Misquoted {
    /// Returns the first such field of a row.
    pub(crate) fn of(row: &StringRecord) -> Option<Misquoted> {
        row.iter().find_map(|field| match field.trim_start() {
            start if start.len() < field.len() && start.starts_with('"') => {
                Some(Misquoted::Space(field.to_owned()))
            }
            _ if field.contains("\\\"") => Some(Misquoted::Backslash(field.to_owned())),
            _ => None,
        })
    }

    fn mend(cause: &Option<Misquoted>, separator: char) -> String {
        match cause {
            None => {
                format!("put a field that holds {} in double quotes", named_separator(separator))
            }
            Some(Misquoted::Space(field)) => format!(
                "the field {} has a space before its double quote, which therefore does not open it: \
                 remove the space",
                excerpt(field)
            ),
            Some(Misquoted::Backslash(field)) => format!(
                "the field {} has a backslash before a double quote: put the field in double quotes and \
                 write a quote inside it twice",
                excerpt(field)
            ),
        }
    }
}

impl Fault {
    /// Returns the fault of a header whose names are separated by another character than commas.
    pub(super) fn separator(header: &str) -> Option<Fault> {
        let count = |separator: char| header.matches(separator).count();
        let separator = [';', '\t', '|'].into_iter().max_by_key(|&separator| count(separator))?;
        (count(separator) > count(','))
            .then(|| Fault::Separator { separator, found: header.to_owned() })
    }
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
        Some(line) => format!("{}, line {line}", printable_path(path)),
        None => printable_path(path),
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}

fn found(text: &str) -> String {
    if text.trim().is_empty() { "an empty field".to_owned() } else { excerpt(text) }
}

/// Returns the name of a separator, in the plural.
pub(crate) fn named_separator(separator: char) -> Cow<'static, str> {
    match separator {
        ',' => "commas".into(),
        ';' => "semicolons".into(),
        '\t' => "tabs".into(),
        '|' => "vertical bars".into(),
        other => format!("the character {}", excerpt(&other.to_string())).into(),
    }
}

/// Returns the likely reason why a column is missing: its name is spelled differently or in quotes,
/// the file has no header, or the file is not a table.
fn hint(column: &str, header: &[String], is_headless: bool) -> String {
    let is_same = |name: &&String| name.trim_matches('"').trim().eq_ignore_ascii_case(column);
    match header.iter().find(is_same) {
        Some(name) if name.starts_with('"') => format!(
            "; {} has a space before its double quote, which therefore does not open the field: remove \
             the space",
            excerpt(name)
        ),
        Some(name) => format!("; did you mean {}?", excerpt(name)),
        None if Fault::separator(&header.join(",")).is_some() => {
            "; separate the fields by commas".to_owned()
        }
        None if header[0].starts_with('<') => "; this looks like a page (HTML or XML)".to_owned(),
        None if header[0].starts_with(['{', '[']) => {
            "; this looks like JSON: give a CSV file".to_owned()
        }
        None if is_headless => format!(
            "; this line looks like a row: put a header with the column names, such as {}, before it",
            excerpt(column)
        ),
        None => String::new(),
    }
}
