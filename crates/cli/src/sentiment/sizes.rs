//! The sizes of a text classifier.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::values::{positive, share};

/// The sizes of the model.
#[derive(Args, Clone, Debug, Deserialize, Serialize)]
pub struct Sizes {
    /// Know the N most frequent words, as Keras' num_words does (it counts the padding).
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = vocabulary, allow_negative_numbers = true, help_heading = "Model")]
    pub vocab: usize,
    /// The length of a word's vector.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = positive, allow_negative_numbers = true, help_heading = "Model")]
    pub embedding: usize,
    /// The width of the hidden layer.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive, allow_negative_numbers = true, help_heading = "Model")]
    pub hidden: usize,
    /// The share of values that each dropout layer drops in training [default: 0.2; for a FILE with texts: 0.5;
    /// for a FILE without texts: 0].
    #[arg(long, value_name = "SHARE", value_parser = share, allow_hyphen_values = true, help_heading = "Model")]
    pub dropout: Option<f64>,
}

impl Sizes {
    /// The largest model, in numbers: with Adam's moments it takes about 2 GB to train.
    const LARGEST: usize = 100_000_000;

    /// Returns the share that dropout layers of a text classifier drop.
    pub fn dropout(&self) -> f64 {
        self.dropout.unwrap_or(0.2)
    }

    /// Checks that a model of these sizes fits into memory.
    pub fn check(&self, classes: usize) -> Result<(), String> {
        let matrix = |rows: usize, columns: usize| rows.saturating_mul(columns);
        let numbers = matrix(self.vocab, self.embedding.max(classes))
            .saturating_add(matrix(self.embedding, self.hidden))
            .saturating_add(matrix(self.hidden, classes));
        match numbers <= Self::LARGEST {
            true => Ok(()),
            false => Err(format!(
                "--vocab {}, --embedding {} and --hidden {} make a model of more than {} numbers; \
                 choose smaller ones",
                self.vocab,
                self.embedding,
                self.hidden,
                Self::LARGEST
            )),
        }
    }
}

/// Returns a whole number of at least 2.
fn vocabulary(text: &str) -> Result<usize, String> {
    match positive(text) {
        Ok(number) if number > 1 => Ok(number),
        _ => Err("expected a whole number of at least 2; one of them is the padding".to_string()),
    }
}
