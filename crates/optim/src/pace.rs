//! The rate and the decay of each parameter in a step. They follow from the schedule, or the rate that was set
//! in its place, from the groups, and from the optimizer's decay.
//!
//! ```text
//! η of a parameter    the rate of the step · the scale of its group
//! λ of a parameter    the λ of its group; otherwise the optimizer's, if its rule says so; otherwise 0
//! ```

use std::fmt;
use std::sync::Arc;

use autograd::Parameters;
use tensor::Scalar;

use crate::group::{self, Group};
use crate::schedule::{Schedule, is_rate};

#[derive(Clone, Debug)]
pub(crate) struct Pace {
    schedule: Schedule,
    /// The rate that takes the schedule's place.
    pub(crate) set_rate: Option<f64>,
    pub(crate) groups: Vec<Group>,
    decay: f64,
    rule: DecayRule,
}

/// Decides by name and shape whether a parameter decays.
#[derive(Clone)]
struct DecayRule(Arc<Predicate>);

type Predicate = dyn Fn(&str, &[usize]) -> bool + Send + Sync;

impl fmt::Debug for DecayRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecayRule")
    }
}

/// The pace of one parameter in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ParameterPace {
    /// η.
    pub(crate) rate: f64,
    /// η λ; `None` if the parameter does not decay.
    pub(crate) decay: Option<f64>,
}

impl Pace {
    /// Follows a schedule, without decay. If a decay is set later, it applies to parameters of two axes or
    /// more.
    #[track_caller]
    pub(crate) fn new(rate: impl Into<Schedule>) -> Self {
        let rule = DecayRule(Arc::new(|_, shape| shape.len() >= 2));
        Self { schedule: rate.into(), set_rate: None, groups: Vec::new(), decay: 0.0, rule }
    }

    /// Returns the rate of this step, counted from 0.
    #[track_caller]
    pub(crate) fn rate(&self, step: u64) -> f64 {
        self.set_rate.unwrap_or_else(|| self.schedule.rate(step))
    }

    /// Sets the rate that takes the schedule's place.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub(crate) fn set_rate(&mut self, rate: f64) {
        assert!(is_rate(rate), "set_rate: the rate must be finite and not negative, not {rate}");
        self.set_rate = Some(rate);
    }

    /// Sets the decay λ.
    ///
    /// # Panics
    /// If the decay is negative or not finite.
    #[track_caller]
    pub(crate) fn set_decay(&mut self, decay: f64) {
        assert!(decay >= 0.0 && decay.is_finite(), "decay: {decay} is negative or not finite");
        self.decay = decay;
    }

    /// Sets which parameters decay.
    pub(crate) fn set_decays(
        &mut self,
        rule: impl Fn(&str, &[usize]) -> bool + Send + Sync + 'static,
    ) {
        self.rule = DecayRule(Arc::new(rule));
    }

    pub(crate) fn add_group(&mut self, pattern: &str, settings: impl FnOnce(Group) -> Group) {
        self.groups.push(settings(Group::new(pattern)));
    }

    /// Adds a group that may scale the rate only.
    ///
    /// # Panics
    /// If the group sets a decay.
    #[track_caller]
    pub(crate) fn add_group_without_decay(
        &mut self,
        pattern: &str,
        settings: impl FnOnce(Group) -> Group,
    ) {
        let group = settings(Group::new(pattern));
        assert!(
            !group.sets_decay(),
            "group: {group} is given to Adam, which has no decay: take AdamW, or leave out the decay"
        );
        self.groups.push(group);
    }

    /// Checks that each group matches a parameter.
    ///
    /// # Panics
    /// If a group matches no parameter.
    #[track_caller]
    pub(crate) fn check_groups<T: Scalar>(&self, parameters: &Parameters<T>) {
        let names = || parameters.ids().map(|id| parameters.name(id));
        for group in &self.groups {
            if !names().any(|name| group.pattern().matches(name)) {
                panic!(
                    "step: a group of the optimizer is empty: {}",
                    group.pattern().error(names())
                );
            }
        }
    }

    /// Returns the pace of a parameter in a step of this rate.
    pub(crate) fn of(&self, name: &str, shape: &[usize], rate: f64) -> ParameterPace {
        let (scale, decay) = group::settings(&self.groups, name);
        let by_rule = || if (self.rule.0)(name, shape) { self.decay } else { 0.0 };
        let (rate, decay) = (rate * scale, decay.unwrap_or_else(by_rule));
        ParameterPace { rate, decay: (decay != 0.0).then_some(rate * decay) }
    }
}
