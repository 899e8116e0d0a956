//! The learning rate as a function of the step.

use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer, ser};

/// The learning rate `η` at each step `s`, from 0. With the first rate `r`, the floor `f` (0 unless
/// given) and the period `n`:
///
/// ```text
/// constant      r
/// step decay    max(f, r · factor^⌊s / n⌋)
/// exponential   max(f, r · factor^s)
/// cosine        f + (r − f) · (1 + cos(π s / n)) / 2      f from step n on
/// linear        f + (r − f) · (1 − s / n)                 f from step n on
/// ```
///
/// The cosine is Loshchilov and Hutter's (2017), without restarts. A warm-up goes before any of
/// them: for `w` steps the rate is `r · (s + 1) / (w + 1)`, and step `w` is step 0 of the rest. So
/// a cosine over 1000 steps with a warm-up of 100 reaches its floor at step 1100.
///
/// A plain number can be passed as a schedule; its rate is constant. A schedule that is read as data (serde)
/// is checked like one that is built in a program. [`custom`](Self::custom) makes a schedule from any
/// function; it cannot be written as data.
///
/// ```
/// use optim::Schedule;
///
/// let schedule = Schedule::cosine(0.001, 1000).floor(0.0001).warm_up(100);
/// assert!(schedule.rate(0) < 0.00001);
/// assert_eq!(schedule.rate(100), 0.001);
/// assert!((schedule.rate(600) - 0.00055).abs() < 1e-12);
/// assert_eq!(schedule.rate(1100), 0.0001);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Settings")]
pub struct Schedule(Settings);

/// The settings of a schedule, not yet checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    curve: Curve,
    rate: f64,
    #[serde(default)]
    floor: f64,
    #[serde(default)]
    warm_up: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Curve {
    Constant,
    StepDecay {
        factor: f64,
        period: u64,
    },
    Exponential {
        factor: f64,
    },
    Cosine {
        period: u64,
    },
    Linear {
        period: u64,
    },
    #[serde(skip_deserializing, serialize_with = "refuse")]
    Custom(RateFunction),
}

/// A function from the step to the rate. It is equal only to its clones.
#[derive(Clone)]
struct RateFunction(Arc<dyn Fn(u64) -> f64 + Send + Sync>);

impl PartialEq for RateFunction {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for RateFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateFunction")
    }
}

impl RateFunction {
    /// Returns the rate of a step.
    ///
    /// # Panics
    /// If the function returns a number that is negative or not finite.
    #[track_caller]
    fn rate(&self, step: u64) -> f64 {
        let rate = (self.0)(step);
        assert!(
            is_rate(rate),
            "schedule: the function of Schedule::custom returns {rate} for step {step}: a rate is \
             finite and not negative"
        );
        rate
    }
}

fn refuse<S: Serializer>(_: &RateFunction, _: S) -> Result<S::Ok, S::Error> {
    Err(ser::Error::custom(
        "a schedule of Schedule::custom is a function of the program and cannot be written as data: \
         write what the function is made from",
    ))
}

impl Schedule {
    /// Creates a schedule with the same rate at every step.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn constant(rate: f64) -> Self {
        Self::of(Curve::Constant, rate)
    }

    /// Creates a schedule whose rate is multiplied by `factor` every `period` steps.
    ///
    /// # Panics
    /// If the rate is negative or not finite, the factor not in `[0, 1]`, or the period 0.
    #[track_caller]
    pub fn step_decay(rate: f64, factor: f64, period: u64) -> Self {
        Self::of(Curve::StepDecay { factor, period }, rate)
    }

    /// Creates a schedule whose rate is multiplied by `factor` in every step.
    ///
    /// # Panics
    /// If the rate is negative or not finite, or the factor not in `[0, 1]`.
    #[track_caller]
    pub fn exponential(rate: f64, factor: f64) -> Self {
        Self::of(Curve::Exponential { factor }, rate)
    }

    /// Creates a schedule whose rate is any function of the step, from 0. A [`warm_up`](Self::warm_up) goes before it:
    /// it leads up to the rate of step 0, and delays the others.
    ///
    /// Such a schedule cannot be written as data (serde): the attempt returns an error. A checkpoint
    /// holds the rate of the run's next step, so that a run with another function is not mistaken for
    /// the same run, unless the two functions agree on that step.
    ///
    /// ```
    /// use optim::{Adam, Optimizer, Schedule};
    ///
    /// // Vaswani et al. (2017), for a width of 512 and 4,000 steps of warm-up.
    /// let schedule = Schedule::custom(|step| {
    ///     let step = step as f64 + 1.0;
    ///     512f64.powf(-0.5) * step.powf(-0.5).min(step * 4000f64.powf(-1.5))
    /// });
    /// let adam: Adam = Adam::new(schedule.clone());
    /// assert_eq!(adam.rate(), schedule.rate(0));
    /// assert!(schedule.rate(3999) > schedule.rate(5000));
    /// ```
    ///
    /// At the end of training the function is also called for the step after the last, whose rate is recorded with the
    /// last epoch.
    ///
    /// # Panics
    /// If the rate of step 0 is negative or not finite. A step panics if its rate is.
    #[track_caller]
    pub fn custom(rate: impl Fn(u64) -> f64 + Send + Sync + 'static) -> Self {
        let function = RateFunction(Arc::new(rate));
        let first = function.rate(0);
        Self::of(Curve::Custom(function), first)
    }

    /// Creates a schedule whose rate falls to the floor within `period` steps along half a cosine: fast in the middle,
    /// slowly at both ends.
    ///
    /// # Panics
    /// If the rate is negative or not finite, or the period 0.
    #[track_caller]
    pub fn cosine(rate: f64, period: u64) -> Self {
        Self::of(Curve::Cosine { period }, rate)
    }

    /// Creates a schedule whose rate falls to the floor within `period` steps along a straight line.
    ///
    /// # Panics
    /// If the rate is negative or not finite, or the period 0.
    #[track_caller]
    pub fn linear(rate: f64, period: u64) -> Self {
        Self::of(Curve::Linear { period }, rate)
    }

    /// Sets the rate below which the schedule does not fall after its warm-up.
    ///
    /// # Panics
    /// If it is negative, not finite, or above the first rate.
    #[track_caller]
    pub fn floor(self, floor: f64) -> Self {
        Self::checked(Settings { floor, ..self.0 })
    }

    /// Adds a warm-up before the schedule: this many steps with a linearly growing rate.
    pub fn warm_up(self, steps: u64) -> Self {
        Self(Settings { warm_up: steps, ..self.0 })
    }

    /// Returns the learning rate of this step, counted from 0.
    ///
    /// # Panics
    /// If the function of [`custom`](Self::custom) returns a number that is negative or not finite.
    #[track_caller]
    pub fn rate(&self, step: u64) -> f64 {
        let Settings { ref curve, rate, floor, warm_up } = self.0;
        if step < warm_up {
            return rate * (step as f64 + 1.0) / (warm_up as f64 + 1.0);
        }
        let step = step - warm_up;
        let part = |period: u64| step.min(period) as f64 / period as f64;
        // Exact at both ends, which floor + weight · (rate − floor) is not.
        let mix = |weight: f64| weight * rate + (1.0 - weight) * floor;
        match *curve {
            Curve::Constant => rate,
            Curve::Exponential { factor } => floor.max(rate * factor.powf(step as f64)),
            Curve::Custom(ref function) => floor.max(function.rate(step)),
            Curve::StepDecay { factor, period } => {
                floor.max(rate * factor.powf((step / period) as f64))
            }
            Curve::Cosine { period } => mix((1.0 + (PI * part(period)).cos()) / 2.0),
            Curve::Linear { period } => mix(1.0 - part(period)),
        }
    }

    #[track_caller]
    fn of(curve: Curve, rate: f64) -> Self {
        Self::checked(Settings { curve, rate, floor: 0.0, warm_up: 0 })
    }

    #[track_caller]
    fn checked(settings: Settings) -> Self {
        match Self::try_from(settings) {
            Ok(schedule) => schedule,
            Err(fault) => panic!("{fault}"),
        }
    }
}

impl From<f64> for Schedule {
    /// Creates a [`Schedule::constant`], and panics like it.
    #[track_caller]
    fn from(rate: f64) -> Self {
        Self::constant(rate)
    }
}

impl TryFrom<Settings> for Schedule {
    type Error = String;

    fn try_from(settings: Settings) -> Result<Self, String> {
        let Settings { ref curve, rate, floor, .. } = settings;
        if !is_rate(rate) {
            return Err(format!("schedule: the rate must be finite and not negative, not {rate}"));
        }
        if !(0.0..=rate).contains(&floor) {
            return Err(format!(
                "schedule: the floor must be between 0 and the rate {rate}, not {floor}"
            ));
        }
        match *curve {
            Curve::StepDecay { factor, .. } | Curve::Exponential { factor }
                if !(0.0..=1.0).contains(&factor) =>
            {
                Err(format!("schedule: the factor must be between 0 and 1, not {factor}"))
            }
            Curve::StepDecay { period: 0, .. }
            | Curve::Cosine { period: 0 }
            | Curve::Linear { period: 0 } => {
                Err("schedule: the period must be at least one step, not 0".to_string())
            }
            _ => Ok(Self(settings)),
        }
    }
}

/// Returns `true` if this can be a learning rate.
pub(crate) fn is_rate(rate: f64) -> bool {
    rate >= 0.0 && rate.is_finite()
}
