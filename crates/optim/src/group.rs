//! Parameter groups, which have their own settings: no decay for biases and norms, a smaller rate
//! for layers that are already trained.

use std::fmt;

use autograd::Pattern;
use serde::{Deserialize, Serialize};

/// Settings that differ for the parameters whose names match a [`Pattern`].
///
/// | optimizer | its group may set |
/// |---|---|
/// | [`Adam`](crate::Adam) | the scale of the rate |
/// | [`Sgd`](crate::Sgd), [`AdamW`](crate::AdamW), [`RmsProp`](crate::RmsProp), [`Lion`](crate::Lion), any [`RuleOptimizer`](crate::RuleOptimizer) | the same, and the decay |
///
/// A parameter may be in several groups. For each setting the last group that sets it counts. The
/// next step panics if a pattern matches no parameter. The groups are part of the
/// optimizer's saved state, which an optimizer with other groups refuses.
///
/// ```
/// use optim::AdamW;
///
/// let optimizer: AdamW = AdamW::new(0.001)
///     .decay(0.1)
///     .group("body.*", |group| group.rate_scale(0.1))
///     .group("*.bias", |group| group.no_decay())
///     .group("*.gain", |group| group.no_decay());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pattern: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_scale: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decay: Option<f64>,
}

impl Group {
    pub(crate) fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_string(), rate_scale: None, decay: None }
    }

    /// Multiplies the learning rate by this scale, in each step.
    ///
    /// # Panics
    /// If the scale is negative or not finite.
    #[track_caller]
    pub fn rate_scale(mut self, scale: f64) -> Self {
        assert!(scale >= 0.0 && scale.is_finite(), "rate_scale: {scale} is negative or not finite");
        self.rate_scale = Some(scale);
        self
    }

    /// Sets the decay λ, for parameters of any shape.
    ///
    /// # Panics
    /// If the decay is negative or not finite.
    #[track_caller]
    pub fn decay(mut self, decay: f64) -> Self {
        assert!(decay >= 0.0 && decay.is_finite(), "decay: {decay} is negative or not finite");
        self.decay = Some(decay);
        self
    }

    /// Sets the decay to 0.
    pub fn no_decay(mut self) -> Self {
        self.decay = Some(0.0);
        self
    }

    pub(crate) fn pattern(&self) -> Pattern<'_> {
        Pattern::new(&self.pattern)
    }

    /// Returns `true` if the group sets the decay.
    pub(crate) fn sets_decay(&self) -> bool {
        self.decay.is_some()
    }
}

/// Returns the scale of the rate and the decay that the groups set for a parameter.
pub(crate) fn settings(groups: &[Group], name: &str) -> (f64, Option<f64>) {
    let (mut rate_scale, mut decay) = (1.0, None);
    for group in groups.iter().filter(|group| group.pattern().matches(name)) {
        rate_scale = group.rate_scale.unwrap_or(rate_scale);
        decay = group.decay.or(decay);
    }
    (rate_scale, decay)
}

/// Returns the groups as messages name them.
pub(crate) fn listed(groups: &[Group]) -> String {
    match groups.is_empty() {
        true => "no groups".to_string(),
        false => groups.iter().map(Group::to_string).collect::<Vec<_>>().join(", "),
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.pattern.escape_debug())?;
        let settings = [("rate_scale", self.rate_scale), ("decay", self.decay)];
        let set = settings.iter().filter_map(|(name, value)| Some((name, (*value)?)));
        for (at, (name, value)) in set.enumerate() {
            write!(f, "{}{name} {value}", if at == 0 { " with " } else { " and " })?;
        }
        Ok(())
    }
}
