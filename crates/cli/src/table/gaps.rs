//! Says which cells of a table could not be taken as they are, and what replaces them.

use std::collections::BTreeMap;

use data::{FrameEncoder, Gaps, excerpt};

use super::understood::first_cells;
use crate::notes::note;

/// Says how many cells of each column are missing. `place` begins each note.
pub fn tell_missing(gaps: &Gaps, encoder: &FrameEncoder, place: &str) {
    for words in missing(gaps, encoder) {
        note(&format!("{place}{words}"));
    }
}

/// Says what could not be taken as it is in rows to answer.
pub fn tell_gaps(gaps: &Gaps, encoder: &FrameEncoder) {
    for words in notes_on(gaps, encoder, first_cells) {
        note(&words);
    }
}

/// Returns how many cells of each column are missing, for a person to read.
fn missing(gaps: &Gaps, encoder: &FrameEncoder) -> Vec<String> {
    let of_column = |column| {
        let count = gaps.missing.get(column)?;
        let cells = if *count == 1 { "cell is" } else { "cells are" };
        let (name, stand_in) = (excerpt(column), encoder.stand_in(column));
        Some(format!("column {name}: {count} {cells} missing, filled with: {stand_in}"))
    };
    encoder.columns().filter_map(of_column).collect()
}

/// Returns what could not be taken as it is in rows to answer, for a person to read. `shown` names the first of
/// some cells.
pub fn notes_on(
    gaps: &Gaps,
    encoder: &FrameEncoder,
    shown: impl Fn(&[(u64, String)]) -> String,
) -> Vec<String> {
    let mut notes = missing(gaps, encoder);
    let unknown_words = gaps.unknown_words.iter().collect::<BTreeMap<_, _>>();
    for (column, (count, first)) in unknown_words {
        let (words, are) = if *count == 1 { ("word", "is") } else { ("words", "are") };
        notes.push(format!(
            "column {}: {count} {words} that the model does not know {are} left out: {}",
            excerpt(column),
            shown(first)
        ));
    }
    for (cells, what) in [
        (&gaps.unreadable, "that cannot be read as the kind trained on, taken as missing"),
        (
            &gaps.unknown,
            "with a value seen fewer than twice in training, treated as any other such value",
        ),
    ] {
        let mut columns: Vec<_> = cells.iter().collect();
        columns.sort();
        for (column, (count, first)) in columns {
            let first = shown(first);
            let cells = if *count == 1 { "cell" } else { "cells" };
            notes.push(format!("column {}: {count} {cells} {what}: {first}", excerpt(column)));
        }
    }
    notes
}
