//! Lion: each weight moves by the same amount, against the sign of a mean of gradients.

use tensor::Scalar;

use crate::rule::{ParameterStep, RuleOptimizer, UpdateRule};
use crate::schedule::Schedule;
use crate::settings::check_share;

/// Lion (Chen et al. 2023, Algorithm 2):
///
/// ```text
/// c = β₁ m + (1 − β₁) g
/// θ ← θ − η (sign(c) + λ θ)
/// m ← β₂ m + (1 − β₂) g
/// ```
///
/// where `sign(0) = 0`. It keeps one moment, half of what Adam keeps. The settings not given are the
/// paper's: β₁ = 0.9, β₂ = 0.99; λ is 0. As every step has the length η, the paper proposes a rate
/// three to ten times smaller than AdamW's, and a decay larger by the same factor.
///
/// ```
/// use optim::{Lion, Optimizer};
///
/// let optimizer: Lion = Lion::new(1e-4).decay(0.1).group("*.bias", |group| group.no_decay());
/// assert_eq!(optimizer.rate(), 1e-4);
/// ```
pub type Lion<T = f32> = RuleOptimizer<LionRule, 1, T>;

/// The formula of [`Lion`].
#[derive(Clone, Copy, Debug)]
pub struct LionRule {
    betas: [f64; 2],
}

impl<T: Scalar> Lion<T> {
    /// Creates Lion with this learning rate or schedule, and without decay.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self::of(LionRule { betas: [0.9, 0.99] }, rate)
    }

    /// Sets β₁, which mixes the gradient into the direction, and β₂, which mixes it into the moment.
    ///
    /// # Panics
    /// If one is not in `[0, 1)`.
    #[track_caller]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        check_share("betas", beta1);
        check_share("betas", beta2);
        self.rule.betas = [beta1, beta2];
        self
    }
}

impl<T: Scalar> UpdateRule<T, 1> for LionRule {
    const NAME: &'static str = "Lion";
    const MOMENTS: [&'static str; 1] = ["m"];

    #[inline(always)]
    fn update(&self, step: ParameterStep<'_>, x: &mut [T], gradient: &[T], [m]: [&mut [T]; 1]) {
        let [beta1, beta2] = self.betas.map(T::from_f64);
        let [fresh1, fresh2] = self.betas.map(|beta| T::from_f64(1.0 - beta));
        let rate = T::from_f64(step.rate);
        for ((x, &g), m) in x.iter_mut().zip(gradient).zip(m) {
            *x = *x - rate * sign(beta1 * *m + fresh1 * g);
            *m = beta2 * *m + fresh2 * g;
        }
    }
}

/// Returns 1 or −1 with the sign of `c`; zero and NaN as they are.
#[inline(always)]
fn sign<T: Scalar>(c: T) -> T {
    if c > T::ZERO {
        T::ONE
    } else if c < T::ZERO {
        -T::ONE
    } else {
        c
    }
}
