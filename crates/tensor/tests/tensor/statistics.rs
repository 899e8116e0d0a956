//! Powers, variances, logarithms of sums and running sums: their definitions, and their accuracy where
//! a formula taken at its word would lose it.

use approx::{assert_abs_diff_eq, assert_relative_eq};
use proptest::prelude::*;
use tensor::strategy::{broadcastable_shapes, shapes, tensors};
use tensor::{Key, Tensor, shape};

fn any_tensor() -> impl Strategy<Value = Tensor<f64>> {
    shapes(3, 4).prop_flat_map(|shape| tensors(shape, -3.0..3.0))
}

/// A tensor with at least one element, and some of its axes.
fn with_axes() -> impl Strategy<Value = (Tensor<f64>, Vec<isize>)> {
    any_tensor().prop_filter("no elements", |x| !x.is_empty()).prop_flat_map(|x| {
        let rank = x.rank();
        let axes = proptest::sample::subsequence((0..rank as isize).collect::<Vec<_>>(), 0..=rank);
        (Just(x), axes)
    })
}

/// All elements that share a place when `axes` disappear.
fn groups(x: &Tensor<f64>, axes: &[isize]) -> Vec<Vec<f64>> {
    let kept: Vec<isize> = (0..x.rank() as isize).filter(|axis| !axes.contains(axis)).collect();
    let order: Vec<isize> = kept.iter().chain(axes).copied().collect();
    let size: usize = axes.iter().map(|&axis| x.shape()[axis as usize]).product();
    x.permute(&order).to_vec().chunks(size).map(<[f64]>::to_vec).collect()
}

fn assert_all_close(found: Tensor<f64>, expected: Vec<f64>) {
    assert_relative_eq!(
        found.reshape([found.len()]),
        Tensor::from(expected),
        epsilon = 1e-12,
        max_relative = 1e-12
    );
}

proptest! {
    #[test]
    fn variance_and_deviation_by_their_definitions((x, axes) in with_axes(), correction in 0..3usize) {
        prop_assume!(shape::var(x.shape(), &axes, correction).is_ok());
        let variance = |group: &Vec<f64>| {
            let mean = group.iter().sum::<f64>() / group.len() as f64;
            let squares: f64 = group.iter().map(|x| (x - mean) * (x - mean)).sum();
            squares / (group.len() - correction) as f64
        };
        let expected: Vec<f64> = groups(&x, &axes).iter().map(variance).collect();
        assert_all_close(x.var(&axes, correction), expected.clone());
        assert_all_close(x.std(&axes, correction), expected.iter().map(|x| x.sqrt()).collect());
        prop_assert_eq!(x.var_keepdim(&axes, correction).squeeze(&axes), x.var(&axes, correction));
        prop_assert_eq!(x.std_keepdim(&axes, correction).squeeze(&axes), x.std(&axes, correction));
    }

    #[test]
    fn logsumexp_by_its_definition((x, axes) in with_axes()) {
        let logarithm = |group: &Vec<f64>| group.iter().map(|x| x.exp()).sum::<f64>().ln();
        let expected = groups(&x, &axes).iter().map(logarithm).collect();
        assert_all_close(x.logsumexp(&axes), expected);
        prop_assert_eq!(x.logsumexp_keepdim(&axes).squeeze(&axes), x.logsumexp(&axes));
    }

    #[test]
    fn running_sums_by_their_definition(x in any_tensor(), pick in any::<prop::sample::Index>()) {
        prop_assume!(x.rank() > 0);
        let axis = pick.index(x.rank()) as isize;
        let sums = x.cumsum(axis);
        for end in 0..x.shape()[axis as usize] {
            let expected = x.slice(axis, ..=end).sum_keepdim(&[axis]);
            assert_abs_diff_eq!(sums.slice(axis, end..=end), expected, epsilon = 1e-12);
        }
    }

    #[test]
    fn powers_by_their_definition(
        (x, p) in broadcastable_shapes(3, 4).prop_flat_map(|(a, b)| (tensors(a, 0.1..3.0), tensors(b, -3.0..3.0)))
    ) {
        assert_relative_eq!(x.pow(&p), (x.ln() * &p).exp(), epsilon = 1e-12, max_relative = 1e-12);
        prop_assert_eq!(x.pow(0.0), Tensor::ones(x.shape()));
    }

    #[test]
    fn softplus_by_its_definition(x in any_tensor()) {
        assert_abs_diff_eq!(x.softplus(), x.map(|x| x.exp().ln_1p()), epsilon = 1e-14);
    }
}

/// The mean of squares less the square of the mean would be 0 or negative here.
#[test]
fn the_variance_of_large_numbers_keeps_its_digits() {
    let noise: Tensor<f64> = Tensor::normal([1000], 0.0, 1.0, Key::new(3));
    let (near, far) = (noise.var(&[0], 1), (&noise + 1e7).var(&[0], 1));
    assert_relative_eq!(near.item(), far.item(), max_relative = 1e-8);
    let whole = Tensor::from([16_777_210f32, 16_777_212.0, 16_777_214.0]);
    assert_eq!(whole.var(&[0], 1).item(), 4.0);
}

#[test]
fn logsumexp_neither_overflows_nor_turns_into_nan() {
    let infinite = f32::INFINITY;
    let x =
        Tensor::from([[1e4, 1e4], [-1e4, -1e4], [-infinite, 2.0], [-infinite; 2], [infinite, 0.0]]);
    let expected = [1e4 + 2f32.ln(), -1e4 + 2f32.ln(), 2.0, -infinite, infinite];
    assert_eq!(x.logsumexp(&[1]), Tensor::from(expected));
    assert!(Tensor::from([f32::NAN, infinite]).logsumexp(&[0]).item().is_nan());
    assert_eq!(Tensor::<f32>::zeros([2, 0]).logsumexp(&[1]), Tensor::from([-infinite; 2]));
}

#[test]
fn softplus_neither_overflows_nor_loses_small_numbers() {
    let x = Tensor::from([-1e4f32, -80.0, 0.0, 80.0, 1e4]);
    let expected = [0.0, (-80f32).exp(), 2f32.ln(), 80.0, 1e4];
    assert_relative_eq!(x.softplus(), Tensor::from(expected), max_relative = 1e-6);
}

/// Added one by one, ten million times 0.1 in f32 miss a million by 9 %.
#[test]
fn long_running_sums_in_f32_stay_accurate() {
    let x = Tensor::scalar(0.1f32).expand([10_000_000]);
    let sums = x.cumsum(0);
    for count in [1, 1000, 1_234_567, 10_000_000usize] {
        let exact = f64::from(0.1f32) * count as f64;
        assert_relative_eq!(f64::from(sums.get([count - 1])), exact, max_relative = 1e-7);
    }
}

#[test]
fn a_running_sum_stays_infinite_behind_an_infinite_element() {
    let infinite = f64::INFINITY;
    let sums = Tensor::from([1.0, infinite, 1.0]).cumsum(0);
    assert_eq!(sums, Tensor::from([1.0, infinite, infinite]));
}

#[test]
fn powers_of_zero_and_of_negative_numbers() {
    let x = Tensor::from([0.0f64, 0.0, -2.0, -2.0]);
    let powers = x.pow(&Tensor::from([0.0, 2.0, 3.0, 0.5])).to_vec();
    assert_eq!(powers[..3], [1.0, 0.0, -8.0]);
    assert!(powers[3].is_nan());
}

/// The first mean is rounded like a number of its own size, and the square of its error would be in the variance.
#[test]
fn a_variance_is_exact_where_the_mean_is_large() {
    assert_eq!(Tensor::from([1e6f32, 1e6 + 0.0625]).var(&[0], 0).item(), 0.0625 * 0.0625 / 4.0);
    let x = Tensor::<f32>::normal([100_000], 1e6, 1.0, Key::new(1));
    let expected = x.cast::<f64>().var(&[0], 1).item();
    assert_relative_eq!(f64::from(x.var(&[0], 1).item()), expected, max_relative = 1e-5);
    assert!(Tensor::full([1000], 0.1f32).std(&[0], 0).item() < 1e-12);
}
