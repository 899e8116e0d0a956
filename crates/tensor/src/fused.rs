//! One pass over several tensors that computes several tensors and sums at once.
//!
//! `y = x · σ(βx + γ)` written with one operation at a time reads and writes memory five times. For
//! all but the smallest tensors that costs more than the arithmetic. Here each element is read once,
//! everything that depends on it is computed, and each result is written once.
//!
//! The elements go through in blocks of 16: loops of a fixed length that the compiler turns
//! into vector instructions, whatever the layouts are.

use std::array::from_fn;
use std::ops::Range;

use crate::buffer::{self, Buffer};
use crate::layout::Layout;
use crate::pairwise::{GROUP, Pairwise};
use crate::parallel;
use crate::reduce::{LANES, fold_lanes};
use crate::shape::{expands, expect};
use crate::strided::{Run, for_each_run};
use crate::vectorized::vectorized;
use crate::{Scalar, Tensor};

/// Computes `outputs, summands = f(inputs)` for each element. Returns the outputs as tensors of the
/// first input's shape, and the sum of each summand over all elements, in a fixed order.
///
/// ```
/// use tensor::{Tensor, fused};
///
/// // The product of two tensors, and the sums of each.
/// let a = Tensor::from([1.0, 2.0, 3.0]);
/// let b = Tensor::from([10.0]);
/// let ([product], sums) = fused::map([&a, &b], |[a, b]| ([a * b], [a, b]));
/// assert_eq!(product, Tensor::from([10.0, 20.0, 30.0]));
/// assert_eq!(sums, [6.0, 30.0]);
/// ```
///
/// # Panics
/// If an input does not expand to the shape of the first.
#[track_caller]
pub fn map<T: Scalar, const I: usize, const O: usize, const S: usize>(
    inputs: [&Tensor<T>; I],
    f: impl Fn([T; I]) -> ([T; O], [T; S]) + Sync,
) -> ([Tensor<T>; O], [T; S]) {
    let shape = inputs[0].shape();
    // Not by a closure, which would hide the caller's line.
    for input in inputs {
        expect("fused", expands(input.shape(), shape));
    }
    let layouts = inputs.map(|input| input.layout().expand(shape).expect("it expands"));
    let storage = inputs.map(Tensor::storage);
    let mut outputs: [Buffer<T>; O] = from_fn(|_| buffer::stale(inputs[0].len(), T::ZERO));
    let sums = parallel::divide(
        parallel::HEAVY,
        layouts.each_ref(),
        outputs.each_mut().map(|output| &mut output[..]),
        &|layouts, outputs| map_part(layouts, storage, outputs, &f),
        &|first, last| from_fn(|k| first[k] + last[k]),
    );
    (outputs.map(|output| Tensor::from_buffer(shape, output)), sums)
}

/// Writes a part of the outputs, and adds up the summands of that part.
fn map_part<T: Scalar, const I: usize, const O: usize, const S: usize>(
    layouts: [&Layout; I],
    storage: [&[T]; I],
    mut outputs: [&mut [T]; O],
    f: &impl Fn([T; I]) -> ([T; O], [T; S]),
) -> [T; S] {
    let mut sums = Sums::new();
    vectorized(
        #[inline(always)]
        || {
            for_each_run(
                layouts,
                #[inline(always)]
                |runs, length| {
                    let mut targets = outputs.each_mut().map(|output| {
                        output.split_off_mut(..length).expect("a place for each element")
                    });
                    map_run(storage, runs, length, &mut targets, &mut sums, f);
                },
            );
        },
    );
    sums.total()
}

/// Begins at a cache line, so that no register of lanes lies across two: then it could not be read right after it was written.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct AtLine<V>(V);

/// The sums of the summands, in lanes. For accuracy, the lanes are put aside in groups, which are summed pairwise.
struct Sums<T, const S: usize> {
    lanes: AtLine<[[T; LANES]; S]>,
    /// The number of blocks that have been added to the lanes.
    blocks: usize,
    groups: Pairwise<T>,
}

impl<T: Scalar, const S: usize> Sums<T, S> {
    fn new() -> Self {
        let groups = Pairwise::new(S * LANES);
        Self { lanes: AtLine([[T::ZERO; LANES]; S]), blocks: 0, groups }
    }

    /// Counts blocks as added to the lanes; when they fill a group, its sums are put aside.
    #[inline(always)]
    fn count(&mut self, blocks: usize) {
        self.blocks += blocks;
        if S > 0 && self.blocks >= GROUP {
            let lanes = self.lanes.0.as_flattened();
            self.groups.push_row(lanes, |x, y| x + y);
            self.lanes.0 = [[T::ZERO; LANES]; S];
            self.blocks = 0;
        }
    }

    fn total(mut self) -> [T; S] {
        if let Some(groups) = self.groups.total(|x, y| x + y) {
            let lanes = self.lanes.0.as_flattened_mut();
            lanes.iter_mut().zip(groups).for_each(|(lane, &x)| *lane = x + *lane);
        }
        self.lanes.0.map(|lanes| fold_lanes(lanes, |x, y| x + y))
    }
}

/// Maps the elements of one run, block by block.
#[inline(always)]
fn map_run<T: Scalar, const I: usize, const O: usize, const S: usize>(
    storage: [&[T]; I],
    runs: [Run; I],
    length: usize,
    outputs: &mut [&mut [T]; O],
    sums: &mut Sums<T, S>,
    f: &impl Fn([T; I]) -> ([T; O], [T; S]),
) {
    let operands: [Operand<T>; I] = from_fn(|k| Operand::new(storage[k], runs[k], length));
    let x = operands.each_ref().map(Operand::values);
    // Copies, because local variables stay in registers.
    let steps = operands.each_ref().map(|source| source.step);
    let blocks_of_x = x.map(|x| x.as_chunks::<LANES>().0);
    let full = length / LANES;
    let mut begin = 0;
    while begin < full {
        let end = full.min(begin + GROUP - sums.blocks % GROUP);
        let mut lanes = sums.lanes.0;
        for at in begin..end {
            let block: [[T; LANES]; I] = from_fn(|k| blocks_of_x[k][at * steps[k]]);
            let mut y = [[T::ZERO; LANES]; O];
            for lane in 0..LANES {
                let mut element = [T::ZERO; I];
                for k in 0..I {
                    element[k] = block[k][lane];
                }
                let (output, summand) = f(element);
                for k in 0..O {
                    y[k][lane] = output[k];
                }
                for k in 0..S {
                    lanes[k][lane] += summand[k];
                }
            }
            for k in 0..O {
                outputs[k].as_chunks_mut::<LANES>().0[at] = y[k];
            }
        }
        sums.lanes.0 = lanes;
        sums.count(end - begin);
        begin = end;
    }
    map_tail(full * LANES..length, x, steps, outputs, sums, f);
}

/// Maps the elements after the last full block of a run. They count as one more block.
#[inline(always)]
fn map_tail<T: Scalar, const I: usize, const O: usize, const S: usize>(
    tail: Range<usize>,
    x: [&[T]; I],
    steps: [usize; I],
    outputs: &mut [&mut [T]; O],
    sums: &mut Sums<T, S>,
    f: &impl Fn([T; I]) -> ([T; O], [T; S]),
) {
    for at in tail.clone() {
        let (output, summand) = f(from_fn(|k| x[k][at * steps[k]]));
        for k in 0..O {
            outputs[k][at] = output[k];
        }
        for (lanes, term) in sums.lanes.0.iter_mut().zip(summand) {
            lanes[at - tail.start] += term;
        }
    }
    sums.count(usize::from(!tail.is_empty()));
}

/// A run from which every block can be loaded in one way: the block at element `at` begins at
/// `at · step`.
struct Operand<'a, T: 'static> {
    /// A repeated element, as a block that all steps load again.
    repeated: [T; LANES],
    /// Elements that are not side by side, copied so that they are.
    gathered: Buffer<T>,
    adjacent: &'a [T],
    step: usize,
}

impl<'a, T: Scalar> Operand<'a, T> {
    #[inline(always)]
    fn new(storage: &'a [T], run: Run, length: usize) -> Self {
        let first = storage[run.offset];
        let mut source = Self {
            repeated: [first; LANES],
            gathered: Vec::new().into(),
            adjacent: &[],
            step: usize::from(run.stride > 0),
        };
        match run.stride {
            0 => {}
            1 => source.adjacent = &storage[run.offset..run.offset + length],
            stride => {
                source.gathered = buffer::stale(length, first);
                let elements = storage[run.offset..].iter().step_by(stride);
                source.gathered.iter_mut().zip(elements).for_each(|(y, &x)| *y = x);
            }
        }
        source
    }

    #[inline(always)]
    fn values(&self) -> &[T] {
        match (self.step, self.adjacent) {
            (0, _) => &self.repeated,
            (_, []) => &self.gathered,
            (_, adjacent) => adjacent,
        }
    }
}
