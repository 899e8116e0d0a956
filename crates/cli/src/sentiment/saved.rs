//! Saves a trained classifier, and loads it again.

use std::path::Path;

use autograd::Parameters;
use data::{Labels, Sequences, Tokenizer};
use nn::{ActivationKind, Model};
use serde::{Deserialize, Serialize};
use store::{LoadError, LoadFault, Saved};
use tensor::Tensor;

use super::model::build;
use super::sizes::Sizes;
use super::texts::{Texts, token_ids};
use crate::calibrating::{UNCALIBRATED, is_temperature, uncalibrated};
use crate::contents::{TEXT_CLASSIFIER, told};
use crate::notes::note;

/// Everything except the parameters that is needed to classify a text.
#[derive(Deserialize, Serialize)]
pub struct Description {
    activation: String,
    sizes: Sizes,
    pub labels: Labels,
    tokenizer: Tokenizer,
    /// The number of known words after which texts are cut, if they are cut.
    maxlen: Option<usize>,
    /// The number by which logits are divided.
    #[serde(default = "uncalibrated")]
    pub temperature: f64,
}

impl Description {
    pub fn new(sizes: &Sizes, activation: ActivationKind, texts: &Texts) -> Self {
        Self {
            activation: activation.to_string(),
            sizes: Sizes { dropout: Some(sizes.dropout()), ..sizes.clone() },
            labels: texts.labels.clone(),
            tokenizer: texts.tokenizer.clone(),
            maxlen: texts.max_length,
            temperature: UNCALIBRATED,
        }
    }

    /// Sets the temperature.
    pub fn with_temperature(self, temperature: f64) -> Self {
        Self { temperature, ..self }
    }

    /// Returns the tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Returns the token ids of each text, cut as in training, without a note.
    pub fn ids(&self, texts: &[String]) -> Sequences<u32> {
        token_ids(&self.tokenizer, texts, self.maxlen).0
    }

    /// Returns the token ids of each text, cut as in training, and prints a note on texts that are
    /// cut.
    pub fn token_ids(&self, texts: &[String]) -> Sequences<u32> {
        let (ids, cut) = token_ids(&self.tokenizer, texts, self.maxlen);
        if let Some(words) = self.told(cut, texts.len()) {
            note(&words);
        }
        ids
    }

    /// Returns how many texts are cut, for a person to read.
    pub fn note_on_cut(&self, texts: &[String]) -> Option<String> {
        let (_, cut) = token_ids(&self.tokenizer, texts, self.maxlen);
        self.told(cut, texts.len())
    }

    fn told(&self, cut: usize, texts: usize) -> Option<String> {
        let longest = self.maxlen?;
        let which = match texts {
            1 => "this text has".to_string(),
            all => format!("{cut} of {all} texts have"),
        };
        (cut > 0).then(|| {
            format!("{which} more than {longest} known words; this model reads only {longest}")
        })
    }

    /// Checks that the file holds about as many numbers as it describes, before memory is allocated
    /// for them.
    fn check_size(&self, saved: &Saved, path: &Path) -> Result<(), LoadError> {
        const SMALL: usize = 1_000_000;
        let Sizes { vocab, embedding, hidden, .. } = self.sizes;
        // `Description::read` has checked that none of these overflows.
        let described = vocab * embedding + embedding * hidden + hidden * self.labels.len();
        let held = saved.count();
        match described <= held.saturating_mul(2).max(SMALL) {
            true => Ok(()),
            false => Err(LoadError {
                path: path.to_path_buf(),
                fault: LoadFault::Mismatch(format!(
                    "it describes {described} numbers but holds {held}"
                )),
            }),
        }
    }

    /// Reads a file of [`save_somewhere`](crate::saving::save_somewhere). A file from another source may have any
    /// content, so a model that cannot be built or used is an error.
    fn read(saved: &Saved, path: &Path) -> Result<(Self, ActivationKind), LoadError> {
        let about: Self = saved.description()?;
        let foreign =
            |why: String| LoadError { path: path.to_path_buf(), fault: LoadFault::Foreign(why) };
        let activation = about.activation.parse();
        let activation = activation.map_err(|error| foreign(format!("{error}")))?;
        let Sizes { vocab, embedding, hidden, .. } = about.sizes;
        let consistent = about.labels.len() >= 2
            && about.tokenizer.vocabulary_size() <= vocab
            && embedding > 0
            && hidden > 0
            && (0.0..1.0).contains(&about.sizes.dropout())
            && is_temperature(about.temperature)
            && about.sizes.check(about.labels.len()).is_ok();
        match consistent {
            true => Ok((about, activation)),
            false => Err(foreign("it describes a model that cannot exist".to_string())),
        }
    }
}

/// Returns the model of a file written by [`save_somewhere`](crate::saving::save_somewhere), its parameters and its
/// description. The error says which option writes such a file, if this is another.
pub fn load(
    path: &Path,
) -> Result<(impl Model<Input = Tensor<u32>> + use<>, Parameters, Description), String> {
    read_model(path).map_err(|error| told(&error, TEXT_CLASSIFIER, "wengert train --save"))
}

fn read_model(
    path: &Path,
) -> Result<(impl Model<Input = Tensor<u32>> + use<>, Parameters, Description), LoadError> {
    let saved = Saved::read(path)?;
    let (about, activation) = Description::read(&saved, path)?;
    about.check_size(&saved, path)?;
    let mut parameters = Parameters::new(0);
    let model = build(&mut parameters, activation, &about.sizes, about.labels.len());
    saved.load_into(&mut parameters)?;
    Ok((model, parameters, about))
}
