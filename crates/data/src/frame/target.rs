//! The column that a model predicts, as the targets of its loss.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tensor::Tensor;

use super::number::parse_with;
use super::{ColumnKind, ColumnSummary, DataFrame, DecimalMark, NumberForm, is_missing};
use crate::{Labels, Samples, Standardizer, UnknownLabel};

/// What a model is trained to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum TargetEncoder {
    /// One of several classes.
    Classes {
        /// Their names.
        labels: Labels,
    },
    /// Each of several labels, or not. Cells hold them separated by `|`.
    Labels {
        /// Their names.
        labels: Labels,
    },
    /// A number, which the model gives on the scale of the rows to train on.
    Number {
        /// The character before decimals.
        decimal: DecimalMark,
        /// The currency or per cent sign of the numbers, if they have one.
        unit: Option<char>,
        /// The scale.
        scale: Standardizer,
    },
}

/// The targets that a [`TargetEncoder`] returns, of any kind.
#[derive(Clone, Debug)]
pub enum Targets {
    /// Classes, `[n]`.
    Classes(Tensor<u32>),
    /// Numbers `[n, 1]`, or for each of several labels 1 or 0, `[n, labels]`.
    Numbers(Tensor<f32>),
}

impl TargetEncoder {
    /// Learns the classes of all rows, or the scale of the numbers of those to train on.
    ///
    /// # Panics
    ///
    /// If the column is not in the table, or its kind is not category, labels or number.
    #[track_caller]
    pub fn fit(frame: &DataFrame, summary: &ColumnSummary, training: &[u32]) -> TargetEncoder {
        let Some(place) = frame.place(&summary.name) else {
            panic!("TargetEncoder::fit: there is no column `{}`", summary.name)
        };
        match summary.kind {
            ColumnKind::Category => {
                TargetEncoder::Classes { labels: Labels::of(frame.cells(place)) }
            }
            ColumnKind::Labels => {
                TargetEncoder::Labels { labels: Labels::of(frame.cells(place).flat_map(parts)) }
            }
            ColumnKind::Number => {
                let (decimal, unit) = (summary.decimal, summary.unit);
                let cells = training.iter().map(|&row| &frame.rows[row as usize].cells[place]);
                let numbers: Vec<f64> =
                    cells.filter_map(|cell| summary.parse_number(cell)).collect();
                let scale = Standardizer::fit(&Tensor::new([numbers.len(), 1], numbers));
                TargetEncoder::Number { decimal, unit, scale }
            }
            kind => panic!("TargetEncoder::fit: a column of kind {kind} cannot be predicted"),
        }
    }

    /// Returns `true` if a cell of this column says what the answer is. An empty cell says that a row has none of
    /// several labels. A number in another unit says nothing.
    pub fn is_usable(target: &ColumnSummary, cell: &str) -> bool {
        match target.kind {
            ColumnKind::Number => !is_missing(cell) && target.parse_number(cell).is_some(),
            ColumnKind::Labels => says_labels(cell),
            _ => !is_missing(cell),
        }
    }

    /// Returns [`is_usable`](Self::is_usable) for this kind of answer.
    pub fn reads(&self, cell: &str) -> bool {
        match self {
            Self::Classes { .. } => !is_missing(cell),
            Self::Labels { .. } => says_labels(cell),
            Self::Number { .. } => !is_missing(cell) && self.number(cell).is_some(),
        }
    }

    /// Returns the number of a cell, if the answers are numbers and it is one of their unit.
    fn number(&self, cell: &str) -> Option<f64> {
        match self {
            Self::Number { decimal, unit, .. } => parse_with(*decimal, *unit, cell),
            Self::Classes { .. } | Self::Labels { .. } => None,
        }
    }

    /// Returns `true` if the answers are numbers, and these cells show the other decimal mark. `1,234` would be read as
    /// thousands, or as decimals.
    pub fn has_other_mark<'a>(&self, cells: impl Iterator<Item = &'a str> + Clone) -> bool {
        match self {
            Self::Number { decimal, .. } => {
                DecimalMark::shown(cells).is_some_and(|shown| shown != *decimal)
            }
            Self::Classes { .. } | Self::Labels { .. } => false,
        }
    }

    /// Returns how the numbers are written; `None` if the target is of another kind.
    pub fn number_form(&self) -> Option<NumberForm> {
        match self {
            Self::Number { decimal, unit, .. } => {
                Some(NumberForm { decimal: *decimal, unit: *unit })
            }
            Self::Classes { .. } | Self::Labels { .. } => None,
        }
    }

    /// Returns `true` if the numbers have a decimal comma.
    pub fn has_decimal_comma(&self) -> bool {
        matches!(self, Self::Number { decimal: DecimalMark::Comma, .. })
    }

    /// Returns the number of outputs that a model needs.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Classes { labels } | Self::Labels { labels } => labels.len(),
            Self::Number { .. } => 1,
        }
    }

    /// Returns the numbers of these cells, if the answers are numbers: the targets have only the 32 bits of
    /// their distance from the mean.
    ///
    /// # Panics
    ///
    /// If a cell is not a number.
    #[track_caller]
    pub fn numbers<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> Option<Vec<f64>> {
        let Self::Number { .. } = self else { return None };
        let number = |cell: &str| {
            let number = self.number(cell);
            number.unwrap_or_else(|| panic!("TargetEncoder::numbers: `{cell}` is not a number"))
        };
        Some(cells.into_iter().map(number).collect())
    }

    /// Returns the targets of these cells.
    ///
    /// # Errors
    ///
    /// If a class or label is not known, or a cell is not a number. The error has the place of the cell.
    pub fn encode<'a>(
        &self,
        cells: impl IntoIterator<Item = &'a str>,
    ) -> Result<Targets, (usize, UnknownLabel)> {
        let cells = cells.into_iter().enumerate();
        match self {
            Self::Classes { labels } => {
                let class =
                    |(at, cell): (usize, &str)| labels.class(cell.trim()).map_err(|e| (at, e));
                let classes = cells.map(class).collect::<Result<Vec<u32>, _>>()?;
                Ok(Targets::Classes(Tensor::from(classes)))
            }
            Self::Labels { labels } => {
                let (mut answers, mut count) = (Vec::new(), 0);
                for (at, cell) in cells {
                    let start = answers.len();
                    answers.resize(start + labels.len(), 0.0);
                    for label in parts(cell) {
                        let class = labels.class(label).map_err(|error| (at, error))?;
                        answers[start + class as usize] = 1.0;
                    }
                    count += 1;
                }
                Ok(Targets::Numbers(Tensor::new([count, labels.len()], answers)))
            }
            Self::Number { scale, .. } => {
                let number = |(at, cell): (usize, &str)| {
                    let unknown = || UnknownLabel { label: cell.to_owned(), known: Vec::new() };
                    self.number(cell).ok_or_else(|| (at, unknown()))
                };
                let numbers = cells.map(number).collect::<Result<Vec<f64>, _>>()?;
                Ok(Targets::Numbers(scale.transform(&Tensor::new([numbers.len(), 1], numbers))))
            }
        }
    }
}

/// Returns `true` if a cell says which labels a row has. A row may have none. `NA` is different: its labels are not
/// known, or not all of them, as in `rock|NA`.
fn says_labels(cell: &str) -> bool {
    parts(cell).all(|label| !is_missing(label))
}

/// Returns the labels of a cell.
fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('|').map(str::trim).filter(|label| !label.is_empty())
}

impl Samples for Targets {
    type Batch = Targets;

    fn batch(&self) -> Targets {
        self.clone()
    }

    #[track_caller]
    fn count(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.count(),
            Self::Numbers(numbers) => numbers.count(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Classes(classes) => classes.describe(),
            Self::Numbers(numbers) => numbers.describe(),
        }
    }

    #[track_caller]
    fn select(&self, positions: &[u32]) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(classes.select(positions)),
            Self::Numbers(numbers) => Self::Numbers(numbers.select(positions)),
        }
    }

    #[track_caller]
    fn range(&self, range: Range<usize>) -> Self {
        match self {
            Self::Classes(classes) => Self::Classes(classes.range(range)),
            Self::Numbers(numbers) => Self::Numbers(numbers.range(range)),
        }
    }

    #[track_caller]
    fn concat(parts: &[&Self]) -> Self {
        let (mut classes, mut numbers) = (Vec::new(), Vec::new());
        for part in parts {
            match part {
                Self::Classes(part) => classes.push(part),
                Self::Numbers(part) => numbers.push(part),
            }
        }
        match (classes.is_empty(), numbers.is_empty()) {
            (false, true) => Self::Classes(Samples::concat(&classes)),
            (true, false) => Self::Numbers(Samples::concat(&numbers)),
            _ => panic!("concat: there are no targets to join, or they are of different kinds"),
        }
    }

    fn digest(&self, sink: &mut dyn FnMut(&[u8])) {
        match self {
            Self::Classes(classes) => classes.digest(sink),
            Self::Numbers(numbers) => numbers.digest(sink),
        }
    }

    fn classes(&self) -> Option<&Tensor<u32>> {
        match self {
            Self::Classes(classes) => classes.classes(),
            Self::Numbers(_) => None,
        }
    }

    fn highest(&self) -> Vec<usize> {
        match self {
            Self::Classes(classes) => classes.highest(),
            Self::Numbers(numbers) => numbers.highest(),
        }
    }
}
