//! Tells a real difference between models from luck.
//!
//! Training depends on a seed, so one run is one draw from a distribution of results. These tools
//! turn several runs into a statement:
//!
//! - [`Estimate`]: the mean over runs and how far the true mean may be from it;
//! - [`PairedTest`]: whether two models differ, when both were trained on the same seeds. Pairing
//!   removes what a seed does to both (the split, the order of the batches), which is often larger
//!   than the difference between the models;
//! - [`wilson_interval`]: how far an accuracy on `n` test samples may be from the accuracy on all
//!   data.
//!
//! All intervals are at 95 %. The result has the unit of the values: percent in, percent out. A
//! value that is not finite (a run that diverged) makes the mean not finite, and `t` and `p` not a
//! number. The last two are not a number either where all pairs differ by the same: see
//! [`PairedTest::has_spread`].

use std::fmt::{self, Alignment, Display, Formatter};

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Returns the arithmetic mean.
///
/// # Panics
///
/// If there are no values.
#[track_caller]
pub fn mean(values: &[f64]) -> f64 {
    assert!(!values.is_empty(), "a mean needs at least one value, got none");
    // The differences from the first value make the mean of equal values exact, so their spread is
    // 0.
    let first = values[0];
    let shifted: f64 = values.iter().map(|value| value - first).sum();
    first + shifted / values.len() as f64
}

/// Returns the sample standard deviation `√(Σ (x - x̄)² / (n - 1))`, or `None` for fewer than two
/// values.
///
/// ```
/// # use report::statistics::standard_deviation;
/// assert_eq!(standard_deviation(&[1.0, 3.0, 5.0]), Some(2.0));
/// assert_eq!(standard_deviation(&[1.0]), None);
/// ```
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// A mean and the half-width of its 95 % confidence interval, printed as `83.5 ± 0.4`.
///
/// It prints with one decimal, or as many as the format asks for. A width is filled on the left, as
/// for a number, unless the format asks for another alignment.
///
/// ```
/// use report::statistics::Estimate;
///
/// let accuracy = Estimate::of(&[83.1, 83.9, 83.4, 83.6, 83.5]);
/// assert_eq!(accuracy.to_string(), "83.5 ± 0.4");
/// assert_eq!(format!("{accuracy:.2}"), "83.50 ± 0.36");
/// assert_eq!(format!("{accuracy:>12}"), "  83.5 ± 0.4");
/// assert_eq!(Estimate::of(&[83.5]).to_string(), "83.5");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean of the values.
    pub mean: f64,
    /// Half the width of the interval around the mean, or `None` for a single value, which says
    /// nothing about the spread.
    pub half_width: Option<f64>,
}

impl Estimate {
    /// Creates the mean of `values` with its interval by Student's t (1908): `x̄ ± t₀.₉₇₅(n - 1) ·
    /// s / √n`, where `s` is the sample standard deviation.
    ///
    /// The interval is right for values drawn independently from one normal distribution.
    ///
    /// # Panics
    ///
    /// If there are no values.
    #[track_caller]
    pub fn of(values: &[f64]) -> Self {
        Self {
            mean: mean(values),
            half_width: standard_error(values)
                .map(|error| students_t(values.len() - 1).inverse_cdf(0.975) * error),
        }
    }
}

impl Display for Estimate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(1);
        let mut text = format!("{:.decimals$}", self.mean);
        if let Some(half_width) = self.half_width {
            text += &format!(" ± {half_width:.decimals$}");
        }
        // Not `Formatter::pad`, which takes the precision for a number of letters to cut the text to.
        let missing = f.width().unwrap_or(0).saturating_sub(text.chars().count());
        let before = match f.align() {
            Some(Alignment::Left) => 0,
            Some(Alignment::Center) => missing / 2,
            Some(Alignment::Right) | None => missing,
        };
        let fill = |count: usize| f.fill().to_string().repeat(count);
        let (left, right) = (fill(before), fill(missing - before));
        write!(f, "{left}{text}{right}")
    }
}

/// Student's paired t-test (1908): do two models differ, over runs that share their seeds?
///
/// With `d` the differences `first - second`, `d̄` their mean and `s` their sample standard
/// deviation,
///
/// ```text
/// t = d̄ / (s / √n),   p = P(|T| ≥ |t|),   T ~ Student's t with n - 1 degrees of freedom
/// ```
///
/// `p` is how often chance alone would give a difference at least this large if the models were
/// equal. It is below 0.05 exactly when the interval of the difference leaves out 0.
///
/// The test is for differences from a normal distribution, whose spread it estimates. If all pairs differ by the same,
/// there is no spread, and the test says nothing: `t` and `p` are NaN. This happens by chance: accuracies are counts, and
/// on a small test set two seeds often differ by the same count.
///
/// ```
/// use report::statistics::PairedTest;
///
/// let swiglu = [83.1, 83.9, 83.4, 83.6, 83.5]; // accuracy of each seed, in percent
/// let relu   = [80.0, 80.9, 80.1, 80.6, 79.9];
/// let test = PairedTest::of(&swiglu, &relu).expect("two runs or more");
/// assert_eq!(test.difference.to_string(), "3.2 ± 0.3");
/// assert_eq!(format!("t({}) = {:.1}", test.degrees_of_freedom, test.t), "t(4) = 28.1");
/// assert!(test.p < 0.0001);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairedTest {
    /// The mean of `first - second`, with its interval.
    pub difference: Estimate,
    /// The mean difference in standard errors. If all differences are equal, it is 0 if they are 0, otherwise NaN.
    pub t: f64,
    /// The number of pairs less one.
    pub degrees_of_freedom: usize,
    /// The two-sided p-value. If all differences are equal, it is 1 if they are 0, otherwise NaN.
    pub p: f64,
}

impl PairedTest {
    /// Compares `first[i]` with `second[i]`, or `None` for fewer than two pairs, which cannot show
    /// a spread.
    ///
    /// # Panics
    ///
    /// If the two slices differ in length.
    #[track_caller]
    pub fn of(first: &[f64], second: &[f64]) -> Option<Self> {
        assert!(
            first.len() == second.len(),
            "a paired test needs pairs, got {} values and {} values",
            first.len(),
            second.len()
        );
        let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        let standard_error = standard_error(&differences)?;
        let difference = Estimate::of(&differences);
        let degrees_of_freedom = differences.len() - 1;
        let rounding = rounding(first).max(rounding(second));
        let t = match (difference.mean.abs() <= rounding, standard_error <= rounding) {
            (true, true) => 0.0,
            (false, true) => f64::NAN,
            _ => difference.mean / standard_error,
        };
        Some(Self { difference, t, degrees_of_freedom, p: two_sided_p(t, degrees_of_freedom) })
    }

    /// Returns `false` if all pairs differ by the same, up to rounding, and not by 0: then there is no `t` and no `p`.
    pub fn has_spread(&self) -> bool {
        !(self.p.is_nan() && self.difference.mean.is_finite())
    }
}

/// Returns the size up to which a difference of these values may be a rounding error: a few units in the last place of
/// the largest.
fn rounding(values: &[f64]) -> f64 {
    8.0 * f64::EPSILON * values.iter().map(|value| value.abs()).fold(0.0, f64::max)
}

/// Returns the standard error of the mean, `s / √n`.
fn standard_error(values: &[f64]) -> Option<f64> {
    standard_deviation(values).map(|deviation| deviation / (values.len() as f64).sqrt())
}

fn two_sided_p(t: f64, degrees_of_freedom: usize) -> f64 {
    if t.is_nan() {
        return f64::NAN; // statrs would panic
    }
    // The lower tail: 1 - cdf(|t|) would lose a small p to rounding.
    2.0 * students_t(degrees_of_freedom).cdf(-t.abs())
}

fn students_t(degrees_of_freedom: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees_of_freedom as f64)
        .expect("two values or more have at least one degree of freedom")
}

/// Returns the 95 % score interval of Wilson (1927) for an accuracy: `correct` answers on `samples`
/// independent samples.
///
/// Returns the lower and the upper bound, as fractions. With `p = correct / n` and `z = 1.96`,
///
/// ```text
/// (p + z²/2n ± z √(p (1 - p) / n + z²/4n²)) / (1 + z²/n)
/// ```
///
/// Unlike the plain `p ± z √(p (1 - p) / n)` it stays within 0 and 1 and keeps a width when every
/// answer is right. On no samples it is all of `(0, 1)`.
///
/// ```
/// use report::statistics::wilson_interval;
///
/// let (low, high) = wilson_interval(870, 1000);
/// assert_eq!(format!("{low:.3} to {high:.3}"), "0.848 to 0.889");
/// ```
///
/// # Panics
///
/// If `correct` is more than `samples`.
#[track_caller]
pub fn wilson_interval(correct: usize, samples: usize) -> (f64, f64) {
    assert!(
        correct <= samples,
        "an accuracy cannot come from {correct} correct answers on {samples} samples"
    );
    if samples == 0 {
        return (0.0, 1.0);
    }
    // The upper bound of the accuracy is one less the lower bound of the error rate.
    (wilson_lower_bound(correct, samples), 1.0 - wilson_lower_bound(samples - correct, samples))
}

fn wilson_lower_bound(correct: usize, samples: usize) -> f64 {
    const Z: f64 = 1.959_963_984_540_054; // the 97.5 % quantile of the standard normal distribution
    let (k, n) = (correct as f64, samples as f64);
    // The formula above, multiplied through by 2n: exactly 0 when k is 0.
    let spread = Z * (Z * Z + 4.0 * k * (n - k) / n).sqrt();
    (2.0 * k + Z * Z - spread) / (2.0 * (n + Z * Z))
}
