//! Makes text from a file safe to show in a message: short, on one line, and without characters
//! that a terminal would obey.
//!
//! A name in a file may contain escape sequences that clear a screen or set its title,
//! bidirectional controls that reverse the text after them, or characters of no width that make two
//! names look alike. All text from files passes through a function of this module before it enters
//! a message, a table or a drawing.

use std::borrow::Cow;
use std::path::Path;

/// Returns the text on one line, with an escape such as `\u{1b}` or `\n` for each character that
/// cannot be seen: controls, bidirectional controls, line and paragraph separators, and characters
/// of no width.
///
/// ```
/// assert_eq!(data::printable("caf\u{e9} \u{202e}\x1b[2J\n"), r"café \u{202e}\u{1b}[2J\n");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, is_hidden)
}

/// Returns [`printable`] text of several lines: line breaks and tabs stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_hidden(c) && !matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, is_escaped: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_escaped(c) {
            // `\n` and `\t` for the controls that have a short escape.
            true if c.is_control() => shown.extend(c.escape_debug()),
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Returns a path as [`printable`] text.
pub fn printable_path(path: impl AsRef<Path>) -> String {
    printable(&path.as_ref().to_string_lossy()).into_owned()
}

/// Returns JSON with the same meaning, without the characters that [`printable`] escapes.
///
/// ```
/// assert_eq!(data::printable_json("[\"\u{202e}\"]"), r#"["\u202e"]"#);
/// ```
pub fn printable_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match is_hidden(c) {
            // Between the values of a document only line breaks and tabs can occur.
            true if !matches!(c, '\n' | '\r' | '\t') => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    shown.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => shown.push(c),
        }
    }
    shown
}

/// Returns a name from a file, such as a parameter's name, between backticks: [`printable`], and at
/// most 120 characters of it.
pub fn quoted(name: &str) -> String {
    format!("`{}`", printable(&beginning(name, 120)))
}

/// Returns at most 40 characters of the text, between backticks.
pub fn excerpt(text: &str) -> String {
    format!("`{}`", beginning(text, 40).escape_debug())
}

/// Returns the first twelve names, and the number of others.
pub fn excerpts(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(12).map(|name| excerpt(name)).collect();
    if names.len() > shown.len() {
        shown.push(format!("and {} more", names.len() - shown.len()));
    }
    shown.join(", ")
}

/// Returns at most `most` characters of a text, and an ellipsis if it is longer.
pub fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// Returns `true` for a character that a person cannot see but a terminal or a reader may obey.
fn is_hidden(c: char) -> bool {
    let is_format = matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    c.is_control() || is_format
}
