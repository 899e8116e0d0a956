//! Detects the form of a table that is a text: the character that separates its cells, and whether it has a header.
//! What the caller knows is not guessed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{DateOrder, DecimalMark, is_missing};
use crate::table::named_separator;
use crate::table::records::{Row, RowParser};

/// The form of a table that is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The character between two cells.
    pub separator: char,
    /// `true` if the first row has the names of the columns.
    pub has_header: bool,
}

/// What the first row of a table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderRow {
    /// Guessed from the rows. The first row is data if one of its cells is a number or a date, or
    /// occurs at least twice below.
    #[default]
    Guess,
    /// The names of the columns.
    Present,
    /// A row like the others. Columns are named `column1`, `column2`, ….
    Absent,
}

/// A character that can separate cells: any ASCII character except a double quote and the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separator(char);

impl Separator {
    /// Returns the character.
    pub fn character(self) -> char {
        self.0
    }
}

/// A text is not a [`Separator`].
#[derive(Debug, Error)]
#[error(
    "expected one character that is one byte, such as `;`, or the word tab; a double quote and the end of a line \
     cannot be one"
)]
pub struct NotASeparator;

impl FromStr for Separator {
    type Err = NotASeparator;

    /// Reads one character, or `tab` or `\t` for a tab.
    fn from_str(text: &str) -> Result<Self, NotASeparator> {
        let mut letters = text.chars();
        match (text, letters.next(), letters.next()) {
            ("tab" | "\\t", ..) => Ok(Self('\t')),
            (_, Some(letter), None) if letter.is_ascii() && !"\"\r\n\0".contains(letter) => {
                Ok(Self(letter))
            }
            _ => Err(NotASeparator),
        }
    }
}

/// What is known of a table's form beforehand; the rest is found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownForm {
    /// What the first row is.
    pub header: HeaderRow,
    /// The character between two cells.
    pub separator: Option<Separator>,
}

impl From<HeaderRow> for KnownForm {
    fn from(header: HeaderRow) -> Self {
        Self { header, separator: None }
    }
}

/// The number of rows that are looked at.
const ROWS: usize = 100;

impl Dialect {
    /// Guesses the form of a table from its beginning. The separator is the one that cuts most rows into as
    /// many cells as the first row; among several, the one that gives more cells. If semicolons, tabs or bars
    /// cut each row and commas do so too, the commas are decimal. A known separator is not guessed.
    ///
    /// ```
    /// use data::{Dialect, HeaderRow};
    ///
    /// let dialect = Dialect::sniff("price;note\n3,5;a, b, c\n", HeaderRow::Guess);
    /// assert_eq!(dialect, Dialect { separator: ';', has_header: true });
    /// ```
    pub fn sniff(beginning: &str, known: impl Into<KnownForm>) -> Dialect {
        let KnownForm { header, separator } = known.into();
        if let Some(Separator(separator)) = separator {
            let has_header = has_header(header, &rows(beginning, separator));
            return Dialect { separator, has_header };
        }
        let forms = [',', ';', '\t', '|'].map(|separator| (separator, rows(beginning, separator)));
        let score = |rows: &[Row]| {
            let width = rows.first().map_or(0, |row| row.fields.len());
            let alike = rows.iter().filter(|row| row.fields.len() == width).count();
            (width > 1).then(|| (1000 * alike / rows.len(), width))
        };
        // The first of equally good ones.
        let best = forms.iter().rev().max_by_key(|(_, rows)| score(rows));
        let best = best.expect("there are separators");
        let is_within_commas = |(separator, rows): &&(char, Vec<Row>)| {
            let commas = &forms[0].1;
            let is_in_cell = |row: &Row| row.fields.iter().any(|cell| cell.contains(*separator));
            score(rows) >= Some((1000, 2))
                && rows.len() == commas.len()
                && commas.iter().all(is_in_cell)
        };
        let within = match best.0 == ',' && score(&best.1) >= Some((1000, 2)) {
            true => forms[1..].iter().find(is_within_commas),
            false => None,
        };
        let (separator, rows) = within.unwrap_or(best);
        Dialect { separator: *separator, has_header: has_header(header, rows) }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&named_separator(self.separator))
    }
}

/// Returns the first rows of a text. The last one may be cut off, so a fault there ends them.
fn rows(text: &str, separator: char) -> Vec<Row> {
    let mut parser = RowParser { rest: text, line: 1, separator };
    let mut rows = Vec::new();
    while rows.len() < ROWS
        && let Ok(Some(row)) = parser.next_row()
    {
        rows.push(row);
    }
    let is_cut = rows.len() > 1 && parser.rest.is_empty() && !text.ends_with(['\n', '\r']);
    if is_cut {
        rows.pop();
    }
    rows
}

fn has_header(header: HeaderRow, rows: &[Row]) -> bool {
    match header {
        HeaderRow::Guess => is_header(rows) || is_numbering(rows),
        HeaderRow::Present => true,
        HeaderRow::Absent => false,
    }
}

/// Returns `true` if the first row numbers the columns, as pandas does for columns without names: `0,1,2`, perhaps
/// after an empty cell for the index.
fn is_numbering(rows: &[Row]) -> bool {
    let Some(first) = rows.first() else { return false };
    let names: Vec<&str> = first.fields.iter().collect();
    let names = names.strip_prefix(&[""]).unwrap_or(&names);
    let counts = names.iter().enumerate().all(|(at, name)| *name == at.to_string());
    let has_index = names.len() < first.fields.len();
    let is_number = |cell: &str| DecimalMark::Point.parse(cell).is_some();
    let is_of_texts = |place: usize| {
        let cells = rows[1..].iter().filter_map(|row| row.fields.get(place));
        let mut cells = cells.filter(|cell| !is_missing(cell)).peekable();
        cells.peek().is_some() && !cells.any(is_number)
    };
    // `0,1` may be a sample. Four such numbers, or some above texts, are none.
    let is_clear = has_index || names.len() > 3 || (0..first.fields.len()).any(is_of_texts);
    names.len() > 1 && counts && is_clear
}

/// Returns `true` if the first row has names. None of its cells is a number or a date above dates, and either one is
/// a text above numbers or dates, or none occurs twice below.
fn is_header(rows: &[Row]) -> bool {
    let Some((first, others)) = rows.split_first() else { return true };
    let is_number = DecimalMark::is_number;
    let is_date = |cell: &str| {
        [DateOrder::DayFirst, DateOrder::MonthFirst].iter().any(|o| o.parse(cell).is_some())
    };
    let is_value = |cell: &str| is_number(cell) || is_date(cell);
    let columns = || first.fields.iter().enumerate().filter(|(_, name)| !name.is_empty());
    let below = |place: usize| others.iter().filter_map(move |row| row.fields.get(place));
    let is_above_values = |(place, name): (usize, &str)| {
        let mut cells = below(place).filter(|cell| !is_missing(cell)).peekable();
        !is_missing(name) && cells.peek().is_some() && cells.all(&is_value)
    };
    // A date may be a name, such as `1/22/20` above counts.
    let is_sample = |(place, name): (usize, &str)| {
        is_number(name) || (is_date(name) && below(place).any(is_date))
    };
    let occurs_again = |(place, name)| below(place).filter(|cell| *cell == name).count() > 1;
    !first.fields.iter().enumerate().any(is_sample)
        && (columns().any(is_above_values) || !columns().any(occurs_again))
}
