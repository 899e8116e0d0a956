//! Commands that a person can type again, in words that any shell reads as they were given.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Returns the command that started this program, to be typed again.
pub fn command() -> String {
    let mut words: Vec<OsString> = env::args_os().collect();
    if let Some(program) = words.first_mut() {
        *program = Path::new(program).file_stem().unwrap_or_default().to_owned();
    }
    quoted(&words)
}

/// Returns a call with one more option, for any shell. It stands before `--`, after which there are no options.
pub fn with_option(mut words: Vec<OsString>, option: Vec<OsString>) -> String {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.splice(end..end, option);
    quoted(&words)
}

/// Returns an option and its value as one word, because a value may begin with a hyphen.
pub fn joined(option: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(format!("{option}="));
    word.push(value);
    word
}

/// Returns a path as it can be typed into a shell.
pub fn quoted_path(path: &Path) -> String {
    quoted(&[path.as_os_str().to_owned()])
}

/// Joins words to a line for any shell. A word that cannot be shown, because it is not UTF-8 or has
/// control characters, becomes a call of `printf` that gives its bytes.
pub fn quoted(words: &[OsString]) -> String {
    // Only a NUL cannot be quoted, and arguments of a program cannot have one.
    let quote_text = |text: &str| {
        shlex::try_quote(text).map_or_else(|_| text.to_string(), |text| text.into_owned())
    };
    let quote = |word: &OsString| match word.to_str() {
        Some(text) if !text.contains(char::is_control) => match text.split_once('=') {
            // A word with `=` would set a variable at the start of a line, so it is quoted; an option is never first.
            Some((option, value)) if option.starts_with("--") => {
                format!("{}={}", quote_text(option), quote_text(value))
            }
            _ => quote_text(text),
        },
        _ => printed(word),
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Returns a word as `"$(printf %b '…')"`, with all but letters, digits and what paths are made of
/// in octal.
fn printed(word: &OsStr) -> String {
    let byte = |&byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'=' | b',' => {
            char::from(byte).to_string()
        }
        other => format!("\\0{other:03o}"),
    };
    let bytes: String = word.as_encoded_bytes().iter().map(byte).collect();
    format!("\"$(printf %b '{bytes}')\"")
}
