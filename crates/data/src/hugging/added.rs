//! Tokens that are found in a text before anything is done to it, such as `</s>`.

use super::file::AddedToken;

/// A part of a text.
pub(super) enum Section<'a> {
    Token(u32),
    Text(&'a str),
}

/// Cuts a text at the added tokens in it: the first one, and the longest where several begin at one place.
/// Returns each section with its place.
pub(super) fn sections<'a>(text: &'a str, added: &[AddedToken]) -> Vec<(usize, Section<'a>)> {
    // Tokens of a normalized text are looked for between the others.
    let (later, first): (Vec<_>, Vec<_>) = added.iter().partition(|token| token.normalized);
    let cut_further = |(start, section): (usize, Section<'a>)| match section {
        Section::Text(text) => cut(text, start, &later),
        Section::Token(_) => vec![(start, section)],
    };
    cut(text, 0, &first).into_iter().flat_map(cut_further).collect()
}

/// Cuts a text that begins at a place.
fn cut<'a>(text: &'a str, place: usize, added: &[&AddedToken]) -> Vec<(usize, Section<'a>)> {
    let mut sections = Vec::new();
    let mut start = 0;
    while let Some((at, token)) = next_added(&text[start..], added) {
        if at > 0 {
            sections.push((place + start, Section::Text(&text[start..start + at])));
        }
        sections.push((place + start + at, Section::Token(token.id)));
        start += at + token.content.len();
    }
    if start < text.len() {
        sections.push((place + start, Section::Text(&text[start..])));
    }
    sections
}

/// Returns the first of these tokens in a text, and its place.
fn next_added<'t>(text: &str, added: &[&'t AddedToken]) -> Option<(usize, &'t AddedToken)> {
    let begins = |c: char| added.iter().any(|token| token.content.starts_with(c));
    let places = text.char_indices().filter(|&(_, c)| begins(c));
    places.map(|(at, _)| at).find_map(|at| {
        let here = added.iter().filter(|token| text[at..].starts_with(&token.content));
        here.max_by_key(|token| token.content.len()).map(|&token| (at, token))
    })
}
