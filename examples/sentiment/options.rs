//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Args, Parser};
use nn::ActivationKind;
use serde::{Deserialize, Serialize};

use super::predict::check_writable;
use crate::cli::{Source, Training, positive, share, without_repeats};

/// Train a small text classifier, and compare ReLU with SwiGLU on it.
///
/// Without options it generates 10,000 short reviews over eight emotions, trains the article's model
/// on them (an embedding, its mean over the words, a hidden layer, a softmax) once with ReLU and once
/// with SwiGLU, and evaluates both on 2,000 more. Before training it checks the model's gradients
/// against central differences in 64-bit arithmetic.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "sentiment",
    max_term_width = 100,
    after_help = "Examples:
  sentiment                                          generated reviews, ReLU and SwiGLU
  sentiment --seeds 5                                five seeds each, intervals and a paired test
  sentiment --train train.csv --test test.csv        your data: columns `text` and `label`
  sentiment --activation swiglu --save model.st      keep the model ...
  sentiment --model model.st --predict 'so happy'    ... and use it
  sentiment --export reviews                         write the generated reviews as CSV files

With cargo: cargo run --release --example sentiment -- OPTIONS"
)]
pub struct Options {
    /// Where the samples come from.
    #[command(flatten)]
    pub source: Source,
    /// The column that holds the text.
    #[arg(long, value_name = "NAME", default_value = "text", help_heading = "Data")]
    pub text_column: String,
    /// The activations to compare, the first one being held against the others: relu, leaky-relu,
    /// tanh, sigmoid, gelu, silu, swiglu.
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        default_value = "relu,swiglu",
        help_heading = "Model"
    )]
    pub activation: Vec<ActivationKind>,
    /// The sizes of the model.
    #[command(flatten)]
    pub sizes: Sizes,
    /// Also train a linear model on word counts: what can be had without a hidden layer.
    #[arg(long, help_heading = "Model")]
    pub baseline: bool,

    /// How to train.
    #[command(flatten)]
    pub training: Training,

    /// Save the model that is best in validation, for --predict.
    #[arg(long, value_name = "FILE", help_heading = "Using a model")]
    pub save: Option<PathBuf>,
    /// A saved model.
    #[arg(long, value_name = "FILE", requires = "predict", help_heading = "Using a model")]
    pub model: Option<PathBuf>,
    /// Classify this text with the saved model instead of training.
    #[arg(
        long,
        value_name = "TEXT",
        requires = "model",
        conflicts_with_all = ["train", "export", "baseline", "save"],
        help_heading = "Using a model"
    )]
    pub predict: Option<String>,
}

impl Options {
    /// Checks before training what would else fail after it.
    pub fn check(&self) -> Result<(), String> {
        without_repeats("--activation", &self.activation)?;
        self.save.as_deref().map_or(Ok(()), check_writable)
    }
}

/// The sizes of the model.
#[derive(Args, Clone, Debug, Deserialize, Serialize)]
pub struct Sizes {
    /// How many of the most frequent words to know, as Keras' num_words (which counts the padding).
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = vocabulary, help_heading = "Model")]
    pub vocab: usize,
    /// The length of a word's vector.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = positive, help_heading = "Model")]
    pub embedding: usize,
    /// The width of the hidden layer.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive, help_heading = "Model")]
    pub hidden: usize,
    /// The share of numbers that each dropout layer drops in training.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share, help_heading = "Model")]
    pub dropout: f64,
}

impl Sizes {
    /// The largest model, in numbers: with Adam's moments it takes about 2 GB to train.
    const LARGEST: usize = 100_000_000;

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

/// A whole number of at least 2.
fn vocabulary(text: &str) -> Result<usize, String> {
    match positive(text) {
        Ok(number) if number > 1 => Ok(number),
        _ => Err("expected a whole number of at least 2; one of them is the padding".to_string()),
    }
}
