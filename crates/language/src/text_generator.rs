//! A model that writes: its vocabulary, how it chooses the next token, and where a text ends.

use autograd::Parameters;
use data::Vocabulary;
use nn::Decoder;
use tensor::Scalar;

use crate::continuation::{Continuation, Limits};
use crate::generator::{GenerationError, Generator};
use crate::sampling::Sampling;

/// Continues texts with a model. Unless it is told otherwise, it draws by [`Sampling::default`] and ends by
/// [`Limits::default`].
///
/// ```
/// use autograd::Parameters;
/// use data::Vocabulary;
/// use language::{Limits, TextGenerator};
/// use nn::{Decoder, DecoderConfig};
///
/// let mut parameters = Parameters::<f32>::new(1);
/// let model = Decoder::new(&mut parameters, DecoderConfig::small(256));
/// let generator = TextGenerator::new(&model, &parameters, &Vocabulary::Bytes)
///     .limits(Limits { tokens: 20, ..Limits::default() });
/// for piece in generator.after("Once")? {
///     print!("{}", piece?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextGenerator<'m, T: Scalar> {
    model: &'m Decoder,
    parameters: &'m Parameters<T>,
    vocabulary: &'m Vocabulary,
    start: &'m [u32],
    sampling: Sampling,
    limits: Limits,
}

impl<'m, T: Scalar> TextGenerator<'m, T> {
    /// Creates a generator of texts in the model's vocabulary.
    pub fn new(
        model: &'m Decoder,
        parameters: &'m Parameters<T>,
        vocabulary: &'m Vocabulary,
    ) -> Self {
        let (sampling, limits) = (Sampling::default(), Limits::default());
        Self { model, parameters, vocabulary, start: &[], sampling, limits }
    }

    /// Sets the tokens after which a text without a prompt begins, such as [`Corpus::start`](crate::Corpus::start).
    pub fn start(mut self, tokens: &'m [u32]) -> Self {
        self.start = tokens;
        self
    }

    /// Sets how the next token is chosen.
    pub fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Sets where a text ends.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the text after a prompt. The tokens that the vocabulary puts before a text come first. If the
    /// prompt is empty and there are none, the model begins after the tokens of [`start`](Self::start).
    ///
    /// # Errors
    /// If the prompt has a character that is not in the vocabulary, or is empty without a start; if the
    /// vocabulary is not the model's; if a stop text is empty; or if [`Sampling::check`] fails.
    pub fn after(&self, prompt: &str) -> Result<Continuation<'m, T>, GenerationError> {
        let (vocabulary, known) = (self.vocabulary, self.model.config().vocabulary);
        if vocabulary.len() > known {
            return Err(GenerationError::Vocabulary { tokens: vocabulary.len(), model: known });
        }
        if self.limits.stop.iter().any(String::is_empty) {
            return Err(GenerationError::EmptyStop);
        }
        let mut tokens = [vocabulary.beginning(), &vocabulary.encode(prompt)?].concat();
        if tokens.is_empty() {
            tokens.extend_from_slice(self.start);
        }
        // A model may have more rows than there are tokens, to fill up a table.
        let is_allowed = (0..known as u32).map(|id| vocabulary.has(id)).collect();
        let generator =
            Generator::new(self.model, self.parameters, &tokens, self.sampling.clone())?;
        Ok(Continuation::new(generator.only(is_allowed), vocabulary, self.limits.clone()))
    }
}
