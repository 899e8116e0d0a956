//! Comparing, choosing, ordering and joining, on every layout, against the definition of each by
//! indices.

use proptest::prelude::*;
use tensor::strategy::{broadcastable_shapes, narrower_shape, shapes, tensors};
use tensor::{Key, Tensor, shape};

/// Small whole numbers, so that sums are exact and ties come up.
fn numbers() -> impl Strategy<Value = f64> + Clone {
    (-3..=3i32).prop_map(f64::from)
}

fn any_tensor() -> impl Strategy<Value = Tensor<f64>> {
    shapes(4, 4).prop_flat_map(|shape| tensors(shape, numbers()))
}

fn broadcastable() -> impl Strategy<Value = (Tensor<f64>, Tensor<f64>)> {
    broadcastable_shapes(4, 4)
        .prop_flat_map(|(a, b)| (tensors(a, numbers()), tensors(b, numbers())))
}

/// A tensor with axes and one of them, which may be counted from the end.
fn with_axis() -> impl Strategy<Value = (Tensor<f64>, isize)> {
    (any_tensor(), any::<prop::sample::Index>(), any::<bool>())
        .prop_filter("a scalar has no axis", |(x, _, _)| x.rank() > 0)
        .prop_map(|(x, pick, negative)| {
            let (axis, rank) = (pick.index(x.rank()) as isize, x.rank() as isize);
            (x, if negative { axis - rank } else { axis })
        })
}

/// A tensor, an axis, and indices along it in a random layout.
fn with_ids() -> impl Strategy<Value = (Tensor<f64>, isize, Tensor<u32>)> {
    (with_axis(), 0..5usize).prop_flat_map(|((x, axis), count)| {
        let at = position(&x, axis);
        let length = x.shape()[at];
        let mut shape = x.shape().to_vec();
        shape[at] = if length == 0 { 0 } else { count };
        // Drawn as a tensor of numbers, for its layouts; a copy in that order of axes keeps them.
        let order: Vec<isize> = (0..shape.len() as isize).rev().collect();
        let ids = tensors(shape, 0.0..(length.max(1) as f64));
        let ids = ids.prop_map(move |ids| ids.permute(&order).map(|id| id as u32).permute(&order));
        (Just(x), Just(axis), ids)
    })
}

fn position(x: &Tensor<f64>, axis: isize) -> usize {
    axis.rem_euclid(x.rank() as isize) as usize
}

/// Every index of a shape in row-major order.
fn indices(shape: &[usize]) -> Vec<Vec<usize>> {
    (0..shape::len(shape)).map(|position| shape::index_of(position, shape)).collect()
}

/// The index with another entry for one axis.
fn at(index: &[usize], axis: usize, entry: usize) -> Vec<usize> {
    let mut index = index.to_vec();
    index[axis] = entry;
    index
}

/// The elements along an axis through an index.
fn run(x: &Tensor<f64>, index: &[usize], axis: usize) -> Vec<f64> {
    (0..x.shape()[axis]).map(|entry| x.get(at(index, axis, entry))).collect()
}

proptest! {
    #[test]
    fn comparisons_are_explicit_expansion_and_then_pairs((a, b) in broadcastable(), number in numbers()) {
        let shape = shape::broadcast(a.shape(), b.shape()).unwrap();
        let (wide_a, wide_b) = (a.expand(&shape), b.expand(&shape));
        let pairs = |f: fn(&f64, &f64) -> bool| -> Vec<bool> {
            wide_a.to_vec().iter().zip(&wide_b.to_vec()).map(|(a, b)| f(a, b)).collect()
        };
        prop_assert_eq!(a.eq(&b).to_vec(), pairs(|a, b| a == b));
        prop_assert_eq!(a.ne(&b).to_vec(), pairs(|a, b| a != b));
        prop_assert_eq!(a.lt(&b).to_vec(), pairs(|a, b| a < b));
        prop_assert_eq!(a.le(&b).to_vec(), pairs(|a, b| a <= b));
        prop_assert_eq!(a.gt(&b).to_vec(), pairs(|a, b| a > b));
        prop_assert_eq!(a.ge(&b).to_vec(), pairs(|a, b| a >= b));
        prop_assert_eq!(a.gt(number), a.gt(&Tensor::scalar(number)));
    }

    #[test]
    fn conditions_combine_element_by_element((a, b) in broadcastable()) {
        let (p, q) = (a.gt(0.0), b.lt(2.0));
        let pairs = |f: fn(bool, bool) -> bool| p.zip_map(&q, f);
        prop_assert_eq!(&p & &q, pairs(|p, q| p && q));
        prop_assert_eq!(p.clone() & q.clone(), pairs(|p, q| p && q));
        prop_assert_eq!(&p | &q, pairs(|p, q| p || q));
        prop_assert_eq!(p.clone() | q.clone(), pairs(|p, q| p || q));
        prop_assert_eq!(!&p, a.le(0.0));
        prop_assert_eq!(p.all(), p.to_vec().iter().all(|&p| p));
        prop_assert_eq!(p.any(), !(!p).all());
    }

    #[test]
    fn where_takes_each_element_from_the_chosen_side(
        ((a, b), c) in broadcastable().prop_flat_map(|(a, b)| {
            let wide = shape::broadcast(a.shape(), b.shape()).unwrap().to_vec();
            let condition = narrower_shape(wide).prop_flat_map(|shape| tensors(shape, numbers()));
            (Just((a, b)), condition)
        })
    ) {
        let shape = shape::broadcast(a.shape(), b.shape()).unwrap();
        let (wide_a, wide_b, wide_c) = (a.expand(&shape), b.expand(&shape), c.expand(&shape));
        let chosen = Tensor::where_(&c.gt(0.0), &a, &b);
        prop_assert_eq!(chosen.shape(), shape.as_slice());
        for index in indices(&shape) {
            let side = if wide_c.get(&index) > 0.0 { &wide_a } else { &wide_b };
            prop_assert_eq!(chosen.get(&index), side.get(&index));
        }
    }

    #[test]
    fn clamp_is_the_smaller_of_max_and_the_larger_of_min(x in any_tensor(), min in numbers(), above in 0..3u8) {
        let max = min + f64::from(above);
        prop_assert_eq!(x.clamp(min, max), x.maximum(min).minimum(max));
        prop_assert_eq!(x.clamp(min, f64::INFINITY), x.maximum(min));
    }

    #[test]
    fn gather_picks_along_its_axis((x, axis, ids) in with_ids()) {
        let (picked, along) = (x.gather(axis, &ids), position(&x, axis));
        prop_assert_eq!(picked.shape(), ids.shape());
        for index in indices(ids.shape()) {
            let id = ids.get(&index) as usize;
            prop_assert_eq!(picked.get(&index), x.get(at(&index, along, id)));
        }
    }

    /// ⟨gather(x), y⟩ = ⟨x, scatter_add(y)⟩, the definition of an adjoint.
    #[test]
    fn scatter_add_is_the_adjoint_of_gather((x, axis, ids) in with_ids()) {
        let picked = x.gather(axis, &ids);
        let y = picked.map(|x| x * 2.0 + 1.0);
        let scattered = y.scatter_add(axis, &ids, x.shape()[position(&x, axis)]);
        prop_assert_eq!((&picked * &y).sum_all(), (&x * &scattered).sum_all());
    }

    #[test]
    fn flip_reverses_its_axes(x in any_tensor(), flips in any::<[bool; 4]>()) {
        let axes: Vec<isize> = (0..x.rank() as isize).filter(|&k| flips[k as usize]).collect();
        let flipped = x.flip(&axes);
        for index in indices(x.shape()) {
            let mut back = index.clone();
            axes.iter().map(|&k| k as usize).for_each(|k| back[k] = x.shape()[k] - 1 - index[k]);
            prop_assert_eq!(flipped.get(&index), x.get(&back));
        }
        prop_assert_eq!(flipped.flip(&axes), x);
    }

    #[test]
    fn sorting_puts_each_run_in_order_and_ties_stay((x, axis) in with_axis(), descending in any::<bool>()) {
        let ((values, ids), along) = (x.sort(axis, descending), position(&x, axis));
        prop_assert_eq!(&values, &x.gather(axis, &ids));
        prop_assert_eq!(&ids, &x.argsort(axis, descending));
        for index in indices(x.shape()) {
            let mut expected: Vec<(usize, f64)> = run(&x, &index, along).into_iter().enumerate().collect();
            // The standard library's sort is stable.
            expected.sort_by(|(_, x), (_, y)| if descending { y.total_cmp(x) } else { x.total_cmp(y) });
            let (id, value) = expected[index[along]];
            prop_assert_eq!((ids.get(&index) as usize, values.get(&index)), (id, value));
        }
    }

    #[test]
    fn topk_is_the_beginning_of_a_descending_sort((x, axis) in with_axis(), pick in any::<prop::sample::Index>()) {
        let k = pick.index(x.shape()[position(&x, axis)] + 1);
        let (values, ids) = x.sort(axis, true);
        prop_assert_eq!(x.topk(k, axis), (values.slice(axis, ..k), ids.slice(axis, ..k)));
    }

    #[test]
    fn a_stack_is_cut_apart_again(x in any_tensor(), pick in any::<prop::sample::Index>()) {
        let axis = pick.index(x.rank() + 1) as isize;
        let y = &x * 2.0;
        let stacked = Tensor::stack(&[&x, &y], axis);
        let parts = stacked.split(&[1, 1], axis);
        prop_assert_eq!(parts[0].squeeze(&[axis]), x);
        prop_assert_eq!(parts[1].squeeze(&[axis]), y);
    }

    #[test]
    fn split_parts_joined_are_the_whole((x, axis) in with_axis(), pick in any::<prop::sample::Index>()) {
        let length = x.shape()[position(&x, axis)];
        let cut = pick.index(length + 1);
        prop_assert_eq!(Tensor::concat(&x.split(&[cut, 0, length - cut], axis), axis), x);
    }

    #[test]
    fn padding_surrounds_the_elements(x in any_tensor(), widths in any::<[(bool, bool); 4]>()) {
        let widths: Vec<(usize, usize)> = widths[..x.rank()]
            .iter()
            .map(|&(before, after)| (usize::from(before) * 2, usize::from(after)))
            .collect();
        let padded = x.pad(&widths, 9.0);
        for index in indices(padded.shape()) {
            let inside = index.iter().zip(&widths).zip(x.shape());
            let own: Option<Vec<usize>> = inside
                .map(|((&i, &(before, _)), &length)| i.checked_sub(before).filter(|&i| i < length))
                .collect();
            prop_assert_eq!(padded.get(&index), own.map_or(9.0, |own| x.get(own)));
        }
    }

    #[test]
    fn one_hot_rows_pick_what_gathering_rows_picks(ids in prop::collection::vec(0..4u32, 0..6)) {
        let (table, count) = (Tensor::<f64>::normal([4, 3], 0.0, 1.0, Key::new(1)), ids.len());
        let ids = Tensor::new([count], ids);
        prop_assert_eq!(Tensor::one_hot(&ids, 4).matmul(&table), table.gather_rows(&ids));
    }
}

#[test]
fn the_identity_and_counting() {
    assert_eq!(Tensor::eye(2), Tensor::from([[1.0, 0.0], [0.0, 1.0]]));
    assert_eq!(Tensor::<f32>::eye(0).shape(), [0, 0]);
    assert_eq!(Tensor::arange(0.0, 3.0, 1.0), Tensor::from([0.0, 1.0, 2.0]));
    assert_eq!(Tensor::arange(3.0, 0.0, -1.5), Tensor::from([3.0, 1.5]));
    assert_eq!(Tensor::<f32>::arange(2.0, 2.0, 1.0).len(), 0);
    // The quotient is 3.0000000000000004, and the fourth element would be 1.3.
    assert_eq!(Tensor::<f64>::arange(1.0, 1.3, 0.1).len(), 3);
    assert_eq!(Tensor::<f64>::arange(-1.0, -1.3, -0.1).len(), 3);
    // 3 · 0.7 is less than 2.1 in f64, but equal to it in f32.
    assert_eq!(Tensor::<f64>::arange(0.0, 2.1, 0.7).len(), 4);
    assert_eq!(Tensor::<f32>::arange(0.0, 2.1, 0.7).len(), 3);
}

#[test]
fn nan_counts_as_the_largest_and_equals_nothing() {
    let x = Tensor::from([2.0, f64::NAN, 1.0]);
    assert_eq!(x.argsort(0, false), Tensor::from([2, 0, 1]));
    assert_eq!(x.topk(2, 0).1, Tensor::from([1, 0]));
    assert_eq!(x.eq(&x), Tensor::from([true, false, true]));
    assert!(x.clamp(0.0, 1.0).get([1]).is_nan());
}

#[test]
fn labels_are_compared_too() {
    let labels = Tensor::from([0, 2, 1]);
    assert_eq!(labels.ne(0), Tensor::from([false, true, true]));
    assert_eq!(labels.lt(&Tensor::from([1, 1, 1])), Tensor::from([true, false, false]));
}

#[test]
fn what_is_not_chosen_may_be_infinite() {
    let x = Tensor::from([0.0f32, 2.0]);
    let inverse = Tensor::where_(&x.ne(0.0), &(1.0 / &x), 0.0);
    assert_eq!(inverse, Tensor::from([0.0, 0.5]));
}
