//! Figures of merit by name, in a fixed order, and how they are written.
//!
//! A classifier has accuracy and F1, a regression R² and its errors, a custom loss any metrics.
//! Tables and the page show what a list holds, in its order.

use serde::{Serialize, Serializer};
use train::{is_share, metric_label};

use crate::statistics::Estimate;

/// A value for each metric, in the order in which people read them. The first metric is the one that
/// models are compared by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricList<V>(Vec<(String, V)>);

impl<V> MetricList<V> {
    /// Returns the value of the metric of this name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns the name and the value of each metric.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// # Panics
/// If two metrics have one name.
impl<V> FromIterator<(String, V)> for MetricList<V> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = (String, V)>>(metrics: I) -> Self {
        let mut list = Self(Vec::new());
        for (name, value) in metrics {
            assert!(list.get(&name).is_none(), "MetricList: there are two metrics named `{name}`");
            list.0.push((name, value));
        }
        list
    }
}

/// A JSON object with the names as keys.
impl<V: Serialize> Serialize for MetricList<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Returns the heading of a metric's column: its name, with `%` if it is a share.
pub(crate) fn heading(name: &str) -> String {
    match is_share(name) {
        true => format!("{} %", metric_label(name)),
        false => metric_label(name).to_string(),
    }
}

/// Returns the factor from a metric to what people read: 100 for a share, which they read in percent.
pub(crate) fn scale(name: &str) -> u32 {
    if is_share(name) { 100 } else { 1 }
}

/// Writes a metric as people read it, without `%`: a share with one decimal, other metrics with four
/// decimals or three digits.
pub(crate) fn written(name: &str, value: f64) -> String {
    match is_share(name) {
        true => format!("{value:.1}"),
        false if value.abs() < 0.001 => three_digits(value),
        false => number(value, 4),
    }
}

/// Writes a number with its first three digits.
pub(crate) fn three_digits(size: f64) -> String {
    let decimals = 2.0 - size.abs().log10().floor();
    match decimals > 5.0 && decimals.is_finite() {
        true => format!("{size:.2e}"),
        false if size == 0.0 => "0.0000".to_string(),
        false => number(size, decimals.max(0.0) as usize),
    }
}

/// Returns a text with the sign of minus before its numbers, as the page has it everywhere. A hyphen within a
/// word or a date stays one.
pub(crate) fn with_minus(text: impl AsRef<str>) -> String {
    let letters: Vec<char> = text.as_ref().chars().collect();
    let is_minus = |at: usize| {
        let behind = letters.get(at + 1).is_some_and(char::is_ascii_digit)
            || letters[at + 1..].starts_with(&['i', 'n', 'f']);
        let before = at.checked_sub(1).map(|before| letters[before]);
        let is_power = before == Some('e') && at > 1 && letters[at - 2].is_ascii_digit();
        let is_within =
            before.is_some_and(|before| before.is_alphanumeric() || "-_".contains(before));
        letters[at] == '-' && behind && (is_power || !is_within)
    };
    (0..letters.len()).map(|at| if is_minus(at) { '−' } else { letters[at] }).collect()
}

/// Writes the mean of a metric over several runs, as [`written`] does, with its interval; a dash if one of the runs does
/// not have it.
pub(crate) fn estimate(name: &str, estimate: Estimate) -> String {
    let Estimate { mean, half_width } = estimate;
    if mean.is_nan() {
        return "–".to_string();
    }
    let interval = half_width.map(|size| format!(" ± {}", written(name, size)));
    written(name, mean) + &interval.unwrap_or_default()
}

/// Writes a number with this many decimals. A number that is too small or too large for that is written
/// with three digits and its power of ten, as `1.20e-7`.
pub(crate) fn number(number: f64, decimals: usize) -> String {
    const LARGE: f64 = 1e7;
    let smallest = 1.0 / 10f64.powi(decimals as i32);
    let size = number.abs();
    match size == 0.0 || !size.is_finite() || (smallest..LARGE).contains(&size) {
        true => format!("{number:.decimals$}"),
        false => format!("{number:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_a_run_does_not_have_is_a_dash() {
        assert_eq!(estimate("r2", Estimate::of(&[0.5, f64::NAN])), "–");
        assert_eq!(estimate("r2", Estimate::of(&[0.5])), "0.5000");
    }

    #[test]
    fn numbers_keep_three_digits_where_decimals_would_not_show_them() {
        let written = [0.0, 0.25, -0.0001, 0.00005, -1.2e-7, 9_999_999.0, 1e7, f64::NAN];
        let expected =
            ["0.0000", "0.2500", "-0.0001", "5.00e-5", "-1.20e-7", "9999999.0000", "1.00e7", "NaN"];
        assert_eq!(written.map(|size| number(size, 4)), expected);
        let digits = [0.0, 61.5617, 0.004_701, 0.000_234, 128.6, 5e-324, f64::INFINITY];
        let expected = ["0.0000", "61.6", "0.00470", "2.34e-4", "129", "4.94e-324", "inf"];
        assert_eq!(digits.map(three_digits), expected);
    }

    #[test]
    fn a_minus_is_one_sign_and_hyphens_of_words_and_dates_stay() {
        let written = ["-1.5", "from -2 to -0.3", "1.20e-7", "(-inf)", "-5e-324"];
        let expected = ["−1.5", "from −2 to −0.3", "1.20e−7", "(−inf)", "−5e−324"];
        assert_eq!(written.map(with_minus), expected);
        for word in ["2024-03-05", "co-2", "a - b", "--seed", "re-3", "well-known", "-", "x_-1"] {
            assert_eq!(with_minus(word), word);
        }
    }

    #[test]
    #[should_panic(expected = "MetricList: there are two metrics named `mae`")]
    fn a_name_that_is_taken_is_refused() {
        let _: MetricList<f64> =
            ["mae", "mae"].map(|name| (name.to_string(), 0.0)).into_iter().collect();
    }
}
