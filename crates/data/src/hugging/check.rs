//! Refuses the settings of a `tokenizer.json` that would change its tokens, but are not implemented. Steps of
//! an unknown type do not get here: reading them fails already.

use super::file::{AddedToken, DecoderStep, Normalizer, PreTokenizer, SplitPattern, TokenizerFile};
use super::pieces::LLAMA3;
use super::steps::flat;
use crate::quoted;

/// Checks a file.
///
/// # Errors
/// If something in it is not implemented: the key, what is there, and what is expected.
pub(super) fn check(file: &TokenizerFile) -> Result<(), String> {
    if file.truncation.is_some() || file.padding.is_some() {
        return Err("`truncation` and `padding` are not implemented: set both to null".to_owned());
    }
    let model = &file.model;
    if model.dropout.is_some_and(|dropout| dropout > 0.0) {
        return Err("`model.dropout` is not implemented: set it to null".to_owned());
    }
    let affixes = [
        ("continuing_subword_prefix", &model.continuing_subword_prefix),
        ("end_of_word_suffix", &model.end_of_word_suffix),
    ];
    for (key, affix) in affixes {
        if let Some(affix) = affix.as_deref().filter(|affix| !affix.is_empty()) {
            return Err(format!(
                "`model.{key}` is {}, which is not implemented: tokenizers of the LLaMA kind have null",
                quoted(affix)
            ));
        }
    }
    file.added_tokens.iter().try_for_each(|token| check_added(token, file.normalizer.is_some()))?;
    file.normalizer.iter().try_for_each(check_normalizer)?;
    file.pre_tokenizer.iter().try_for_each(check_pre_tokenizer)?;
    // Each ByteLevel step turns a byte into a character of up to two bytes, so repeated steps make a text longer.
    match file.pre_tokenizer.as_ref().map_or(0, byte_levels) {
        0 | 1 => {}
        many => {
            return Err(format!(
                "`pre_tokenizer` has ByteLevel {many} times: expected at most once"
            ));
        }
    }
    match &file.decoder {
        Some(decoder) => {
            check_order(&flat(decoder))?;
            check_decoder(decoder)
        }
        None => Err("`decoder` is missing, so tokens cannot become a text".to_owned()),
    }
}

fn check_added(token: &AddedToken, is_normalized: bool) -> Result<(), String> {
    let settings = [
        ("single_word", token.single_word),
        ("lstrip", token.lstrip),
        ("rstrip", token.rstrip),
        ("normalized", token.normalized && is_normalized),
    ];
    match settings.into_iter().find(|(_, is_set)| *is_set) {
        Some((key, _)) => Err(format!(
            "the added token {} has `{key}` true, which is not implemented: expected false",
            quoted(&token.content)
        )),
        None if token.content.is_empty() => Err("an added token has no content".to_owned()),
        None => Ok(()),
    }
}

fn check_normalizer(step: &Normalizer) -> Result<(), String> {
    match step {
        Normalizer::Replace { pattern, content } => {
            check_replacement("normalizer", pattern, content)
        }
        Normalizer::Sequence { normalizers } => normalizers.iter().try_for_each(check_normalizer),
        Normalizer::Prepend { .. } => Ok(()),
    }
}

fn check_pre_tokenizer(step: &PreTokenizer) -> Result<(), String> {
    match step {
        PreTokenizer::Split { pattern: SplitPattern::Regex(regex), invert: false, .. }
            if regex == LLAMA3 =>
        {
            Ok(())
        }
        PreTokenizer::Split { pattern, invert, .. } => Err(format!(
            "`pre_tokenizer` splits by {pattern:?} (invert: {invert}), which is not implemented: expected \
             LLaMA 3's regular expression, not inverted"
        )),
        PreTokenizer::Digits { individual_digits: false } => Err(
            "`pre_tokenizer` has Digits with `individual_digits` false, which is not implemented: \
                 expected true"
                .to_owned(),
        ),
        PreTokenizer::Sequence { pretokenizers } => {
            pretokenizers.iter().try_for_each(check_pre_tokenizer)
        }
        PreTokenizer::Metaspace { .. }
        | PreTokenizer::ByteLevel { .. }
        | PreTokenizer::Digits { .. } => Ok(()),
    }
}

/// Returns how often a text is written as characters of its bytes.
fn byte_levels(step: &PreTokenizer) -> usize {
    match step {
        PreTokenizer::ByteLevel { .. } => 1,
        PreTokenizer::Sequence { pretokenizers } => pretokenizers.iter().map(byte_levels).sum(),
        _ => 0,
    }
}

fn check_decoder(step: &DecoderStep) -> Result<(), String> {
    match step {
        DecoderStep::Replace { pattern, content } => check_replacement("decoder", pattern, content),
        DecoderStep::Strip { stop, .. } if *stop > 0 => Err(format!(
            "`decoder` strips {stop} characters from the end, which is not implemented: expected 0"
        )),
        DecoderStep::Sequence { decoders } => decoders.iter().try_for_each(check_decoder),
        DecoderStep::ByteLevel { .. }
        | DecoderStep::ByteFallback
        | DecoderStep::Fuse
        | DecoderStep::Strip { .. } => Ok(()),
    }
}

/// Checks that a beginning is stripped from the whole text, and not from each token.
fn check_order(steps: &[&DecoderStep]) -> Result<(), String> {
    let is_strip = |step: &&DecoderStep| matches!(step, DecoderStep::Strip { .. });
    match steps.split(is_strip).next().unwrap_or_default() {
        before if before.len() == steps.len() => Ok(()),
        [.., DecoderStep::Fuse] if steps.iter().filter(|step| is_strip(step)).count() == 1 => Ok(()),
        _ => Err("`decoder` strips before it fuses, or twice, which is not implemented: expected Strip once, \
                  after Fuse"
            .to_owned()),
    }
}

/// Checks that a pattern to be replaced is a text, and not shorter than what replaces it: some such steps in a row would
/// make a short text very long.
fn check_replacement(key: &str, pattern: &SplitPattern, content: &str) -> Result<(), String> {
    match pattern {
        SplitPattern::String(text) if content.chars().count() > text.chars().count() => {
            Err(format!(
                "`{key}` replaces {} by the longer {}, which is not implemented",
                quoted(text),
                quoted(content)
            ))
        }
        SplitPattern::String(_) => Ok(()),
        SplitPattern::Regex(regex) => Err(format!(
            "`{key}` replaces by the regular expression {}, which is not implemented: expected a string",
            quoted(regex)
        )),
    }
}
