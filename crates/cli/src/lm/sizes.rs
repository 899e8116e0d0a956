//! The sizes of a language model, as options.

use clap::Args;
use nn::{DecoderConfig, FeedForwardKind};
use serde_json::{Value, json};

use super::defaults;
use crate::values::{positive, rate, share};

/// The sizes of the model.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Model")]
pub struct Sizes {
    /// The number of features at each place of a text.
    #[arg(long, value_name = "N", default_value_t = defaults::WIDTH, value_parser = positive, allow_negative_numbers = true)]
    pub width: usize,
    /// The number of blocks.
    #[arg(long, value_name = "N", default_value_t = defaults::LAYERS, value_parser = positive, allow_negative_numbers = true)]
    pub layers: usize,
    /// The number of attention heads. The width must be a multiple of twice this number.
    #[arg(long, value_name = "N", default_value_t = defaults::HEADS, value_parser = positive, allow_negative_numbers = true)]
    pub heads: usize,
    /// The number of heads of keys and values, each shared by several heads of queries [default: one for each head].
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub key_value_heads: Option<usize>,
    /// The number of hidden features of the feed-forward part [default: 8/3 of the width; for relu and gelu one and a
    /// half times that, which gives equal parameters].
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub feed_forward: Option<usize>,
    /// The most tokens that the model sees at once.
    #[arg(long, value_name = "N", default_value_t = defaults::CONTEXT, value_parser = positive, allow_negative_numbers = true)]
    pub context: usize,
    /// The base of the wavelengths of the rotary positions. With 30 and heads of 16 features the longest wavelength is
    /// about 120 tokens; LLaMA uses 10000, for contexts of thousands of tokens.
    #[arg(long, value_name = "BASE", default_value_t = defaults::THETA, value_parser = rate, allow_hyphen_values = true)]
    pub theta: f64,
    /// Learn a separate matrix for the logits, instead of sharing the embedding's table.
    #[arg(long)]
    pub untied: bool,
    /// The share of features that are dropped in training.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share, allow_hyphen_values = true)]
    pub dropout: f64,
}

impl Sizes {
    /// The largest model, in numbers: with Adam's moments it takes about 2 GB to train. No size may be larger.
    const LARGEST: usize = 100_000_000;

    /// The most blocks.
    const DEEPEST: usize = 1000;

    /// Checks each size by itself, so that sums and products of them do not overflow.
    fn check_each(&self) -> Result<(), String> {
        let sizes = [
            ("--width", Some(self.width), Self::LARGEST),
            ("--layers", Some(self.layers), Self::DEEPEST),
            ("--heads", Some(self.heads), Self::LARGEST),
            ("--key-value-heads", self.key_value_heads, Self::LARGEST),
            ("--feed-forward", self.feed_forward, Self::LARGEST),
            ("--context", Some(self.context), Self::LARGEST),
        ];
        match sizes.into_iter().find(|&(_, size, most)| size.is_some_and(|size| size > most)) {
            Some((option, Some(size), most)) => {
                Err(format!("{option} {size}: it can be at most {most}; choose a smaller one"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the hidden width of a feed-forward part, such that parts of all kinds have as many parameters.
    fn hidden(&self, kind: FeedForwardKind) -> usize {
        let gated = self.feed_forward.unwrap_or_else(|| defaults::feed_forward(self.width));
        match kind.is_gated() {
            true => gated,
            false => (3 * gated).div_ceil(2),
        }
    }

    /// Returns the config of a model that is to be compared with models of other kinds.
    pub fn compared(
        &self,
        vocabulary: usize,
        kind: FeedForwardKind,
    ) -> Result<DecoderConfig, String> {
        self.check_each()?;
        self.config(vocabulary, kind, self.hidden(kind))
    }

    /// Returns the config of a model.
    pub fn single(
        &self,
        vocabulary: usize,
        kind: FeedForwardKind,
    ) -> Result<DecoderConfig, String> {
        self.check_each()?;
        self.config(vocabulary, kind, self.feed_forward.unwrap_or_else(|| self.hidden(kind)))
    }

    fn config(
        &self,
        vocabulary: usize,
        kind: FeedForwardKind,
        feed_forward: usize,
    ) -> Result<DecoderConfig, String> {
        let config = DecoderConfig {
            vocabulary,
            width: self.width,
            layers: self.layers,
            heads: self.heads,
            key_value_heads: self.key_value_heads.unwrap_or(self.heads),
            feed_forward,
            context: self.context,
            theta: self.theta,
            tied: !self.untied,
            dropout: self.dropout,
            kind,
            ..DecoderConfig::small(vocabulary)
        };
        config
            .check()
            .map_err(|error| format!("--width, --heads and --key-value-heads: {error}"))?;
        match config.parameter_count() <= Self::LARGEST {
            true => Ok(config),
            false => Err(format!(
                "--width, --layers and --feed-forward make a model of more than {} numbers; \
                 choose smaller ones",
                Self::LARGEST
            )),
        }
    }

    /// Returns the options by name.
    pub fn named(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("--width", json!(self.width)),
            ("--layers", json!(self.layers)),
            ("--heads", json!(self.heads)),
            ("--key-value-heads", json!(self.key_value_heads)),
            ("--feed-forward", json!(self.feed_forward)),
            ("--context", json!(self.context)),
            ("--theta", json!(self.theta)),
            ("--untied", json!(self.untied)),
            ("--dropout", json!(self.dropout)),
        ]
    }
}
