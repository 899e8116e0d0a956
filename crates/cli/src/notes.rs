//! Notes for the user on facts that are not errors but may be mistakes.

use data::label_notes;

use crate::ending::tell;

/// Prints a note on a fact that is not an error but may be a mistake.
pub fn note(words: &str) {
    tell(format_args!("note: {words}"));
}

/// Prints notes on labels that look alike, or like a missing value. `column` names their column.
pub fn note_labels<'a>(column: &str, names: impl IntoIterator<Item = &'a str>) {
    for words in label_notes(names) {
        note(&format!("{column}: {words}"));
    }
}
