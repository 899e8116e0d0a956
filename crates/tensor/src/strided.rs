//! The one loop under every operation: walk several layouts of one shape side by side.
//!
//! Axes that step as one in *all* layouts are merged first, so two contiguous tensors are a single
//! run however many axes they have, and a row added to a matrix is one run per row. The caller
//! gets each innermost run and writes a plain loop over it, which the compiler vectorizes.

use smallvec::SmallVec;

use crate::layout::Layout;

/// The innermost run of one layout: its elements are at `offset`, `offset + stride`, ….
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Where the run begins.
    pub offset: usize,
    /// The distance between neighbors: 1 for adjacent elements, 0 for one repeated element.
    pub stride: usize,
}

/// An axis of the merged iteration space with its stride in each layout.
#[derive(Clone, Copy)]
pub(crate) struct Axis<const N: usize> {
    pub(crate) length: usize,
    pub(crate) strides: [usize; N],
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
    // Most layouts have no axes but these two, which need no odometer.
    let rows = outer.pop().unwrap_or(Axis { length: 1, strides: [0; N] });
    let mut offsets = layouts.map(Layout::offset);
    let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, outer.len());
    loop {
        for row in 0..rows.length {
            let run = |n: usize| Run {
                offset: offsets[n] + row * rows.strides[n],
                stride: inner.strides[n],
            };
            visit(std::array::from_fn(run), inner.length);
        }
        if !advance(&outer, &mut index, &mut offsets) {
            return;
        }
    }
}

/// Calls `visit` with the offset of every index along these axes in the first layout, in row-major
/// order. No axis is empty.
#[inline(always)]
pub(crate) fn for_each_start<const N: usize>(
    axes: &[Axis<N>],
    offset: usize,
    mut visit: impl FnMut(usize),
) {
    let mut offsets = [offset; N];
    let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, axes.len());
    loop {
        visit(offsets[0]);
        if !advance(axes, &mut index, &mut offsets) {
            return;
        }
    }
}

/// Returns the axes that layouts of one shape have in common, merged.
pub(crate) fn merge_axes<const N: usize>(layouts: [&Layout; N]) -> SmallVec<[Axis<N>; 4]> {
    let shape = layouts[0].shape();
    debug_assert!(layouts.iter().all(|layout| layout.shape() == shape), "layouts differ in shape");
    let strides = |k: usize| layouts.map(|layout| layout.strides()[k]);
    merged(shape.iter().enumerate().map(|(k, &length)| Axis { length, strides: strides(k) }))
}

/// Merges neighboring axes wherever the outer stride is the inner stride times the inner length.
#[inline]
pub(crate) fn merged<const N: usize>(
    axes: impl IntoIterator<Item = Axis<N>>,
) -> SmallVec<[Axis<N>; 4]> {
    let mut merged: SmallVec<[Axis<N>; 4]> = SmallVec::new();
    for Axis { length, strides } in axes {
        match merged.last_mut() {
            _ if length == 1 => {}
            Some(outer) if (0..N).all(|n| outer.strides[n] == strides[n] * length) => {
                *outer = Axis { length: outer.length * length, strides };
            }
            _ => merged.push(Axis { length, strides }),
        }
    }
    merged
}

/// Moves to the next index in row-major order, like an odometer. Returns `false` at the end.
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
