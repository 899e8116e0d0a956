//! Sequences that are padded at their end to one length, so that they are a batch.
//!
//! A text of 3 tokens in a batch of 5 has two steps of padding. What a model computes for it must not depend on
//! these: a [`Gru`] reads them last, so [`last_steps`] takes the state before; [`mean_steps`] leaves them out of
//! the mean; and [`SelfAttention::forward_padded`](crate::SelfAttention::forward_padded) does not see them.
//! [`lengths`] counts the steps before the padding.
//!
//! [`Gru`]: crate::Gru

use autograd::Var;
use tensor::{Scalar, ShapeError, Tensor, shape};

/// Returns the length of each row of `ids` `[batch, time]` without the padding at its end.
///
/// ```
/// use tensor::Tensor;
///
/// let ids = Tensor::from([[7, 0, 9], [5, 0, 0]]);
/// assert_eq!(nn::lengths(&ids, 0), Tensor::from([3, 1]));
/// ```
///
/// # Panics
/// If `ids` is not a matrix.
#[track_caller]
pub fn lengths(ids: &Tensor<u32>, padding: u32) -> Tensor<u32> {
    let &[batch, time] = ids.shape() else {
        panic!("lengths: ids {:?} must be [batch, time]", ids.shape());
    };
    let values = ids.values();
    let length = |row: usize| {
        let row = &values[row * time..(row + 1) * time];
        row.iter().rposition(|&id| id != padding).map_or(0, |last| last as u32 + 1)
    };
    Tensor::new([batch], (0..batch).map(length).collect())
}

/// Records the last step of each sequence that is padded at its end: `x` `[batch, time, …]` and the `lengths` `[batch]`
/// without padding become `[batch, …]`. A step of a [`Gru`](crate::Gru) does not see later steps, so the result does not
/// depend on the padding, whereas [`LastStep`](crate::LastStep) would take a padded step. [`lengths`] counts the steps.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Embedding, Gru, Layer, Model, last_steps, lengths};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let embedding = Embedding::new(&mut parameters, "embedding", 100, 8).padding(0);
/// let gru = Gru::new(&mut parameters, "gru", 8, 16);
///
/// let ids = Tensor::from([[7, 3, 9], [5, 0, 0]]);
/// let tape = Tape::new();
/// let pass = Pass::eval(&tape, &parameters);
/// let states = gru.forward(pass, embedding.forward(pass, &ids));
/// assert_eq!(last_steps(states, &lengths(&ids, 0)).shape().as_slice(), [2, 16]);
/// ```
///
/// # Panics
/// If the shapes do not fit, or a length is 0 or larger than the number of steps: a sequence of padding alone has no last
/// step.
#[track_caller]
pub fn last_steps<'t, T: Scalar>(x: Var<'t, T>, lengths: &Tensor<u32>) -> Var<'t, T> {
    let [batch, time] = shape::expect("last_steps", batch_and_time(&x.shape(), lengths));
    let last = |(sequence, &length): (usize, &u32)| (sequence * time) as u32 + length - 1;
    let rows = lengths.values().iter().enumerate().map(last).collect();
    let steps = [&[batch * time], &x.shape()[2..]].concat();
    x.reshape(steps).gather_rows(&Tensor::new([batch], rows))
}

/// Records the mean step of each sequence that is padded at its end: `x` `[batch, time, …]` and the `lengths` `[batch]`
/// without padding become `[batch, …]`.
///
/// ```
/// use autograd::Tape;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let x = tape.constant(Tensor::from([[[1.0], [3.0], [7.0]], [[5.0], [0.0], [0.0]]]));
/// let mean = nn::mean_steps(x, &Tensor::from([3, 1]));
/// assert_eq!(mean.value(), Tensor::from([[11.0 / 3.0], [5.0]]));
/// ```
///
/// # Panics
/// If the shapes do not fit, or a length is 0 or larger than the number of steps.
#[track_caller]
pub fn mean_steps<'t, T: Scalar>(x: Var<'t, T>, lengths: &Tensor<u32>) -> Var<'t, T> {
    let [batch, time] = shape::expect("mean_steps", batch_and_time(&x.shape(), lengths));
    let features = vec![1; x.shape().len() - 2];
    let per_step = [&[batch, time], &features[..]].concat();
    let per_sequence = [&[batch], &features[..]].concat();
    let counts = lengths.map(|length| T::from_f64(f64::from(length))).reshape(per_sequence);
    let x = Var::where_(&before_padding(lengths, time).reshape(per_step), x, 0.0);
    x.sum(&[1]) / x.tape().constant(counts)
}

/// Returns `true` for the steps before the padding, `[batch, time]`.
pub(crate) fn before_padding(lengths: &Tensor<u32>, time: usize) -> Tensor<bool> {
    let lengths = lengths.values();
    let steps =
        lengths.iter().flat_map(|&length| (0..time).map(move |step| step < length as usize));
    Tensor::new([lengths.len(), time], steps.collect())
}

/// Returns the numbers of sequences and of steps, after checking that the lengths fit.
pub(crate) fn batch_and_time(x: &[usize], lengths: &Tensor<u32>) -> Result<[usize; 2], ShapeError> {
    let (batch, time) = match *x {
        [batch, time, ..] if lengths.shape() == [batch] => (batch, time),
        _ => {
            let (lengths, rule) = (lengths.shape(), "must be [batch, time, ...] and [batch]");
            return Err(ShapeError::new(format!("x {x:?} and lengths {lengths:?} {rule}")));
        }
    };
    let lengths = lengths.values();
    match lengths.iter().position(|&length| !(1..=time).contains(&(length as usize))) {
        Some(sequence) => Err(ShapeError::new(format!(
            "sequence {sequence} has length {}, but must have from 1 to {time} steps",
            lengths[sequence]
        ))),
        None => Ok([batch, time]),
    }
}
