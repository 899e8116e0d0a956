//! The statistics of runs against SciPy's figures and against what intervals and tests must obey.

use std::panic::catch_unwind;

use approx::assert_relative_eq;
use proptest::prelude::*;
use report::statistics::{Estimate, PairedTest, mean, standard_deviation, wilson_interval};

const SWIGLU: [f64; 5] = [83.1, 83.9, 83.4, 83.6, 83.5];
const RELU: [f64; 5] = [80.0, 80.9, 80.1, 80.6, 79.9];
const TANH: [f64; 5] = [82.9, 84.1, 83.3, 83.9, 83.1];

// Reference: `numpy.mean` and `scipy.stats.t.ppf(0.975, n - 1) * scipy.stats.sem`.
#[test]
fn estimates_equal_scipy() {
    assert_estimate(Estimate::of(&SWIGLU), 83.5, 0.3620041521543751);
    assert_estimate(Estimate::of(&RELU), 80.3, 0.5340598792462709);
    assert_estimate(Estimate::of(&[71.2, 70.5]), 70.85, 4.447171657661161);
}

// Reference: `numpy.std(ddof=1)`.
#[test]
fn standard_deviation_equals_numpy() {
    let found = standard_deviation(&SWIGLU).expect("five values");
    assert_relative_eq!(found, 0.29154759474226793, max_relative = 1e-10);
    let found = standard_deviation(&RELU).expect("five values");
    assert_relative_eq!(found, 0.43011626335213166, max_relative = 1e-10);
}

// Reference: `scipy.stats.ttest_rel(first, second)`, and half of its `confidence_interval`.
#[test]
fn paired_tests_equal_scipy() {
    let large = PairedTest::of(&SWIGLU, &RELU).expect("five pairs");
    assert_eq!(large.degrees_of_freedom, 4);
    assert_relative_eq!(large.t, 28.065856617824995, max_relative = 1e-10);
    assert_relative_eq!(large.p, 9.588955133250757e-6, max_relative = 1e-9);
    assert_estimate(large.difference, 3.2, 0.31656344780833084);

    let small = PairedTest::of(&SWIGLU, &TANH).expect("five pairs");
    assert_relative_eq!(small.t, 0.3104602102825358, max_relative = 1e-10);
    assert_relative_eq!(small.p, 0.7717151268489573, max_relative = 1e-9);
    assert_estimate(small.difference, 0.04, 0.35771992844701295);

    let two_runs = PairedTest::of(&[71.2, 70.5], &[70.0, 70.1]).expect("two pairs");
    assert_eq!(two_runs.degrees_of_freedom, 1);
    assert_relative_eq!(two_runs.t, 2.0, max_relative = 1e-10);
    assert_relative_eq!(two_runs.p, 0.2951672353008643, max_relative = 1e-9);
    assert_estimate(two_runs.difference, 0.8, 5.08248189446987);
}

fn assert_estimate(found: Estimate, mean: f64, half_width: f64) {
    assert_relative_eq!(found.mean, mean, max_relative = 1e-10);
    let found = found.half_width.expect("two values or more");
    assert_relative_eq!(found, half_width, max_relative = 1e-10);
}

#[test]
fn an_estimate_is_printed_with_the_alignment_and_the_fill_of_the_format() {
    let estimate = Estimate::of(&SWIGLU);
    assert_eq!(format!("{estimate:12}|"), "  83.5 ± 0.4|");
    assert_eq!(format!("{estimate:>12}|"), "  83.5 ± 0.4|");
    assert_eq!(format!("{estimate:<12}|"), "83.5 ± 0.4  |");
    assert_eq!(format!("{estimate:^13}|"), " 83.5 ± 0.4  |");
    assert_eq!(format!("{estimate:.<15.2}|"), "83.50 ± 0.36...|");
    assert_eq!(format!("{estimate:·>12}|"), "··83.5 ± 0.4|");
    assert_eq!(format!("{estimate:<3}|"), "83.5 ± 0.4|");
    assert_eq!(format!("{:<6}|", Estimate::of(&[83.5])), "83.5  |");
}

// Reference: `scipy.stats.binomtest(k, n).proportion_ci(0.95, method='wilson')`.
#[test]
fn wilson_intervals_equal_scipy() {
    let cases = [
        (0, 10, 0.0, 0.27753279986288926),
        (10, 10, 0.7224672001371109, 1.0),
        (3, 10, 0.10779126740630102, 0.6032218525388546),
        (1642, 2000, 0.8035886153696914, 0.8371806402757445),
        (1, 1, 0.20654931437723745, 1.0),
    ];
    for (correct, samples, low, high) in cases {
        let found = wilson_interval(correct, samples);
        assert_relative_eq!(found.0, low, max_relative = 1e-12);
        assert_relative_eq!(found.1, high, max_relative = 1e-12);
    }
    assert_eq!(wilson_interval(0, 0), (0.0, 1.0));
}

// Reference: `scipy.stats.t.ppf(0.975, df)`. It is the half-width in standard errors.
#[test]
fn quantiles_equal_scipy_for_any_number_of_runs() {
    let quantiles = [
        (1, 12.706204736174694),
        (2, 4.302652729749462),
        (9, 2.262157162798205),
        (29, 2.045229642132703),
        (99, 1.9842169515864174),
    ];
    for (degrees_of_freedom, quantile) in quantiles {
        let n = degrees_of_freedom + 1;
        let values: Vec<f64> = (0..n).map(|run| run as f64).collect();
        let deviation = standard_deviation(&values).expect("two values or more");
        let half_width = Estimate::of(&values).half_width.expect("two values or more");
        let found = half_width / (deviation / (n as f64).sqrt());
        assert_relative_eq!(found, quantile, max_relative = 1e-10);
    }
}

#[test]
fn estimates_print_as_people_write_them() {
    let several = Estimate::of(&SWIGLU);
    assert_eq!(several.to_string(), "83.5 ± 0.4");
    assert_eq!(format!("{several:.3}"), "83.500 ± 0.362");
    assert_eq!(format!("[{several:14}]"), "[    83.5 ± 0.4]");
    assert_eq!(Estimate::of(&[2.0, 2.0]).to_string(), "2.0 ± 0.0");
}

#[test]
fn one_run_has_a_mean_but_no_interval_and_no_test() {
    let one = Estimate::of(&[83.5]);
    assert_eq!((one.mean, one.half_width), (83.5, None));
    assert_eq!(one.to_string(), "83.5");
    assert_eq!(standard_deviation(&[83.5]), None);
    assert_eq!(PairedTest::of(&[83.5], &[80.3]), None);
    assert_eq!(PairedTest::of(&[], &[]), None);
}

#[test]
fn equal_runs_differ_with_p_one() {
    let test = PairedTest::of(&SWIGLU, &SWIGLU).expect("five pairs");
    assert_eq!((test.t, test.p), (0.0, 1.0));
    assert_eq!((test.difference.mean, test.difference.half_width), (0.0, Some(0.0)));
}

#[test]
fn the_same_difference_in_every_run_has_no_spread_and_no_p() {
    let test = PairedTest::of(&[1.5, 2.5, 3.5], &[2.0, 3.0, 4.0]).expect("three pairs");
    assert!(test.t.is_nan() && test.p.is_nan() && !test.has_spread(), "{test:?}");
    assert_eq!((test.difference.mean, test.difference.half_width), (-0.5, Some(0.0)));
    // Counts of 100 samples in percent: the differences are 6.999999999999993 and 7.
    let (first, second) = ([0.57, 0.84].map(|x| x * 100.0), [0.5, 0.77].map(|x| x * 100.0));
    assert_ne!(first[0] - second[0], first[1] - second[1]);
    let rounded = PairedTest::of(&first, &second).expect("two pairs");
    assert!(rounded.p.is_nan() && !rounded.has_spread(), "{rounded:?}");
}

#[test]
fn a_diverged_run_gives_no_verdict() {
    for diverged in [f64::NAN, f64::INFINITY] {
        let test = PairedTest::of(&[1.0, diverged], &[2.0, 4.0]).expect("two pairs");
        assert!(test.t.is_nan() && test.p.is_nan() && test.has_spread());
        assert!(!test.difference.mean.is_finite());
    }
}

#[test]
fn mistakes_are_named() {
    let no_mean = catch_unwind(|| mean(&[])).expect_err("no values");
    assert_eq!(no_mean.downcast_ref(), Some(&"a mean needs at least one value, got none"));
    let unpaired = catch_unwind(|| PairedTest::of(&[1.0], &[])).expect_err("lengths differ");
    assert_eq!(
        unpaired.downcast_ref::<String>().map(String::as_str),
        Some("a paired test needs pairs, got 1 values and 0 values")
    );
    let too_many = catch_unwind(|| wilson_interval(3, 2)).expect_err("more correct than samples");
    assert_eq!(
        too_many.downcast_ref::<String>().map(String::as_str),
        Some("an accuracy cannot come from 3 correct answers on 2 samples")
    );
}

/// Results of two models on the same seeds, in percent.
fn runs() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((50.0..90.0, 50.0..90.0), 2..12)
}

/// Returns the number of correct answers, and of samples.
fn answers() -> impl Strategy<Value = (usize, usize)> {
    (1_usize..5000).prop_flat_map(|samples| (0..=samples, Just(samples)))
}

fn half_width(values: &[f64]) -> f64 {
    Estimate::of(values).half_width.expect("two values or more")
}

proptest! {
    #[test]
    fn equal_values_have_no_spread(value in -100.0..100.0, n in 2_usize..20) {
        let values = vec![value; n];
        prop_assert_eq!(mean(&values), value);
        prop_assert_eq!(standard_deviation(&values), Some(0.0));
    }

    #[test]
    fn the_interval_shrinks_with_more_runs(runs in runs(), times in 2_usize..5) {
        let values: Vec<f64> = runs.into_iter().map(|run| run.0).collect();
        prop_assert!(half_width(&values.repeat(times)) < half_width(&values));
    }

    #[test]
    fn an_estimate_follows_a_change_of_unit(runs in runs(), scale in 0.01..100.0, shift in -100.0..100.0) {
        let values: Vec<f64> = runs.into_iter().map(|run| run.0).collect();
        let converted: Vec<f64> = values.iter().map(|value| scale * value + shift).collect();
        assert_relative_eq!(mean(&converted), scale * mean(&values) + shift, epsilon = 1e-9, max_relative = 1e-9);
        assert_relative_eq!(half_width(&converted), scale * half_width(&values), epsilon = 1e-9, max_relative = 1e-6);
    }

    #[test]
    fn the_order_of_runs_does_not_matter(
        (runs, shuffled) in runs().prop_flat_map(|runs| (Just(runs.clone()), Just(runs).prop_shuffle()))
    ) {
        let (a, b): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
        let (c, d): (Vec<f64>, Vec<f64>) = shuffled.into_iter().unzip();
        let (before, after) = (PairedTest::of(&a, &b), PairedTest::of(&c, &d));
        let (before, after) = (before.expect("two pairs"), after.expect("two pairs"));
        assert_relative_eq!(before.difference.mean, after.difference.mean, epsilon = 1e-9);
        assert_relative_eq!(before.p, after.p, epsilon = 1e-9);
    }

    #[test]
    fn swapping_the_models_only_turns_the_sign(runs in runs()) {
        let (a, b): (Vec<f64>, Vec<f64>) = runs.into_iter().unzip();
        let forth = PairedTest::of(&a, &b).expect("two pairs");
        let back = PairedTest::of(&b, &a).expect("two pairs");
        prop_assert_eq!((back.t, back.p), (-forth.t, forth.p));
        prop_assert_eq!(back.difference.mean, -forth.difference.mean);
        prop_assert_eq!(back.difference.half_width, forth.difference.half_width);
    }

    #[test]
    fn p_is_below_five_per_cent_exactly_when_the_interval_leaves_out_zero(runs in runs(), gap in 0.0..30.0) {
        let (first, second): (Vec<f64>, Vec<f64>) = runs.into_iter().map(|(a, b)| (a + gap, b)).unzip();
        let test = PairedTest::of(&first, &second).expect("two pairs");
        prop_assert!((0.0..=1.0).contains(&test.p));
        let half_width = test.difference.half_width.expect("two pairs");
        prop_assert_eq!(test.p < 0.05, test.difference.mean.abs() > half_width);
    }

    #[test]
    fn wilson_interval_holds_the_accuracy_within_zero_and_one((correct, samples) in answers()) {
        let (low, high) = wilson_interval(correct, samples);
        let accuracy = correct as f64 / samples as f64;
        prop_assert!(0.0 <= low && low <= accuracy && accuracy <= high && high <= 1.0);
    }

    #[test]
    fn wilson_bounds_are_where_the_accuracy_is_two_deviations_off((correct, samples) in answers()) {
        let (low, high) = wilson_interval(correct, samples);
        let accuracy = correct as f64 / samples as f64;
        for bound in [low, high] {
            let variance = bound * (1.0 - bound) / samples as f64;
            assert_relative_eq!((accuracy - bound).powi(2), 1.959_963_984_540_054_f64.powi(2) * variance, epsilon = 1e-12);
        }
    }

    #[test]
    fn wilson_interval_shrinks_with_more_samples((correct, samples) in answers(), times in 2_usize..5) {
        let (low, high) = wilson_interval(correct, samples);
        let (lower, higher) = wilson_interval(times * correct, times * samples);
        prop_assert!(higher - lower < high - low);
    }
}
