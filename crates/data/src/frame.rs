//! Tables as people have them: of any separator and encoding, with texts, numbers, categories, dates and
//! gaps.
//!
//! ```text
//! bytes ─▶ TextReader ─▶ RowReader ─▶ TableRow ─┬─▶ DataFrame ─▶ ColumnSummary    what is in a column
//!          encoding      separator,             └─▶ FrameEncoder ─▶ Mixed         the inputs of a model
//!                        header                     TargetEncoder ─▶ Targets      what it should answer
//! ```
//!
//! [`Table`](crate::Table) reads one form strictly: UTF-8 and commas. This module
//! detects the form, and each guess can be printed. Rows are read one after the other, so a file may be
//! larger than memory.

use std::cmp::Ordering;
use std::sync::OnceLock;

mod column;
mod date;
mod dialect;
mod encoder;
mod findings;
mod gaps;
mod kind;
mod mixed;
mod notation;
mod number;
mod partition;
mod rows;
mod target;
mod text_reader;

pub use date::{DateOrder, iso_date};
pub use dialect::{Dialect, HeaderRow, KnownForm, NotASeparator, Separator};
pub use encoder::FrameEncoder;
pub use findings::{ambiguous_numbers, repeated_rows, revealing_columns};
pub use gaps::{Gaps, Noted};
pub use kind::{ColumnKind, ColumnSummary, UnknownKind, is_missing};
pub use mixed::{Mixed, MixedColumn};
pub use notation::Notation;
pub use number::{DecimalMark, NumberForm};
pub use partition::{folds, held_out};
pub use rows::{RowReader, TableRow};
pub use target::{TargetEncoder, Targets};
pub use text_reader::{TextEncoding, TextReader};

/// The rows of a table in memory, each with a cell for each column.
#[derive(Clone, Debug, Default)]
pub struct DataFrame {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<TableRow>,
    /// The character between two cells of a row, as far as rows were text.
    pub separator: Option<char>,
    /// The columns whose numbers have decimal points, because a program wrote them.
    with_points: Vec<usize>,
    /// What [`decimal_mark`](Self::decimal_mark) has found.
    mark: OnceLock<Option<DecimalMark>>,
}

impl DataFrame {
    /// Creates a table.
    pub fn new(columns: Vec<String>, rows: Vec<TableRow>, separator: Option<char>) -> Self {
        Self { columns, rows, separator, ..Self::default() }
    }

    /// Declares that the numbers of these columns have decimal points, as all JSON numbers do. `1.234` is then
    /// certainly less than 2.
    pub fn with_decimal_points(self, columns: Vec<usize>) -> Self {
        Self { with_points: columns, ..self }
    }

    /// Returns `true` if the numbers of a column are known to have decimal points.
    pub(crate) fn has_decimal_points(&self, column: usize) -> bool {
        self.with_points.contains(&column)
    }

    /// Returns the place of a column.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Returns the cells of a column, without surrounding white space.
    pub fn cells(&self, column: usize) -> impl Iterator<Item = &str> + Clone {
        self.rows.iter().map(move |row| row.cells[column].trim())
    }

    /// Returns the decimal mark that most columns show, counting only columns with one mark; `None` if no column
    /// shows one, or if there is a tie. It is found once, from the rows at the first call.
    pub fn decimal_mark(&self) -> Option<DecimalMark> {
        *self.mark.get_or_init(|| self.find_decimal_mark())
    }

    fn find_decimal_mark(&self) -> Option<DecimalMark> {
        let columns = (0..self.columns.len()).filter(|&column| !self.has_decimal_points(column));
        let shown = columns.filter_map(|column| DecimalMark::shown(self.cells(column)));
        let (points, commas): (Vec<_>, Vec<_>) =
            shown.partition(|&mark| mark == DecimalMark::Point);
        match points.len().cmp(&commas.len()) {
            Ordering::Greater => Some(DecimalMark::Point),
            Ordering::Less => Some(DecimalMark::Comma),
            Ordering::Equal => None,
        }
    }
}
