//! What the user is told that is not an error but may be a mistake.

use data::label_notes;

use crate::ending::tell;

/// Tells the user what is not an error but may be a mistake.
pub fn note(words: &str) {
    tell(format_args!("note: {words}"));
}

/// Notes labels that look alike, or like a missing value; `column` says where they are.
pub fn note_labels<'a>(column: &str, names: impl IntoIterator<Item = &'a str>) {
    for words in label_notes(names) {
        note(&format!("{column}: {words}"));
    }
}
