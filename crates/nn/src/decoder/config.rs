//! The sizes of a decoder, and whether they fit each other.

use tensor::ShapeError;

/// The sizes of a [`Decoder`](crate::Decoder).
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderConfig {
    /// The number of different tokens.
    pub vocabulary: usize,
    /// The number of features at each place of a text.
    pub width: usize,
    /// The number of blocks.
    pub layers: usize,
    /// The number of attention heads. It divides `width`, and each head has an even number of features.
    pub heads: usize,
    /// The number of heads of keys and values, which divides `heads`. Several heads of queries share one
    /// (Ainslie et al. 2023); if there are `heads` of them, each has its own.
    pub key_value_heads: usize,
    /// The number of hidden features of the feed-forward part.
    pub feed_forward: usize,
    /// The largest number of tokens that the model sees at once.
    pub context: usize,
    /// The base of the wavelengths of [`rope`](crate::rope), 10,000 in LLaMA.
    pub theta: f64,
    /// ε of the norms.
    pub epsilon: f64,
    /// `true` if the embedding's table also computes the logits (Press and Wolf 2017).
    pub tied: bool,
    /// The share of features that are dropped in training: of the embedding, and of what each half of a
    /// block adds.
    pub dropout: f64,
    /// The feed-forward part.
    pub kind: FeedForwardKind,
}

/// The function between the matrices of the feed-forward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedForwardKind {
    /// `relu(x·U)·D`, in Vaswani et al. (2017).
    Relu,
    /// `gelu(x·U)·D`, in GPT-2.
    Gelu,
    /// `(x·U ⊙ silu(x·G))·D`, in LLaMA: β = 1 and γ = 0, frozen.
    SiluGated,
    /// `(x·U ⊙ g σ(βg + γ))·D` with g = x·G: β and γ are learned, one of each for a block.
    SwiGLU,
}

impl FeedForwardKind {
    /// Returns `true` if one product gates another, which requires a third matrix.
    pub fn is_gated(self) -> bool {
        matches!(self, Self::SiluGated | Self::SwiGLU)
    }
}

impl DecoderConfig {
    /// Returns the sizes of a model for short texts, with about 100,000 parameters. `theta` is 30: the longest
    /// wavelength of a head of 16 features is then 123 tokens, about the context, and short texts are learned in fewer
    /// steps than with LLaMA's 10,000.
    pub fn small(vocabulary: usize) -> Self {
        Self {
            vocabulary,
            width: 64,
            layers: 2,
            heads: 4,
            key_value_heads: 4,
            feed_forward: 172,
            context: 128,
            theta: 30.0,
            epsilon: 1e-5,
            tied: true,
            dropout: 0.0,
            kind: FeedForwardKind::SwiGLU,
        }
    }

    /// Returns the number of features of a head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }

    /// Checks that the sizes fit each other.
    ///
    /// # Errors
    /// If a size is 0 or does not divide what it must divide, θ, ε or the dropout is out of range,
    /// or the model has more numbers than a `usize` can count.
    pub fn check(&self) -> Result<(), ShapeError> {
        let sizes = [
            ("vocabulary", self.vocabulary),
            ("width", self.width),
            ("layers", self.layers),
            ("heads", self.heads),
            ("key_value_heads", self.key_value_heads),
            ("feed_forward", self.feed_forward),
            ("context", self.context),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return Err(ShapeError::new(format!("{name} is 0: it must be at least 1")));
        }
        let Self { width, heads, key_value_heads, theta, epsilon, dropout, .. } = *self;
        let rule = if !width.is_multiple_of(heads.saturating_mul(2)) {
            format!(
                "a width of {width} cannot be divided among {heads} heads of an even number of features: \
                 choose a multiple of {}",
                heads.saturating_mul(2)
            )
        } else if !heads.is_multiple_of(key_value_heads) {
            format!(
                "{heads} heads cannot share {key_value_heads} heads of keys and values evenly: choose a \
                 number that divides {heads}"
            )
        } else if !(theta.is_finite() && theta > 0.0 && epsilon.is_finite() && epsilon > 0.0) {
            format!("theta {theta} and epsilon {epsilon} must be finite and above 0")
        } else if epsilon as f32 == 0.0 {
            format!("epsilon {epsilon:e} would be 0 in f32: choose one of at least 1e-45")
        } else if !(0.0..1.0).contains(&dropout) {
            format!("dropout must be at least 0 and below 1, not {dropout}")
        } else if self.counted().is_none() {
            format!(
                "a model of width {width} with {} layers, {} hidden features and {} tokens has more numbers than \
                 memory has addresses: choose smaller sizes",
                self.layers, self.feed_forward, self.vocabulary
            )
        } else {
            return Ok(());
        };
        Err(ShapeError::new(rule))
    }

    /// Returns the number of parameters to learn. β and γ of a gate count only if they are learned.
    ///
    /// # Panics
    /// If [`check`](Self::check) fails, as for sizes whose product is not a `usize`.
    #[track_caller]
    pub fn parameter_count(&self) -> usize {
        match self.check() {
            Ok(()) => self.counted().expect("check has counted"),
            Err(error) => panic!("parameter_count: {error}"),
        }
    }

    /// Returns the number of parameters to learn, if it is a `usize`.
    fn counted(&self) -> Option<usize> {
        let Self { vocabulary, width, layers, feed_forward, .. } = *self;
        let shared = width / self.heads * self.key_value_heads;
        let attention = width.checked_add(shared)?.checked_mul(2)?.checked_mul(width)?;
        let matrices = if self.kind.is_gated() { 3 } else { 2 };
        let gate = if self.kind == FeedForwardKind::SwiGLU { 2 } else { 0 };
        let block = width
            .checked_mul(feed_forward)?
            .checked_mul(matrices)?
            .checked_add(attention)?
            .checked_add(width.checked_mul(2)?)?
            .checked_add(gate)?;
        let tables = if self.tied { 1 } else { 2 };
        let tables = width.checked_mul(vocabulary)?.checked_mul(tables)?;
        layers.checked_mul(block)?.checked_add(tables)?.checked_add(width)
    }
}
