//! Turns the columns of a table into the inputs of a model. All statistics and vocabularies are taken from the
//! training rows.
//!
//! ```text
//! text       the ids of its known words
//! number     z = (x − mean) / deviation
//! category   2, 3, … for the values that occurred at least twice, 0 for any other, 1 where it is missing
//! date       days since 1970 as z; sine and cosine of its place in the year, the week and the day
//! ```
//!
//! A missing number or date becomes the median. If the training rows have gaps in the column, one more
//! number marks them: 1 for a gap, 0 otherwise.

use serde::{Deserialize, Serialize};
use tensor::Tensor;

use super::column::{ColumnEncoder, OTHERS, category};
use super::{
    ColumnKind, ColumnSummary, DataFrame, Gaps, Mixed, MixedColumn, Notation, NumberForm, TableRow,
    is_missing,
};
use crate::Sequences;

/// The id that fills up short texts.
const PADDING: u32 = 0;

/// The columns that a model reads, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameEncoder {
    columns: Vec<EncodedColumn>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct EncodedColumn {
    name: String,
    how: ColumnEncoder,
}

impl FrameEncoder {
    /// Measures the columns on the rows at these positions, those to train on. `summaries` has the columns to
    /// use, each of the kinds text, number, category or date. The `words - 1` most frequent words are known.
    ///
    /// # Panics
    ///
    /// If a column is not in the table, or is of another kind.
    #[track_caller]
    pub fn fit(
        frame: &DataFrame,
        summaries: &[&ColumnSummary],
        training: &[u32],
        words: usize,
    ) -> FrameEncoder {
        let column = |summary: &&ColumnSummary| {
            let Some(place) = frame.place(&summary.name) else {
                panic!("FrameEncoder::fit: there is no column `{}`", summary.name)
            };
            let cells = training.iter().map(|&row| frame.rows[row as usize].cells[place].trim());
            EncodedColumn {
                name: summary.name.clone(),
                how: ColumnEncoder::fit(summary, cells, words),
            }
        };
        FrameEncoder { columns: summaries.iter().map(column).collect() }
    }

    /// Returns the names of the columns that are read.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Returns the name and the kind of each column that is read, and the known values of a category.
    pub fn fields(&self) -> impl Iterator<Item = (&str, ColumnKind, &[String])> {
        self.columns.iter().map(|column| {
            let (kind, values) = match &column.how {
                ColumnEncoder::Text { .. } => (ColumnKind::Text, [].as_slice()),
                ColumnEncoder::Number { .. } => (ColumnKind::Number, [].as_slice()),
                ColumnEncoder::Category { values } => (ColumnKind::Category, values.names()),
                ColumnEncoder::Date { .. } => (ColumnKind::Date, [].as_slice()),
            };
            (column.name.as_str(), kind, values)
        })
    }

    /// Returns the name of each column of numbers, and how they are written.
    pub fn number_forms(&self) -> impl Iterator<Item = (&str, NumberForm)> {
        self.columns.iter().filter_map(|column| Some((column.name.as_str(), column.how.form()?)))
    }

    /// Returns the name and the number of token ids of each column of texts, in order.
    pub fn texts(&self) -> Vec<(&str, usize)> {
        let of = |column: &'_ EncodedColumn| match &column.how {
            ColumnEncoder::Text { tokenizer } => Some(tokenizer.vocabulary_size()),
            _ => None,
        };
        self.columns.iter().filter_map(|c| Some((c.name.as_str(), of(c)?))).collect()
    }

    /// Returns the name and the number of values of each column of categories, in order.
    pub fn categories(&self) -> Vec<(&str, usize)> {
        let of = |column: &'_ EncodedColumn| match &column.how {
            ColumnEncoder::Category { values } => Some(values.len() + OTHERS),
            _ => None,
        };
        self.columns.iter().filter_map(|c| Some((c.name.as_str(), of(c)?))).collect()
    }

    /// Returns the number of numbers that the model gets of a sample.
    pub fn numbers(&self) -> usize {
        self.columns.iter().map(|column| column.how.numbers()).sum()
    }

    /// Returns the place in the inputs of each column of [`columns`](Self::columns).
    pub fn places(&self) -> Vec<MixedColumn> {
        let (mut texts, mut categories, mut numbers) = (0, 0, 0);
        let place = |column: &EncodedColumn| match &column.how {
            ColumnEncoder::Text { .. } => {
                texts += 1;
                MixedColumn::Text(texts - 1)
            }
            ColumnEncoder::Category { .. } => {
                categories += 1;
                MixedColumn::Category(categories - 1)
            }
            how => {
                let start = numbers;
                numbers += how.numbers();
                MixedColumn::Numbers(start..numbers)
            }
        };
        self.columns.iter().map(place).collect()
    }

    /// Returns the number of a cell as the model reads it, and of a date the days since 1970; `None` if the
    /// cell is missing, cannot be read, or the column has neither numbers nor dates.
    pub fn number(&self, column: &str, cell: &str) -> Option<f64> {
        let column = self.columns.iter().find(|c| c.name == column)?;
        column.how.number(cell.trim())
    }

    /// Returns what a missing cell of a column is filled with, for a person to read.
    pub fn stand_in(&self, column: &str) -> String {
        let with_flag = |median: String, has_gaps: bool| match has_gaps {
            true => format!("{median}, plus a missing-value flag"),
            false => median,
        };
        match self.columns.iter().find(|c| c.name == column).map(|c| &c.how) {
            Some(ColumnEncoder::Text { .. }) => "a text without words".to_owned(),
            Some(ColumnEncoder::Number { median, has_gaps, .. }) => {
                with_flag(format!("the median {}", *median as f32), *has_gaps)
            }
            Some(ColumnEncoder::Date { has_gaps, .. }) => {
                with_flag("the median date".to_owned(), *has_gaps)
            }
            Some(ColumnEncoder::Category { .. }) | None => {
                "a category for missing values".to_owned()
            }
        }
    }

    /// Returns the words of a cell that the model knows, each once, if the column has texts.
    pub fn known_words(&self, column: &str, cell: &str) -> Vec<String> {
        let tokenizer = self.columns.iter().find_map(|c| match &c.how {
            ColumnEncoder::Text { tokenizer } if c.name == column => Some(tokenizer),
            _ => None,
        });
        let mut known: Vec<String> = Vec::new();
        if let (Some(tokenizer), false) = (tokenizer, is_missing(cell)) {
            for word in tokenizer.words(cell) {
                if tokenizer.knows(&word) && !known.contains(&word) {
                    known.push(word);
                }
            }
        }
        known
    }

    /// Returns a text without any occurrence of a word: the other words, separated by spaces. The column
    /// must have texts.
    ///
    /// # Panics
    ///
    /// If the column has no texts.
    #[track_caller]
    pub fn without_word(&self, column: &str, cell: &str, word: &str) -> String {
        let how = self.columns.iter().find(|c| c.name == column).map(|c| &c.how);
        let Some(ColumnEncoder::Text { tokenizer }) = how else {
            panic!("FrameEncoder::without_word: column `{column}` has no texts")
        };
        let mut words = tokenizer.words(cell);
        words.retain(|other| other != word);
        words.join(" ")
    }

    /// Returns `true` if columns have the scales that [`fit`](Self::fit) measures. A description from a
    /// file may have others.
    pub fn is_whole(&self) -> bool {
        self.columns.iter().all(|column| match &column.how {
            ColumnEncoder::Text { .. } | ColumnEncoder::Category { .. } => true,
            ColumnEncoder::Number { median, scale, .. }
            | ColumnEncoder::Date { median, scale, .. } => {
                scale.columns() == 1 && median.is_finite()
            }
        })
    }

    /// Returns what the model gets of a row, for a person to read.
    pub fn describe(&self) -> String {
        let (texts, categories) = (self.texts(), self.categories());
        let mut parts = Vec::new();
        for (name, words) in &texts {
            parts.push(format!("{} words of {}", words - 1, crate::excerpt(name)));
        }
        for (name, values) in &categories {
            parts.push(format!("{} values of {}", values - OTHERS, crate::excerpt(name)));
        }
        match self.numbers() {
            0 => {}
            1 => parts.push("1 number".to_owned()),
            count => parts.push(format!("{count} numbers")),
        }
        parts.join(", ")
    }

    /// Returns rows as the inputs of a model, and what could not be taken as it is. `places` has the place
    /// of each column of [`columns`](Self::columns) in a row; `None` for one that the rows do not have, whose
    /// cells are missing. The [`notation`](Self::notation) is what these rows show.
    ///
    /// # Panics
    ///
    /// If there is not a place for each column, or a row is shorter.
    #[track_caller]
    pub fn encode<'a>(
        &self,
        places: &[Option<usize>],
        rows: impl IntoIterator<Item = &'a TableRow>,
    ) -> (Mixed<Sequences<u32>>, Gaps) {
        let rows: Vec<&TableRow> = rows.into_iter().collect();
        self.encode_as(self.notation(places, rows.iter().copied()), places, rows)
    }

    /// Returns what [`encode`](Self::encode) returns, for rows of a known notation, such as a part of a file. In
    /// rows with the other decimal mark or order of dates, a cell that has a different meaning in each, such as
    /// `1,234`, counts as unreadable.
    ///
    /// # Panics
    ///
    /// If there is not a place for each column, or a row is shorter.
    #[track_caller]
    pub fn encode_as<'a>(
        &self,
        notation: Notation,
        places: &[Option<usize>],
        rows: impl IntoIterator<Item = &'a TableRow>,
    ) -> (Mixed<Sequences<u32>>, Gaps) {
        assert!(
            places.len() == self.columns.len(),
            "FrameEncoder::encode: {} places for {} columns",
            places.len(),
            self.columns.len()
        );
        let rows: Vec<&TableRow> = rows.into_iter().collect();
        let mut cells = EncodedCells::new(self.texts().len(), notation);
        for (at, row) in rows.iter().enumerate() {
            cells.text = 0;
            let mut is_known = false;
            for (column, place) in self.columns.iter().zip(places) {
                let cell = place.map_or("", |place| row.cells[place].trim());
                is_known |= cells.push(column, cell, row.line);
            }
            if !is_known {
                cells.gaps.unknown_rows.push(at);
            }
        }
        let texts = cells.texts.into_iter().map(|ids| Sequences::new(ids, PADDING));
        let mixed = Mixed {
            texts: texts.collect(),
            numbers: Tensor::new([rows.len(), self.numbers()], cells.numbers),
            categories: Tensor::new([rows.len(), self.categories().len()], cells.categories),
        };
        (mixed, cells.gaps)
    }

    /// Returns what the rows show of their notation. It is the other one if a column shows that and none shows
    /// the notation trained on.
    ///
    /// # Panics
    ///
    /// If a row is shorter than the places.
    #[track_caller]
    pub fn notation<'a>(
        &self,
        places: &[Option<usize>],
        rows: impl IntoIterator<Item = &'a TableRow>,
    ) -> Notation {
        let rows: Vec<&TableRow> = rows.into_iter().collect();
        let shown = self.columns.iter().zip(places).filter_map(|(column, place)| {
            let place = (*place)?;
            Some(column.how.notation(rows.iter().map(|row| row.cells[place].trim())))
        });
        Notation::of_columns(&shown.collect::<Vec<_>>())
    }
}

/// The cells of some rows, as far as they are encoded.
struct EncodedCells {
    texts: Vec<Vec<Vec<u32>>>,
    numbers: Vec<f32>,
    categories: Vec<u32>,
    gaps: Gaps,
    notation: Notation,
    /// The place in `texts` of the row's next text.
    text: usize,
}

impl EncodedCells {
    fn new(texts: usize, notation: Notation) -> Self {
        Self {
            texts: vec![Vec::new(); texts],
            numbers: Vec::new(),
            categories: Vec::new(),
            gaps: Gaps::default(),
            notation,
            text: 0,
        }
    }

    /// Adds a cell. Returns `true` if the model knows something of it.
    fn push(&mut self, column: &EncodedColumn, cell: &str, line: u64) -> bool {
        let is_missing = column.how.is_missing(cell);
        if is_missing {
            self.gaps.add_missing(&column.name);
        }
        match &column.how {
            ColumnEncoder::Text { tokenizer } => {
                // A mark of a missing text, such as `None`, is not a word of it.
                let text = if is_missing { "" } else { cell };
                let words = tokenizer.words(text);
                let (known, others): (Vec<_>, Vec<_>) =
                    words.iter().partition(|word| tokenizer.knows(word));
                for word in others {
                    self.gaps.add_unknown_word(&column.name, line, word);
                }
                self.texts[self.text].extend(tokenizer.texts_to_sequences([text]));
                self.text += 1;
                !known.is_empty()
            }
            ColumnEncoder::Category { values } => {
                let id = category(values, cell);
                if id == 0 {
                    self.gaps.add_unknown(&column.name, line, cell);
                }
                self.categories.push(id);
                !is_missing && id != 0
            }
            other => {
                let is_other = other.is_other(self.notation);
                let is_disputed = is_other != Some(false) && other.is_disputed(cell);
                let is_refused = is_disputed && is_other == Some(true);
                let read = if is_refused { "" } else { cell };
                let is_read = other.push_numbers(read, &mut self.numbers) && !is_refused;
                if is_read && is_disputed {
                    self.gaps.add_disputed(&column.name, line, cell);
                }
                if !is_read {
                    self.gaps.add_unreadable(&column.name, line, cell);
                }
                is_read && !is_missing
            }
        }
    }
}
