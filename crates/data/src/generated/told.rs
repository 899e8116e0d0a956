//! Texts that know how surprising each of their characters is.
//!
//! A generator writes a text by choices between strings. No option is a prefix of another. Then the
//! probability of the next character, given all characters before, is exact:
//!
//! ```text
//! p(next) = weight of the options that still match with it / weight of those that match without it
//! ```
//!
//! Its negative logarithm is the surprise of the character. No model can have a smaller mean loss on such
//! texts, in the long run, than the mean surprise; so a loss can be shown as the distance to it.

use rand::{Rng, RngExt};

/// A text with the surprise of each character.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// The text, in ASCII: one byte is one character.
    pub text: String,
    /// −ln p of each character, given those before, in nats.
    pub surprise: Vec<f64>,
    /// `true` for the characters of an answer, which follow from the text before: their surprise is 0.
    pub is_answer: Vec<bool>,
}

impl Told {
    /// Returns the mean surprise of a character, in nats.
    pub fn mean_surprise(&self) -> f64 {
        self.surprise.iter().sum::<f64>() / self.surprise.len() as f64
    }

    /// Appends another text.
    pub fn append(&mut self, mut other: Told) {
        self.text.push_str(&other.text);
        self.surprise.append(&mut other.surprise);
        self.is_answer.append(&mut other.is_answer);
    }

    /// Writes what is certain.
    pub(super) fn write(&mut self, text: &str) {
        self.push(text, false, |_| 0.0);
    }

    /// Writes an answer, which is certain for a reader of the text before.
    pub(super) fn answer(&mut self, text: &str) {
        self.push(text, true, |_| 0.0);
    }

    /// Draws one of these options by its weight, writes it, and returns its position.
    pub(super) fn choose(&mut self, options: &[(&str, f64)], rng: &mut impl Rng) -> usize {
        let total: f64 = options.iter().map(|(_, weight)| weight).sum();
        let mut left = rng.random_range(0.0..total);
        let drawn = options.iter().position(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        // Rounding may leave a rest after the last option.
        let drawn = drawn.unwrap_or(options.len() - 1);
        let text = options[drawn].0;
        let matching = |length: usize| -> f64 {
            let still = options.iter().filter(|(option, _)| option.starts_with(&text[..length]));
            still.map(|(_, weight)| weight).sum()
        };
        self.push(text, false, |at| (matching(at) / matching(at + 1)).ln());
        drawn
    }

    /// Draws one of these options, all equally probable.
    pub(super) fn choose_evenly(&mut self, options: &[&str], rng: &mut impl Rng) -> usize {
        let options: Vec<(&str, f64)> = options.iter().map(|&option| (option, 1.0)).collect();
        self.choose(&options, rng)
    }

    fn push(&mut self, text: &str, is_answer: bool, surprise: impl Fn(usize) -> f64) {
        self.text.push_str(text);
        self.surprise.extend((0..text.len()).map(surprise));
        self.is_answer.extend(text.bytes().map(|_| is_answer));
    }
}
