//! Sums in `f32` are as accurate as those in `f64`, however many terms they have.

use proptest::prelude::*;
use tensor::{Key, RowSums, Scalar, Tensor, fused};

/// The largest relative error that a sum of ten million terms may have, where it is measured and not drawn.
const TOLERANCE: f64 = 1e-6;

/// The largest relative error that any drawn sum may have: its terms go through fewer than 40 additions each, and
/// an addition rounds by at most 2⁻²⁴.
const LIMIT: f64 = 40.0 / (1 << 24) as f64;

/// Data whose rounding errors point one way, or have no way to cancel.
fn data() -> impl Strategy<Value = Data> {
    prop_oneof![
        (0.01..10.0f32).prop_map(Data::Constant),
        (0.01..10.0f32).prop_map(Data::Positive),
        (0.01..10.0f32).prop_map(Data::Alternating),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Data {
    /// The same number everywhere.
    Constant(f32),
    /// Positive numbers up to this one.
    Positive(f32),
    /// Three times this number and once its negative, in turn.
    Alternating(f32),
}

impl Data {
    fn tensor(self, shape: &[usize]) -> Tensor {
        let count = shape.iter().product();
        match self {
            Data::Constant(x) => Tensor::full(shape, x),
            Data::Positive(x) => Tensor::uniform(shape, 0.0..f64::from(x), Key::new(1)),
            Data::Alternating(x) => {
                let signed = |i: usize| if i % 4 == 3 { -x } else { x };
                Tensor::new(shape, (0..count).map(signed).collect())
            }
        }
    }
}

/// The same shape in memory as: itself, transposed, a part of a larger one, and repeated.
fn in_any_layout(data: Data, [a, b, c]: [usize; 3], layout: usize) -> Tensor {
    match layout {
        0 => data.tensor(&[a, b, c]),
        1 => data.tensor(&[c, b, a]).permute(&[2, 1, 0]),
        2 => data.tensor(&[b, a, c]).permute(&[1, 0, 2]),
        3 => {
            data.tensor(&[a + 1, b + 2, c + 3]).slice(0, 1..a + 1).slice(1, 2..b + 2).slice(2, ..c)
        }
        4 => data.tensor(&[b, 1]).expand([a, b, c]),
        _ => data.tensor(&[1, c]).expand([a, b, c]),
    }
}

/// The largest relative error of sums, compared with the same sums in `f64`.
fn error(sums: &Tensor, exact: &Tensor<f64>) -> f64 {
    assert_eq!(sums.shape(), exact.shape());
    let pairs = sums.to_vec().into_iter().zip(exact.to_vec());
    pairs.map(|(x, exact)| (f64::from(x) / exact - 1.0).abs()).fold(0.0, Scalar::maximum)
}

#[test]
fn an_error_that_is_not_a_number_is_the_largest() {
    let (sums, exact) = (Tensor::from([f32::NAN, 1.0]), Tensor::from([1.0, 1.0]));
    assert!(error(&sums, &exact).is_nan());
    assert!(error_beside_terms(&sums, &exact, &exact).is_nan());
}

/// The same where terms may cancel: a sum that is less than half of what its terms are without their signs
/// is compared with that half, because rounding errors are as large as the terms.
fn error_beside_terms(sums: &Tensor, exact: &Tensor<f64>, terms: &Tensor<f64>) -> f64 {
    assert_eq!(sums.shape(), exact.shape());
    let sizes = exact.to_vec().into_iter().zip(terms.to_vec());
    let pairs = sums.to_vec().into_iter().zip(sizes);
    let error = |(x, (exact, terms)): (f32, (f64, f64))| {
        (f64::from(x) - exact).abs() / exact.abs().max(terms / 2.0)
    };
    pairs.map(error).fold(0.0, Scalar::maximum)
}

/// The sum along axes, in `f64` and by the definition: number by number, in row-major order.
fn exact(x: &Tensor, axes: &[isize]) -> Tensor<f64> {
    let shape = x.shape();
    let is_summed = |axis: usize| axes.contains(&(axis as isize));
    let left: Vec<usize> =
        (0..shape.len()).filter(|&axis| !is_summed(axis)).map(|axis| shape[axis]).collect();
    let mut sums = vec![0.0; left.iter().product()];
    let mut index = vec![0; shape.len()];
    for number in x.to_vec() {
        let kept = (0..shape.len()).filter(|&axis| !is_summed(axis));
        sums[kept.fold(0, |at, axis| at * shape[axis] + index[axis])] += f64::from(number);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Tensor::new(left, sums)
}

const AXES: [&[isize]; 7] = [&[0], &[1], &[2], &[0, 1], &[1, 2], &[0, 2], &[0, 1, 2]];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sums_along_any_axis_of_any_layout_are_accurate(
        data in data(),
        (long, short) in (2_000..40_000usize, [1..6usize, 1..6usize]),
        place in 0..3usize,
        layout in 0..6usize,
    ) {
        let mut shape = [short[0], short[0], short[1]];
        shape[place] = long;
        let x = in_any_layout(data, shape, layout);
        for axes in AXES {
            let (exact, terms) = (exact(&x, axes), exact(&x.abs(), axes));
            let error = error_beside_terms(&x.sum(axes), &exact, &terms);
            prop_assert!(error < LIMIT, "{axes:?}: {error:e}");
        }
        let (exact, terms) = (exact(&x, &[0, 1, 2]), exact(&x.abs(), &[0, 1, 2]));
        prop_assert!(error_beside_terms(&x.sum_all(), &exact, &terms) < LIMIT);
    }

    #[test]
    fn means_and_sums_to_a_shape_are_accurate(data in data(), rows in 1..60_000usize) {
        let x = data.tensor(&[rows, 4]);
        let exact = x.cast::<f64>();
        prop_assert!(error(&x.mean(&[0]), &exact.mean(&[0])) < LIMIT);
        prop_assert!(error(&x.sum_to(&[1, 4]), &exact.sum_to(&[1, 4])) < LIMIT);
    }

    #[test]
    fn fused_sums_are_accurate(data in data(), rows in 1..400usize, columns in 1..400usize) {
        let x = data.tensor(&[rows, columns]);
        for x in [x.clone(), x.slice(1, columns / 2..), x.t()] {
            let ([], [sum, doubled]) = fused::map([&x], |[x]| ([], [x, x + x]));
            let (exact, terms) = (x.cast::<f64>().sum_all(), x.abs().cast::<f64>().sum_all());
            let sums = Tensor::from([sum, doubled / 2.0]);
            let error = error_beside_terms(&sums, &exact.expand([2]), &terms.expand([2]));
            prop_assert!(error < LIMIT, "{error:e}");
        }
    }

    #[test]
    fn rows_added_at_one_place_are_accurate(data in data(), count in 1..60_000usize) {
        let x = data.tensor(&[count, 3]);
        let ids = Tensor::new([count], (0..count as u32).map(|i| u32::from(i % 7 == 0)).collect());
        let exact = x.cast::<f64>().scatter_add_rows(&ids, 2);
        prop_assert!(error(&x.scatter_add_rows(&ids, 2).slice(0, 1..), &exact.slice(0, 1..)) < LIMIT);
        let all = Tensor::full([count], 0);
        prop_assert!(error(&x.scatter_add_rows(&all, 1).reshape([3]), &x.cast::<f64>().sum(&[0])) < LIMIT);
    }

    /// Bit for bit, across the ends of blocks and groups, from a table in any layout.
    #[test]
    fn listed_rows_are_added_as_one_after_another(
        width in 0..200_usize,
        lists in prop::collection::vec(prop::collection::vec(0..7_u32, 0..150), 0..6),
        layout in 0..6usize,
    ) {
        let table = in_any_layout(Data::Positive(1.0), [7, width, 1], layout).reshape([7, width]);
        let values = table.values();
        let (mut ends, mut single) = (Vec::new(), RowSums::new(lists.len(), width));
        for (number, rows) in lists.iter().enumerate() {
            ends.push(ends.last().unwrap_or(&0) + rows.len());
            for &row in rows {
                single.add(number, &values[row as usize * width..][..width]);
            }
        }
        prop_assert_eq!(table.sum_rows(&lists.concat(), &ends), single.total());
    }
}

#[test]
fn ten_million_times_a_tenth_is_a_million() {
    const COUNT: usize = 10_000_000;
    let right = f64::from(0.1f32) * COUNT as f64;
    let check = |what: &str, sum: f32, right: f64| {
        let error = (f64::from(sum) / right - 1.0).abs();
        assert!(error < TOLERANCE, "{what}: {sum} misses {right} by {error:e}");
    };
    let tenths: Tensor = Tensor::full([COUNT], 0.1);
    check("flat", tenths.sum_all().item(), right);
    check("expanded", Tensor::scalar(0.1f32).expand([COUNT]).sum_all().item(), right);
    check("mean", tenths.mean(&[0]).item(), f64::from(0.1f32));
    for columns in [2, 64] {
        let rows = tenths.reshape([COUNT / columns, columns]);
        let right = right / columns as f64;
        rows.sum(&[0]).to_vec().into_iter().for_each(|sum| check("axis 0", sum, right));
        rows.t().sum(&[1]).to_vec().into_iter().for_each(|sum| check("transposed", sum, right));
        check("every second", rows.slice(1, 1..2).sum_all().item(), right);
    }
    let ([], [sum]) = fused::map([&tenths], |[x]| ([], [x]));
    check("fused", sum, right);
    let mut row_sums = RowSums::new(1, 1);
    (0..COUNT).for_each(|_| row_sums.add(0, &[0.1f32]));
    check("rows", row_sums.total().item(), right);
}

/// A matrix product adds up one term after another as far as its kernel goes, so it is held to the
/// error of that length, however long the whole sum is.
#[test]
fn a_product_over_a_long_axis_keeps_the_digits_of_a_short_one() {
    for (rows, columns) in [(1, 1), (2, 3), (16, 20)] {
        for count in [4_097, 1_000_000] {
            let left: Tensor = Tensor::full([count, rows], 0.1).t();
            let product = left.matmul(&Tensor::ones([count, columns]));
            let right = f64::from(0.1f32) * count as f64;
            for sum in product.to_vec() {
                let error = (f64::from(sum) / right - 1.0).abs();
                assert!(error < 6e-5, "[{rows}, {count}] · [{count}, {columns}]: {error:e}");
            }
        }
    }
}

#[test]
fn many_axes_take_linear_time() {
    // Quadratic, these would take minutes.
    const RANK: usize = 100_000;
    let x: Tensor = Tensor::ones(vec![1; RANK]);
    let axes: Vec<isize> = (0..RANK as isize).collect();
    let reversed: Vec<isize> = axes.iter().rev().copied().collect();
    assert_eq!(x.permute(&reversed).rank(), RANK);
    assert_eq!(x.sum(&axes).item(), 1.0);
    assert_eq!(x.sum(&reversed[1..]).shape(), [1]);
    assert_eq!(x.max(&axes).item(), 1.0);
}
