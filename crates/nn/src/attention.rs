//! Attention (Vaswani et al. 2017): each step of a sequence takes a mean of values, weighted by how well
//! its query fits their keys.
//!
//! ```text
//! attention(Q, K, V) = softmax(Q·Kᵀ / √d) · V        d = the length of a query
//! ```
//!
//! With several heads, the features are cut into one part per head, and each part attends by itself. A causal
//! step sees itself and the steps before it: the scores of later steps are −∞, so their weights are 0. Several
//! causal heads are one op, [`causal_attention`], which computes no later scores.

use autograd::{Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::padded::{batch_and_time, before_padding};
use crate::{Dense, Layer, causal_attention, softmax};

/// Multi-head attention of a sequence to itself: `[batch, time, features]` keeps its shape.
///
/// It has the parameters of two [`Dense`] layers: `name.qkv`, from features to 3 · features,
/// computes the queries, the keys and the values side by side, and `name.output`, from features to
/// features, mixes the heads. In PyTorch's `MultiheadAttention` they are `in_proj_weight` and
/// `out_proj.weight`, transposed.
///
/// As a [`Layer`] it expects sequences of the same length: every step counts. For sequences that are padded at their
/// end, use [`forward_padded`](Self::forward_padded), in which the padding does not count. In a
/// [`causal`](Self::causal) layer the steps before the padding never see it.
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
    /// Creates a layer whose steps see all steps.
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

    /// Records the attention of sequences that are padded at their end. In `x` `[batch, time, features]` the first
    /// `lengths[i]` steps of sequence i are its own. These steps do not see the padding, so they become what they would
    /// be without it. The padded steps have outputs too, which mean nothing: [`mean_steps`](crate::mean_steps) and
    /// [`last_steps`](crate::last_steps) leave them out.
    ///
    /// ```
    /// use autograd::{Parameters, Pass, Tape};
    /// use nn::{Embedding, Model, SelfAttention, lengths, mean_steps};
    /// use tensor::Tensor;
    ///
    /// let mut parameters = Parameters::new(0);
    /// let embedding = Embedding::new(&mut parameters, "embedding", 10, 4).padding(0);
    /// let attention = SelfAttention::new(&mut parameters, "attention", 4, 2);
    ///
    /// let tape = Tape::new();
    /// let pass = Pass::eval(&tape, &parameters);
    /// let texts = |ids: Tensor<u32>| {
    ///     let (x, lengths) = (embedding.forward(pass, &ids), lengths(&ids, 0));
    ///     mean_steps(attention.forward_padded(pass, x, &lengths), &lengths).value()
    /// };
    /// let (alone, padded) = (texts(Tensor::from([[7, 3]])), texts(Tensor::from([[7, 3, 0, 0]])));
    /// assert!((alone - padded).abs().max_all().item() < 1e-6);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit, or a length is 0 or larger than the number of steps.
    #[track_caller]
    pub fn forward_padded<'t, T: Scalar>(
        &self,
        pass: Pass<'t, T>,
        x: Var<'t, T>,
        lengths: &Tensor<u32>,
    ) -> Var<'t, T> {
        let sizes = batch_and_time(&x.shape(), lengths);
        let [batch, time] = shape::expect("self_attention", sizes);
        let keys = before_padding(lengths, time).reshape([batch, 1, 1, time]);
        self.attend(pass, x, Seen::Where(&keys))
    }

    /// Returns the layer that computes queries, keys and values.
    pub fn qkv(&self) -> &Dense {
        &self.qkv
    }

    /// Returns the layer that mixes the heads.
    pub fn output(&self) -> &Dense {
        &self.output
    }

    /// Records heads whose steps see only themselves and the steps before, from queries, keys and values
    /// `[batch, time, 3 · features]`.
    #[track_caller]
    fn causal_heads<'t, T: Scalar>(&self, qkv: Var<'t, T>) -> Var<'t, T> {
        // Not by a closure, which would hide the caller's line.
        let features = self.features;
        let query = qkv.slice(2, ..features);
        let key = qkv.slice(2, features..2 * features);
        let value = qkv.slice(2, 2 * features..);
        causal_attention(query, key, value, self.heads, self.heads)
    }

    /// Records the heads of steps that see what `seen` says.
    #[track_caller]
    fn composed_heads<'t, T: Scalar>(
        &self,
        qkv: Var<'t, T>,
        [batch, time]: [usize; 2],
        seen: Seen<'_>,
    ) -> Var<'t, T> {
        let (heads, width) = (self.heads, self.features / self.heads);
        // [batch, 3 · heads, time, width]: each head is a matrix.
        let parts = qkv.reshape([batch, time, 3 * heads, width]).transpose(1, 2);
        let query = parts.slice(1, ..heads);
        let key = parts.slice(1, heads..2 * heads);
        let value = parts.slice(1, 2 * heads..);
        let mixed = scaled_dot_product_attention(query, key, value, seen);
        mixed.transpose(1, 2).reshape([batch, time, self.features])
    }

    /// Records the layer. A causal one has its own rule instead of `seen`.
    #[track_caller]
    fn attend<'t, T: Scalar>(
        &self,
        pass: Pass<'t, T>,
        x: Var<'t, T>,
        seen: Seen<'_>,
    ) -> Var<'t, T> {
        let sizes = shape::expect("self_attention", self.batch_and_time(&x.shape()));
        let qkv = self.qkv.forward(pass, x);
        let heads = match self.causal {
            true => self.causal_heads(qkv),
            false => self.composed_heads(qkv, sizes, seen),
        };
        self.output.forward(pass, heads)
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
        self.attend(pass, x, Seen::All)
    }
}

/// The steps that each query of an attention sees.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// All steps.
    All,
    /// Its own step and the steps before. The queries are at the last steps, as in [`causal_attention`]: of `time`
    /// queries, query i sees the steps `0..=steps - time + i`. PyTorch's `is_causal` puts them at the first steps; the
    /// two agree if there are equal numbers of queries and steps.
    Causal,
    /// The steps where the condition is `true`. It must broadcast to the scores, `[…, time, steps]`, and each query
    /// must see at least one step.
    Where(&'a Tensor<bool>),
}

/// Records softmax(Q·Kᵀ / √d)·V for queries `[…, time, d]`, keys `[…, steps, d]` and values
/// `[…, steps, width]`: `[…, time, width]`. The softmax of a query is over the steps that it sees.
///
/// ```
/// use autograd::Tape;
/// use nn::{Seen, scaled_dot_product_attention};
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let query = tape.variable(Tensor::from([[1.0]]));
/// let steps = tape.variable(Tensor::from([[2.0], [4.0], [9.0]]));
/// let seen = Tensor::from([false, false, true]);
/// let y = scaled_dot_product_attention(query, steps, steps, Seen::Where(&seen));
/// assert_eq!(y.value(), Tensor::from([[9.0]]));
/// ```
///
/// # Panics
/// If the shapes do not fit, a causal query has no step of its own, or a query sees no step.
#[track_caller]
pub fn scaled_dot_product_attention<'t, T: Scalar>(
    query: Var<'t, T>,
    key: Var<'t, T>,
    value: Var<'t, T>,
    seen: Seen<'_>,
) -> Var<'t, T> {
    let shapes = [query.shape(), key.shape(), value.shape()];
    let [time, steps, width] =
        shape::expect("scaled_dot_product_attention", lengths(shapes.each_ref().map(|x| &**x)));
    let scores = (query / (width as f64).sqrt()).matmul(key.t());
    let scores = match seen {
        Seen::All => scores,
        Seen::Causal => {
            assert!(
                time <= steps,
                "scaled_dot_product_attention: a causal query needs a key of its own, but there are {time} queries \
                 and {steps} keys: the queries are at the last of the keys"
            );
            Var::where_(&steps_before(time, steps), scores, f64::NEG_INFINITY)
        }
        Seen::Where(condition) => {
            let rule = check_seen(condition, &scores.shape());
            shape::expect("scaled_dot_product_attention", rule);
            Var::where_(condition, scores, f64::NEG_INFINITY)
        }
    };
    softmax(scores, -1).matmul(value)
}

/// Checks that the condition broadcasts to the scores, and that each query sees a step: a softmax of nothing is NaN.
fn check_seen(condition: &Tensor<bool>, scores: &[usize]) -> Result<(), ShapeError> {
    let shape = condition.shape();
    shape::expands(shape, scores)?;
    let steps = shape.last().map_or(1, |&steps| steps.max(1));
    match condition.values().chunks(steps).position(|query| !query.contains(&true)) {
        Some(row) => {
            Err(ShapeError::new(format!("row {row} of the condition {shape:?} sees no step")))
        }
        None => Ok(()),
    }
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
fn steps_before(time: usize, steps: usize) -> Tensor<bool> {
    let is_seen = |k: usize| k % steps <= steps - time + k / steps;
    Tensor::new([time, steps], (0..time * steps).map(is_seen).collect())
}
