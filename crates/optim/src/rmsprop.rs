//! RMSProp: each gradient divided by the root of a running mean of its squares.

use tensor::Scalar;

use crate::rule::{ParameterStep, RuleOptimizer, UpdateRule};
use crate::schedule::Schedule;
use crate::settings::{check_epsilon, check_share};

/// RMSProp (Tieleman and Hinton 2012, lecture 6.5), in PyTorch's form:
///
/// ```text
/// v ← α v + (1 − α) g²
/// θ ← θ − η g / (√v + ε)
/// ```
///
/// α = 0.99 and ε = 1e-8 unless given. `v` begins at zero and is not corrected for it, so the first
/// steps are long: `η / √(1 − α)`, ten times the rate. A warm-up helps.
///
/// The decay is decoupled, as in [`AdamW`](crate::AdamW); PyTorch's `weight_decay` adds `λ θ` to the
/// gradient instead.
///
/// **Huge gradients.** A step in which `g²` is beyond the largest number of the scalar type is
/// [refused](crate::Optimizer::try_step).
///
/// ```
/// use optim::{Optimizer, RmsProp};
///
/// let optimizer: RmsProp = RmsProp::new(0.001).alpha(0.9);
/// assert_eq!(optimizer.rate(), 0.001);
/// ```
pub type RmsProp<T = f32> = RuleOptimizer<RmsPropRule, 1, T>;

/// The formula of [`RmsProp`].
#[derive(Clone, Copy, Debug)]
pub struct RmsPropRule {
    alpha: f64,
    epsilon: f64,
}

impl<T: Scalar> RmsProp<T> {
    /// Creates RMSProp with this learning rate or schedule; PyTorch proposes 0.01.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self::of(RmsPropRule { alpha: 0.99, epsilon: 1e-8 }, rate)
    }

    /// Sets the decay rate α of the mean of squares.
    ///
    /// # Panics
    /// If it is not in `[0, 1)`.
    #[track_caller]
    pub fn alpha(mut self, alpha: f64) -> Self {
        check_share("alpha", alpha);
        self.rule.alpha = alpha;
        self
    }

    /// Sets ε, which keeps the step finite where the gradients are zero.
    ///
    /// # Panics
    /// If it, or its value in the scalar type, is not positive and finite.
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        check_epsilon::<T>(epsilon);
        self.rule.epsilon = epsilon;
        self
    }
}

impl<T: Scalar> UpdateRule<T, 1> for RmsPropRule {
    const NAME: &'static str = "RmsProp";
    const MOMENTS: [&'static str; 1] = ["v"];

    #[inline(always)]
    fn update(&self, step: ParameterStep<'_>, x: &mut [T], gradient: &[T], [v]: [&mut [T]; 1]) {
        let [rate, alpha, fresh, epsilon] =
            [step.rate, self.alpha, 1.0 - self.alpha, self.epsilon].map(T::from_f64);
        for ((x, &g), v) in x.iter_mut().zip(gradient).zip(v) {
            *v = alpha * *v + (fresh * g) * g;
            *x = *x - rate * g / (v.sqrt() + epsilon);
        }
    }

    fn square_factor(&self) -> Option<f64> {
        Some(1.0)
    }
}
