//! Random tensors for property tests with `proptest`, in every layout a tensor can have.
//!
//! Enable the feature `proptest`. A kernel that is right for contiguous tensors only is the classic
//! mistake of strided arrays, so [`tensors`] draws transposed, sliced and expanded views as readily
//! as contiguous ones, and every fourth axis that [`shapes`] draws has length 0 or 1.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::{Scalar, Tensor, shape};

/// Draws shapes of up to `rank` axes with lengths from 0 to `longest`, which is at least 2; lengths 0
/// and 1 come up often.
pub fn shapes(rank: usize, longest: usize) -> impl Strategy<Value = Vec<usize>> {
    let length = prop_oneof![1 => Just(0), 3 => Just(1), 12 => 2..=longest.max(2)];
    vec(length, 0..=rank)
}

/// Draws tensors of one shape, in a random layout, with elements from `elements`.
pub fn tensors<T: Scalar>(
    shape: Vec<usize>,
    elements: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Tensor<T>> {
    prop_oneof![
        contiguous(shape.clone(), elements.clone()),
        transposed(shape.clone(), elements.clone()),
        sliced(shape.clone(), elements.clone()),
        expanded(shape, elements),
    ]
}

/// Draws pairs of shapes that broadcast: some lengths of either are 1, and some outer axes are missing.
pub fn broadcastable_shapes(
    rank: usize,
    longest: usize,
) -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    shapes(rank, longest).prop_flat_map(|shape| {
        (narrower_shape(shape.clone()), Just(shape), any::<bool>())
            .prop_map(|(narrow, wide, swap)| if swap { (wide, narrow) } else { (narrow, wide) })
    })
}

/// Draws shapes that expand to `shape`.
pub fn narrower_shape(shape: Vec<usize>) -> impl Strategy<Value = Vec<usize>> {
    (vec(any::<bool>(), shape.len()), 0..=shape.len()).prop_map(move |(single, missing)| {
        let length = |k: usize| if single[k] { 1 } else { shape[k] };
        (missing..shape.len()).map(length).collect()
    })
}

fn contiguous<T: Scalar>(
    shape: Vec<usize>,
    elements: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Tensor<T>> {
    let count = shape::len(&shape);
    vec(elements, count).prop_map(move |values| Tensor::new(&shape, values)).boxed()
}

/// Draws tensors whose axes are in memory in a random order.
fn transposed<T: Scalar>(
    shape: Vec<usize>,
    elements: impl Strategy<Value = T> + Clone + 'static,
) -> BoxedStrategy<Tensor<T>> {
    let order: Vec<usize> = (0..shape.len()).collect();
    Just(order)
        .prop_shuffle()
        .prop_flat_map(move |order| {
            let stored = order.iter().map(|&k| shape[k]).collect();
            let mut back = vec![0; order.len()];
            for (k, &axis) in order.iter().enumerate() {
                back[axis] = k as isize;
            }
            contiguous(stored, elements.clone()).prop_map(move |stored| stored.permute(&back))
        })
        .boxed()
}

/// Draws windows into a larger buffer: strides are wider than the shape, and the offset is not 0.
fn sliced<T: Scalar>(
    shape: Vec<usize>,
    elements: impl Strategy<Value = T> + Clone + 'static,
) -> BoxedStrategy<Tensor<T>> {
    let margins = vec((0..3usize, 0..3usize), shape.len());
    margins
        .prop_flat_map(move |margins| {
            let shape = shape.clone();
            let stored = shape.iter().zip(&margins).map(|(n, (before, after))| before + n + after);
            contiguous(stored.collect(), elements.clone()).prop_map(move |stored| {
                let windows = shape.iter().zip(&margins).enumerate();
                windows.fold(stored, |part, (k, (n, (before, _)))| {
                    part.slice(k as isize, *before..before + n)
                })
            })
        })
        .boxed()
}

/// Draws tensors that are repeated along some axes, with stride 0.
fn expanded<T: Scalar>(
    shape: Vec<usize>,
    elements: impl Strategy<Value = T> + Clone + 'static,
) -> BoxedStrategy<Tensor<T>> {
    narrower_shape(shape.clone())
        .prop_flat_map(move |narrow| {
            let shape = shape.clone();
            contiguous(narrow, elements.clone()).prop_map(move |narrow| narrow.expand(&shape))
        })
        .boxed()
}
