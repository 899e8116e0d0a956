//! Saves a language model with its tokens, and loads it again.

use std::path::Path;

use autograd::Parameters;
use data::Vocabulary;
use nn::{Decoder, DecoderConfig};
use serde::{Deserialize, Serialize};
use store::{LoadError, LoadFault, Saved};

use super::lesson::Lesson;
use super::texts::Origin;
use super::values::{kind, kind_name};
use crate::contents::{LANGUAGE_MODEL, told};

/// Everything except the parameters that is needed to use a language model.
#[derive(Deserialize, Serialize)]
pub struct LmDescription {
    config: SavedConfig,
    pub vocabulary: Vocabulary,
    /// The tokens after which a document begins.
    pub start: Vec<u32>,
    /// The tokens that end a text, as an imported model lists them, in addition to the vocabulary's own.
    #[serde(default)]
    pub end: Vec<u32>,
    /// The generator of the documents that it was trained on, if they were generated.
    pub origin: Option<Origin>,
}

/// The fields of a [`DecoderConfig`].
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SavedConfig {
    vocabulary: usize,
    width: usize,
    layers: usize,
    heads: usize,
    key_value_heads: usize,
    feed_forward: usize,
    context: usize,
    theta: f64,
    epsilon: f64,
    tied: bool,
    dropout: f64,
    kind: String,
}

impl SavedConfig {
    fn of(config: &DecoderConfig) -> Self {
        Self {
            vocabulary: config.vocabulary,
            width: config.width,
            layers: config.layers,
            heads: config.heads,
            key_value_heads: config.key_value_heads,
            feed_forward: config.feed_forward,
            context: config.context,
            theta: config.theta,
            epsilon: config.epsilon,
            tied: config.tied,
            dropout: config.dropout,
            kind: kind_name(config.kind).to_string(),
        }
    }

    fn config(&self) -> Result<DecoderConfig, String> {
        let config = DecoderConfig {
            vocabulary: self.vocabulary,
            width: self.width,
            layers: self.layers,
            heads: self.heads,
            key_value_heads: self.key_value_heads,
            feed_forward: self.feed_forward,
            context: self.context,
            theta: self.theta,
            epsilon: self.epsilon,
            tied: self.tied,
            dropout: self.dropout,
            kind: kind(&self.kind).map_err(|_| format!("a feed-forward part `{}`", self.kind))?,
        };
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }
}

/// A language model, ready for use.
pub struct LoadedModel {
    pub model: Decoder,
    pub parameters: Parameters,
    pub about: LmDescription,
}

impl LmDescription {
    /// Describes a model that was trained on a text.
    pub fn new(config: &DecoderConfig, lesson: &Lesson, origin: Option<Origin>) -> Self {
        Self {
            config: SavedConfig::of(config),
            vocabulary: lesson.vocabulary.clone(),
            start: lesson.start.clone(),
            end: Vec::new(),
            origin,
        }
    }

    /// Describes a model that was trained elsewhere.
    pub fn imported(
        config: &DecoderConfig,
        vocabulary: Vocabulary,
        start: Vec<u32>,
        end: Vec<u32>,
    ) -> Self {
        Self { config: SavedConfig::of(config), vocabulary, start, end, origin: None }
    }

    /// Returns the config, if there can be such a model. A file that is written must pass, as it is refused otherwise
    /// when it is loaded.
    pub fn checked(&self) -> Result<DecoderConfig, String> {
        /// The weights of attention of a longer context could not be kept in memory.
        const LONGEST: usize = 1 << 20;
        let config = self.config.config()?;
        if self.vocabulary.len() > config.vocabulary {
            return Err(format!(
                "its vocabulary has {} tokens, but its model only {}",
                self.vocabulary.len(),
                config.vocabulary
            ));
        }
        if let Some(id) = self.start.iter().chain(&self.end).find(|&&id| !self.vocabulary.has(id)) {
            return Err(format!(
                "its documents begin or end with token {id}, which its vocabulary does not have"
            ));
        }
        match config.context <= LONGEST {
            true => Ok(config),
            false => Err(format!(
                "its context of {} tokens is too long: at most {LONGEST} can be used",
                config.context
            )),
        }
    }
}

/// Returns the model of a file that `lm train --save` or `lm import` wrote, or of a checkpoint.
pub fn load(path: &Path) -> Result<LoadedModel, String> {
    read(path).map_err(|error| {
        format!("--model {}", told(&error, LANGUAGE_MODEL, "wengert lm train --save"))
    })
}

fn read(path: &Path) -> Result<LoadedModel, LoadError> {
    let fault = |fault| LoadError { path: path.to_path_buf(), fault };
    let saved = Saved::read(path)?;
    let about: LmDescription = saved.description()?;
    let config = about.checked().map_err(|why| fault(LoadFault::Foreign(why)))?;
    check_size(&config, saved.count()).map_err(|why| fault(LoadFault::Mismatch(why)))?;
    let mut parameters = Parameters::new(0);
    let model = Decoder::new(&mut parameters, config);
    saved.load_into(&mut parameters)?;
    Ok(LoadedModel { model, parameters, about })
}

/// Checks that a file holds as many numbers as it describes, before memory is allocated for them.
pub fn check_size(config: &DecoderConfig, held: usize) -> Result<(), String> {
    let DecoderConfig { vocabulary, width, layers, feed_forward, .. } = *config;
    let parts = [vocabulary, feed_forward, width, layers].map(|size| size.saturating_mul(width));
    // A gate that is frozen has two numbers that are not counted as parameters.
    let frozen = 2 * layers.min(held);
    let fits = parts.iter().all(|&part| part <= held)
        && (config.parameter_count()..=config.parameter_count() + frozen).contains(&held);
    match fits {
        true => Ok(()),
        false => Err(format!(
            "it describes a model of width {width} with {layers} layers, {feed_forward} hidden features and \
             {vocabulary} tokens, which does not have {held} numbers"
        )),
    }
}
