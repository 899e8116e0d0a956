//! Keeping a trained classifier, and using it on a text.

use std::error::Error;
use std::path::Path;

use autograd::Parameters;
use data::{Labels, Tokenizer};
use nn::ActivationKind;
use serde::{Deserialize, Serialize};
use train::{Loss, SaveError, Saved, Trainer, save};

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
}

/// Prints the probability of each class for one text.
pub fn predict(text: &str, path: &Path) -> Result<(), Box<dyn Error>> {
    let saved = Saved::read(path)?;
    let about: Description = saved.description()?;
    let mut parameters = Parameters::new(0);
    let model = crate::build(
        &mut parameters,
        about.activation.parse::<ActivationKind>()?,
        &about.sizes,
        about.labels.len(),
    );
    saved.load_into(&mut parameters)?;

    let ids = token_ids(&about.tokenizer, &[text.to_string()], about.maxlen);
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
