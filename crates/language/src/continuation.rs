//! The text that a model writes after a prompt, in pieces that can be printed as they come.

use data::Vocabulary;
use tensor::Scalar;
use train::NotFinite;

use crate::generator::Generator;

/// Where a text ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most tokens to write.
    pub tokens: usize,
    /// The text ends before the first of these texts.
    pub stop: Vec<String>,
    /// The text ends before one of these tokens, such as that of `</s>`.
    pub stop_tokens: Vec<u32>,
}

/// Up to 200 tokens, without a stop.
impl Default for Limits {
    fn default() -> Self {
        Self { tokens: 200, stop: Vec::new(), stop_tokens: Vec::new() }
    }
}

/// Why a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has as many tokens as it may have.
    Length,
    /// A stop text came.
    StopText,
    /// A stop token came.
    StopToken,
    /// The model's logits are not numbers any more.
    NotFinite,
}

/// An iterator over the pieces of a text, made by [`TextGenerator::after`](crate::TextGenerator::after). The prompt is not
/// among them.
///
/// Pieces are whole characters, although a token may end inside of one. What may be the beginning of a stop
/// text is held back until it is known, and a stop text is not in the pieces. Bytes that are not UTF-8 become
/// `�`.
#[derive(Clone, Debug)]
pub struct Continuation<'m, T: Scalar> {
    generator: Generator<'m, T>,
    vocabulary: &'m Vocabulary,
    limits: Limits,
    /// Bytes that are not out yet.
    held: Vec<u8>,
    written: usize,
    ending: Option<Ending>,
}

impl<'m, T: Scalar> Continuation<'m, T> {
    pub(crate) fn new(
        generator: Generator<'m, T>,
        vocabulary: &'m Vocabulary,
        limits: Limits,
    ) -> Self {
        Self { generator, vocabulary, limits, held: Vec::new(), written: 0, ending: None }
    }

    /// Returns the number of tokens that were written, without a stop token.
    pub fn tokens(&self) -> usize {
        self.written
    }

    /// Returns why the text ended, once it has.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Returns the text of the next token together with what was held, or the rest at the end.
    fn advance(&mut self) -> Result<String, NotFinite> {
        if self.written == self.limits.tokens {
            return Ok(self.end(Ending::Length, self.held.len()));
        }
        let token = self.generator.next().expect("it ends after an error only")?;
        if self.limits.stop_tokens.contains(&token) {
            return Ok(self.end(Ending::StopToken, self.held.len()));
        }
        self.written += 1;
        self.held.extend(self.vocabulary.token(token));
        match first_of(&self.held, &self.limits.stop) {
            Some(at) => Ok(self.end(Ending::StopText, at)),
            None => {
                let certain = self.held.len() - begun(&self.held, &self.limits.stop);
                let whole = whole_characters(&self.held[..certain]);
                Ok(self.take(whole))
            }
        }
    }

    fn end(&mut self, ending: Ending, length: usize) -> String {
        self.ending = Some(ending);
        self.take(length)
    }

    fn take(&mut self, length: usize) -> String {
        let rest = self.held.split_off(length);
        let text = std::mem::replace(&mut self.held, rest);
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl<T: Scalar> Iterator for Continuation<'_, T> {
    type Item = Result<String, NotFinite>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ending.is_none() {
            match self.advance() {
                Ok(text) if text.is_empty() => {}
                Ok(text) => return Some(Ok(text)),
                Err(error) => {
                    self.ending = Some(Ending::NotFinite);
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// Returns where the first of these texts begins.
fn first_of(bytes: &[u8], texts: &[String]) -> Option<usize> {
    let begins = |&at: &usize| texts.iter().any(|text| bytes[at..].starts_with(text.as_bytes()));
    (0..bytes.len()).find(begins)
}

/// Returns the length of the longest end of `bytes` with which one of these texts begins.
fn begun(bytes: &[u8], texts: &[String]) -> usize {
    let is_beginning =
        |&at: &usize| texts.iter().any(|text| text.as_bytes().starts_with(&bytes[at..]));
    (0..bytes.len()).find(is_beginning).map_or(0, |at| bytes.len() - at)
}

/// Returns the length without a character that has only begun.
fn whole_characters(bytes: &[u8]) -> usize {
    let last = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
    match std::str::from_utf8(last) {
        Err(error) if error.error_len().is_none() => bytes.len() - last.len(),
        _ => bytes.len(),
    }
}
