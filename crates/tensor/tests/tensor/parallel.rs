//! The number of threads changes no bit of a result, whatever the layout and on either side of the
//! size from which work is divided.

use proptest::prelude::*;
use rayon::ThreadPoolBuilder;
use tensor::{Key, Scalar, Tensor, fused, parallel};

/// What comes out with one, two and three threads, which must be the same to the bit.
fn with_any_threads<T: Scalar>(compute: impl Fn() -> Vec<Tensor<T>> + Sync) -> Vec<Tensor<T>> {
    let results = [1, 2, 3].map(|threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&compute)
    });
    let bits = |results: &[Tensor<T>]| {
        let numbers = results.iter().flat_map(Tensor::to_vec);
        numbers.map(|x| x.to_f64().to_bits()).collect::<Vec<_>>()
    };
    let [one, two, three] = &results;
    assert!(bits(one) == bits(two) && bits(one) == bits(three), "threads change the result");
    let [one, ..] = results;
    one
}

/// A matrix of this shape in one of four layouts.
fn matrix<T: Scalar>(rows: usize, columns: usize, way: usize, seed: u64) -> Tensor<T> {
    let random = |shape: [usize; 2]| Tensor::<T>::normal(shape, 0.0, 1.0, Key::new(seed));
    match way {
        0 => random([rows, columns]),
        1 => random([columns, rows]).t(),
        2 => random([rows + 1, columns + 3]).slice(0, 1..rows + 1).slice(1, 2..columns + 2),
        _ => random([1, columns]).expand([rows, columns]),
    }
}

/// Rows and columns with about as many elements as make two parts, fewer or more.
fn sizes(smallest_part: usize) -> impl Strategy<Value = (usize, usize)> {
    let rows = prop_oneof![Just(1), Just(2), 3..70usize, 300..2000usize];
    (rows, 0.8..2.5).prop_map(move |(rows, parts)| {
        (rows, (smallest_part as f64 * 1.25 * parts) as usize / rows)
    })
}

/// f of each pair of elements, one after another: the reference.
fn one_by_one(x: &Tensor, y: &Tensor, f: impl Fn(f32, f32) -> f32) -> Vec<f32> {
    x.to_vec().into_iter().zip(y.to_vec()).map(|(x, y)| f(x, y)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn within_spread((rows, columns) in sizes(1 << 15), ways in [0..4usize, 0..4usize]) {
        let x: Tensor = matrix(rows, columns, ways[0], 1);
        let y = matrix(rows, columns, ways[1], 2);
        let product = || vec![&x * &y, (&x * &y).sum(&[0])];
        let results = with_any_threads(|| parallel::spread(product));
        prop_assert!(results == product());
    }

    #[test]
    fn elementwise((rows, columns) in sizes(parallel::LIGHT), ways in [0..4usize, 0..4usize]) {
        let (x, y) = (matrix(rows, columns, ways[0], 1), matrix(rows, columns, ways[1], 2));
        let results = with_any_threads(|| {
            let mut applied = x.clone();
            applied.zip_apply(&y, |x, y| x - 2.0 * y);
            vec![x.map(|x| x * 3.0), &x * &y, applied]
        });
        prop_assert!(results[0].to_vec() == one_by_one(&x, &y, |x, _| x * 3.0));
        prop_assert!(results[1].to_vec() == one_by_one(&x, &y, |x, y| x * y));
        prop_assert!(results[2].to_vec() == one_by_one(&x, &y, |x, y| x - 2.0 * y));
    }

    #[test]
    fn fused_passes((rows, columns) in sizes(parallel::HEAVY), ways in [0..4usize, 0..4usize]) {
        let (x, y) = (matrix(rows, columns, ways[0], 1), matrix(rows, columns, ways[1], 2));
        let results = with_any_threads(|| {
            let ([product, difference], [sum]) =
                fused::map([&x, &y], |[x, y]| ([x * y, x - y], [x * x]));
            vec![product, difference, Tensor::scalar(sum)]
        });
        prop_assert!(results[0].to_vec() == one_by_one(&x, &y, |x, y| x * y));
        prop_assert!(results[1].to_vec() == one_by_one(&x, &y, |x, y| x - y));
        let squares: f64 = x.to_vec().iter().map(|&x| f64::from(x).powi(2)).sum();
        prop_assert!((f64::from(results[2].item()) / squares - 1.0).abs() < 1e-5);
    }

    #[test]
    fn sums_and_maxima((rows, columns) in sizes(parallel::LIGHT), way in 0..4usize) {
        let x: Tensor = matrix(rows, columns, way, 1);
        let results = with_any_threads(|| vec![x.sum_all(), x.max(&[0, 1]), x.sum(&[0])]);
        let values = x.to_vec();
        let sum: f64 = values.iter().copied().map(f64::from).sum();
        let size: f64 = values.iter().map(|x| f64::from(x.abs())).sum();
        prop_assert!((f64::from(results[0].item()) - sum).abs() < 1e-5 * size);
        prop_assert_eq!(results[1].item(), values.iter().copied().fold(f32::MIN, f32::max));
    }

    #[test]
    fn sums_and_maxima_along_axes(
        sizes in [1..6usize, 1..6usize, 1..6usize],
        long in 0..3usize,
        order in Just([0isize, 1, 2]).prop_shuffle(),
        axes in prop::sample::subsequence(vec![0isize, 1, 2], 1..3),
        place: prop::sample::Index,
    ) {
        // With the long axis there are elements for two parts or more.
        let mut shape = sizes;
        shape[long] += 5 * parallel::LIGHT / sizes.iter().product::<usize>();
        let x = Tensor::<f32>::normal(shape, 0.0, 1.0, Key::new(1)).permute(&order);
        let results = with_any_threads(|| vec![x.sum_keepdim(&axes), x.max_keepdim(&axes)]);
        let mut alone = x.clone();
        let mut place = place.index(results[0].len());
        let at = place;
        for axis in (0..3).rev() {
            let length = results[0].shape()[axis];
            if length > 1 {
                alone = alone.slice(axis as isize, place % length..place % length + 1);
            }
            place /= length;
        }
        let [sum, max] = [0, 1].map(|k| results[k].to_vec()[at]);
        let size = f64::from(alone.abs().sum_all().item());
        let exact: f64 = alone.to_vec().into_iter().map(f64::from).sum();
        prop_assert!((f64::from(sum) - exact).abs() <= 1e-6 * size, "{sum} {exact}");
        prop_assert_eq!(max, alone.max_all().item());
    }

    #[test]
    fn batches_of_products(
        [batch, heads] in [1..40usize, 1..4usize],
        [m, k, n] in [1..80usize, 1..80usize, 1..80usize],
        is_shared: bool,
    ) {
        let random = |shape: [usize; 4], seed| Tensor::<f32>::normal(shape, 0.0, 1.0, Key::new(seed));
        let x = random([batch, heads, m, k], 1);
        let y = random([if is_shared { 1 } else { batch }, heads, n, k], 2).transpose(2, 3);
        let products = with_any_threads(|| vec![x.matmul(&y)]);
        for at in [0, batch / 2, batch - 1] {
            let one = |x: &Tensor| {
                x.index_axis(0, at.min(x.shape()[0] - 1)).index_axis(0, heads - 1)
            };
            prop_assert_eq!(one(&products[0]), one(&x).matmul(&one(&y)));
        }
    }

    #[test]
    fn matrix_products(
        [m, k, n] in [100..260usize, 100..260usize, 100..260usize],
        ways in [0..4usize, 0..4usize],
    ) {
        fn check<T: Scalar>([m, k, n]: [usize; 3], ways: [usize; 2], tolerance: f64) {
            let (x, y) = (matrix::<T>(m, k, ways[0], 1), matrix::<T>(k, n, ways[1], 2));
            let products = with_any_threads(|| vec![x.matmul(&y)]);
            let (i, j) = (m / 2, n - 1);
            let terms = (0..k).map(|k| x.get([i, k]).to_f64() * y.get([k, j]).to_f64());
            let exact: f64 = terms.sum();
            assert!((products[0].get([i, j]).to_f64() - exact).abs() < tolerance);
        }
        check::<f32>([m, k, n], ways, 1e-3);
        check::<f64>([m, k, n], ways, 1e-11);
    }
}

#[test]
fn attention() {
    let draw = |time: usize, seed| Tensor::<f32>::normal([5, time, 64], 0.0, 1.0, Key::new(seed));
    let [query, adjoint] = [1, 2].map(|seed| draw(150, seed));
    let [key, value] = [3, 4].map(|seed| draw(170, seed).slice(2, ..32));
    with_any_threads(|| {
        let inputs = [&query, &key, &value];
        let (output, weights) = tensor::attention::forward(inputs, 4, 2, true);
        let weights = weights.expect("it keeps them");
        let [dq, dk, dv] = tensor::attention::backward(inputs, 4, 2, [&weights, &output, &adjoint]);
        vec![output, dq, dk, dv]
    });
}
