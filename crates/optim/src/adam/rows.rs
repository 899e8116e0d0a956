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

use std::sync::Arc;

use autograd::Deferred;
use tensor::{Scalar, Tensor, vectorised};

/// How many powers of w the series goes to.
const TERMS: usize = 8;

/// What the series leaves out must be smaller than this share of it; else the sum is taken term by
/// term. That is so in the first updates, in which 1 − β₂ᵗ grows quickly.
const TOLERANCE: f64 = 1e-7;

/// Terms beyond the point where β₁ʲ/√β₂ʲ is smaller than this are left out: they change nothing.
const FADED: f64 = 1e-10;

/// So many updates are remembered; then all rows are brought up to date.
const LONGEST_PAST: usize = 4096;

/// What rows are owed that were left behind at any of the last updates.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    betas: [f64; 2],
    epsilon: f64,
    /// The update after which `left` begins, when all rows were up to date.
    start: u64,
    /// For each update from `start` on, what a row is owed that has been left behind since.
    left: Vec<Sums>,
    /// The rate η of each update after `start`.
    rates: Vec<f64>,
    /// β₁ʲ and √β₂ʲ for j = 0, 1, … until the terms have faded.
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
    pub(crate) fn new(betas: [f64; 2], epsilon: f64, start: u64) -> Self {
        let fading = betas[0] / betas[1].sqrt();
        // Where momentum outlives the mean of the squares, nothing fades and nothing is left out.
        let terms = match fading < 1.0 {
            true => (FADED.ln() / fading.ln()).ceil().min(LONGEST_PAST as f64) as i32,
            false => LONGEST_PAST as i32,
        };
        let powers = (0..=terms).map(|j| [betas[0].powi(j), betas[1].powi(j).sqrt()]).collect();
        Self { betas, epsilon, start, left: vec![Sums::default()], rates: Vec::new(), powers }
    }

    /// The number of the last update.
    pub(crate) fn now(&self) -> u64 {
        self.start + self.rates.len() as u64
    }

    /// Whether it is time to bring all rows up to date, and to begin anew.
    pub(crate) fn is_long(&self) -> bool {
        self.rates.len() >= LONGEST_PAST
    }

    /// One more update, at this rate: all rows left behind are owed one more term.
    pub(crate) fn advance(&mut self, rate: f64) {
        self.rates.push(rate);
        let now = self.now();
        let [p, q] = self.factors(now, rate);
        for (sums, [decay1, decay2]) in self.left.iter_mut().rev().zip(&self.powers[1..]) {
            let (p, q) = (p * decay1, q * decay2);
            if sums.q1 == 0.0 {
                sums.q1 = q;
            }
            let delta = 1.0 - q / sums.q1;
            let mut term = p;
            for sum in &mut sums.series {
                *sum += term;
                term *= delta;
            }
            sums.rest += term / (1.0 - delta);
        }
        self.left.push(Sums::default());
    }

    /// η / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ): what p and q of the update t are without their decay.
    fn factors(&self, t: u64, rate: f64) -> [f64; 2] {
        let [beta1, beta2] = self.betas.map(|beta| 1.0 - beta.powf(t as f64));
        [rate / beta1, 1.0 / beta2.sqrt()]
    }

    /// Moves the values of a row from the update `seen` to now; `m` and `v` are those of then.
    pub(crate) fn move_values<T: Scalar>(&self, seen: u64, values: &mut [T], m: &[T], v: &[T]) {
        if seen == self.now() || seen == 0 {
            return;
        }
        let sums = &self.left[(seen - self.start) as usize];
        match sums.rest <= TOLERANCE * sums.series[0] {
            true => sums.move_values(self.epsilon, values, m, v),
            false => self.move_term_by_term(seen, values, m, v),
        }
    }

    /// The sum by its definition: what the series must agree with.
    fn move_term_by_term<T: Scalar>(&self, seen: u64, values: &mut [T], m: &[T], v: &[T]) {
        let epsilon = T::from_f64(self.epsilon);
        let rates = &self.rates[(seen - self.start) as usize..];
        for ((t, &rate), [decay1, decay2]) in (seen + 1..).zip(rates).zip(&self.powers[1..]) {
            let [p, q] = self.factors(t, rate);
            let (p, q) = (T::from_f64(p * decay1), T::from_f64(q * decay2));
            vectorised(
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
    pub(crate) fn move_moments<T: Scalar>(&self, seen: u64, m: &mut [T], v: &mut [T]) {
        let steps = (self.now() - seen) as f64;
        if steps == 0.0 || seen == 0 {
            return;
        }
        let [decay1, decay2] = self.betas.map(|beta| T::from_f64(beta.powf(steps)));
        vectorised(
            #[inline(always)]
            || {
                m.iter_mut().for_each(|m| *m = *m * decay1);
                v.iter_mut().for_each(|v| *v = *v * decay2);
            },
        );
    }
}

impl Sums {
    fn move_values<T: Scalar>(&self, epsilon: f64, values: &mut [T], m: &[T], v: &[T]) {
        let (q1, epsilon) = (T::from_f64(self.q1), T::from_f64(epsilon));
        let series = self.series.map(T::from_f64);
        vectorised(
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

/// What the rows of one table are owed, for those who read them.
#[derive(Debug)]
pub(crate) struct Owed<T: Scalar> {
    pub(crate) moments: [Tensor<T>; 2],
    pub(crate) seen: Arc<Vec<u64>>,
    pub(crate) past: Arc<Past>,
}

impl<T: Scalar> Deferred<T> for Owed<T> {
    fn catch_up(&self, row: usize, values: &mut [T]) {
        let part = row * values.len()..(row + 1) * values.len();
        let [m, v] = self.moments.each_ref().map(|moment| &moment.storage()[part.clone()]);
        self.past.move_values(self.seen[row], values, m, v);
    }
}
