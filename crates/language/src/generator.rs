//! Tokens that a model writes after a prompt, one after the other.

use autograd::Parameters;
use data::UnknownCharacter;
use nn::{Decoder, KeyValueCache};
use tensor::Scalar;
use thiserror::Error;
use train::NotFinite;

use crate::sampling::{Sampling, SamplingError};

/// A prompt or a setting that a model cannot begin with.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum GenerationError {
    /// A setting of the sampling.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A character of the prompt is not in the vocabulary.
    #[error(transparent)]
    Unknown(#[from] UnknownCharacter),
    /// There is no token to begin with.
    #[error("an empty prompt leaves nothing to continue: give one with at least one character")]
    Empty,
    /// A token that the model does not have.
    #[error("the model has no token {id}: its {vocabulary} tokens are numbered from 0")]
    NoToken {
        /// The id.
        id: u32,
        /// The number of tokens of the model.
        vocabulary: usize,
    },
    /// A vocabulary that is larger than the model's.
    #[error(
        "the vocabulary has {tokens} tokens but the model {model}: it is not the one that the model was \
         trained with"
    )]
    Vocabulary {
        /// The number of tokens of the vocabulary.
        tokens: usize,
        /// The number of tokens of the model.
        model: usize,
    },
    /// A stop text without a character.
    #[error(
        "an empty stop text would end the text before it begins: give one with at least one character"
    )]
    EmptyStop,
}

/// An endless iterator over the tokens after a prompt. It ends only after an error.
///
/// Each token is computed with the keys and the values of those before from a cache. When the context is
/// full, the oldest half of it is dropped and the cache filled from what is left; so the model sees at least
/// half a context, but no longer what it began with. A prompt longer than the context is cut in the same way.
///
/// ```
/// use autograd::Parameters;
/// use language::{Generator, Sampling};
/// use nn::{Decoder, DecoderConfig};
///
/// let mut parameters = Parameters::<f32>::new(1);
/// let model = Decoder::new(&mut parameters, DecoderConfig::small(65));
/// let generator = Generator::new(&model, &parameters, &[3, 1, 4], Sampling::default())?;
/// let tokens: Result<Vec<u32>, _> = generator.take(10).collect();
/// assert_eq!(tokens?.len(), 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Generator<'m, T: Scalar> {
    model: &'m Decoder,
    parameters: &'m Parameters<T>,
    sampling: Sampling,
    /// `false` for the tokens that are never drawn. If it is empty, all are.
    is_allowed: Vec<bool>,
    cache: KeyValueCache<T>,
    /// The tokens in the cache.
    seen: Vec<u32>,
    /// The tokens after them, which the model has not seen yet.
    pending: Vec<u32>,
    drawn: u64,
}

impl<'m, T: Scalar> Generator<'m, T> {
    /// Creates a generator of the tokens after a prompt.
    ///
    /// # Errors
    /// If the prompt is empty or has a token that the model does not have, or [`Sampling::check`] fails.
    pub fn new(
        model: &'m Decoder,
        parameters: &'m Parameters<T>,
        prompt: &[u32],
        sampling: Sampling,
    ) -> Result<Self, GenerationError> {
        sampling.check()?;
        let vocabulary = model.config().vocabulary;
        if prompt.is_empty() {
            return Err(GenerationError::Empty);
        }
        if let Some(&id) = prompt.iter().find(|&&id| id as usize >= vocabulary) {
            return Err(GenerationError::NoToken { id, vocabulary });
        }
        Ok(Self {
            model,
            parameters,
            sampling,
            is_allowed: Vec::new(),
            cache: model.cache(),
            seen: Vec::new(),
            pending: prompt.to_vec(),
            drawn: 0,
        })
    }

    /// Draws only tokens for which `is_allowed` is `true`. It has one entry for each token.
    ///
    /// # Panics
    /// If it does not have one entry for each token, or no entry is `true`.
    #[track_caller]
    pub fn only(self, is_allowed: Vec<bool>) -> Self {
        let vocabulary = self.model.config().vocabulary;
        assert!(
            is_allowed.len() == vocabulary && is_allowed.contains(&true),
            "Generator: {} tokens are said to be allowed or not, but the model has {vocabulary}, and one at \
             least must be allowed",
            is_allowed.len()
        );
        Self { is_allowed, ..self }
    }

    /// Returns the logits of the next token, after reading what is pending.
    fn read(&mut self) -> Vec<f64> {
        let context = self.model.config().context;
        if self.seen.len() + self.pending.len() > context {
            self.pending.splice(..0, self.seen.drain(..));
            while self.pending.len() > context {
                self.pending.drain(..context.div_ceil(2));
            }
            self.cache.truncate(0);
        }
        let logits = self.model.extend_to_last(self.parameters, &mut self.cache, &self.pending);
        self.seen.append(&mut self.pending);
        logits.values().iter().map(|logit| logit.to_f64()).collect()
    }
}

impl<T: Scalar> Iterator for Generator<'_, T> {
    type Item = Result<u32, NotFinite>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pending.is_empty() {
            // After an error there is nothing to continue.
            return None;
        }
        let mut logits = self.read();
        if let Some(token) = logits.iter().position(|logit| !logit.is_finite()) {
            let what =
                format!("the logit of token {token}, {} tokens after the prompt,", self.drawn);
            return Some(Err(NotFinite { what, value: logits[token] }));
        }
        for (logit, _) in logits.iter_mut().zip(&self.is_allowed).filter(|(_, allowed)| !**allowed)
        {
            *logit = f64::NEG_INFINITY;
        }
        let token = self.sampling.draw(&logits, self.drawn);
        self.drawn += 1;
        self.pending.push(token);
        Some(Ok(token))
    }
}
