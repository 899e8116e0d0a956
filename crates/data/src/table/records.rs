//! Parses CSV text strictly by RFC 4180, with any separator. An error says where a quote is misplaced.
//!
//! If a quote is opened and never closed, a lenient reader takes all lines up to the next quote for
//! one field, and whole rows vanish without a message. So nothing may follow a closing quote inside
//! its field, as in the strict mode of Python's `csv`. A quote inside
//! a field that does not begin with one (`5" nail`) is a letter like any other.

use csv::StringRecord;
use memchr::memchr3;

use super::error::Fault;

/// One row and the line of the file on which it begins, from 1.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) fields: StringRecord,
}

/// Returns all rows of a text except blank ones, including the header.
///
/// # Errors
///
/// If a quote is misplaced. The error has the fault and the line on which the quote opens.
pub(super) fn parse_rows(text: &str) -> Result<Vec<Row>, (u64, Fault)> {
    let mut parser = RowParser { rest: text, line: 1, separator: ',' };
    let mut rows = Vec::new();
    while let Some(row) = parser.next_row()? {
        rows.push(row);
    }
    Ok(rows)
}

/// Takes one row after the other from a text.
pub(crate) struct RowParser<'a> {
    pub(crate) rest: &'a str,
    /// The line on which `rest` begins.
    pub(crate) line: u64,
    /// The character between two fields.
    pub(crate) separator: char,
}

impl<'a> RowParser<'a> {
    /// Returns the next row that is not blank; `None` at the end.
    ///
    /// # Errors
    ///
    /// If a quote is misplaced. The error has the fault and the line on which the quote opens.
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, (u64, Fault)> {
        self.skip_line_ends();
        if self.rest.is_empty() { Ok(None) } else { self.row().map(Some) }
    }

    fn skip_line_ends(&mut self) {
        let blank = self.rest.len() - self.rest.trim_start_matches(['\r', '\n']).len();
        self.take(blank);
    }

    fn row(&mut self) -> Result<Row, (u64, Fault)> {
        let line = self.line;
        let mut fields = StringRecord::new();
        loop {
            match self.rest.strip_prefix('"') {
                Some(_) => fields.push_field(&self.quoted()?),
                None => {
                    let (field, rest) = self.rest.split_at(self.end_of_field());
                    fields.push_field(field);
                    self.rest = rest;
                }
            }
            match self.rest.strip_prefix(self.separator) {
                Some(rest) => self.rest = rest,
                None => return Ok(Row { line, fields }),
            }
        }
    }

    /// Returns the length of the field without quotes that begins here. There is no line end in it.
    fn end_of_field(&self) -> usize {
        let end = match self.separator.is_ascii() {
            true => memchr3(self.separator as u8, b'\r', b'\n', self.rest.as_bytes()),
            false => self.rest.find([self.separator, '\r', '\n']),
        };
        end.unwrap_or(self.rest.len())
    }

    /// Returns the content of the quoted field that begins here.
    fn quoted(&mut self) -> Result<String, (u64, Fault)> {
        let (whole, opened) = (self.rest, self.line);
        let mut content = String::new();
        self.take(1);
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err((opened, fault_of(whole).unwrap_or(Fault::OpenQuote)));
            };
            content += self.take(end);
            self.take(1);
            match self.rest.chars().next() {
                Some('"') => content += self.take(1),
                None | Some('\r' | '\n') => return Ok(content),
                Some(letter) if letter == self.separator => return Ok(content),
                Some(_) => {
                    let fault = fault_of(whole).unwrap_or_else(|| Fault::TextAfterQuote {
                        closed: self.line,
                        after: first_line(self.rest),
                    });
                    return Err((opened, fault));
                }
            }
        }
    }

    /// Consumes the next bytes and returns them.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += line_ends(taken.as_bytes());
        self.rest = rest;
        taken
    }
}

/// Returns the cause of a misplaced quote, if the first line of the field shows it.
fn fault_of(field: &str) -> Option<Fault> {
    let line = first_line(field);
    line.contains("\\\"").then_some(Fault::BackslashQuote { found: line })
}

pub(super) fn first_line(text: &str) -> String {
    text.split(['\r', '\n']).next().unwrap_or_default().to_owned()
}

/// Returns the number of line ends: `\n`, `\r\n`, or `\r` alone.
pub(crate) fn line_ends(bytes: &[u8]) -> u64 {
    let count = |wanted: u8| bytes.iter().filter(|&&byte| byte == wanted).count() as u64;
    let pairs = match count(b'\r') {
        0 => return count(b'\n'),
        _ => bytes.windows(2).filter(|pair| pair == b"\r\n").count() as u64,
    };
    count(b'\n') + count(b'\r') - pairs
}
