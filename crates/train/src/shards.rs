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
//! The number of shards decides which samples a shard holds and in which order the sums are taken. It does not
//! matter which thread works on a shard, so the result is bitwise the same for any number of threads. The shards
//! may also be computed by several processes: see [`Workers`](crate::Workers).
//!
//! The sum is taken along a binary tree. If a batch has many shards, each subtree is added up before the next
//! begins, so that their gradients are not all in memory.

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use autograd::{Gradients, Parameters, Pass, Tape, Var};
use tensor::{Key, Scalar, parallel};

use crate::tree::middle;

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
    /// The results of the shards that were computed last. The thread that made a result drops it when it
    /// computes another, and so gets its buffers back.
    parts: Vec<Mutex<Option<Part<T>>>>,
}

/// The most shards that are computed before they are added up, unless there are more threads.
const AT_ONCE: usize = 16;

/// The loss and gradients of some shards, weighted by their share of samples.
pub(crate) struct Part<T: Scalar> {
    pub(crate) loss: T,
    pub(crate) gradients: Gradients<T>,
}

impl<T: Scalar> Part<T> {
    fn plus(&self, other: &Self) -> Self {
        let (loss, gradients) = (self.loss + other.loss, self.gradients.plus(&other.gradients));
        Self { loss, gradients }
    }
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
        let tree = 0..count;
        let (sums, returned) =
            self.compute(std::slice::from_ref(&tree), parameters, key, &weights, |pass, number| {
                forward(pass, range(number))
            });
        let [Part { loss, gradients }] =
            <[_; 1]>::try_from(sums).ok().expect("the sum of the tree");
        Batch { loss, gradients, returned }
    }

    /// Returns the number of shards of a batch of this number of samples.
    pub(crate) fn count_of(&self, samples: usize) -> usize {
        self.count.min(samples)
    }

    /// Computes some shards of a batch, given as subtrees of the tree of all its shards, and returns the sum over each
    /// subtree. `weights` has the weight of each of the batch's shards. `forward` gets the number of a shard. What it
    /// returns besides the losses is returned in the order of the shards.
    pub(crate) fn compute<R: Send>(
        &mut self,
        subtrees: &[Range<usize>],
        parameters: &Parameters<T>,
        key: Key,
        weights: &[f64],
        forward: impl for<'t> Fn(Pass<'t, T>, usize) -> (Var<'t, T>, R) + Sync,
    ) -> (Vec<Part<T>>, Vec<R>) {
        let total: f64 = weights.iter().sum();
        let returned: Vec<Mutex<Option<R>>> = weights.iter().map(|_| Mutex::default()).collect();
        let shard = |tape: &mut Tape<T>, number: usize| {
            let key = match weights.len() {
                1 => key,
                _ => key.stream("shard").fold_in(number as u64),
            };
            let (loss, other) = forward(Pass::training(tape, parameters, key), number);
            *locked(&returned[number]) = Some(other);
            let weight = weights[number];
            // A mean over nothing may be 0 / 0, which no factor would make 0.
            if weight == 0.0 && (total != 0.0 || !loss.item().is_finite()) {
                return Part { loss: T::ZERO, gradients: Gradients::new() };
            }
            let loss = loss * if weight == 0.0 { 0.0 } else { weight / total };
            let (node, loss) = (loss.id(), loss.item());
            Part { loss, gradients: tape.backward_freeing(node) }
        };
        let sums = subtrees.iter().map(|tree| self.sum(tree.clone(), &shard)).collect();
        (sums, returned.into_iter().filter_map(|mut shard| inner(&mut shard).take()).collect())
    }

    /// Computes the shards of a tree and adds them up. `shard` is called through a pointer, so that this is not
    /// compiled for each model.
    fn sum(
        &mut self,
        tree: Range<usize>,
        shard: &(dyn Fn(&mut Tape<T>, usize) -> Part<T> + Sync),
    ) -> Part<T> {
        if tree.len() > most_at_once() {
            let middle = middle(tree.clone());
            let mut sum = self.sum(tree.start..middle, shard);
            let second = self.sum(middle..tree.end, shard);
            sum.loss += second.loss;
            parallel::spread(|| sum.gradients += &second.gradients);
            return sum;
        }
        let there = self.parts.len().max(tree.len());
        self.parts.resize_with(there, Mutex::default);
        let parts = &self.parts[..tree.len()];
        for_each_shard(tree.clone(), &mut self.tape, &|tape, number| {
            // After a panic that was caught, it holds the nodes of that pass.
            tape.clear();
            let part = &parts[number - tree.start];
            locked(part).take();
            let computed = shard(tape, number);
            *locked(part) = Some(computed);
        });
        let mut parts: Vec<&mut Option<Part<T>>> =
            self.parts[..tree.len()].iter_mut().map(inner).collect();
        if let [only] = &mut parts[..] {
            return only.take().expect("the shard has run");
        }
        let parts: Vec<&Part<T>> = parts.iter().filter_map(|part| part.as_ref()).collect();
        parallel::spread(|| pairwise(&parts))
    }
}

/// Returns the most shards whose gradients are in memory together, besides the sums of subtrees.
pub fn most_at_once() -> usize {
    AT_ONCE.max(parallel::threads())
}

/// Locks the data of a shard, even if a thread that held the lock has panicked.
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

/// Returns the sum of several parts, added pairwise.
fn pairwise<T: Scalar>(parts: &[&Part<T>]) -> Part<T> {
    match parts {
        [first, second] => first.plus(second),
        [first, second, third] => first.plus(second).plus(third),
        _ => {
            let (first, last) = parts.split_at(middle(0..parts.len()));
            let [first, last] = [first, last].map(pairwise);
            first.plus(&last)
        }
    }
}

/// Calls `shard` for each number. A shard runs on the same thread for every batch.
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
