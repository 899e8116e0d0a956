//! Adam on a table of which each step has the gradients of a few rows, such as an embedding's.
//!
//! Adam moves the other rows too, for their momentum goes on. `k` updates without a gradient, after
//! the update number `s`, are
//!
//! ```text
//! m ← β₁ᵏ m      v ← β₂ᵏ v      θ ← θ − Σⱼ pⱼ m / (qⱼ √v + ε),      j = 1 … k
//!
//! pⱼ = η β₁ʲ / (1 − β₁ˢ⁺ʲ)      qⱼ = √(β₂ʲ / (1 − β₂ˢ⁺ʲ))
//! ```
//!
//! Instead of a pass over the table in each step, a row is left behind, and gets what it is owed when
//! somebody reads it. While `pⱼ` fades, `qⱼ` hardly changes, so with `δⱼ = 1 − qⱼ/q₁`,
//! `d = q₁ √v + ε` and `w = q₁ √v / d` the sum is a power series that converges fast:
//!
//! ```text
//! Σⱼ pⱼ m / (qⱼ √v + ε)  =  m/d Σⱼ pⱼ / (1 − δⱼ w)  =  m/d Σₙ wⁿ (Σⱼ pⱼ δⱼⁿ)
//! ```
//!
//! The inner sums are the same for all rows left behind at `s`. So a row costs one square root and
//! one division an element, however many updates it is owed.

use tensor::{Scalar, vectorized};

/// How many powers of w the series goes to.
const TERMS: usize = 8;

/// What a sum may leave out, as a share of it: less than the scalar type's own rounding over many
/// updates. If the series would leave out more, the sum is taken term by term. That is so in the first
/// updates, in which 1 − β₂ᵗ grows quickly.
pub(super) fn tolerance<T: Scalar>() -> f64 {
    // Only a type of more digits than `f32` holds this number.
    let fine = 1.0 + 2f64.powi(-40);
    if T::from_f64(fine).to_f64() == fine { 1e-13 } else { 1e-7 }
}

/// Terms from where β₁ʲ/√β₂ʲ is smaller than this share of the tolerance are left out: they change
/// nothing.
const FADED: f64 = 1e-3;

/// So many updates are remembered; then all rows are brought up to date.
pub(super) const LONGEST_PAST: usize = 4096;

/// What rows are owed that were left behind at any of the last updates.
#[derive(Clone, Debug)]
pub(super) struct Past {
    betas: [f64; 2],
    epsilon: f64,
    tolerance: f64,
    /// After how many terms they have faded.
    terms: usize,
    /// The update after which `left` begins, when all rows were up to date.
    start: u64,
    /// For each update from `start` on, what a row is owed that has been left behind since.
    left: Vec<Sums>,
    /// The rate η of each update after `start`.
    rates: Vec<f64>,
    /// What p and q of each update after `start` are without their decay.
    factors: Vec<[f64; 2]>,
    /// β₁ʲ and √β₂ʲ for j = 0, 1, …
    powers: Vec<[f64; 2]>,
}

/// The inner sums of the series for one s.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    q1: f64,
    series: [f64; TERMS],
    /// The sum Σⱼ pⱼ δⱼⁿ/(1 − δⱼ) for n = TERMS: what the series leaves out, at most.
    rest: f64,
}

impl Past {
    /// All rows are up to date after the update number `start`.
    pub(super) fn new(betas: [f64; 2], epsilon: f64, tolerance: f64, start: u64) -> Self {
        let fading = betas[0] / betas[1].sqrt();
        // Where momentum outlives the mean of the squares, nothing fades and nothing is left out.
        let terms = match fading < 1.0 {
            true => {
                ((FADED * tolerance).ln() / fading.ln()).ceil().min(LONGEST_PAST as f64) as usize
            }
            false => LONGEST_PAST,
        };
        let (left, powers) = (vec![Sums::default()], vec![[1.0; 2]]);
        let (rates, factors) = (Vec::new(), Vec::new());
        Self { betas, epsilon, tolerance, terms, start, left, rates, factors, powers }
    }

    /// A new one, for rows that are all up to date now.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.betas, self.epsilon, self.tolerance, self.now())
    }

    /// The number of the last update.
    pub(super) fn now(&self) -> u64 {
        self.start + self.rates.len() as u64
    }

    /// The rates of the updates since all rows were up to date: with them, and one
    /// [`advance`](Self::advance) for each, the same past can be made again.
    pub(super) fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Whether it is time to bring all rows up to date, and to begin anew.
    pub(super) fn is_long(&self) -> bool {
        self.rates.len() >= LONGEST_PAST
    }

    /// One more update, at this rate: all rows left behind are owed one more term.
    pub(super) fn advance(&mut self, rate: f64) {
        self.rates.push(rate);
        let (t, behind) = (self.now() as f64, self.rates.len() as i32);
        let [correction1, correction2] = self.betas.map(|beta| 1.0 - beta.powf(t));
        let [p, q] = [rate / correction1, 1.0 / correction2.sqrt()];
        self.factors.push([p, q]);
        self.powers.push([self.betas[0].powi(behind), self.betas[1].powi(behind).sqrt()]);
        for (sums, [decay1, decay2]) in
            self.left.iter_mut().rev().zip(&self.powers[1..]).take(self.terms)
        {
            sums.add(p * decay1, q * decay2);
        }
        self.left.push(Sums::default());
    }

    /// Moves the values of a row from the update `seen` to now; `m` and `v` are those of then.
    pub(super) fn move_values<T: Scalar>(&self, seen: u64, values: &mut [T], m: &[T], v: &[T]) {
        // Most rows of a large table have never had a gradient, and so no momentum.
        if seen == self.now() || m.iter().all(|&m| m == T::ZERO) {
            return;
        }
        let sums = &self.left[(seen - self.start) as usize];
        match sums.rest <= self.tolerance * sums.series[0] {
            true => sums.move_values(self.epsilon, values, m, v),
            false => self.move_term_by_term(seen, values, m, v),
        }
    }

    /// The sum by its definition: what the series must agree with.
    fn move_term_by_term<T: Scalar>(&self, seen: u64, values: &mut [T], m: &[T], v: &[T]) {
        let epsilon = T::from_f64(self.epsilon);
        let factors = &self.factors[(seen - self.start) as usize..];
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

    /// Moves the moments of a row from the update `seen` to now.
    pub(super) fn move_moments<T: Scalar>(&self, seen: u64, m: &mut [T], v: &mut [T]) {
        if seen == self.now() {
            return;
        }
        let [decay1, root] = self.powers[(self.now() - seen) as usize];
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

impl Sums {
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

    /// The series, in Horner's order.
    fn move_values<T: Scalar>(&self, epsilon: f64, values: &mut [T], m: &[T], v: &[T]) {
        let (q1, epsilon) = (T::from_f64(self.q1), T::from_f64(epsilon));
        let series = self.series.map(T::from_f64);
        vectorized(
            #[inline(always)]
            || {
                for ((x, &m), &v) in values.iter_mut().zip(m).zip(v) {
                    let root = q1 * v.sqrt();
                    let inverse = T::ONE / (root + epsilon);
                    let w = root * inverse;
                    let mut sum = T::ZERO;
                    for n in (0..TERMS).rev() {
                        sum = sum * w + series[n];
                    }
                    *x = *x - m * inverse * sum;
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

    use super::{LONGEST_PAST, Past, tolerance};

    fn past(betas: [f64; 2], epsilon: f64, start: u64, rates: &[f64]) -> Past {
        let mut past = Past::new(betas, epsilon, tolerance::<f32>(), start);
        rates.iter().for_each(|&rate| past.advance(rate));
        past
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
            let past = past([beta1, beta2], epsilon, start, &rates);
            let (mut series, mut sum) = ([0.0f64], [0.0]);
            past.left[0].move_values(epsilon, &mut series, &[1.0], &[v]);
            past.move_term_by_term(start, &mut sum, &[1.0], &[v]);
            let left_out = past.left[0].rest / past.left[0].series[0];
            assert_relative_eq!(series[0], sum[0], max_relative = 2.0 * left_out + 1e-12);
        }

        /// What is left out once the terms have faded is nothing against the sum.
        #[test]
        fn faded_terms_change_nothing(beta1 in 0.5..0.95, beta2 in 0.99..0.9999, v in 1e-12..10.0) {
            let mut past = past([beta1, beta2], 1e-8, 1000, &[0.1; 1000]);
            let (mut short, mut whole) = ([0.0f64], [0.0]);
            past.move_term_by_term(1000, &mut short, &[1.0], &[v]);
            past.terms = LONGEST_PAST;
            past.move_term_by_term(1000, &mut whole, &[1.0], &[v]);
            assert_relative_eq!(short[0], whole[0], max_relative = 1e-8);
        }
    }

    #[test]
    fn the_series_serves_all_but_the_first_updates() {
        let past = past([0.9, 0.999], 1e-8, 0, &[0.001; 1000]);
        let short =
            |seen: usize| past.left[seen].rest <= past.tolerance * past.left[seen].series[0];
        assert!(!short(1), "while 1 − β₂ᵗ grows quickly, the sum is taken term by term");
        assert!((200..999).all(short));
    }
}
