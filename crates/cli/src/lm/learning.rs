//! The training of one language model.

use std::error::Error;

use autograd::Parameters;
use language::{LanguageScore, Protocol};
use nn::{Decoder, DecoderConfig, TokenCrossEntropy};
use train::{History, Trainer};

use super::lesson::Lesson;
use super::rows::Rows;
use super::saved::LmDescription;
use super::teaching::Teaching;
use crate::keeping::Keeper;

/// A language model after training.
pub struct Learned {
    pub model: Decoder,
    pub parameters: Parameters,
    pub history: History,
    /// Its score on the validation windows, if there are any.
    pub score: Option<LanguageScore>,
    pub seed: u64,
}

/// Trains a model of this config. Checkpoints and the log call it by this name.
pub fn train(
    name: &str,
    seed: u64,
    config: DecoderConfig,
    lesson: &Lesson,
    teaching: &Teaching,
    description: &LmDescription,
    keeper: &mut Keeper,
) -> Result<Learned, Box<dyn Error>> {
    let mut parameters = Parameters::new(seed);
    let model = Decoder::new(&mut parameters, config);
    let steps = teaching.steps(lesson.windows());
    let fit = teaching.fit(seed, steps, &parameters);
    let mut optimizer = teaching.optimizer(steps)?;
    let training = lesson.training(teaching, seed, steps);
    let trainer = Trainer::new(&model, TokenCrossEntropy);
    let validation = lesson.validation.as_ref();
    let session =
        trainer.session_from(&mut parameters, &mut optimizer, &training, validation, &fit)?;
    let mut rows = Rows::new(name, lesson.marks.clone());
    let history = keeper.train_before(&mut rows, name, seed, session, description)?;
    let score = || {
        let (vocabulary, documents) = (&lesson.vocabulary, &lesson.held_out);
        LanguageScore::of(&model, &parameters, vocabulary, documents, Protocol::Windows)
    };
    let score = lesson.validation.as_ref().map(|_| score()).transpose()?;
    Ok(Learned { model, parameters, history, score, seed })
}
