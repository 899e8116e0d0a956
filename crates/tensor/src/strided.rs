//! The one loop under every operation: walk several layouts of one shape side by side.
//!
//! Axes that step as one in *all* layouts are merged first, so two contiguous tensors are a single
//! run however many axes they have, and a row added to a matrix is one run per row. The caller
//! gets each innermost run and writes a plain loop over it, which the compiler vectorises.

use smallvec::SmallVec;

use crate::layout::Layout;

/// The innermost run of one layout: its elements lie at `offset`, `offset + stride`, ….
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Where the run begins.
    pub offset: usize,
    /// The distance between neighbours: 1 for adjacent elements, 0 for one repeated element.
    pub stride: usize,
}

/// An axis of the merged iteration space with its stride in each layout.
#[derive(Clone, Copy)]
struct Axis<const N: usize> {
    length: usize,
    strides: [usize; N],
}

/// Calls `visit(runs, length)` for every innermost run, in row-major order.
///
/// All layouts must have one shape (expand them to it first).
#[inline(always)]
pub fn for_each_run<const N: usize>(layouts: [&Layout; N], mut visit: impl FnMut([Run; N], usize)) {
    if layouts[0].is_empty() {
        return;
    }
    let mut outer = merge_axes(layouts);
    let inner = outer.pop().unwrap_or(Axis { length: 1, strides: [1; N] });
    let mut offsets = layouts.map(Layout::offset);
    let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, outer.len());
    loop {
        let runs = std::array::from_fn(|n| Run { offset: offsets[n], stride: inner.strides[n] });
        visit(runs, inner.length);
        if !advance(&outer, &mut index, &mut offsets) {
            return;
        }
    }
}

/// Merges neighbouring axes wherever the outer stride is the inner stride times the inner length.
fn merge_axes<const N: usize>(layouts: [&Layout; N]) -> SmallVec<[Axis<N>; 4]> {
    let shape = layouts[0].shape();
    debug_assert!(layouts.iter().all(|layout| layout.shape() == shape), "layouts differ in shape");
    let mut axes: SmallVec<[Axis<N>; 4]> = SmallVec::new();
    for (k, &length) in shape.iter().enumerate() {
        let strides = layouts.map(|layout| layout.strides()[k]);
        match axes.last_mut() {
            _ if length == 1 => {}
            Some(outer) if (0..N).all(|n| outer.strides[n] == strides[n] * length) => {
                *outer = Axis { length: outer.length * length, strides };
            }
            _ => axes.push(Axis { length, strides }),
        }
    }
    axes
}

/// Moves to the next index in row-major order, like an odometer; false after the last one.
#[inline]
fn advance<const N: usize>(
    axes: &[Axis<N>],
    index: &mut [usize],
    offsets: &mut [usize; N],
) -> bool {
    for k in (0..axes.len()).rev() {
        index[k] += 1;
        let wrapped = index[k] == axes[k].length;
        for (offset, stride) in offsets.iter_mut().zip(axes[k].strides) {
            *offset += stride;
            if wrapped {
                *offset -= stride * axes[k].length;
            }
        }
        if !wrapped {
            return true;
        }
        index[k] = 0;
    }
    false
}
