//! Attention (Vaswani et al. 2017): each step of a sequence takes a mean of values, weighted by how well
//! its query fits their keys.
//!
//! ```text
//! attention(Q, K, V) = softmax(Q·Kᵀ / √d) · V        d = the length of a query
//! ```
//!
//! With several heads the features are cut into as many parts, each of which attends by itself. A causal
//! step sees itself and the steps before: the scores of later ones are −∞, so their weights are 0. Several causal
//! heads are one op, [`causal_attention`], which computes no later scores.

use autograd::{Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Dense, Layer, causal_attention, softmax};

/// Multi-head attention of a sequence to itself: `[batch, time, features]` keeps its shape.
///
/// Its parameters are those of two [`Dense`] layers: `name.qkv`, from features to 3 · features, makes
/// the queries, the keys and the values side by side, and `name.output`, from features to features,
/// mixes the heads. In PyTorch's `MultiheadAttention` they are `in_proj_weight` and `out_proj.weight`,
/// transposed.
///
/// Every sequence has the same length: a padded step counts as a step, and the others see it. So the output
/// for a short sequence depends on the longest sequence of its batch. Put only sequences of the same length
/// into a batch. In a [`causal`](Self::causal) layer the steps before the padding do not see it.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Layer, LayerNorm, Residual, SelfAttention};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let block = Residual(
///     LayerNorm::new(&mut parameters, "norm", 8)
///         .then(SelfAttention::new(&mut parameters, "attention", 8, 2).causal()),
/// );
/// let tape = Tape::new();
/// let texts = tape.constant(Tensor::zeros([4, 10, 8]));
/// let y = block.forward(Pass::eval(&tape, &parameters), texts);
/// assert_eq!(y.shape().as_slice(), [4, 10, 8]);
/// ```
#[derive(Clone, Debug)]
pub struct SelfAttention {
    qkv: Dense,
    output: Dense,
    features: usize,
    heads: usize,
    causal: bool,
}

impl SelfAttention {
    /// Creates a layer whose steps see all steps, padded ones too.
    ///
    /// # Panics
    /// If the heads do not divide the features.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        features: usize,
        heads: usize,
    ) -> Self {
        assert!(
            heads > 0 && features.is_multiple_of(heads),
            "self_attention: {features} features cannot be divided among {heads} heads: choose a \
             number of heads that divides them"
        );
        let qkv = Dense::new(parameters, &format!("{name}.qkv"), features, 3 * features);
        let output = Dense::new(parameters, &format!("{name}.output"), features, features);
        Self { qkv, output, features, heads, causal: false }
    }

    /// Returns the layer whose steps see only themselves and the steps before.
    pub fn causal(self) -> Self {
        Self { causal: true, ..self }
    }

    /// Returns the layer that makes queries, keys and values.
    pub fn qkv(&self) -> &Dense {
        &self.qkv
    }

    /// Returns the layer that mixes the heads.
    pub fn output(&self) -> &Dense {
        &self.output
    }

    /// Records the heads of steps that see those before, from queries, keys and values `[batch, time, 3 · features]`.
    #[track_caller]
    fn causal_heads<'t, T: Scalar>(&self, qkv: Var<'t, T>) -> Var<'t, T> {
        // Not by a closure, which would hide the caller's line.
        let features = self.features;
        let query = qkv.slice(2, ..features);
        let key = qkv.slice(2, features..2 * features);
        let value = qkv.slice(2, 2 * features..);
        causal_attention(query, key, value, self.heads, self.heads)
    }

    /// Records the heads of steps that see all steps.
    #[track_caller]
    fn composed_heads<'t, T: Scalar>(
        &self,
        qkv: Var<'t, T>,
        batch: usize,
        time: usize,
    ) -> Var<'t, T> {
        let (heads, width) = (self.heads, self.features / self.heads);
        // [batch, 3 · heads, time, width]: each head is a matrix.
        let parts = qkv.reshape([batch, time, 3 * heads, width]).transpose(1, 2);
        let query = parts.slice(1, ..heads);
        let key = parts.slice(1, heads..2 * heads);
        let value = parts.slice(1, 2 * heads..);
        let mixed = scaled_dot_product_attention(query, key, value, false);
        mixed.transpose(1, 2).reshape([batch, time, self.features])
    }

    /// Returns the numbers of sequences and of steps.
    fn batch_and_time(&self, x: &[usize]) -> Result<[usize; 2], ShapeError> {
        match *x {
            [batch, time, features] if features == self.features => Ok([batch, time]),
            _ => Err(ShapeError::new(format!(
                "x must be [batch, time, {}], not {x:?}",
                self.features
            ))),
        }
    }
}

impl Layer for SelfAttention {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let [batch, time] = shape::expect("self_attention", self.batch_and_time(&x.shape()));
        let qkv = self.qkv.forward(pass, x);
        let seen = match self.causal {
            true => self.causal_heads(qkv),
            false => self.composed_heads(qkv, batch, time),
        };
        self.output.forward(pass, seen)
    }
}

/// Records softmax(Q·Kᵀ / √d)·V for queries `[…, time, d]`, keys `[…, steps, d]` and values
/// `[…, steps, width]`: `[…, time, width]`.
///
/// If it is `causal`, the queries are at the last `time` of the steps, as in [`causal_attention`]: query i sees
/// the steps `0..=steps - time + i`. PyTorch's `is_causal` puts them at the first; both are the same for as many
/// queries as steps.
///
/// # Panics
/// If the shapes do not fit, or it is `causal` and there are more queries than steps.
#[track_caller]
pub fn scaled_dot_product_attention<'t, T: Scalar>(
    query: Var<'t, T>,
    key: Var<'t, T>,
    value: Var<'t, T>,
    causal: bool,
) -> Var<'t, T> {
    let shapes = [query.shape(), key.shape(), value.shape()];
    let [time, steps, width] =
        shape::expect("scaled_dot_product_attention", lengths(shapes.each_ref().map(|x| &**x)));
    let scores = (query / (width as f64).sqrt()).matmul(key.t());
    assert!(
        !causal || time <= steps,
        "scaled_dot_product_attention: a causal query needs a key of its own, but there are {time} queries \
         and {steps} keys: the queries are at the last of the keys"
    );
    let scores = match causal {
        true => Var::where_(&seen_steps(time, steps), scores, f64::NEG_INFINITY),
        false => scores,
    };
    softmax(scores, -1).matmul(value)
}

/// Returns the number of queries, the number of keys, and the length d of both.
fn lengths(shapes: [&[usize]; 3]) -> Result<[usize; 3], ShapeError> {
    if let [&[ref a @ .., time, width], &[ref b @ .., steps, of_key], &[ref c @ .., of_value, _]] =
        shapes
        && a == b
        && a == c
        && (width, steps) == (of_key, of_value)
    {
        return Ok([time, steps, width]);
    }
    let [query, key, value] = shapes;
    Err(ShapeError::new(format!(
        "query {query:?}, key {key:?}, value {value:?} do not fit: they must be [..., time, d], \
         [..., steps, d], [..., steps, width]"
    )))
}

/// Returns `true` where a step is not later than the query, `[time, steps]`. The queries are at the last steps.
fn seen_steps(time: usize, steps: usize) -> Tensor<bool> {
    let is_seen = |k: usize| k % steps <= steps - time + k / steps;
    Tensor::new([time, steps], (0..time * steps).map(is_seen).collect())
}
