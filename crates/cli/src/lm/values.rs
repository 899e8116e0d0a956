//! The allowed values of the language model's options, and the messages for wrong ones.

use std::path::PathBuf;

use nn::FeedForwardKind;

use crate::values::without_repeats;

/// The tokens of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    Bytes,
    Characters,
    BytePairs(usize),
    /// Those of a `tokenizer.json`.
    File(PathBuf),
}

/// Returns a kind of tokens.
pub fn tokens(text: &str) -> Result<TokenKind, String> {
    const KINDS: &str =
        "bytes, characters, byte-pairs=N with N of at least 256, or the path of a tokenizer.json";
    match text {
        "bytes" => Ok(TokenKind::Bytes),
        "characters" => Ok(TokenKind::Characters),
        _ => match text.strip_prefix("byte-pairs=") {
            Some(size) => match size.parse() {
                Ok(size @ 256..=1_000_000) => Ok(TokenKind::BytePairs(size)),
                _ => Err(format!("expected {KINDS}")),
            },
            None if text.ends_with(".json") => Ok(TokenKind::File(PathBuf::from(text))),
            None => Err(format!("choose one of {KINDS}")),
        },
    }
}

/// The names of the feed-forward parts, in the order in which they are compared.
pub const KINDS: [(&str, FeedForwardKind); 4] = [
    ("relu", FeedForwardKind::Relu),
    ("gelu", FeedForwardKind::Gelu),
    ("silu", FeedForwardKind::SiluGated),
    ("swiglu", FeedForwardKind::SwiGLU),
];

/// Returns a feed-forward part.
pub fn kind(text: &str) -> Result<FeedForwardKind, String> {
    let found = KINDS.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, kind)| kind).ok_or_else(|| "choose one of relu, gelu, silu, swiglu".to_string())
}

/// Returns the name of a feed-forward part.
pub fn kind_name(kind: FeedForwardKind) -> &'static str {
    let found = KINDS.into_iter().find(|(_, known)| *known == kind);
    found.expect("all kinds have a name").0
}

/// Returns a number of at least 0.
pub fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("expected a number of at least 0".to_string()),
    }
}

/// Returns a share above 0 and up to 1.
pub fn part(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1.0 => Ok(number),
        _ => Err("expected a number above 0 and up to 1, such as 0.9".to_string()),
    }
}

/// Returns a text that is not empty. `\n` and `\t` in it are a line break and a tab.
pub fn stop(text: &str) -> Result<String, String> {
    match text {
        "" => Err("an empty text would end the output before it begins".to_string()),
        _ => Ok(text.replace("\\n", "\n").replace("\\t", "\t")),
    }
}

/// Checks that no feed-forward part is given twice.
pub fn without_repeated_kinds(kinds: &[FeedForwardKind]) -> Result<(), String> {
    let names: Vec<&str> = kinds.iter().map(|&kind| kind_name(kind)).collect();
    without_repeats("--kind", &names)
}
