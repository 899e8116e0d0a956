//! Cuts a text into pieces before its tokens are merged: the regular expressions of GPT-2 and LLaMA 3, written out
//! as functions.
//!
//! Each function gets a text that is not empty, and returns how many bytes its first piece has.

use super::letters::is_letter;

/// Returns the length of the first piece by GPT-2's expression, which a `ByteLevel` step uses too:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
pub(super) fn gpt2_piece(text: &str) -> usize {
    if let Some(length) = contraction(text, false) {
        return length;
    }
    let space = text.starts_with(' ') as usize;
    let run = [is_letter as fn(char) -> bool, char::is_numeric, is_other]
        .map(|kind| run(&text[space..], kind))
        .into_iter()
        .find(|&length| length > 0);
    run.map_or_else(|| white_space(text), |length| space + length)
}

/// The expression of the `Split` step in the files of LLaMA 3.
pub(super) const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Returns the length of the first piece by [`LLAMA3`].
pub(super) fn llama3_piece(text: &str) -> usize {
    if let Some(length) = contraction(text, true) {
        return length;
    }
    let first = text.chars().next().map_or(0, char::len_utf8);
    let begins_with = |kind: fn(char) -> bool| run(&text[..first], kind) > 0;
    let letters = run(text, is_letter);
    if letters > 0 {
        return letters;
    }
    let letters = run(&text[first..], is_letter);
    if letters > 0 && !begins_with(is_break) && !begins_with(char::is_numeric) {
        return first + letters;
    }
    if begins_with(char::is_numeric) {
        return text.chars().take(3).take_while(|c| c.is_numeric()).map(char::len_utf8).sum();
    }
    let space = text.starts_with(' ') as usize;
    let others = run(&text[space..], is_other);
    if others > 0 {
        return space + others + run(&text[space + others..], is_break);
    }
    let spaces = &text[..run(text, char::is_whitespace)];
    match spaces.rfind(is_break) {
        Some(last) => last + 1,
        None => white_space(text),
    }
}

/// Returns the length of the end of a word such as "it's". If case is ignored, the long s is an s.
fn contraction(text: &str, any_case: bool) -> Option<usize> {
    let rest = text.strip_prefix('\'')?;
    let same = |found: char, letter: char| {
        found == letter
            || any_case && (found.to_ascii_lowercase() == letter || (found, letter) == ('ſ', 's'))
    };
    ["s", "t", "re", "ve", "m", "ll", "d"].into_iter().find_map(|ending| {
        let found =
            rest.chars().zip(ending.chars()).take_while(|&(found, letter)| same(found, letter));
        let found: Vec<usize> = found.map(|(found, _)| found.len_utf8()).collect();
        (found.len() == ending.len()).then(|| 1 + found.iter().sum::<usize>())
    })
}

/// Returns the length of a digit, or of what is before the next one.
pub(super) fn digit_piece(text: &str) -> usize {
    match text.find(char::is_numeric) {
        Some(0) => text.chars().next().map_or(0, char::len_utf8),
        Some(next) => next,
        None => text.len(),
    }
}

/// Returns the length of a run of white space. If something follows the run, the last space belongs to
/// the next piece, unless it is the only one.
fn white_space(text: &str) -> usize {
    let length = run(text, char::is_whitespace);
    let last = text[..length].chars().next_back().map_or(0, char::len_utf8);
    if length == text.len() || length == last { length } else { length - last }
}

/// Returns how many bytes at the beginning of a text are of this kind.
fn run(text: &str, kind: fn(char) -> bool) -> usize {
    text.find(|c| !kind(c)).unwrap_or(text.len())
}

fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n')
}

fn is_other(character: char) -> bool {
    !(character.is_whitespace() || is_letter(character) || character.is_numeric())
}

/// Cuts a text into pieces.
pub(super) fn cut(mut text: &str, piece: impl Fn(&str) -> usize) -> Vec<String> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let (first, rest) = text.split_at(piece(text));
        pieces.push(first.to_owned());
        text = rest;
    }
    pieces
}

/// Cuts a text before each of these characters.
pub(super) fn cut_before(text: &str, mark: char) -> Vec<String> {
    cut(text, |text| {
        let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
        first.len() + rest.find(mark).unwrap_or(rest.len())
    })
}
