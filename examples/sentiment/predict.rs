//! Keeping a trained classifier, and using it on a text.

use std::error::Error;
use std::fs::{self, File};
use std::path::Path;

use autograd::Parameters;
use data::{Labels, Tokenizer};
use nn::ActivationKind;
use serde::{Deserialize, Serialize};
use train::{LoadError, LoadFault, Loss, SaveError, Saved, Trainer, save};

use super::options::{Options, Sizes};
use super::texts::{Texts, token_ids};

/// All it takes, besides the parameters, to classify a text.
#[derive(Deserialize, Serialize)]
pub struct Description {
    activation: String,
    sizes: Sizes,
    labels: Labels,
    tokenizer: Tokenizer,
    maxlen: usize,
}

impl Description {
    pub fn new(options: &Options, activation: ActivationKind, texts: &Texts) -> Self {
        Self {
            activation: activation.to_string(),
            sizes: options.sizes.clone(),
            labels: texts.labels.clone(),
            tokenizer: texts.tokenizer.clone(),
            maxlen: texts.maxlen,
        }
    }

    pub fn save(&self, path: &Path, parameters: &Parameters) -> Result<(), SaveError> {
        save(path, parameters, self)?;
        println!("\nSaved as {}. Use it: --model {0} --predict TEXT", path.display());
        Ok(())
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

/// Checks before training that --save will be possible after it, by a file that is removed again.
pub fn check_writable(path: &Path) -> Result<(), String> {
    if path.is_dir() {
        return Err(format!(
            "--save {}: this is a directory; give the path of a file",
            path.display()
        ));
    }
    let trial = path.with_added_extension(format!("{}.tmp", std::process::id()));
    File::create_new(&trial).and_then(|_| fs::remove_file(&trial)).map_err(|error| {
        format!(
            "--save {}: cannot be written: {error}; give a file in a directory that exists and \
             that you may write to",
            path.display()
        )
    })
}

/// Prints the probability of each class for one text.
pub fn predict(text: &str, path: &Path) -> Result<(), Box<dyn Error>> {
    let saved = Saved::read(path)?;
    let (about, activation) = Description::read(&saved, path)?;
    let mut parameters = Parameters::new(0);
    let model = crate::build(&mut parameters, activation, &about.sizes, about.labels.len());
    saved.load_into(&mut parameters)?;

    // A text has at most as many words as bytes; alone it needs no padding.
    let maxlen = about.maxlen.min(text.len());
    let ids = token_ids(&about.tokenizer, &[text.to_string()], maxlen);
    if ids.to_vec().iter().all(|&id| id == super::texts::PADDING) {
        eprintln!("note: the model knows none of these words, so it can only guess");
    }
    let probabilities = Trainer::new(&model, Loss::SoftmaxCrossEntropy).predict(&parameters, &ids);
    let mut ranking: Vec<(f32, &String)> =
        probabilities.to_vec().into_iter().zip(about.labels.names()).collect();
    ranking.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (probability, name) in ranking {
        println!("{:>5.1} %  {name}", probability * 100.0);
    }
    Ok(())
}
