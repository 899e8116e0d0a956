//! The steps of a `tokenizer.json` from a text to pieces, and from a token to bytes.

use super::bytes::{byte_of, character_of, fallback_byte};
use super::file::{DecoderStep, Normalizer, PreTokenizer, PrependScheme, SplitPattern};
use super::pieces::{cut, cut_before, digit_piece, gpt2_piece, llama3_piece};

/// Returns the text after a step.
pub(super) fn normalize(step: &Normalizer, text: String) -> String {
    match step {
        Normalizer::Prepend { prepend } if !text.is_empty() => [prepend.as_str(), &text].concat(),
        Normalizer::Prepend { .. } => text,
        Normalizer::Replace { pattern, content } => replace(&text, pattern, content),
        Normalizer::Sequence { normalizers } => {
            normalizers.iter().fold(text, |text, step| normalize(step, text))
        }
    }
}

/// Cuts each piece further. The first one is the beginning of the text if `is_start`.
pub(super) fn pre_tokenize(
    step: &PreTokenizer,
    pieces: Vec<String>,
    is_start: bool,
) -> Vec<String> {
    if let PreTokenizer::Sequence { pretokenizers } = step {
        return pretokenizers
            .iter()
            .fold(pieces, |pieces, step| pre_tokenize(step, pieces, is_start));
    }
    let cut_one = |(number, piece)| cut_piece(step, piece, is_start && number == 0);
    pieces.into_iter().enumerate().flat_map(cut_one).collect()
}

fn cut_piece(step: &PreTokenizer, piece: String, is_start: bool) -> Vec<String> {
    match step {
        PreTokenizer::Metaspace { replacement, prepend_scheme, split } => {
            let mut piece = piece.replace(' ', &replacement.to_string());
            let is_wanted = match prepend_scheme {
                PrependScheme::Always => true,
                PrependScheme::First => is_start,
                PrependScheme::Never => false,
            };
            if is_wanted && !piece.starts_with(*replacement) {
                piece.insert(0, *replacement);
            }
            if *split { cut_before(&piece, *replacement) } else { vec![piece] }
        }
        PreTokenizer::ByteLevel { add_prefix_space, use_regex, .. } => {
            let space = if *add_prefix_space && !piece.starts_with(' ') { " " } else { "" };
            let piece = [space, &piece].concat();
            let pieces = if *use_regex { cut(&piece, gpt2_piece) } else { vec![piece] };
            pieces.iter().map(|piece| piece.bytes().map(character_of).collect()).collect()
        }
        PreTokenizer::Split { .. } => cut(&piece, llama3_piece),
        PreTokenizer::Digits { .. } => cut(&piece, digit_piece),
        PreTokenizer::Sequence { .. } => pre_tokenize(step, vec![piece], is_start),
    }
}

/// Returns the bytes of a token.
pub(super) fn token_bytes(step: Option<&DecoderStep>, token: &str) -> Vec<u8> {
    let mut text = token.to_owned();
    for step in step.into_iter().flat_map(flat) {
        match step {
            DecoderStep::Replace { pattern, content } => text = replace(&text, pattern, content),
            DecoderStep::ByteFallback => {
                if let Some(byte) = fallback_byte(&text) {
                    return vec![byte];
                }
            }
            DecoderStep::ByteLevel { .. } => {
                // An added token may have characters that do not represent a byte.
                let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
                return bytes.unwrap_or_else(|| text.into_bytes());
            }
            DecoderStep::Fuse | DecoderStep::Strip { .. } | DecoderStep::Sequence { .. } => {}
        }
    }
    text.into_bytes()
}

/// Returns the character that is taken away from the beginning of a text, and how often.
pub(super) fn stripped(step: &DecoderStep) -> Option<(char, usize)> {
    flat(step).into_iter().find_map(|step| match step {
        DecoderStep::Strip { content, start, .. } => Some((*content, *start)),
        _ => None,
    })
}

/// Returns the steps of a sequence, with nested sequences flattened.
pub(super) fn flat(step: &DecoderStep) -> Vec<&DecoderStep> {
    match step {
        DecoderStep::Sequence { decoders } => decoders.iter().flat_map(flat).collect(),
        step => vec![step],
    }
}

fn replace(text: &str, pattern: &SplitPattern, content: &str) -> String {
    match pattern {
        SplitPattern::String(pattern) => text.replace(pattern, content),
        SplitPattern::Regex(_) => unreachable!("a file with a regular expression here is refused"),
    }
}
