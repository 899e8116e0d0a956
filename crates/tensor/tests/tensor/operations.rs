//! Every operation, on every layout, against its definition by indices.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use proptest::prelude::*;
use tensor::strategy::{broadcastable_shapes, shapes, tensors};
use tensor::{Key, Scalar, Tensor, shape};

/// Small whole numbers, so that sums and products are exact and equality can be exact too.
fn numbers() -> impl Strategy<Value = f64> + Clone {
    (-8..=8i32).prop_map(f64::from)
}

fn any_tensor() -> impl Strategy<Value = Tensor<f64>> {
    shapes(4, 4).prop_flat_map(|shape| tensors(shape, numbers()))
}

fn broadcastable() -> impl Strategy<Value = (Tensor<f64>, Tensor<f64>)> {
    broadcastable_shapes(4, 4)
        .prop_flat_map(|(a, b)| (tensors(a, numbers()), tensors(b, numbers())))
}

/// The shapes of two factors, batches included.
fn factors() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    (broadcastable_shapes(2, 3), 0..5usize, 0..5usize, 0..5usize).prop_map(
        |((mut a, mut b), m, k, n)| {
            a.extend([m, k]);
            b.extend([k, n]);
            (a, b)
        },
    )
}

/// `[…, m, k, 1] ⊙ […, 1, k, n]`, summed over k.
fn by_inner_products<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
    (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(&[-2])
}

/// A tensor and some of its axes, some of them counted from the end.
fn tensor_and_axes() -> impl Strategy<Value = (Tensor<f64>, Vec<isize>)> {
    any_tensor().prop_flat_map(|x| {
        let rank = x.rank();
        let axes = proptest::sample::subsequence((0..rank as isize).collect::<Vec<_>>(), 0..=rank);
        let signs = proptest::collection::vec(any::<bool>(), rank);
        (Just(x), axes, signs).prop_map(move |(x, axes, negative)| {
            let flip =
                |&axis: &isize| axis - if negative[axis as usize] { rank as isize } else { 0 };
            let axes = axes.iter().map(flip).collect();
            (x, axes)
        })
    })
}

/// All elements that share a place when `axes` disappear, with that place's index.
fn groups(x: &Tensor<f64>, axes: &[isize]) -> Vec<Vec<f64>> {
    let rank = x.rank() as isize;
    let axes: Vec<isize> = axes.iter().map(|axis| axis.rem_euclid(rank.max(1))).collect();
    let kept: Vec<isize> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
    let order: Vec<isize> = kept.iter().chain(&axes).copied().collect();
    let places: usize = kept.iter().map(|&axis| x.shape()[axis as usize]).product();
    let size: usize = axes.iter().map(|&axis| x.shape()[axis as usize]).product();
    let values = x.permute(&order).to_vec();
    (0..places).map(|place| values[place * size..(place + 1) * size].to_vec()).collect()
}

proptest! {
    #[test]
    fn map_applies_to_each_element(x in any_tensor()) {
        let doubled: Vec<f64> = x.to_vec().iter().map(|x| x * 2.0).collect();
        prop_assert_eq!(x.map(|x| x * 2.0).to_vec(), doubled);
    }

    #[test]
    fn zip_is_explicit_expansion_and_then_pairs((a, b) in broadcastable()) {
        let shape = shape::broadcast(a.shape(), b.shape()).unwrap();
        let (wide_a, wide_b) = (a.expand(&shape).to_vec(), b.expand(&shape).to_vec());
        let pairs = |f: fn(f64, f64) -> f64| -> Vec<f64> {
            wide_a.iter().zip(&wide_b).map(|(&a, &b)| f(a, b)).collect()
        };
        prop_assert_eq!((&a + &b).to_vec(), pairs(|a, b| a + b));
        prop_assert_eq!((&a - &b).to_vec(), pairs(|a, b| a - b));
        prop_assert_eq!((&a * &b).to_vec(), pairs(|a, b| a * b));
        prop_assert_eq!((-&a).to_vec(), (&a * -1.0).to_vec());
        let same = |x: &f64, y: &f64| x == y || (x.is_nan() && y.is_nan());
        let quotient = (&a / &b).to_vec();
        prop_assert!(quotient.iter().zip(&pairs(|a, b| a / b)).all(|(x, y)| same(x, y)));
    }

    #[test]
    fn reductions_fold_their_groups((x, axes) in tensor_and_axes()) {
        let groups = groups(&x, &axes);
        let sums: Vec<f64> = groups.iter().map(|group| group.iter().sum()).collect();
        prop_assert_eq!(x.sum(&axes).to_vec(), sums.clone());
        prop_assert_eq!(x.sum_all().item(), sums.iter().sum::<f64>());
        if groups.iter().all(|group| !group.is_empty()) {
            let means: Vec<f64> = groups.iter().map(|g| g.iter().sum::<f64>() / g.len() as f64).collect();
            prop_assert_eq!(x.mean(&axes).to_vec(), means);
            let largest = groups.iter().map(|g| g.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            prop_assert_eq!(x.max(&axes).to_vec(), largest.collect::<Vec<_>>());
        }
    }

    #[test]
    fn argmax_is_the_first_largest_and_argmin_the_first_smallest((x, axes) in tensor_and_axes()) {
        prop_assume!(!axes.is_empty());
        let axis = axes[0];
        prop_assume!(x.shape()[axis.rem_euclid(x.rank() as isize) as usize] > 0);
        let first = |group: &Vec<f64>| {
            let largest = group.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            group.iter().position(|&x| x == largest).unwrap() as u32
        };
        let expected: Vec<u32> = groups(&x, &[axis]).iter().map(first).collect();
        prop_assert_eq!(x.argmax(axis).to_vec(), expected.clone());
        prop_assert_eq!((-x).argmin(axis).to_vec(), expected);
    }

    /// ⟨expand(x), y⟩ = ⟨x, sum_to(y)⟩, the definition of an adjoint.
    #[test]
    fn sum_to_is_the_adjoint_of_expand((x, y) in broadcastable()) {
        prop_assume!(shape::expands(x.shape(), y.shape()).is_ok());
        let left = (x.expand(y.shape()) * &y).sum_all().item();
        let right = (&x * y.sum_to(x.shape())).sum_all().item();
        prop_assert_eq!(left, right);
    }

    #[test]
    fn matmul_is_the_sum_over_inner_products((a, b) in factors().prop_flat_map(
        |(a, b)| (tensors(a, numbers()), tensors(b, numbers()))
    )) {
        prop_assert_eq!(a.matmul(&b), by_inner_products(&a, &b));
    }

    /// Small products in `f32` have a kernel of their own.
    #[test]
    fn matmul_in_f32_is_the_same((a, b) in factors().prop_flat_map(|(a, b)| {
        let numbers = || numbers().prop_map(|x| x as f32);
        (tensors(a, numbers()), tensors(b, numbers()))
    })) {
        prop_assert_eq!(a.matmul(&b), by_inner_products(&a, &b));
    }

    /// ⟨gather(x), y⟩ = ⟨x, scatter(y)⟩, and gather by its definition.
    #[test]
    fn gather_and_scatter_are_adjoint(
        (x, y, ids) in (1..5usize, shapes(2, 3), shapes(2, 4)).prop_flat_map(|(count, row, batch)| {
            let x_shape = [&[count], row.as_slice()].concat();
            let y_shape = [batch.as_slice(), row.as_slice()].concat();
            let ids = proptest::collection::vec(0..count as u32, shape::len(&batch));
            let ids = ids.prop_map(move |ids| Tensor::new(&batch, ids));
            (tensors(x_shape, numbers()), tensors(y_shape, numbers()), ids)
        })
    ) {
        let gathered = x.gather_rows(&ids);
        let rows = ids.to_vec().into_iter().flat_map(|id| {
            x.slice(0, id as usize..id as usize + 1).to_vec()
        });
        prop_assert_eq!(gathered.to_vec(), rows.collect::<Vec<_>>());
        let scattered = y.scatter_add_rows(&ids, x.shape()[0]);
        prop_assert_eq!((&gathered * &y).sum_all(), (&x * &scattered).sum_all());
    }

    #[test]
    fn concat_puts_the_parts_side_by_side(x in any_tensor(), pick in any::<[prop::sample::Index; 2]>()) {
        prop_assume!(x.rank() > 0);
        let axis = pick[0].index(x.rank());
        let cut = pick[1].index(x.shape()[axis] + 1);
        let (head, tail) = (x.slice(axis as isize, ..cut), x.slice(axis as isize, cut..));
        prop_assert_eq!(Tensor::concat(&[&head, &tail], axis as isize), x);
    }

    #[test]
    fn approximate_equality_is_elementwise(x in any_tensor(), nudge in 1e-9..1e-3f64) {
        let moved = x.map(|x| x + nudge);
        prop_assert!(approx::abs_diff_eq!(x, moved, epsilon = nudge * 1.01));
        prop_assert!(x.is_empty() || !approx::abs_diff_eq!(x, moved, epsilon = nudge * 0.99));
        prop_assert!(!approx::abs_diff_eq!(x, x.unsqueeze(0), epsilon = 1.0));
    }
}

#[test]
fn long_sums_in_f32_stay_accurate() {
    let x: Tensor = Tensor::uniform([1000, 1000], 0.0..1.0, Key::new(1));
    let exact = x.cast::<f64>().sum_all().item();
    assert_relative_eq!(f64::from(x.sum_all().item()), exact, max_relative = 1e-5);
    assert_relative_eq!(f64::from(x.sum(&[0]).sum_all().item()), exact, max_relative = 1e-5);
}

#[test]
fn a_large_product_agrees_with_f64() {
    let a: Tensor = Tensor::normal([65, 130], 0.0, 1.0, Key::new(1));
    let b: Tensor = Tensor::normal([70, 130], 0.0, 1.0, Key::new(2));
    let exact = a.cast::<f64>().matmul(&b.t().cast());
    assert_abs_diff_eq!(a.matmul(&b.t()).cast::<f64>(), exact, epsilon = 1e-4);
}

#[test]
fn a_product_of_few_rows_is_the_same_for_a_matrix_in_any_layout() {
    for (rows, inner, columns) in [(2, 300, 400), (31, 130, 171), (64, 257, 66), (65, 257, 66)] {
        let a: Tensor<f64> = Tensor::normal([rows, inner], 0.0, 1.0, Key::new(1));
        let b: Tensor<f64> = Tensor::normal([columns, inner], 0.0, 1.0, Key::new(2));
        // A part of a larger matrix, and the transpose of a transposed one, which is in order.
        let part = Tensor::concat(&[&b, &b], 1).slice(1, inner / 2..inner / 2 + inner);
        let in_order = Tensor::new([inner, columns], b.t().to_vec());
        assert_abs_diff_eq!(a.matmul(&b.t()), a.matmul(&in_order), epsilon = 1e-10);
        let part_in_order = Tensor::new([inner, columns], part.t().to_vec());
        assert_abs_diff_eq!(a.matmul(&part.t()), a.matmul(&part_in_order), epsilon = 1e-10);
        let [a, b] = [a, b].map(|x| x.cast::<f32>());
        let in_order = in_order.cast::<f32>();
        assert_abs_diff_eq!(a.matmul(&b.t()), a.matmul(&in_order), epsilon = 1e-3);
        let of_columns = Tensor::new([inner, rows], a.t().to_vec()).t();
        assert_abs_diff_eq!(of_columns.matmul(&b.t()), a.matmul(&in_order), epsilon = 1e-3);
    }
}

proptest! {
    /// Factor by factor in f32, the errors of 100 000 roundings would add up.
    #[test]
    fn whole_powers_in_f32_stay_accurate(
        logarithm in -80.0..80.0f64,
        n in prop_oneof![1..9i32, 1..1_000_000i32],
        is_negative in any::<[bool; 2]>(),
    ) {
        let size = (logarithm / f64::from(n)).exp() as f32;
        let x = if is_negative[0] { -size } else { size };
        let n = if is_negative[1] { -n } else { n };
        let exact = f64::from(x).powf(n.into());
        for found in [Tensor::scalar(x).powi(n).item(), Scalar::powi(x, n)] {
            let error = (f64::from(found) / exact - 1.0).abs();
            prop_assert!(error < 4.0 * f64::from(f32::EPSILON), "{}^{} = {} is {} off", x, n, found, error);
        }
    }
}

#[test]
fn nan_is_never_lost() {
    let x = Tensor::from([1.0, f32::NAN, 3.0]);
    assert!(x.max(&[0]).item().is_nan());
    assert!(x.sum_all().item().is_nan());
    assert_eq!([x.argmax(0).item(), x.argmin(0).item()], [1, 1]);
    assert!(!x.is_finite());
}

#[test]
fn draws_have_the_moments_of_their_distribution() {
    let x: Tensor<f64> = Tensor::normal([100_000], 3.0, 2.0, Key::new(5));
    let mean = x.mean(&[0]).item();
    let variance = x.map(|x| (x - mean).powi(2)).mean(&[0]).item();
    assert_abs_diff_eq!(mean, 3.0, epsilon = 0.03);
    assert_abs_diff_eq!(variance, 4.0, epsilon = 0.08);
    let y: Tensor<f64> = Tensor::uniform([100_000], -1.0..3.0, Key::new(5));
    assert_abs_diff_eq!(y.mean(&[0]).item(), 1.0, epsilon = 0.02);
    assert!(y.to_vec().iter().all(|y| (-1.0..3.0).contains(y)));
}

/// Numbers near 1001 are 2⁻¹⁴ apart in `f32`, so one draw in 2¹⁵ is nearer to the bound than to any other.
#[test]
fn a_uniform_draw_is_below_the_bound_in_f64_and_may_be_rounded_to_it_in_f32() {
    let double: Tensor<f64> = Tensor::uniform([100_000], 1000.0..1001.0, Key::new(5));
    assert!(double.values().iter().all(|x| (1000.0..1001.0).contains(x)));
    let single: Tensor<f32> = Tensor::uniform([100_000], 1000.0..1001.0, Key::new(5));
    let bounds = single.values().iter().filter(|x| **x == 1001.0).count();
    assert!((1..10).contains(&bounds), "{bounds} of 100000 draws");
}

#[test]
fn f32_and_f64_draw_the_same_numbers() {
    let single: Tensor<f32> = Tensor::normal([50], 0.0, 1.0, Key::new(9));
    let double: Tensor<f64> = Tensor::normal([50], 0.0, 1.0, Key::new(9));
    assert_eq!(single, double.cast());
}
