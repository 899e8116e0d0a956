//! A decoder-only language model (Radford et al. 2018), with the parts of LLaMA (Touvron et al. 2023):
//! from the tokens of a text it computes, at each place, scores of the token that comes next.
//!
//! ```text
//! x = table[tokens]                                 [batch, time, width]
//! for each block:
//!     x = x + attention(norm(x))                    what the places before hold
//!     x = x + feed_forward(norm(x))                 what each place makes of it
//! logits = norm(x) · Wᵀ                             [batch, time, vocabulary]
//! ```
//!
//! The norms are [`RMSNorm`]s, positions enter by [`rope`](crate::rope), and the feed-forward part is gated
//! by a [`SwiGLU`](crate::SwiGLU) whose β and γ each block learns for itself. If they are frozen at 1 and 0
//! it is LLaMA's, and Hugging Face's weights fit.
//!
//! In training all places of a window are computed at once. To generate, [`Decoder::extend`] computes only
//! the new places; a [`KeyValueCache`] keeps what attention needs from the earlier ones.

mod attention;
mod cache;
mod config;
mod feed_forward;

use autograd::{ParameterId, Parameters, Pass, Tape, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::rounded::{self, Orientation, RoundingError};
use crate::{Dense, Dropout, Embedding, Layer, Model, RMSNorm, embedding};
use attention::{Past, Places};

pub use attention::GroupedQueryAttention;
pub use cache::KeyValueCache;
pub use config::{DecoderConfig, FeedForwardKind};
pub use feed_forward::FeedForward;

/// A language model: token ids `[batch, time]` become logits `[batch, time, vocabulary]` of the token
/// after each. No logit depends on a later token.
///
/// Its parameters are `embedding.weight` `[vocabulary, width]`, the parameters of each block, `norm.weight` `[width]`
/// and, unless the embedding is tied, `output.weight` `[width, vocabulary]`. The parameters of block n are
/// called `blocks.n.…`: see [`GroupedQueryAttention`] and [`FeedForward`].
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Decoder, DecoderConfig, Model};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(1);
/// let model = Decoder::new(&mut parameters, DecoderConfig::small(65));
/// let tape = Tape::new();
/// let logits = model.forward(Pass::eval(&tape, &parameters), &Tensor::from([[1, 2, 3], [4, 5, 6]]));
/// assert_eq!(logits.shape().as_slice(), [2, 3, 65]);
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    config: DecoderConfig,
    embedding: Embedding,
    dropout: Dropout,
    blocks: Vec<Block>,
    norm: RMSNorm,
    /// `None` if the embedding's table also computes the logits.
    output: Option<Dense>,
}

/// Attention and a feed-forward part, each added to its input.
#[derive(Clone, Debug)]
struct Block {
    attention_norm: RMSNorm,
    attention: GroupedQueryAttention,
    attention_dropout: Dropout,
    feed_forward_norm: RMSNorm,
    feed_forward: FeedForward,
    feed_forward_dropout: Dropout,
}

impl Decoder {
    /// Creates a model with initial weights: normal draws with a deviation of 0.02 for the table,
    /// [`init::glorot_uniform`](crate::init::glorot_uniform) for the other matrices. The two matrices of a block that
    /// add to x are divided by √(2 · layers) (Radford et al. 2019), so that x does not grow with the number of blocks.
    ///
    /// # Panics
    /// If the sizes do not fit each other; [`DecoderConfig::check`] gives an error instead.
    #[track_caller]
    pub fn new<T: Scalar>(parameters: &mut Parameters<T>, config: DecoderConfig) -> Self {
        shape::expect("decoder", config.check());
        let embedding = Embedding::new(parameters, "embedding", config.vocabulary, config.width);
        let (shape, key) = ([config.vocabulary, config.width], parameters.key("embedding.weight"));
        parameters.set(embedding.table(), Tensor::normal(shape, 0.0, TABLE_DEVIATION, key));
        let mut blocks = Vec::with_capacity(config.layers);
        for number in 0..config.layers {
            blocks.push(Block::new(parameters, &format!("blocks.{number}"), &config));
        }
        let norm = RMSNorm::new(parameters, "norm", config.width).epsilon(config.epsilon);
        let output = match config.tied {
            true => None,
            false => {
                Some(Dense::without_bias(parameters, "output", config.width, config.vocabulary))
            }
        };
        let dropout = Dropout::new("embedding.dropout", config.dropout);
        Self { config, embedding, dropout, blocks, norm, output }
    }

    /// Returns the sizes.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Returns the id of the table, `[vocabulary, width]`.
    pub fn table(&self) -> ParameterId {
        self.embedding.table()
    }

    /// Returns the feed-forward part of each block.
    pub fn feed_forwards(&self) -> impl ExactSizeIterator<Item = &FeedForward> {
        self.blocks.iter().map(|block| &block.feed_forward)
    }

    /// Returns the parameters with all matrices in bf16, for a model in use. Generating a token then reads half the
    /// memory, and takes half the time where it waits for memory. All arithmetic stays in `f32`.
    ///
    /// A weight changes by at most 2⁻⁸ of itself; one below 2⁻¹²⁶ may become 0. A sum of products changes by at most
    /// this share of its terms, and mostly by much less, because the changes cancel.
    /// `wengert lm evaluate --precision bf16` prints how much a model loses.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use nn::{Decoder, DecoderConfig};
    ///
    /// let mut parameters = Parameters::new(1);
    /// let model = Decoder::new(&mut parameters, DecoderConfig::small(65));
    /// let rounded = model.in_bf16(&parameters)?;
    /// let logits = [&parameters, &rounded]
    ///     .map(|parameters| model.extend(parameters, &mut model.cache(), &[1, 2, 3]));
    /// assert!((&logits[0] - &logits[1]).abs().max_all().item() < 1e-2);
    /// # Ok::<(), nn::RoundingError>(())
    /// ```
    ///
    /// # Errors
    /// If a weight is too large for bf16.
    pub fn in_bf16(&self, parameters: &Parameters) -> Result<Parameters, RoundingError> {
        let mut rounded = parameters.clone();
        rounded::keep(&mut rounded, self.table(), Orientation::Table)?;
        let layers = self.blocks.iter().flat_map(Block::dense_layers).chain(&self.output);
        for layer in layers {
            rounded::keep(&mut rounded, layer.weight(), Orientation::Weight)?;
        }
        Ok(rounded)
    }

    /// Returns an empty cache, with room for the tokens of one context.
    pub fn cache<T: Scalar>(&self) -> KeyValueCache<T> {
        let width = self.config.key_value_heads * self.config.head_width();
        KeyValueCache::new(self.config.layers, self.config.context, width, self.table())
    }

    /// Appends these tokens to the cache, and returns the logits `[tokens, vocabulary]` after each of them,
    /// in evaluation mode.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use nn::{Decoder, DecoderConfig};
    ///
    /// let mut parameters = Parameters::<f64>::with_seed(1);
    /// let model = Decoder::new(&mut parameters, DecoderConfig::small(65));
    /// let mut cache = model.cache();
    /// let logits = model.extend(&parameters, &mut cache, &[1, 2, 3]);
    /// assert_eq!((logits.shape(), cache.len()), (&[3, 65][..], 3));
    ///
    /// let next = logits.slice(0, 2..).argmax(-1).item();
    /// let logits = model.extend(&parameters, &mut cache, &[next]);
    /// assert_eq!((logits.shape(), cache.len()), (&[1, 65][..], 4));
    /// ```
    ///
    /// # Panics
    /// If there are no tokens, one has no row, the cache has no room for them, or it was made by another model.
    #[track_caller]
    pub fn extend<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        cache: &mut KeyValueCache<T>,
        tokens: &[u32],
    ) -> Tensor<T> {
        self.read(parameters, cache, tokens, 0)
    }

    /// Returns the logits `[vocabulary]` after the last of these tokens alone, which is all that the next token is
    /// drawn from. Otherwise like [`extend`](Self::extend).
    ///
    /// # Panics
    /// If there are no tokens, one has no row, the cache has no room for them, or it was made by another model.
    #[track_caller]
    pub fn extend_to_last<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        cache: &mut KeyValueCache<T>,
        tokens: &[u32],
    ) -> Tensor<T> {
        self.read(parameters, cache, tokens, tokens.len().saturating_sub(1)).squeeze(&[0])
    }

    /// Adds tokens to the cache. Returns the logits after those from place `first` on.
    #[track_caller]
    fn read<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        cache: &mut KeyValueCache<T>,
        tokens: &[u32],
        first: usize,
    ) -> Tensor<T> {
        cache.check_model(self.table());
        let ids = Tensor::new([1, tokens.len()], tokens.to_vec());
        shape::expect("decoder", self.check_batch(parameters, &ids));
        shape::expect("decoder", cache.make_room(tokens.len()));
        let tape = Tape::no_grad();
        let logits = self.logits(Pass::eval(&tape, parameters), &ids, Some(cache), first).value();
        cache.add(tokens.len());
        logits.squeeze(&[0])
    }

    /// Records the logits after the tokens from place `first` on.
    #[track_caller]
    fn logits<'t, T: Scalar>(
        &self,
        pass: Pass<'t, T>,
        ids: &Tensor<u32>,
        mut cache: Option<&mut KeyValueCache<T>>,
        first: usize,
    ) -> Var<'t, T> {
        let rounded = rounded::matrix(pass, self.table());
        // A tied table is read once, as a whole, for both of its uses.
        let is_read = self.output.is_none() && rounded.is_none();
        // A closure would hide the caller's line.
        let table = if is_read { Some(pass.parameter(self.table())) } else { None };
        let x = match table {
            Some(table) => embedding(table, ids, None),
            None => self.embedding.forward(pass, ids),
        };
        let mut x = self.dropout.forward(pass, x);
        let before = cache.as_ref().map_or(0, |cache| cache.len());
        let places = Places::new(&self.config, before, ids.shape()[1]);
        for (number, block) in self.blocks.iter().enumerate() {
            let past = cache.as_mut().map(|cache| cache.layer(number));
            x = block.forward(pass, x, &places, past);
        }
        if first > 0 {
            x = x.slice(1, first..);
        }
        let x = self.norm.forward(pass, x);
        match (&self.output, table, rounded) {
            (Some(output), _, _) => output.forward(pass, x),
            (None, Some(table), _) => {
                let [batch, time] = [x.shape()[0], x.shape()[1]];
                let flat = x.reshape([batch * time, self.config.width]).matmul(table.t());
                flat.reshape([batch, time, self.config.vocabulary])
            }
            (None, None, Some(matrix)) => rounded::product(x, matrix),
            (None, None, None) => unreachable!("without an output the table has been read"),
        }
    }
}

/// The standard deviation of the initial table, as in GPT-2.
const TABLE_DEVIATION: f64 = 0.02;

impl Model for Decoder {
    type Input = Tensor<u32>;

    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, ids: &Tensor<u32>) -> Var<'t, T> {
        shape::expect("decoder", self.check_batch(pass.parameters, ids));
        self.logits(pass, ids, None, 0)
    }

    fn check_batch<T: Scalar>(
        &self,
        parameters: &Parameters<T>,
        ids: &Tensor<u32>,
    ) -> Result<(), ShapeError> {
        let context = self.config.context;
        match *ids.shape() {
            [_, time] if time <= context => self.embedding.check_batch(parameters, ids),
            [_, time] => Err(ShapeError::new(format!(
                "a text of {time} tokens is longer than the context, {context} tokens"
            ))),
            _ => Err(ShapeError::new(format!("ids must be [batch, time], not {:?}", ids.shape()))),
        }
    }
}

impl Block {
    fn dense_layers(&self) -> impl Iterator<Item = &Dense> {
        self.attention.dense_layers().into_iter().chain(self.feed_forward.dense_layers())
    }

    #[track_caller]
    fn new<T: Scalar>(parameters: &mut Parameters<T>, name: &str, config: &DecoderConfig) -> Self {
        let norm = |parameters: &mut Parameters<T>, which: &str| {
            let norm = RMSNorm::new(parameters, &format!("{name}.{which}"), config.width);
            norm.epsilon(config.epsilon)
        };
        let dropout = |which: &str| Dropout::new(&format!("{name}.{which}"), config.dropout);
        Self {
            attention_norm: norm(parameters, "attention_norm"),
            attention: GroupedQueryAttention::new(parameters, &format!("{name}.attention"), config),
            attention_dropout: dropout("attention.dropout"),
            feed_forward_norm: norm(parameters, "feed_forward_norm"),
            feed_forward: FeedForward::new(parameters, &format!("{name}.feed_forward"), config),
            feed_forward_dropout: dropout("feed_forward.dropout"),
        }
    }

    #[track_caller]
    fn forward<'t, T: Scalar>(
        &self,
        pass: Pass<'t, T>,
        x: Var<'t, T>,
        places: &Places<T>,
        past: Option<Past<'_, T>>,
    ) -> Var<'t, T> {
        let normed = self.attention_norm.forward(pass, x);
        let seen = self.attention.forward(pass, normed, places, past);
        let x = x + self.attention_dropout.forward(pass, seen);
        let made = self.feed_forward.forward(pass, self.feed_forward_norm.forward(pass, x));
        x + self.feed_forward_dropout.forward(pass, made)
    }
}

/// Divides the initial weight of a matrix that adds to x by √(2 · layers).
fn scale_for_residual<T: Scalar>(parameters: &mut Parameters<T>, layer: &Dense, layers: usize) {
    let scale = T::from_f64(1.0 / (2.0 * layers as f64).sqrt());
    let weight = parameters.get_mut(layer.weight());
    *weight = weight.map(|x| x * scale);
}
