//! What is in a column: texts, numbers, categories or dates, guessed from its cells.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::date::has_order;
use super::number::{is_code, is_most, parse_with, unit_of};
use super::{DataFrame, DateOrder, DecimalMark, Notation, NumberForm};
use crate::excerpt;

/// What a column is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Texts of words.
    Text,
    /// Numbers.
    Number,
    /// One of a few values; as a target, a class.
    Category,
    /// Dates, with or without a time.
    Date,
    /// As a target: several labels, separated by `|`.
    Labels,
    /// Not used.
    Ignore,
}

/// A name that no kind of column has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no kind `{0}`: choose one of text, number, category, date, labels, ignore")]
pub struct UnknownKind(String);

impl ColumnKind {
    const ALL: [(&str, ColumnKind); 6] = [
        ("text", ColumnKind::Text),
        ("number", ColumnKind::Number),
        ("category", ColumnKind::Category),
        ("date", ColumnKind::Date),
        ("labels", ColumnKind::Labels),
        ("ignore", ColumnKind::Ignore),
    ];
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Self::ALL.iter().find(|(_, kind)| kind == self).map_or("", |(name, _)| name))
    }
}

impl FromStr for ColumnKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let known = Self::ALL.iter().find(|(name, _)| *name == text);
        known.map(|(_, kind)| *kind).ok_or_else(|| UnknownKind(text.chars().take(40).collect()))
    }
}

/// What programs write for a missing value: pandas' list, `?`, and the errors of a spreadsheet.
const MISSING: [&str; 24] = [
    "", "#N/A", "#N/A N/A", "#NA", "-NaN", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "None",
    "n/a", "nan", "null", "NAN", "na", "?", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!",
    "#VALUE!",
];

/// What people write for a missing value among numbers and dates. Elsewhere it may be a value, such as the opposite of
/// `+`.
const DASHES: [&str; 6] = ["-", "--", "---", "–", "—", "."];

/// Returns `true` if a cell reads as a missing value.
///
/// ```
/// assert!(data::is_missing(" NaN ") && data::is_missing("") && !data::is_missing("0"));
/// ```
pub fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell.trim())
}

/// Returns `true` if a cell among numbers or dates reads as a missing value.
pub(super) fn is_gap(cell: &str) -> bool {
    is_missing(cell) || DASHES.contains(&cell.trim())
}

/// What was found in a column.
#[derive(Clone, Debug)]
pub struct ColumnSummary {
    /// The name.
    pub name: String,
    /// The kind, as guessed or as chosen.
    pub kind: ColumnKind,
    /// The number of cells that hold a value. A dash among numbers or dates does not count.
    pub present: usize,
    /// The number of cells that do not.
    pub missing: usize,
    /// The number of different values.
    pub distinct: usize,
    /// The character before decimals.
    pub decimal: DecimalMark,
    /// The currency or the percent sign of numbers.
    pub unit: Option<char>,
    /// The order of the parts of dates.
    pub order: DateOrder,
    /// Why the column is not used, or what was assumed.
    pub remark: Option<String>,
    /// The first values.
    pub examples: Vec<String>,
}

/// What the kind is guessed from.
struct Counts {
    /// The present cells that are more than a dash.
    filled: usize,
    numbers: usize,
    whole: usize,
    dates: usize,
    words: usize,
    /// `true` if the first number is 0 or 1, and each other is one more than the number before.
    counts_up: bool,
}

impl ColumnSummary {
    /// Looks at a column of a table. `chosen` is its kind, if that is known.
    pub fn of(frame: &DataFrame, column: usize, chosen: Option<ColumnKind>) -> ColumnSummary {
        let summary = Self::found(frame, column);
        let counts = summary.counts(frame, column);
        let (kind, remark) = match chosen {
            Some(kind) => (kind, None),
            None => {
                let (kind, why) = summary.guess(&counts);
                (kind, why.or_else(|| summary.doubt(&counts, frame, column)))
            }
        };
        summary.settled(kind, remark, &counts)
    }

    /// Returns the summary of a column of this kind. Among numbers and dates a dash is a missing value.
    fn settled(self, kind: ColumnKind, remark: Option<String>, counts: &Counts) -> ColumnSummary {
        let remark = remark.or_else(|| self.assumed(kind));
        let present = match kind {
            ColumnKind::Number | ColumnKind::Date => counts.filled,
            _ => self.present,
        };
        let missing = self.missing + self.present - present;
        Self { kind, remark, present, missing, ..self }
    }

    /// Looks at the column that should be predicted. Without a chosen kind it has numbers if it has decimals, more than 20
    /// different numbers, or mostly different ones; labels if cells hold `|`; and otherwise classes.
    pub fn of_target(
        frame: &DataFrame,
        column: usize,
        chosen: Option<ColumnKind>,
    ) -> ColumnSummary {
        let summary = Self::found(frame, column);
        let counts = summary.counts(frame, column);
        // Answers of several units are on no one scale.
        let is_foreign = |cell: &str| {
            summary.decimal.parse(cell).is_some() && summary.parse_number(cell).is_none()
        };
        let is_various = summary.distinct > 20
            || (summary.distinct > 5 && 2 * summary.distinct > summary.present);
        let is_number = is_most(counts.numbers, counts.filled)
            && !frame.cells(column).any(is_foreign)
            && (is_various || counts.whole < counts.numbers);
        let kind = match chosen {
            Some(kind) => kind,
            None if is_number => ColumnKind::Number,
            None if frame.cells(column).any(|cell| cell.contains('|')) => ColumnKind::Labels,
            None => ColumnKind::Category,
        };
        let remark = match chosen {
            Some(_) => None,
            None if kind == ColumnKind::Labels => {
                Some("cells hold `|`, which separates labels".to_owned())
            }
            None => summary.doubt(&counts, frame, column),
        };
        summary.settled(kind, remark, &counts)
    }

    fn found(frame: &DataFrame, column: usize) -> ColumnSummary {
        let present = || frame.cells(column).filter(|cell| !is_missing(cell));
        let mut different = HashSet::new();
        let mut examples = Vec::new();
        for cell in present() {
            if different.insert(cell) && examples.len() < 3 {
                examples.push(cell.to_owned());
            }
        }
        let count = present().count();
        let by_file = || match frame.decimal_mark() {
            Some(mark) => mark,
            // Semicolons separate cells where commas are decimal.
            None if frame.separator == Some(';') => DecimalMark::Comma,
            None => DecimalMark::Point,
        };
        let order_by_file =
            || match present().any(has_order) && frame.decimal_mark() == Some(DecimalMark::Comma) {
                true => DateOrder::DayFirst,
                false => DateOrder::MonthFirst,
            };
        ColumnSummary {
            name: frame.columns[column].clone(),
            kind: ColumnKind::Ignore,
            present: count,
            missing: frame.rows.len() - count,
            distinct: different.len(),
            decimal: match frame.has_decimal_points(column) {
                true => DecimalMark::Point,
                false => DecimalMark::guess(present()).unwrap_or_else(by_file),
            },
            unit: unit_of(present().filter(|cell| !is_gap(cell))),
            order: DateOrder::guess(present()).unwrap_or_else(order_by_file),
            remark: None,
            examples,
        }
    }

    fn counts(&self, frame: &DataFrame, column: usize) -> Counts {
        let present = || frame.cells(column).filter(|cell| !is_missing(cell));
        let filled = || present().filter(|cell| !is_gap(cell));
        let count = filled().count();
        let codes = filled().filter(|cell| is_code(cell)).count();
        // A single 07 among numbers is a number, too. But if all cells have the same length, all are codes. Accountants
        // put only losses in parentheses.
        let length = filled().next().map(str::len);
        let is_coded = 20 * codes > count
            || (codes > 0 && filled().all(|cell| Some(cell.len()) == length))
            || filled().all(|cell| cell.starts_with('('));
        let numbers: Vec<f64> = match is_coded {
            true => Vec::new(),
            false => present().filter_map(|cell| self.parse_number(cell)).collect(),
        };
        Counts {
            filled: count,
            numbers: numbers.len(),
            whole: numbers.iter().filter(|number| number.fract() == 0.0).count(),
            dates: present().filter(|cell| self.order.parse(cell).is_some()).count(),
            words: present().map(|cell| cell.split_whitespace().count()).sum(),
            counts_up: numbers.first().is_some_and(|first| [0.0, 1.0].contains(first))
                && numbers.windows(2).all(|pair| pair[1] - pair[0] == 1.0),
        }
    }

    /// Returns what the cells of other rows show of their notation, compared with this column's.
    pub fn notation<'a>(&self, cells: impl Iterator<Item = &'a str> + Clone) -> Notation {
        match self.kind {
            ColumnKind::Number => Notation::of_numbers(self.decimal, cells),
            ColumnKind::Date => Notation::of_dates(self.order, cells),
            _ => Notation::default(),
        }
    }

    /// Returns the number that a cell holds, if its unit is the column's.
    pub(super) fn parse_number(&self, cell: &str) -> Option<f64> {
        parse_with(self.decimal, self.unit, cell)
    }

    fn guess(&self, counts: &Counts) -> (ColumnKind, Option<String>) {
        let ignored = |why: &str| (ColumnKind::Ignore, Some(why.to_owned()));
        let is_unique = self.distinct == self.present && self.present > 2;
        let is_id = ["id", "index"].contains(&self.name.to_lowercase().as_str());
        match () {
            _ if self.present == 0 => ignored("every cell is missing"),
            _ if self.distinct == 1 && self.missing == 0 => ignored("the same in every row"),
            _ if is_most(counts.numbers, counts.filled) => {
                let is_whole = counts.whole == self.present;
                match is_unique && is_whole && self.missing == 0 && (counts.counts_up || is_id) {
                    true => ignored("it numbers the rows"),
                    false => (ColumnKind::Number, None),
                }
            }
            _ if is_most(counts.dates, counts.filled) => (ColumnKind::Date, None),
            _ if counts.words >= 3 * self.present && 10 * self.distinct > self.present => {
                (ColumnKind::Text, None)
            }
            _ if is_unique && counts.words == self.present && self.present > 20 => {
                ignored("a word of its own in every row")
            }
            _ if self.distinct > 20 && 2 * self.distinct > self.present => (ColumnKind::Text, None),
            _ => (ColumnKind::Category, None),
        }
    }

    /// Returns a doubt about a guessed kind: most cells are numbers, but too few to call the others mistakes.
    fn doubt(&self, counts: &Counts, frame: &DataFrame, column: usize) -> Option<String> {
        if is_most(counts.numbers, counts.filled) || 2 * counts.numbers <= counts.filled {
            return None;
        }
        let is_other = |cell: &&str| !is_gap(cell) && self.parse_number(cell).is_none();
        let other = frame.cells(column).find(is_other)?;
        Some(format!(
            "{} of {} cells are numbers, but not {}",
            counts.numbers,
            counts.filled,
            excerpt(other)
        ))
    }

    /// Returns the form of its numbers, if it is a column of numbers.
    pub fn form(&self) -> Option<NumberForm> {
        let form = NumberForm { decimal: self.decimal, unit: self.unit };
        (self.kind == ColumnKind::Number).then_some(form)
    }

    /// Returns how cells of this kind are read, where that is not plain.
    fn assumed(&self, kind: ColumnKind) -> Option<String> {
        match kind {
            ColumnKind::Number => {
                let mark = (self.decimal == DecimalMark::Comma).then(|| "decimal comma".to_owned());
                let unit = self.unit.map(|unit| format!("without {unit}"));
                let parts: Vec<String> = mark.into_iter().chain(unit).collect();
                (!parts.is_empty()).then(|| parts.join(", "))
            }
            ColumnKind::Date if self.examples.iter().any(|cell| has_order(cell)) => {
                let first = if self.order == DateOrder::DayFirst { "day" } else { "month" };
                Some(format!("{first} first"))
            }
            _ => None,
        }
    }
}
