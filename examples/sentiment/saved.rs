//! Keeping a trained classifier, and getting it back.

use std::path::Path;

use autograd::Parameters;
use data::{Labels, Tokenizer};
use nn::{ActivationKind, Model};
use serde::{Deserialize, Serialize};
use tensor::Tensor;
use train::{LoadError, LoadFault, SaveError, Saved, save};

use super::options::Sizes;
use super::texts::{Texts, token_ids};

/// All it takes, besides the parameters, to classify a text.
#[derive(Deserialize, Serialize)]
pub struct Description {
    activation: String,
    sizes: Sizes,
    pub labels: Labels,
    tokenizer: Tokenizer,
    maxlen: usize,
}

impl Description {
    pub fn new(sizes: &Sizes, activation: ActivationKind, texts: &Texts) -> Self {
        Self {
            activation: activation.to_string(),
            sizes: sizes.clone(),
            labels: texts.labels.clone(),
            tokenizer: texts.tokenizer.clone(),
            maxlen: texts.maxlen,
        }
    }

    pub fn save(&self, path: &Path, parameters: &Parameters) -> Result<(), SaveError> {
        save(path, parameters, self)
    }

    /// Token ids `[texts, time]`, cut to the longest training text and padded to the longest here.
    pub fn token_ids(&self, texts: &[String]) -> Tensor<u32> {
        // A text has at most as many words as bytes.
        let longest = texts.iter().map(String::len).max().unwrap_or(0);
        token_ids(&self.tokenizer, texts, self.maxlen.min(longest))
    }

    /// Reads what [`Description::save`] wrote. A file from elsewhere may say anything; what could
    /// not be built or used is an error.
    fn read(saved: &Saved, path: &Path) -> Result<(Self, ActivationKind), LoadError> {
        let about: Self = saved.description()?;
        let foreign =
            |why: String| LoadError { path: path.to_path_buf(), fault: LoadFault::Foreign(why) };
        let activation = about.activation.parse();
        let activation = activation.map_err(|error| foreign(format!("{error}")))?;
        let Sizes { vocab, embedding, hidden, dropout } = about.sizes;
        let consistent = about.labels.len() >= 2
            && about.tokenizer.vocabulary_size() <= vocab
            && embedding > 0
            && hidden > 0
            && (0.0..1.0).contains(&dropout)
            && about.sizes.check(about.labels.len()).is_ok();
        match consistent {
            true => Ok((about, activation)),
            false => Err(foreign("there is no such model as it describes".to_string())),
        }
    }
}

/// The model of a file written by [`Description::save`], its parameters and its description.
pub fn load(
    path: &Path,
) -> Result<(impl Model<Input = u32> + use<>, Parameters, Description), LoadError> {
    let saved = Saved::read(path)?;
    let (about, activation) = Description::read(&saved, path)?;
    let mut parameters = Parameters::new(0);
    let model = crate::build(&mut parameters, activation, &about.sizes, about.labels.len());
    saved.load_into(&mut parameters)?;
    Ok((model, parameters, about))
}
