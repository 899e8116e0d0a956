//! Runs one batch on several threads.
//!
//! A batch is cut into a fixed number of shards. Each shard runs forward and backward on a tape of
//! its own, and the results are added. The loss of a batch is the mean over its samples, so the
//! loss of a shard is weighted by its share of samples:
//!
//! ```text
//! L = Σₖ nₖ/n · Lₖ        ∇L = Σₖ nₖ/n · ∇Lₖ
//! ```
//!
//! Where some samples count more than others, nₖ and n are sums of their weights.
//!
//! What a shard holds and the order of the sums depend on the number of shards. Which thread works
//! on a shard changes nothing, so the result is bitwise the same for any number of threads. The shards may also be
//! computed by several processes: see [`Workers`](crate::Workers).

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use autograd::{Gradients, Parameters, Pass, Tape, Var};
use tensor::{Key, Scalar, parallel};

use crate::workers::middle;

/// Computes the gradient of a batch in a fixed number of parts, as many at a time as there are
/// threads.
///
/// ```
/// use autograd::Parameters;
/// use tensor::{Key, Tensor};
/// use train::Shards;
///
/// let mut parameters = Parameters::<f64>::with_seed(0);
/// let weight = parameters.add("weight", Tensor::scalar(2.0));
/// let x = Tensor::from([1.0, 2.0, 3.0, 4.0]);
///
/// let batch = Shards::new(2).forward_backward(&parameters, 4, Key::new(1), |pass, samples| {
///     let x = pass.constant(x.slice(0, samples));
///     ((x * pass.parameter(weight)).mean_all(), ())
/// });
/// assert_eq!(batch.loss, 5.0);
/// assert_eq!(batch.gradients.get(weight).unwrap().item(), 2.5);
/// ```
pub struct Shards<T: Scalar = f32> {
    /// For shards that the calling thread computes itself.
    tape: Tape<T>,
    /// The number of shards of a batch.
    count: usize,
    /// The results of each shard of the last batch. The thread that made a result drops it in the
    /// next batch, and so gets its buffers back.
    parts: Vec<Mutex<Option<Part<T>>>>,
}

/// The loss and gradients of one shard, weighted by its share of samples.
struct Part<T: Scalar> {
    loss: T,
    gradients: Gradients<T>,
}

/// The loss and gradients of a batch.
pub struct Batch<T: Scalar, R> {
    /// The mean loss.
    pub loss: T,
    /// Its gradients with respect to the parameters.
    pub gradients: Gradients<T>,
    /// The other value that each shard has returned with its loss.
    pub returned: Vec<R>,
}

impl<T: Scalar> fmt::Debug for Shards<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shards").field("count", &self.count).finish_non_exhaustive()
    }
}

/// Writes the loss, without its gradients.
impl<T: Scalar, R> fmt::Debug for Batch<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("loss", &self.loss).finish_non_exhaustive()
    }
}

impl<T: Scalar> Shards<T> {
    /// Creates a computation that cuts each batch into `count` shards, or into one for each sample
    /// if it has fewer.
    ///
    /// # Panics
    /// If `count` is 0.
    #[track_caller]
    pub fn new(count: usize) -> Self {
        assert!(count > 0, "0 shards were asked for; a batch is at least one");
        Self { tape: Tape::default(), count, parts: Vec::new() }
    }

    /// Returns the number of shards that a batch is cut into.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Runs one pass, forward and backward, over a batch of `samples` samples. For each shard,
    /// `forward` gets the range of its samples, and returns their mean loss and a value of the
    /// caller's choice.
    ///
    /// Each shard draws its noise, such as dropout, from a key of its own; a single shard from
    /// `key`.
    ///
    /// # Panics
    /// If `samples` is 0, or `forward` panics.
    #[track_caller]
    pub fn forward_backward<R: Send>(
        &mut self,
        parameters: &Parameters<T>,
        samples: usize,
        key: Key,
        forward: impl for<'t> Fn(Pass<'t, T>, Range<usize>) -> (Var<'t, T>, R) + Sync,
    ) -> Batch<T, R> {
        self.forward_backward_weighted(
            parameters,
            samples,
            key,
            |range| range.len() as f64,
            forward,
        )
    }

    /// Runs [`forward_backward`](Self::forward_backward) over samples that do not all count the same. `weight` returns
    /// the weight of a range of them. A shard without weight adds nothing.
    ///
    /// # Panics
    /// If `samples` is 0, or `forward` panics.
    #[track_caller]
    pub fn forward_backward_weighted<R: Send>(
        &mut self,
        parameters: &Parameters<T>,
        samples: usize,
        key: Key,
        weight: impl Fn(Range<usize>) -> f64 + Sync,
        forward: impl for<'t> Fn(Pass<'t, T>, Range<usize>) -> (Var<'t, T>, R) + Sync,
    ) -> Batch<T, R> {
        assert!(samples > 0, "the batch has no samples");
        let count = self.count_of(samples);
        let range = |number| samples_of(number..number + 1, count, samples);
        let weights: Vec<f64> = (0..count).map(|number| weight(range(number))).collect();
        let returned = self.compute(0..count, parameters, key, &weights, |pass, number| {
            forward(pass, range(number))
        });
        let (loss, gradients) = self.sum(0..count);
        Batch { loss, gradients, returned }
    }

    /// Returns the number of shards of a batch of this number of samples.
    pub(crate) fn count_of(&self, samples: usize) -> usize {
        self.count.min(samples)
    }

    /// Computes some shards of a batch, for [`sum`](Self::sum) to add up. `weights` has the weight of each of the
    /// batch's shards. `forward` gets the number of a shard. Returns what `forward` returns besides the losses.
    pub(crate) fn compute<R: Send>(
        &mut self,
        numbers: Range<usize>,
        parameters: &Parameters<T>,
        key: Key,
        weights: &[f64],
        forward: impl for<'t> Fn(Pass<'t, T>, usize) -> (Var<'t, T>, R) + Sync,
    ) -> Vec<R> {
        let total: f64 = weights.iter().sum();
        let count = weights.len();
        let there = self.parts.len().max(count);
        self.parts.resize_with(there, Mutex::default);
        let parts = &self.parts[..count];
        let returned: Vec<Mutex<Option<R>>> = parts.iter().map(|_| Mutex::default()).collect();
        let shard = |tape: &mut Tape<T>, number: usize| {
            // After a panic that was caught, it holds the nodes of that pass.
            tape.clear();
            locked(&parts[number]).take();
            let weight = weights[number];
            let key = if count == 1 { key } else { key.stream("shard").fold_in(number as u64) };
            let (loss, other) = forward(Pass::training(tape, parameters, key), number);
            let part = match weight == 0.0 && total != 0.0 {
                // Its mean over nothing may be 0 / 0, which no factor would make 0.
                true => Part { loss: T::ZERO, gradients: Gradients::new() },
                false => {
                    let loss = loss * if weight == 0.0 { 0.0 } else { weight / total };
                    let (node, loss) = (loss.id(), loss.item());
                    Part { loss, gradients: tape.backward_freeing(node) }
                }
            };
            *locked(&parts[number]) = Some(part);
            *locked(&returned[number]) = Some(other);
        };
        for_each_shard(numbers, &mut self.tape, &shard);
        returned.into_iter().filter_map(|mut shard| inner(&mut shard).take()).collect()
    }

    /// Adds up the losses and gradients of some shards that were computed, in their order.
    pub(crate) fn sum(&mut self, numbers: Range<usize>) -> (T, Gradients<T>) {
        let mut parts: Vec<&mut Option<Part<T>>> = Vec::with_capacity(numbers.len());
        for part in &mut self.parts[numbers] {
            parts.push(inner(part));
        }
        if let [only] = &mut parts[..] {
            let Part { loss, gradients } = only.take().expect("the shard has run");
            return (loss, gradients);
        }
        let parts: Vec<&Part<T>> = parts.iter().filter_map(|part| part.as_ref()).collect();
        parallel::spread(|| pairwise(&parts))
    }
}

/// Returns what a shard has for itself, whether or not one has panicked.
fn locked<R>(shard: &Mutex<R>) -> MutexGuard<'_, R> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the same without a lock.
fn inner<R>(shard: &mut Mutex<R>) -> &mut R {
    shard.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the range of the samples of some shards, in a batch of `samples` samples and `count` shards.
pub(crate) fn samples_of(numbers: Range<usize>, count: usize, samples: usize) -> Range<usize> {
    numbers.start * samples / count..numbers.end * samples / count
}

/// Returns the sums over the parts, added pairwise.
fn pairwise<T: Scalar>(parts: &[&Part<T>]) -> (T, Gradients<T>) {
    match parts {
        [only] => (only.loss, only.gradients.clone()),
        [first, second] => (first.loss + second.loss, first.gradients.plus(&second.gradients)),
        _ => {
            let (first, last) = parts.split_at(middle(0..parts.len()));
            let [first, last] = [first, last].map(pairwise);
            (first.0 + last.0, first.1.plus(&last.1))
        }
    }
}

/// Calls `shard` for each number. A shard runs on the same thread for every batch. It is called through a
/// pointer, so that the threads' side is not compiled for each model.
fn for_each_shard<T: Scalar>(
    numbers: Range<usize>,
    tape: &mut Tape<T>,
    shard: &(dyn Fn(&mut Tape<T>, usize) + Sync),
) {
    if numbers.len() <= 1 || rayon::current_num_threads() == 1 {
        return numbers.for_each(|number| shard(tape, number));
    }
    rayon::broadcast(|thread| {
        let mut tape = Tape::default();
        for number in numbers.clone().skip(thread.index()).step_by(thread.num_threads()) {
            shard(&mut tape, number);
        }
    });
}
