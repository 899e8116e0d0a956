//! Says which cells of a table could not be taken as they are, and what stands in for them.

use std::collections::BTreeMap;

use data::{FrameEncoder, Gaps, excerpt};

use super::understood::first_cells;
use crate::notes::note;

/// Says how many cells of each column are missing. `place` begins each note.
pub fn tell_missing(gaps: &Gaps, encoder: &FrameEncoder, place: &str) {
    for column in encoder.columns() {
        if let Some(count) = gaps.missing.get(column) {
            let (cells, whose) =
                if *count == 1 { ("cell is", "its") } else { ("cells are", "their") };
            note(&format!(
                "{place}column {}: {count} {cells} missing; in {whose} place: {}",
                excerpt(column),
                encoder.stand_in(column)
            ));
        }
    }
}

/// Says what could not be taken as it is in rows to answer.
pub fn tell_gaps(gaps: &Gaps, encoder: &FrameEncoder) {
    tell_missing(gaps, encoder, "");
    let unknown_words = gaps.unknown_words.iter().collect::<BTreeMap<_, _>>();
    for (column, (count, first)) in unknown_words {
        let (words, are) = if *count == 1 { ("word", "is") } else { ("words", "are") };
        note(&format!(
            "column {}: {count} {words} that the model does not know {are} left out: {}",
            excerpt(column),
            first_cells(first)
        ));
    }
    for (cells, what) in [
        (&gaps.unreadable, "that cannot be read as the kind trained on, taken as missing"),
        (&gaps.unknown, "of a value that training did not have twice, taken as any other value"),
    ] {
        let mut columns: Vec<_> = cells.iter().collect();
        columns.sort();
        for (column, (count, first)) in columns {
            let first = first_cells(first);
            let cells = if *count == 1 { "cell" } else { "cells" };
            note(&format!("column {}: {count} {cells} {what}: {first}", excerpt(column)));
        }
    }
}
