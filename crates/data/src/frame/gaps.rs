//! Cells that a model cannot take as they are: counted, and the first of them named by line.

use std::collections::HashMap;

/// The cells that could not be taken as they are, by column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// The number of missing cells.
    pub missing: HashMap<String, usize>,
    /// The cells that are not of the column's kind, or too far from the numbers trained on: how many, and
    /// the first with their lines. They count as missing.
    pub unreadable: HashMap<String, Noted>,
    /// The cells that were read in the notation of the rows to train on, although the other notation gives another
    /// number or date and no row has shown which notation applies.
    pub disputed: HashMap<String, Noted>,
    /// The cells whose category is not one of the known ones.
    pub unknown: HashMap<String, Noted>,
    /// The words of texts that are not known.
    pub unknown_words: HashMap<String, Noted>,
    /// The positions, among the encoded rows, of rows that nothing is known about: each cell is missing,
    /// unreadable, an unknown category, or a text without a known word.
    pub unknown_rows: Vec<usize>,
}

/// The number of cells that are noted, and the first of them with their lines.
pub type Noted = (usize, Vec<(u64, String)>);

/// The number of noted cells that are kept.
const KEPT: usize = 3;

impl Gaps {
    /// Counts a cell that is missing.
    pub(super) fn add_missing(&mut self, column: &str) {
        *self.missing.entry(column.to_owned()).or_default() += 1;
    }

    /// Notes a cell that cannot be read.
    pub(super) fn add_unreadable(&mut self, column: &str, line: u64, cell: &str) {
        add(self.unreadable.entry(column.to_owned()).or_default(), line, cell);
    }

    /// Notes a cell that can be read in two ways.
    pub(super) fn add_disputed(&mut self, column: &str, line: u64, cell: &str) {
        add(self.disputed.entry(column.to_owned()).or_default(), line, cell);
    }

    /// Notes a category that is not known.
    pub(super) fn add_unknown(&mut self, column: &str, line: u64, cell: &str) {
        add(self.unknown.entry(column.to_owned()).or_default(), line, cell);
    }

    /// Notes a word that is not known.
    pub(super) fn add_unknown_word(&mut self, column: &str, line: u64, word: &str) {
        add(self.unknown_words.entry(column.to_owned()).or_default(), line, word);
    }

    /// Adds the cells of more rows. Their [`unknown_rows`](Self::unknown_rows) are positions among those
    /// rows, so they are left out.
    pub fn merge(&mut self, more: Gaps) {
        for (column, count) in more.missing {
            *self.missing.entry(column).or_default() += count;
        }
        for (all, more) in [
            (&mut self.unreadable, more.unreadable),
            (&mut self.disputed, more.disputed),
            (&mut self.unknown, more.unknown),
            (&mut self.unknown_words, more.unknown_words),
        ] {
            for (column, (count, first)) in more {
                let (sum, cells) = all.entry(column).or_default();
                *sum += count;
                cells.extend(first);
                cells.truncate(KEPT);
            }
        }
    }
}

fn add((count, first): &mut Noted, line: u64, cell: &str) {
    *count += 1;
    if first.len() < KEPT {
        first.push((line, cell.to_owned()));
    }
}
