//! Causal attention over several heads, forward and backward, without a copy of any head.
//!
//! In a matrix with a row for each step, a head's features are some of the columns. For each head,
//! with d features, and with queries Q at the last steps only:
//!
//! ```text
//! S = Q·Kᵀ / √d      P = softmax of each row of S, over the steps that its query sees      O = P·V
//!
//! V̄ = Pᵀ·Ō      P̄ = Ō·Vᵀ      S̄ = P ⊙ (P̄ − rowsum(Ō ⊙ O))      Q̄ = S̄·K / √d      K̄ = S̄ᵀ·Q / √d
//! ```
//!
//! A query sees the steps up to its own, so P is lower triangular. Elements above the diagonal are neither
//! computed nor read, so no score is −∞, and no 0 is multiplied by an infinite number. If several query
//! heads share one head of keys and values, that head's adjoints are summed.

use rayon::prelude::*;

use crate::matrix::{Matrix, Target, Triangle};
use crate::parallel::threads_for_product;
use crate::reduce::{LANES, fold_lanes};
use crate::shape::expect;
use crate::vectorized::vectorized;
use crate::{Scalar, ShapeError, Tensor, buffer};

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    batch: usize,
    time: usize,
    steps: usize,
    heads: usize,
    groups: usize,
    /// The features of a head.
    width: usize,
}

/// Checks that `[query, key, value]` of these shapes fit: see [`forward`].
///
/// # Errors
/// If they do not.
pub fn check(shapes: [&[usize]; 3], heads: usize, groups: usize) -> Result<(), ShapeError> {
    Sizes::new(shapes, heads, groups).map(drop)
}

/// Returns the attention O of queries `[batch, time, heads · d]` to keys and values
/// `[batch, steps, groups · d]`, `[batch, time, heads · d]`; and, if `keeps` is `true`, the weights P for
/// [`backward`], `[batch, heads, time, steps]`, with arbitrary numbers above the diagonal.
///
/// The queries are at the last `time` of the steps: query i sees the steps `0..=steps - time + i`. Head h
/// uses the keys and values of group `h / (heads / groups)`. Features of head h are the columns
/// `h · d..(h + 1) · d`.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn forward<T: Scalar>(
    [query, key, value]: [&Tensor<T>; 3],
    heads: usize,
    groups: usize,
    keeps: bool,
) -> (Tensor<T>, Option<Tensor<T>>) {
    let sizes =
        expect("attention", Sizes::new([query.shape(), key.shape(), value.shape()], heads, groups));
    let rows = [query, key, value].map(in_rows);
    let inputs = rows.each_ref().map(AdjacentRows::new);
    let mut output = buffer::stale(query.len(), T::ZERO);
    let kept = if keeps { heads * sizes.of_head() } else { 0 };
    let mut weights = buffer::stale(sizes.batch * kept, T::ZERO);
    if !output.is_empty() {
        let outputs = output.chunks_exact_mut(query.len() / sizes.batch);
        let mut weights = weights.chunks_exact_mut(kept.max(1));
        let parts: Vec<_> =
            outputs.map(|output| (output, weights.next().unwrap_or_default())).collect();
        each_sample(parts, 2 * sizes.multiplications(), |sample, (output, weights)| {
            sizes.forward(inputs.map(|input| input.sample(sample)), output, weights);
        });
    }
    let weights = keeps.then(|| Tensor::from_buffer(&sizes.weights(), weights));
    (Tensor::from_buffer(query.shape(), output), weights)
}

/// Returns the adjoints of query, key and value, given P and O of [`forward`] and the adjoint of O.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn backward<T: Scalar>(
    [query, key, value]: [&Tensor<T>; 3],
    heads: usize,
    groups: usize,
    [weights, output, adjoint]: [&Tensor<T>; 3],
) -> [Tensor<T>; 3] {
    let sizes =
        expect("attention", Sizes::new([query.shape(), key.shape(), value.shape()], heads, groups));
    assert!(
        weights.shape() == sizes.weights()
            && output.shape() == query.shape()
            && adjoint.shape() == query.shape(),
        "attention: weights {:?}, output {:?} and its adjoint {:?} do not belong to query {:?}, key {:?}",
        weights.shape(),
        output.shape(),
        adjoint.shape(),
        query.shape(),
        key.shape()
    );
    if adjoint.is_empty() {
        return [query, key, value].map(|input| Tensor::zeros(input.shape()));
    }
    let rows = [query, key, value, output, adjoint].map(in_rows);
    let inputs = rows.each_ref().map(AdjacentRows::new);
    let weights = weights.values();
    let mut adjoints = [query, key, value].map(|input| buffer::stale(input.len(), T::ZERO));
    let [mut dq, mut dk, mut dv] = adjoints.each_mut().map(|adjoint| {
        let of_sample = adjoint.len() / sizes.batch;
        adjoint.chunks_exact_mut(of_sample)
    });
    let parts: Vec<_> = std::iter::from_fn(|| Some([dq.next()?, dk.next()?, dv.next()?])).collect();
    each_sample(parts, 4 * sizes.multiplications(), |sample, adjoints| {
        let weights = &weights[sample * heads * sizes.of_head()..][..heads * sizes.of_head()];
        sizes.backward(inputs.map(|input| input.sample(sample)), weights, adjoints);
    });
    let mut shapes = [query, key, value].map(Tensor::shape).into_iter();
    adjoints.map(|adjoint| Tensor::from_buffer(shapes.next().expect("three shapes"), adjoint))
}

/// Returns the weights P of queries `[batch, time, heads · d]` and keys `[batch, steps, groups · d]`,
/// `[batch, heads, time, steps]`: the weight that each query gives to each step, 0 for the steps that it
/// does not see. See [`forward`].
///
/// # Panics
/// If the shapes do not fit, or a head has no features.
#[track_caller]
pub fn weights<T: Scalar>(
    query: &Tensor<T>,
    key: &Tensor<T>,
    heads: usize,
    groups: usize,
) -> Tensor<T> {
    let (_, weights) = forward([query, key, key], heads, groups, true);
    assert!(
        query.shape()[2] > 0,
        "attention: query {:?} has no features to weigh steps by",
        query.shape()
    );
    let mut weights = weights.expect("it keeps them");
    let &[_, _, time, steps] = weights.shape() else { unreachable!("four axes") };
    if !weights.is_empty() {
        for (i, row) in weights.as_mut_slice().chunks_exact_mut(steps).enumerate() {
            row[steps - time + i % time + 1..].fill(T::ZERO);
        }
    }
    weights
}

/// Runs `work` for each sample, on several threads if there are many multiplications.
fn each_sample<P: Send>(
    parts: Vec<P>,
    multiplications: usize,
    work: impl Fn(usize, P) + Send + Sync,
) {
    match threads_for_product(multiplications) {
        1 => parts.into_iter().enumerate().for_each(|(sample, part)| work(sample, part)),
        _ => parts.into_par_iter().enumerate().for_each(|(sample, part)| work(sample, part)),
    }
}

impl Sizes {
    fn new(shapes: [&[usize]; 3], heads: usize, groups: usize) -> Result<Self, ShapeError> {
        let [query, key, value] = shapes;
        if let (&[batch, time, features], &[batches, steps, shared]) = (query, key)
            && heads > 0
            && groups > 0
            && heads.is_multiple_of(groups)
            && features.is_multiple_of(heads)
            && (batch, shared) == (batches, features / heads * groups)
            && key == value
            && time <= steps
        {
            return Ok(Self { batch, time, steps, heads, groups, width: features / heads });
        }
        Err(ShapeError::new(format!(
            "query {query:?}, key {key:?}, value {value:?} do not fit {heads} heads that share {groups} of \
             keys and values: they must be [batch, time, {heads} * d], [batch, steps, {groups} * d], \
             [batch, steps, {groups} * d] with time at most steps, and {groups} must divide {heads}"
        )))
    }

    /// Returns the number of steps before the first query.
    fn before(self) -> usize {
        self.steps - self.time
    }

    /// Returns the number of weights of a head.
    fn of_head(self) -> usize {
        self.time * self.steps
    }

    fn weights(self) -> [usize; 4] {
        [self.batch, self.heads, self.time, self.steps]
    }

    /// Returns about the number of multiplications in one product over all samples and heads: half
    /// of each is left out.
    fn multiplications(self) -> usize {
        self.batch * self.heads * self.of_head() * self.width / 2
    }

    fn scale<T: Scalar>(self) -> T {
        T::from_f64(1.0 / (self.width as f64).sqrt())
    }

    /// Writes the output of one sample, and the weights if there is room for them.
    fn forward<T: Scalar>(
        self,
        [q, k, v]: [AdjacentRows<'_, T>; 3],
        output: &mut [T],
        weights: &mut [T],
    ) {
        let before = self.before();
        let mut scratch =
            buffer::stale(if weights.is_empty() { self.of_head() } else { 0 }, T::ZERO);
        for head in 0..self.heads {
            let group = head * self.groups / self.heads;
            let weights = match weights.is_empty() {
                true => &mut *scratch,
                false => &mut weights[head * self.of_head()..][..self.of_head()],
            };
            let q = q.columns(head, self.width, self.time);
            let [k, v] = [k, v].map(|x| x.columns(group, self.width, self.steps));
            let scores = Target { values: weights, row_stride: self.steps, adds: false };
            T::multiply_triangular(q, k.t(), Triangle::Product(before), scores);
            vectorized(
                #[inline(always)]
                || softmax_rows(weights, self.steps, before, self.scale()),
            );
            let p = row_major(weights, self.steps);
            let of_head = self.target(output, head, self.heads, false);
            T::multiply_triangular(p, v, Triangle::Left(before), of_head);
        }
    }

    /// Writes the adjoints of one sample.
    fn backward<T: Scalar>(
        self,
        [q, k, v, y, dy]: [AdjacentRows<'_, T>; 5],
        weights: &[T],
        [dq, dk, dv]: [&mut [T]; 3],
    ) {
        let before = self.before();
        let mut scores = buffer::stale(self.of_head(), T::ZERO);
        for head in 0..self.heads {
            let shared = self.heads / self.groups;
            let (group, adds) = (head / shared, head % shared > 0);
            let p = &weights[head * self.of_head()..][..self.of_head()];
            let [q, y, dy] = [q, y, dy].map(|x| x.columns(head, self.width, self.time));
            let [k, v] = [k, v].map(|x| x.columns(group, self.width, self.steps));

            let dp = Target { values: &mut scores, row_stride: self.steps, adds: false };
            T::multiply_triangular(dy, v.t(), Triangle::Product(before), dp);
            vectorized(
                #[inline(always)]
                || softmax_rows_vjp(&mut scores, p, [y, dy], before, self.scale()),
            );
            let (p, ds) = (row_major(p, self.steps), row_major(&scores, self.steps));
            let dq = self.target(dq, head, self.heads, false);
            T::multiply_triangular(ds, k, Triangle::Left(before), dq);
            let transposed = Triangle::LeftTransposed(before);
            T::multiply_triangular(
                ds.t(),
                q,
                transposed,
                self.target(dk, group, self.groups, adds),
            );
            T::multiply_triangular(
                p.t(),
                dy,
                transposed,
                self.target(dv, group, self.groups, adds),
            );
        }
    }

    /// Returns the columns of one of `heads` heads that are side by side.
    fn target<T>(self, values: &mut [T], head: usize, heads: usize, adds: bool) -> Target<'_, T> {
        Target { values: &mut values[head * self.width..], row_stride: heads * self.width, adds }
    }
}

/// Returns the tensor, with the numbers of each row side by side. It is copied only if they are not.
fn in_rows<T: Scalar>(x: &Tensor<T>) -> Tensor<T> {
    match x.layout().strides()[2] == 1 {
        true => x.clone(),
        false => x.contiguous(),
    }
}

/// Rows of numbers that are side by side, of one sample or of several.
#[derive(Clone, Copy)]
struct AdjacentRows<'a, T> {
    values: &'a [T],
    sample_stride: usize,
    row_stride: usize,
}

impl<'a, T: Scalar> AdjacentRows<'a, T> {
    fn new(x: &'a Tensor<T>) -> Self {
        let (layout, strides) = (x.layout(), x.layout().strides());
        let values = if x.is_empty() { &[] } else { &x.storage()[layout.offset()..] };
        Self { values, sample_stride: strides[0], row_stride: strides[1] }
    }

    fn sample(self, sample: usize) -> Self {
        Self { values: &self.values[sample * self.sample_stride..], ..self }
    }

    /// Returns the columns of one head as a matrix.
    fn columns(self, head: usize, width: usize, rows: usize) -> Matrix<'a, T> {
        let values = &self.values[head * width..];
        Matrix { values, rows, columns: width, row_stride: self.row_stride, column_stride: 1 }
    }
}

fn row_major<T>(values: &[T], columns: usize) -> Matrix<'_, T> {
    let rows = values.len() / columns;
    Matrix { values, rows, columns, row_stride: columns, column_stride: 1 }
}

/// Replaces the scores of the steps that each row sees by the softmax of `scale` times those scores.
#[inline(always)]
fn softmax_rows<T: Scalar>(scores: &mut [T], steps: usize, before: usize, scale: T) {
    for (i, row) in scores.chunks_exact_mut(steps).enumerate() {
        let seen = before + i + 1;
        let largest = fold(&row[..seen], row[0], T::maximum);
        // Whole blocks, because a single exponential takes as long as sixteen at once.
        let blocks = steps.min(seen.next_multiple_of(LANES));
        row[seen..blocks].fill(largest);
        row[..blocks].iter_mut().for_each(|x| *x = ((*x - largest) * scale).exp());
        let row = &mut row[..seen];
        let share = T::ONE / fold(row, T::ZERO, |x, y| x + y);
        row.iter_mut().for_each(|x| *x = *x * share);
    }
}

/// Turns P̄ into S̄ / √d, row by row.
#[inline(always)]
fn softmax_rows_vjp<T: Scalar>(
    dp: &mut [T],
    p: &[T],
    [y, dy]: [Matrix<'_, T>; 2],
    before: usize,
    scale: T,
) {
    let steps = p.len() / y.rows;
    for (i, (dp, p)) in dp.chunks_exact_mut(steps).zip(p.chunks_exact(steps)).enumerate() {
        let seen = before + i + 1;
        if seen == 1 {
            // A single step has weight 1 whatever its score, for any ȳ.
            dp[0] = T::ZERO;
            continue;
        }
        let [y, dy] = [y, dy].map(|x| &x.values[i * x.row_stride..][..x.columns]);
        let common = y.iter().zip(dy).fold(T::ZERO, |sum, (&y, &dy)| sum + y * dy);
        for (dp, &p) in dp[..seen].iter_mut().zip(&p[..seen]) {
            *dp = p * (*dp - common) * scale;
        }
    }
}

/// Combines the numbers of a row, in lanes. Combining a number with `start` must not change it.
#[inline(always)]
fn fold<T: Scalar>(row: &[T], start: T, combine: impl Fn(T, T) -> T + Copy) -> T {
    let mut lanes = [start; LANES];
    let blocks = row.chunks_exact(LANES);
    let rest = blocks.remainder();
    for block in blocks {
        for k in 0..LANES {
            lanes[k] = combine(lanes[k], block[k]);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = combine(*lane, x);
    }
    fold_lanes(lanes, combine)
}
