//! Encodes the cells of one column as numbers or ids, as measured on the rows to train on.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tensor::Tensor;

use super::date::calendar;
use super::kind::is_gap;
use super::number::parse_with;
use super::{ColumnKind, ColumnSummary, DateOrder, DecimalMark, Notation, NumberForm, is_missing};
use crate::{Labels, Standardizer, Tokenizer};

/// The number of values that a category has besides its own: any other, and missing.
pub(super) const OTHERS: usize = 2;

/// The encoding of one column's cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum ColumnEncoder {
    Text {
        tokenizer: Tokenizer,
    },
    Number {
        decimal: DecimalMark,
        unit: Option<char>,
        median: f64,
        scale: Standardizer,
        has_gaps: bool,
    },
    Category {
        values: Labels,
    },
    Date {
        order: DateOrder,
        median: f64,
        /// The scale of the days.
        scale: Standardizer,
        has_gaps: bool,
        has_times: bool,
    },
}

/// Returns the id of a category: 1 if it is missing, 0 if it is not known.
pub(super) fn category(values: &Labels, cell: &str) -> u32 {
    if is_missing(cell) {
        return 1;
    }
    values.class(cell).map_or(0, |value| value + OTHERS as u32)
}

impl ColumnEncoder {
    #[track_caller]
    pub(super) fn fit<'a>(
        summary: &ColumnSummary,
        cells: impl Iterator<Item = &'a str> + Clone,
        words: usize,
    ) -> ColumnEncoder {
        let present = cells.clone().filter(|cell| !is_missing(cell));
        match summary.kind {
            ColumnKind::Text => {
                let mut tokenizer = Tokenizer::new().with_num_words(words);
                tokenizer.fit_on_texts(present);
                ColumnEncoder::Text { tokenizer }
            }
            ColumnKind::Category => {
                let mut counts: HashMap<&str, usize> = HashMap::new();
                present.for_each(|cell| *counts.entry(cell).or_default() += 1);
                let known = counts.into_iter().filter(|&(_, count)| count > 1);
                ColumnEncoder::Category { values: Labels::of(known.map(|(value, _)| value)) }
            }
            ColumnKind::Number => {
                let (decimal, unit) = (summary.decimal, summary.unit);
                let (median, scale, has_gaps) = measured(cells, |cell| summary.parse_number(cell));
                ColumnEncoder::Number { decimal, unit, median, scale, has_gaps }
            }
            ColumnKind::Date => {
                let order = summary.order;
                let has_times =
                    present.filter_map(|cell| order.parse(cell)).any(|days| days.fract() != 0.0);
                let (median, scale, has_gaps) = measured(cells, |cell| order.parse(cell));
                ColumnEncoder::Date { order, median, scale, has_gaps, has_times }
            }
            ColumnKind::Labels | ColumnKind::Ignore => panic!(
                "FrameEncoder::fit: column `{}` is of kind {}, which is not an input",
                summary.name, summary.kind
            ),
        }
    }

    /// Returns the number of numbers that the column gives.
    pub(super) fn numbers(&self) -> usize {
        match self {
            Self::Text { .. } | Self::Category { .. } => 0,
            Self::Number { has_gaps, .. } => 1 + usize::from(*has_gaps),
            Self::Date { has_gaps, has_times, .. } => {
                5 + 2 * usize::from(*has_times) + usize::from(*has_gaps)
            }
        }
    }

    /// Returns how a column of numbers is written.
    pub(super) fn form(&self) -> Option<NumberForm> {
        match self {
            Self::Number { decimal, unit, .. } => {
                Some(NumberForm { decimal: *decimal, unit: *unit })
            }
            Self::Text { .. } | Self::Category { .. } | Self::Date { .. } => None,
        }
    }

    /// Returns what cells show of the column's notation: `true` for the other decimal mark, or the other order of day
    /// and month.
    pub(super) fn notation<'a>(&self, cells: impl Iterator<Item = &'a str> + Clone) -> Notation {
        match self {
            Self::Text { .. } | Self::Category { .. } => Notation::default(),
            Self::Number { decimal, .. } => Notation::of_numbers(*decimal, cells),
            Self::Date { order, .. } => Notation::of_dates(*order, cells),
        }
    }

    /// Returns `Some(true)` if rows of this notation write the column the other way; `None` if they have not shown it.
    pub(super) fn is_other(&self, notation: Notation) -> Option<bool> {
        match self {
            Self::Text { .. } | Self::Category { .. } => Some(false),
            Self::Number { .. } => notation.has_other_mark,
            Self::Date { .. } => notation.has_other_order,
        }
    }

    /// Returns `true` if a cell is a number or date in both notations, but not the same one.
    pub(super) fn is_disputed(&self, cell: &str) -> bool {
        let (own, other) = match self {
            Self::Text { .. } | Self::Category { .. } => return false,
            Self::Number { decimal, .. } if cell.contains([',', '.']) => {
                (decimal.parse(cell), decimal.other().parse(cell))
            }
            Self::Date { order, .. } => (order.parse(cell), order.other().parse(cell)),
            Self::Number { .. } => return false,
        };
        own.is_some() && other.is_some() && own != other
    }

    /// Returns `true` if a cell reads as a missing value.
    pub(super) fn is_missing(&self, cell: &str) -> bool {
        match self {
            Self::Text { .. } | Self::Category { .. } => is_missing(cell),
            Self::Number { .. } | Self::Date { .. } => is_gap(cell),
        }
    }

    /// Returns the number of a cell, or the days of a date, if the column's scale has room for it.
    pub(super) fn number(&self, cell: &str) -> Option<f64> {
        let (found, scale) = match self {
            Self::Text { .. } | Self::Category { .. } => return None,
            Self::Number { decimal, unit, scale, .. } => (parse_with(*decimal, *unit, cell), scale),
            Self::Date { order, scale, .. } => (order.parse(cell), scale),
        };
        found.filter(|&x| !is_missing(cell) && scale.scale(0, x).is_finite())
    }

    /// Appends the numbers of a cell. Returns `false` if the cell holds something else.
    pub(super) fn push_numbers(&self, cell: &str, numbers: &mut Vec<f32>) -> bool {
        let (median, scale, has_gaps) = match self {
            Self::Text { .. } | Self::Category { .. } => return true,
            Self::Number { median, scale, has_gaps, .. }
            | Self::Date { median, scale, has_gaps, .. } => (median, scale, has_gaps),
        };
        let found = self.number(cell);
        let x = found.unwrap_or(*median);
        numbers.push(scale.scale(0, x));
        if let Self::Date { has_times, .. } = self {
            let circles = &calendar(x)[1..];
            numbers.extend(circles[..if *has_times { 6 } else { 4 }].iter().map(|&x| x as f32));
        }
        if *has_gaps {
            numbers.push(f32::from(found.is_none()));
        }
        found.is_some() || is_gap(cell)
    }
}

/// Returns the median and the scale of the cells that hold a number, and `true` if some do not.
fn measured<'a>(
    cells: impl Iterator<Item = &'a str>,
    parse: impl Fn(&str) -> Option<f64>,
) -> (f64, Standardizer, bool) {
    let (mut numbers, mut has_gaps) = (Vec::new(), false);
    for cell in cells {
        match parse(cell).filter(|_| !is_missing(cell)) {
            Some(number) => numbers.push(number),
            None => has_gaps = true,
        }
    }
    if numbers.is_empty() {
        numbers.push(0.0);
    }
    let scale = Standardizer::fit(&Tensor::new([numbers.len(), 1], numbers.clone()));
    (median(&mut numbers), scale, has_gaps)
}

/// Returns the median; of an even number of numbers, the mean of the two in the middle.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() % 2 {
        1 => numbers[middle],
        _ => numbers[middle - 1] / 2.0 + numbers[middle] / 2.0,
    }
}
