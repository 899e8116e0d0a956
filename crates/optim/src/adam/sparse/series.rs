//! The sum of many updates of a row that has no gradient, as a power series.
//!
//! Adam moves such rows, too, because their momentum does not stop. `k` updates without a gradient,
//! after the update with the number `s`, are
//!
//! ```text
//! m ← β₁ᵏ m      v ← β₂ᵏ v      θ ← θ − Σⱼ pⱼ m / (qⱼ √v + ε),      j = 1 … k
//!
//! pⱼ = η β₁ʲ / (1 − β₁ˢ⁺ʲ)      qⱼ = √(β₂ʲ / (1 − β₂ˢ⁺ʲ))
//! ```
//!
//! Instead of a pass over the table in each step, these updates are deferred until the row is read.
//! While `pⱼ` fades, `qⱼ` hardly changes, so with `δⱼ = 1 − qⱼ/q₁`,
//! `d = q₁ √v + ε` and `w = q₁ √v / d` the sum is a power series that converges fast:
//!
//! ```text
//! Σⱼ pⱼ m / (qⱼ √v + ε)  =  m/d Σⱼ pⱼ / (1 − δⱼ w)  =  m/d Σₙ wⁿ (Σⱼ pⱼ δⱼⁿ)
//! ```
//!
//! The inner sums are the same for all rows whose last update is `s`. So a row costs one square root
//! and one division an element, however many of its updates are pending.

use tensor::{Scalar, vectorized};

use super::super::constants::Constants;

/// The number of powers of w in the series.
const TERMS: usize = 8;

/// Returns the share of a sum that the series may leave out: less than the scalar type's own rounding over
/// many updates. If the series would leave out more, the sum is taken term by term. That happens in the first
/// updates, while 1 − β₂ᵗ grows quickly.
fn tolerance<T: Scalar>() -> f64 {
    // Only a type with more digits than `f32` can represent this number.
    let fine = 1.0 + 2f64.powi(-40);
    if T::from_f64(fine).to_f64() == fine { 1e-13 } else { 1e-7 }
}

/// Terms with a β₁ʲ/√β₂ʲ below this share of the tolerance are left out: they change nothing.
const FADED: f64 = 1e-3;

/// This many updates are deferred; then all rows are brought up to date.
pub(super) const MOST_UPDATES: usize = 4096;

/// The updates since all rows were up to date, and for each of them what is pending for a row that has
/// had no gradient since.
#[derive(Clone, Debug)]
pub(super) struct DeferredUpdates {
    constants: Constants,
    tolerance: f64,
    /// The number of terms after which all others have faded.
    terms: usize,
    /// The number of the update after which all rows were up to date.
    start: u64,
    /// For each update from `start` on, the sums for a row that has had no gradient since.
    sums: Vec<SeriesSums>,
    /// The rate η of each update after `start`.
    rates: Vec<f64>,
    /// p and q of each update after `start`, before decay.
    factors: Vec<[f64; 2]>,
    /// β₁ʲ and √β₂ʲ for j = 0, 1, …
    powers: Vec<[f64; 2]>,
}

/// The inner sums of the series for one s.
#[derive(Clone, Copy, Debug, Default)]
struct SeriesSums {
    q1: f64,
    series: [f64; TERMS],
    /// The sum Σⱼ pⱼ δⱼⁿ/(1 − δⱼ) for n = TERMS: an upper bound on what the series leaves out.
    rest: f64,
}

impl DeferredUpdates {
    /// Creates an empty list. All rows are up to date after the update with the number `start`.
    pub(super) fn new<T: Scalar>(constants: Constants, start: u64) -> Self {
        Self::with_tolerance(constants, tolerance::<T>(), start)
    }

    fn with_tolerance(constants: Constants, tolerance: f64, start: u64) -> Self {
        let [beta1, beta2] = constants.betas;
        let fading = beta1 / beta2.sqrt();
        // Where momentum outlives the mean of the squares, no term fades and none is left out.
        let terms = match fading < 1.0 {
            true => {
                ((FADED * tolerance).ln() / fading.ln()).ceil().min(MOST_UPDATES as f64) as usize
            }
            false => MOST_UPDATES,
        };
        let (sums, powers) = (vec![SeriesSums::default()], vec![[1.0; 2]]);
        let (rates, factors) = (Vec::new(), Vec::new());
        Self { constants, tolerance, terms, start, sums, rates, factors, powers }
    }

    /// Returns an empty list with the same settings, for rows that are all up to date now.
    pub(super) fn restarted(&self) -> Self {
        Self::with_tolerance(self.constants, self.tolerance, self.now())
    }

    /// Returns the number of the last update.
    pub(super) fn now(&self) -> u64 {
        self.start + self.rates.len() as u64
    }

    /// Returns the number of updates since all rows were up to date.
    pub(super) fn len(&self) -> usize {
        self.rates.len()
    }

    /// Returns the rates of these updates. Calling [`push`](Self::push) with each of them restores the same
    /// state.
    pub(super) fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Adds an update at this rate: for all rows without a gradient one more term is pending.
    pub(super) fn push(&mut self, rate: f64) {
        self.rates.push(rate);
        let (t, count) = (self.now() as f64, self.rates.len() as i32);
        let [beta1, beta2] = self.constants.betas;
        let [p, q] = [rate / (1.0 - beta1.powf(t)), 1.0 / (1.0 - beta2.powf(t)).sqrt()];
        self.factors.push([p, q]);
        self.powers.push([beta1.powi(count), beta2.powi(count).sqrt()]);
        for (sums, [decay1, decay2]) in
            self.sums.iter_mut().rev().zip(&self.powers[1..]).take(self.terms)
        {
            sums.add(p * decay1, q * decay2);
        }
        self.sums.push(SeriesSums::default());
    }

    /// Applies to the values of a row all updates after the number `last`; `m` and `v` date from then.
    pub(super) fn apply_to_values<T: Scalar>(&self, last: u64, values: &mut [T], m: &[T], v: &[T]) {
        // Most rows of a large table have never had a gradient, and so have no momentum.
        if last == self.now() || m.iter().all(|&m| m == T::ZERO) {
            return;
        }
        // Without momentum, an update moves only what has a gradient.
        if self.terms == 0 {
            return;
        }
        let sums = &self.sums[(last - self.start) as usize];
        match sums.rest <= self.tolerance * sums.series[0] {
            true => sums.apply(self.constants.epsilon, values, m, v),
            false => self.apply_term_by_term(last, values, m, v),
        }
    }

    /// Applies the sum by its definition: the reference that the series must agree with.
    fn apply_term_by_term<T: Scalar>(&self, last: u64, values: &mut [T], m: &[T], v: &[T]) {
        let epsilon = T::from_f64(self.constants.epsilon);
        let factors = &self.factors[(last - self.start) as usize..];
        for ([p, q], [decay1, decay2]) in factors.iter().zip(&self.powers[1..]).take(self.terms) {
            let (p, q) = (T::from_f64(p * decay1), T::from_f64(q * decay2));
            vectorized(
                #[inline(always)]
                || {
                    for ((x, &m), &v) in values.iter_mut().zip(m).zip(v) {
                        *x = *x - p * m / (q * v.sqrt() + epsilon);
                    }
                },
            );
        }
    }

    /// Decays the moments of a row by all updates after the number `last`.
    pub(super) fn apply_to_moments<T: Scalar>(&self, last: u64, m: &mut [T], v: &mut [T]) {
        if last == self.now() {
            return;
        }
        let [decay1, root] = self.powers[(self.now() - last) as usize];
        let [decay1, decay2] = [decay1, root * root].map(T::from_f64);
        vectorized(
            #[inline(always)]
            || {
                m.iter_mut().for_each(|m| *m = *m * decay1);
                v.iter_mut().for_each(|v| *v = *v * decay2);
            },
        );
    }
}

impl SeriesSums {
    /// Adds the term with this p and q to each sum.
    fn add(&mut self, p: f64, q: f64) {
        if self.q1 == 0.0 {
            self.q1 = q;
        }
        let delta = 1.0 - q / self.q1;
        let mut term = p;
        for sum in &mut self.series {
            *sum += term;
            term *= delta;
        }
        self.rest += term / (1.0 - delta);
    }

    /// Applies the series, by Horner's rule.
    fn apply<T: Scalar>(&self, epsilon: f64, values: &mut [T], m: &[T], v: &[T]) {
        let (q1, epsilon) = (T::from_f64(self.q1), T::from_f64(epsilon));
        let series = self.series.map(T::from_f64);
        vectorized(
            #[inline(always)]
            || {
                for ((x, &m), &v) in values.iter_mut().zip(m).zip(v) {
                    let root = q1 * v.sqrt();
                    // Divisions, because 1 / ε may be infinite where ε is not 0.
                    let divisor = root + epsilon;
                    let w = root / divisor;
                    let mut sum = T::ZERO;
                    for n in (0..TERMS).rev() {
                        sum = sum * w + series[n];
                    }
                    *x = *x - m * sum / divisor;
                }
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{Constants, DeferredUpdates, MOST_UPDATES};

    fn updates(betas: [f64; 2], epsilon: f64, start: u64, rates: &[f64]) -> DeferredUpdates {
        let mut updates = DeferredUpdates::new::<f32>(Constants { betas, epsilon }, start);
        rates.iter().for_each(|&rate| updates.push(rate));
        updates
    }

    proptest! {
        #[test]
        fn the_series_is_the_sum(
            beta1 in 0.5..0.95,
            beta2 in 0.99..0.9999,
            epsilon in prop_oneof![Just(1e-8), 1e-4..1.0],
            start in 300..5000u64,
            rates in vec(0.0..1.0, 1..300),
            v in 1e-12..10.0,
        ) {
            let updates = updates([beta1, beta2], epsilon, start, &rates);
            let (mut series, mut sum) = ([0.0f64], [0.0]);
            updates.sums[0].apply(epsilon, &mut series, &[1.0], &[v]);
            updates.apply_term_by_term(start, &mut sum, &[1.0], &[v]);
            let left_out = updates.sums[0].rest / updates.sums[0].series[0];
            assert_relative_eq!(series[0], sum[0], max_relative = 2.0 * left_out + 1e-12);
        }

        /// The terms that are left out once they have faded are negligible compared with the sum.
        #[test]
        fn faded_terms_change_nothing(beta1 in 0.5..0.95, beta2 in 0.99..0.9999, v in 1e-12..10.0) {
            let mut updates = updates([beta1, beta2], 1e-8, 1000, &[0.1; 1000]);
            let (mut short, mut whole) = ([0.0f64], [0.0]);
            updates.apply_term_by_term(1000, &mut short, &[1.0], &[v]);
            updates.terms = MOST_UPDATES;
            updates.apply_term_by_term(1000, &mut whole, &[1.0], &[v]);
            assert_relative_eq!(short[0], whole[0], max_relative = 1e-8);
        }
    }

    #[test]
    fn the_series_serves_all_but_the_first_updates() {
        let updates = updates([0.9, 0.999], 1e-8, 0, &[0.001; 1000]);
        let short = |seen: usize| {
            updates.sums[seen].rest <= updates.tolerance * updates.sums[seen].series[0]
        };
        assert!(!short(1), "while 1 − β₂ᵗ grows quickly, the sum is taken term by term");
        assert!((200..999).all(short));
    }
}
