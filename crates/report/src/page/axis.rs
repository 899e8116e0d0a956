//! An axis of a plot: its range and its labels.

use std::ops::Range;

use crate::metric_list::with_minus;

/// An axis of a plot.
pub(super) struct PlotAxis<'a> {
    pub(super) range: Range<f64>,
    /// The most labels.
    pub(super) labels: usize,
    pub(super) label: Box<dyn Fn(&f64) -> String + 'a>,
}

impl<'a> PlotAxis<'a> {
    /// Creates an axis whose labels are its numbers.
    pub(super) fn of(range: &Range<f64>) -> Self {
        let (length, largest) = (range.end - range.start, range.start.abs().max(range.end.abs()));
        let decimals = digits(length);
        // As many digits as tell the labels apart.
        let powers = digits(length / largest).max(1);
        let is_long = largest >= 1e5 || length < 1e-3;
        // The places of labels are sums, so that at 0 may be a little beside it.
        let is_zero = move |y: f64| y.abs() < 1e-9 * length;
        let label = move |y: &f64| match (is_long, is_zero(*y)) {
            (true, true) => "0".to_string(),
            (true, false) => with_minus(format!("{y:.powers$e}")),
            (false, true) => format!("{:.decimals$}", 0.0),
            (false, false) => with_minus(format!("{y:.decimals$}")),
        };
        Self { range: range.clone(), labels: 5, label: Box::new(label) }
    }

    /// Creates an axis with these labels, at most this many.
    pub(super) fn labeled(
        range: Range<f64>,
        labels: usize,
        label: impl Fn(&f64) -> String + 'a,
    ) -> Self {
        Self { range, labels, label: Box::new(label) }
    }

    /// Returns the room for the labels, in CSS pixels.
    pub(super) fn width(&self) -> f64 {
        let letters = |y: f64| (self.label)(&y).chars().count();
        let longest = letters(self.range.start).max(letters(self.range.end));
        (6.8 * longest as f64 + 9.0).max(36.0)
    }
}

/// Returns the number of decimals that tell apart about five labels on an axis of this length.
pub(super) fn digits(length: f64) -> usize {
    (-(length / 5.0).log10()).ceil().clamp(0.0, 6.0) as usize
}

/// Returns the number limited to the largest range of an axis; `None` if it is NaN.
pub(super) fn drawable(number: f64) -> Option<f64> {
    const FARTHEST: f64 = 1e30;
    (!number.is_nan()).then(|| number.clamp(-FARTHEST, FARTHEST))
}

/// Returns the range between two ends, wide enough for different labels. Otherwise plotters would
/// search for them in an endless loop.
pub(super) fn apart(low: f64, high: f64) -> Range<f64> {
    if !(low.is_finite() && high.is_finite()) {
        return 0.0..1.0;
    }
    let least = (1e-6 * low.abs().max(high.abs())).max(1e-9);
    let missing = (least - (high - low)).max(0.0);
    low - missing / 2.0..high + missing / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_at_0_is_0_however_it_is_rounded() {
        let label = |range: Range<f64>, at: f64| (PlotAxis::of(&range).label)(&at);
        for zero in [0.0, -0.0, 1e-20, -1.4e-20] {
            assert_eq!(label(-0.4..0.6, zero), "0.0");
            assert_eq!(label(-2e-6..2e-6, zero / 1e6), "0");
        }
        assert_eq!(label(-0.4..0.6, -0.2), "−0.2");
        assert_eq!(label(-2e-6..2e-6, -1e-6), "−1.0e−6");
        assert_eq!(label(-1.0..1.0, 0.5), "0.5");
    }
}
