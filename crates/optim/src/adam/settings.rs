//! Adam's constructor and its settings.

use tensor::Scalar;

use super::Adam;
use super::constants::Constants;
use super::sparse::SparseUpdates;
use crate::group::Group;
use crate::moments::Moments;
use crate::pace::Pace;
use crate::schedule::Schedule;
use crate::settings::{check_epsilon, check_share};

impl<T: Scalar> Adam<T> {
    /// Creates Adam with this learning rate or schedule; the paper proposes 0.001.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        Self {
            kind: "Adam",
            pace: Pace::new(rate),
            constants: Constants { betas: [0.9, 0.999], epsilon: 1e-8 },
            moments: Moments::new(["m", "v"]),
            sparse: SparseUpdates::deferring(),
        }
    }

    /// Sets the decay rates β₁ and β₂ of the two means.
    ///
    /// # Panics
    /// If one is not in `[0, 1)`, or a step has been taken.
    #[track_caller]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        self.check_is_new("betas");
        check_share("betas", beta1);
        check_share("betas", beta2);
        self.constants.betas = [beta1, beta2];
        self
    }

    /// Sets ε, which keeps the step finite where the gradients are zero.
    ///
    /// # Panics
    /// If it, or its value in the scalar type, is not positive and finite, or a step has been taken.
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.check_is_new("epsilon");
        check_epsilon::<T>(epsilon);
        self.constants.epsilon = epsilon;
        self
    }

    /// Panics if a step has been taken: pending updates are applied later, and with the settings of their own
    /// step.
    #[track_caller]
    pub(super) fn check_is_new(&self, setting: &str) {
        assert!(
            self.moments.steps == 0,
            "{setting}: this optimizer has taken a step with other settings: set it on a new one"
        );
    }

    /// Gives the parameters whose names match a pattern, such as `body.*`, settings of their own; see
    /// [`Group`].
    ///
    /// # Panics
    /// If the group sets a decay: that is for [`AdamW`](crate::AdamW).
    #[track_caller]
    pub fn group(mut self, pattern: &str, settings: impl FnOnce(Group) -> Group) -> Self {
        self.pace.add_group_without_decay(pattern, settings);
        self
    }
}
