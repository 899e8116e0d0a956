//! When and how the work of a kernel is divided among the cores.
//!
//! Work is halved along its first axis, and so are the halves, until a part is too small to be worth
//! handing to another thread. Free threads take parts in any order (`rayon`), but the division into
//! parts depends on the shape alone, and the results are combined in the order of this tree:
//!
//! ```text
//!                 R = (a ∘ b) ∘ (c ∘ d)
//!        a ∘ b                             c ∘ d
//!    a           b                     c           d       the results of the four parts
//! ```
//!
//! So a sum is bitwise the same for any number of threads, and for one.

use std::cell::Cell;
use std::thread::available_parallelism;

use crate::layout::Layout;
use crate::shape;

/// Work of fewer than twice this many elements is not divided, if each costs about as much as an
/// addition. Handing work to a waiting thread takes 5 to 12 µs, and its inputs come from the cache of
/// another core, so the sum of two tensors gains nothing below 2²⁰ elements. (Measured on a Zen 5, two
/// cores compared with one.)
pub const LIGHT: usize = 1 << 18;

/// The same where each element costs a dozen operations, such as an exponential: a sigmoid takes two
/// thirds of the time at 2¹⁷ elements, and nine tenths at 2¹⁶.
pub const HEAVY: usize = 1 << 16;

/// The same within [`spread`].
const SPREAD: usize = 1 << 15;

/// A matrix product of fewer multiplications is left to one core, and so is a batch of them: two take as long for
/// 160³ = 2^21.97, and little more than half as long for 192³ = 2^22.75.
pub(crate) const SMALLEST_PRODUCT: usize = 1 << 22;

/// The number of `f32` that fill a cache line. Parts begin with a line where the whole does: otherwise
/// each vector instruction reads across two, and Adam's step takes 1.7 times as long.
const LINE: usize = 16;

/// A function that does a part of the work: it gets the part's layouts, and the part of each output
/// that it must write.
pub type PartKernel<'a, T, R, const I: usize, const O: usize> =
    dyn Fn([&Layout; I], [&mut [T]; O]) -> R + Sync + 'a;

/// Runs `kernel` on parts of the work, as many at a time as there are threads, and combines their
/// results.
///
/// The work is to go through some layouts of one shape side by side, and to write row-major outputs
/// of that shape. Work of fewer than twice `worth` elements, [`LIGHT`] or [`HEAVY`], is not divided.
/// The kernel is called through a pointer, so that this function and the threads' side of it are not
/// compiled for each kernel.
///
/// ```
/// use tensor::{Layout, parallel};
///
/// // Halves each number, and adds up what is left.
/// let mut x = vec![1.0; 200_000];
/// let all = Layout::contiguous(&[200_000]);
/// let halve = |_: [&Layout; 1], [x]: [&mut [f64]; 1]| {
///     x.iter_mut().for_each(|x| *x /= 2.0);
///     x.iter().sum::<f64>()
/// };
/// assert_eq!(parallel::divide(parallel::HEAVY, [&all], [&mut x], &halve, &|a, b| a + b), 100_000.0);
/// ```
///
/// # Panics
/// If the layouts differ in shape or an output has another length.
#[track_caller]
pub fn divide<T: Send, R: Send, const I: usize, const O: usize>(
    worth: usize,
    inputs: [&Layout; I],
    outputs: [&mut [T]; O],
    kernel: &PartKernel<'_, T, R, I, O>,
    combine: &(dyn Fn(R, R) -> R + Sync),
) -> R {
    let (shape, length) = (inputs[0].shape(), inputs[0].len());
    assert!(
        inputs[1..].iter().all(|layout| shape::are_equal(layout.shape(), shape))
            && outputs.iter().all(|output| output.len() == length),
        "divide: the layouts must have one shape, and the outputs a place for each element of it"
    );
    if length < 2 * worth {
        return kernel(inputs, outputs);
    }
    let axis = shape.iter().position(|&length| length > 1).expect("there are many elements");
    let middle = middle(shape[axis]);
    let halves = inputs.map(|layout| layout.split(axis, middle));
    let [first_inputs, last_inputs] =
        [halves.each_ref().map(|half| &half.0), halves.each_ref().map(|half| &half.1)];
    let mut last_outputs = outputs;
    let first_outputs = last_outputs.each_mut().map(|output| {
        let written = length / shape[axis] * middle;
        output.split_off_mut(..written).expect("an output has a place for each element")
    });
    let (first, last) = join(
        || divide(worth, first_inputs, first_outputs, kernel, combine),
        || divide(worth, last_inputs, last_outputs, kernel, combine),
    );
    combine(first, last)
}

/// Runs [`divide`] for a kernel that only writes its outputs and returns nothing. Then the result does not depend
/// on the division into parts.
#[track_caller]
pub fn write<T: Send, const I: usize, const O: usize>(
    worth: usize,
    inputs: [&Layout; I],
    outputs: [&mut [T]; O],
    kernel: impl Fn([&Layout; I], [&mut [T]; O]) + Sync,
) {
    let worth = if IS_SPREAD.get() { worth.min(SPREAD) } else { worth };
    divide(worth, inputs, outputs, &kernel, &|(), ()| ());
}

thread_local! {
    /// `true` while this thread is within [`spread`].
    static IS_SPREAD: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on numbers that are in the caches of several cores, such as the weights after each core has read them
/// for its shard of a batch. Within it even short work is divided, because a single core would have to wait for the
/// caches of the others. It changes only how fast the work is done, not the result.
///
/// An update of 128,000 weights by Adam after two shards takes 106 µs on one core, and 64 on two. With all numbers
/// in the cache of one core it is the other way round: divided, the same update makes a whole step take 160 to 220 µs
/// instead of 145, because the next step has to fetch half of the weights. (Measured on two cores of a Zen 4.)
///
/// ```
/// use tensor::{Tensor, parallel};
///
/// let x: Tensor = Tensor::ones([100_000]);
/// assert_eq!(parallel::spread(|| &x + &x), &x + &x);
/// ```
pub fn spread<R>(work: impl FnOnce() -> R) -> R {
    /// Ends [`spread`] even if the work panics.
    struct Before(bool);

    impl Drop for Before {
        fn drop(&mut self) {
            IS_SPREAD.set(self.0);
        }
    }

    let _before = Before(IS_SPREAD.replace(true));
    work()
}

/// Makes the calling thread one of the threads among which work is divided. Call it once, at the beginning of a program
/// whose main thread trains. It changes no result.
///
/// Without it the calling thread waits until the others have done the work, and they begin without what it has in
/// its cache: on two cores the gate of a feed-forward block takes a sixth longer, and a batch in two shards a fifth.
///
/// The thread must not end, and should be the one that computes: work that other threads divide has to wait for it.
/// If there is only one thread, or the threads have been started already, nothing changes.
///
/// ```
/// tensor::parallel::use_this_thread(); // The first line of `main`.
/// ```
pub fn use_this_thread() {
    let asked = std::env::var("RAYON_NUM_THREADS").ok().and_then(|threads| threads.parse().ok());
    let threads =
        asked.filter(|&threads| threads > 0).or(available_parallelism().ok().map(usize::from));
    if threads.is_some_and(|threads| threads > 1) {
        // An error means that the threads have been started already.
        let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    }
}

/// Returns the number of threads among which work is divided: one for each core, or `RAYON_NUM_THREADS`.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Returns the result of `work` for each item, in order. Each of n threads processes every n-th item, one at a time, so
/// this is for items that take a millisecond or more, and about the same time each.
///
/// Within `work`, kernels still divide what is large, among the threads that have nothing else to do.
///
/// ```
/// use tensor::{Tensor, parallel};
///
/// let rows: Vec<Tensor> = (0..5).map(|k| Tensor::full([100], k as f32)).collect();
/// assert_eq!(parallel::map(&rows, |row| row.sum_all().item()), [0.0, 100.0, 200.0, 300.0, 400.0]);
/// ```
pub fn map<I: Sync, R: Send>(items: &[I], work: impl Fn(&I) -> R + Sync) -> Vec<R> {
    let threads = rayon::current_num_threads();
    if threads == 1 || items.len() <= 1 {
        return items.iter().map(work).collect();
    }
    let by_thread = rayon::broadcast(|thread| -> Vec<R> {
        items.iter().skip(thread.index()).step_by(threads).map(&work).collect()
    });
    let mut by_thread: Vec<_> = by_thread.into_iter().map(Vec::into_iter).collect();
    (0..items.len()).filter_map(|item| by_thread[item % threads].next()).collect()
}

/// Returns where an axis of this length is divided in two.
pub(crate) fn middle(length: usize) -> usize {
    let half = length / 2;
    if half < LINE { half } else { half - half % LINE }
}

/// Returns both results, computed at the same time if there is another thread.
pub(crate) fn join<A: Send, B: Send>(
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    match rayon::current_num_threads() {
        1 => (first(), second()),
        _ => rayon::join(first, second),
    }
}

/// Returns the number of threads for a matrix product of this many multiplications.
pub(crate) fn threads_for_product(multiplications: usize) -> usize {
    match multiplications < SMALLEST_PRODUCT {
        true => 1,
        false => rayon::current_num_threads(),
    }
}
