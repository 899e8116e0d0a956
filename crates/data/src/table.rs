//! Reads a CSV file by column name. The error of each fault says where it is and what to do.
//!
//! Fields follow RFC 4180: separated by commas, in double quotes where they hold commas, quotes or
//! line breaks. A byte-order mark, CRLF or CR line ends and blank lines are accepted; a quote in a
//! place that RFC 4180 does not allow is an error, as it would swallow the rows below.

mod error;
pub(crate) mod records;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use tensor::Tensor;

pub(crate) use error::named_separator;
pub use error::{Fault, Misquoted, TableError};
use records::{Row, first_line, line_ends, parse_rows};

use crate::{Labels, NotText, encoding, read_whole};

/// The rows of a CSV file, each with as many fields as the header.
///
/// ```
/// use data::{Labels, Table};
///
/// let table = Table::parse("train.csv", b"text,label\n\"Well, well.\",joy\nBoo!,fear\n")?;
/// let texts = table.text("text")?;
/// let labels = Labels::of(table.names("label")?);
/// assert_eq!(texts, ["Well, well.", "Boo!"]);
/// assert_eq!(table.classes("label", &labels)?.to_vec(), [1, 0]);
///
/// let error = table.text("label2").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "train.csv, line 1: there is no column `label2`; the header has `text`, `label`"
/// );
/// # Ok::<(), data::TableError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    path: PathBuf,
    header: Row,
    rows: Vec<Row>,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or [`Table::parse`] fails.
    pub fn read(path: impl AsRef<Path>) -> Result<Table, TableError> {
        let path = path.as_ref();
        let bytes = read_whole(path).map_err(|error| TableError::file(path, error.into()))?;
        Table::parse(path, &bytes)
    }

    /// Reads the content of a file that is in memory. Error messages name it `path`.
    ///
    /// # Errors
    ///
    /// If the content is empty, has no rows below the header, is not UTF-8, has a row with more or
    /// fewer fields than the header, a quote that is never closed, or text after a closing quote.
    pub fn parse(path: impl AsRef<Path>, bytes: &[u8]) -> Result<Table, TableError> {
        let path = path.as_ref();
        let text = utf8(path, bytes)?;
        let mut rows = parse_rows(text).map_err(|(line, fault)| {
            let found = first_line(text.trim_start_matches(['\r', '\n']));
            let fault = Fault::separator(&found).unwrap_or(fault);
            TableError { path: path.to_owned(), line: Some(line), fault }
        })?;
        if rows.is_empty() {
            return Err(TableError::file(path, Fault::Empty));
        }
        let header = rows.remove(0);
        if rows.is_empty() {
            return Err(TableError::file(path, Fault::NoRows { header: owned(&header.fields) }));
        }
        let table = Table { path: path.to_owned(), header, rows };
        table.check_lengths()?;
        Ok(table)
    }

    /// Returns the names in the header, without surrounding spaces.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.header.fields.iter().map(str::trim)
    }

    /// Returns the number of rows below the header, at least one.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Returns a column exactly as in the file.
    ///
    /// # Errors
    ///
    /// If the column is missing or occurs twice.
    pub fn text(&self, column: &str) -> Result<Vec<&str>, TableError> {
        let index = self.index(column)?;
        Ok(self.rows.iter().map(|row| &row.fields[index]).collect())
    }

    /// Returns a column of class names, without surrounding spaces.
    ///
    /// # Errors
    ///
    /// If the column is missing or occurs twice, or a name is empty.
    pub fn names(&self, column: &str) -> Result<Vec<&str>, TableError> {
        let index = self.index(column)?;
        let name = |row| self.name(row, index);
        self.rows.iter().map(name).collect()
    }

    /// Returns a column of class names as class numbers, `[rows]`.
    ///
    /// # Errors
    ///
    /// If [`Table::names`] fails, or a name is not among the labels.
    pub fn classes(&self, column: &str, labels: &Labels) -> Result<Tensor<u32>, TableError> {
        let index = self.index(column)?;
        let class = |row: &Row| {
            labels.class(self.name(row, index)?).map_err(|unknown| {
                self.at(row.line, Fault::UnknownLabel { column: column.to_owned(), unknown })
            })
        };
        let classes = self.rows.iter().map(class).collect::<Result<_, _>>()?;
        Ok(Tensor::new([self.rows()], classes))
    }

    /// Returns columns of numbers, `[rows, columns]`. Spaces around a number are dropped.
    ///
    /// The numbers have 64 bits, because 32 bits cannot tell 1700000029 from 1700000034. Scale them
    /// with a [`Standardizer`](crate::Standardizer) before rounding them.
    ///
    /// # Errors
    ///
    /// If a column is missing or occurs twice, or a field is not a finite `f64`.
    pub fn numbers(&self, columns: &[impl AsRef<str>]) -> Result<Tensor<f64>, TableError> {
        let indices = self.indices(columns)?;
        let cells = self.rows.iter().flat_map(|row| indices.iter().map(move |&i| (row, i)));
        let numbers = cells.map(|(row, index)| self.number(row, index));
        let numbers = numbers.collect::<Result<Vec<f64>, _>>()?;
        Ok(Tensor::new([self.rows(), columns.len()], numbers))
    }

    /// Returns the places of many columns in one pass over the header.
    fn indices(&self, columns: &[impl AsRef<str>]) -> Result<Vec<usize>, TableError> {
        let mut places: HashMap<&str, (usize, bool)> = HashMap::new();
        for (index, name) in self.columns().enumerate() {
            places
                .entry(name)
                .and_modify(|(_, is_unique)| *is_unique = false)
                .or_insert((index, true));
        }
        let index = |column: &str| match places.get(column) {
            Some(&(index, true)) => Ok(index),
            // The slow way has the error.
            _ => self.index(column),
        };
        columns.iter().map(|column| index(column.as_ref())).collect()
    }

    fn index(&self, column: &str) -> Result<usize, TableError> {
        let mut places = self.columns().enumerate().filter(|(_, name)| *name == column);
        match (places.next(), places.next()) {
            (Some((index, _)), None) => Ok(index),
            (Some((first, _)), Some((second, _))) => {
                let column = column.to_owned();
                Err(self.in_header(Fault::DuplicateColumn { column, first, second }))
            }
            (None, _) => Err(self.in_header(self.missing(column))),
        }
    }

    fn missing(&self, column: &str) -> Fault {
        let header = owned(&self.header.fields);
        let is_sample = |(place, name): (usize, &String)| {
            let has_it =
                |row: &Row| row.fields[place].trim() == name && row.fields != self.header.fields;
            !name.is_empty() && (name.parse::<f64>().is_ok() || self.rows.iter().any(has_it))
        };
        let is_headless = header.iter().enumerate().any(is_sample);
        Fault::MissingColumn { column: column.to_owned(), header, is_headless }
    }

    fn name<'a>(&self, row: &'a Row, index: usize) -> Result<&'a str, TableError> {
        match row.fields[index].trim() {
            "" => Err(self.at(row.line, Fault::EmptyName { column: self.column(index) })),
            name => Ok(name),
        }
    }

    fn number(&self, row: &Row, index: usize) -> Result<f64, TableError> {
        let text = &row.fields[index];
        let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| {
            let fault = Fault::NotANumber { column: self.column(index), text: text.to_owned() };
            self.at(row.line, fault)
        })
    }

    fn column(&self, index: usize) -> String {
        self.header.fields[index].trim().to_owned()
    }

    fn check_lengths(&self) -> Result<(), TableError> {
        let expected = self.header.fields.len();
        match self.rows.iter().find(|row| row.fields.len() != expected) {
            None => Ok(()),
            Some(row) => {
                let header = owned(&self.header.fields);
                if let Some(fault) = Fault::separator(&header.join(",")) {
                    return Err(self.in_header(fault));
                }
                let found = row.fields.len();
                let cause = Misquoted::of(&row.fields);
                Err(self.at(row.line, Fault::Ragged { header, found, cause, separator: ',' }))
            }
        }
    }

    fn in_header(&self, fault: Fault) -> TableError {
        self.at(self.header.line, fault)
    }

    fn at(&self, line: u64, fault: Fault) -> TableError {
        TableError { path: self.path.clone(), line: Some(line), fault }
    }
}

fn owned(header: &StringRecord) -> Vec<String> {
    header.iter().map(|name| name.trim().to_owned()).collect()
}

fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, TableError> {
    encoding::text(bytes).map_err(|(offset, what)| {
        let line = match what {
            NotText::Kind { .. } => None,
            _ => Some(1 + line_ends(&bytes[..offset])),
        };
        TableError { path: path.to_owned(), line, fault: Fault::NotText(what) }
    })
}
