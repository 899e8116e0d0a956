//! Custom optimizers: a formula for the numbers of one parameter.
//!
//! An [`UpdateRule`] says how the values and the moments of a parameter change with a gradient.
//! [`RuleOptimizer`] turns it into an [`Optimizer`] that has everything the other optimizers have.

use autograd::{Gradients, Parameters};
use tensor::{Scalar, vectorized};

use crate::group::Group;
use crate::moments::{Moments, own_gradients};
use crate::optimizer::{GradientError, Optimizer, expect};
use crate::overflow;
use crate::pace::Pace;
use crate::schedule::Schedule;
use crate::state::{State, StateError};

/// A rule that updates one parameter in one step. `N` is the number of moments that the rule keeps: tensors
/// of the parameter's shape, which begin as zeros and last from step to step.
///
/// ```
/// use autograd::{Parameters, Tape};
/// use optim::{Optimizer, ParameterStep, RuleOptimizer, UpdateRule};
/// use tensor::{Scalar, Tensor};
///
/// /// Momentum: b ← 0.9 b + g, then θ ← θ − η b.
/// #[derive(Clone, Debug)]
/// struct HeavyBall;
///
/// impl<T: Scalar> UpdateRule<T, 1> for HeavyBall {
///     const NAME: &'static str = "HeavyBall";
///     const MOMENTS: [&'static str; 1] = ["velocity"];
///
///     fn update(&self, step: ParameterStep<'_>, x: &mut [T], gradient: &[T], [b]: [&mut [T]; 1]) {
///         let (mu, rate) = (T::from_f64(0.9), T::from_f64(step.rate));
///         for ((x, &g), b) in x.iter_mut().zip(gradient).zip(b) {
///             *b = mu * *b + g;
///             *x = *x - rate * *b;
///         }
///     }
/// }
///
/// let mut parameters = Parameters::new(0);
/// let x = parameters.add("x", Tensor::scalar(1.0));
/// let mut optimizer = RuleOptimizer::of(HeavyBall, 0.25);
/// let gradients = Tape::new().parameter(&parameters, x).backward(); // 1
/// optimizer.step(&mut parameters, &gradients);
/// optimizer.step(&mut parameters, &gradients);
/// assert!((parameters.get(x).item() - (1.0 - 0.25 * (1.0 + 1.9))).abs() < 1e-6);
///
/// let state = optimizer.state(&parameters);
/// assert!(state.tensors.keys().eq(["velocity.x"]));
/// RuleOptimizer::of(HeavyBall, 0.25).restore(&parameters, state)?;
/// # Ok::<(), optim::StateError>(())
/// ```
pub trait UpdateRule<T: Scalar, const N: usize> {
    /// The kind of optimizer, under which a state is saved.
    const NAME: &'static str;

    /// The names of the moments in a saved state.
    const MOMENTS: [&'static str; N];

    /// Changes the values and the moments of one parameter. All slices have the gradient's length,
    /// and are in row-major order.
    fn update(
        &self,
        step: ParameterStep<'_>,
        values: &mut [T],
        gradient: &[T],
        moments: [&mut [T]; N],
    );

    /// Returns the factor `c` if a moment is at most `c g²` for the largest gradient `g` so far: 1 for a running mean of
    /// squares. A step is [refused](Optimizer::try_step) if `c g²` is infinite for a finite gradient.
    fn square_factor(&self) -> Option<f64> {
        None
    }
}

/// What an [`UpdateRule`] is told about the step, besides the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParameterStep<'a> {
    /// The learning rate η, scaled by the parameter's [`Group`].
    pub rate: f64,
    /// The number of this update of the parameter, from 1. Steps without a gradient do not count.
    pub number: u64,
    /// The shape of the parameter.
    pub shape: &'a [usize],
}

/// The optimizer of an [`UpdateRule`], with schedule, groups, decay, and a state that can be saved.
///
/// In each step, a parameter with a gradient first decays to `θ − η λ θ` and is then updated by the
/// rule. A sparse gradient is written out in full.
#[derive(Clone, Debug)]
pub struct RuleOptimizer<R, const N: usize, T: Scalar = f32> {
    pub(crate) rule: R,
    pace: Pace,
    moments: Moments<T, N>,
}

impl<R: UpdateRule<T, N>, const N: usize, T: Scalar> RuleOptimizer<R, N, T> {
    /// Creates the optimizer of a rule, with this learning rate or schedule and no decay.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn of(rule: R, rate: impl Into<Schedule>) -> Self {
        Self { rule, pace: Pace::new(rate), moments: Moments::new(R::MOMENTS) }
    }

    /// Sets the decoupled weight decay λ of the parameters that have two axes or more, as in
    /// [`AdamW`](crate::AdamW).
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub fn decay(mut self, decay: f64) -> Self {
        self.pace.set_decay(decay);
        self
    }

    /// Sets which parameters decay: a parameter decays if `rule` returns `true` for its name and shape.
    pub fn decays(mut self, rule: impl Fn(&str, &[usize]) -> bool + Send + Sync + 'static) -> Self {
        self.pace.set_decays(rule);
        self
    }

    /// Gives the parameters whose names match a pattern, such as `*.bias`, settings of their own; see
    /// [`Group`].
    pub fn group(mut self, pattern: &str, settings: impl FnOnce(Group) -> Group) -> Self {
        self.pace.add_group(pattern, settings);
        self
    }
}

impl<R: UpdateRule<T, N>, const N: usize, T: Scalar> Optimizer<T> for RuleOptimizer<R, N, T> {
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>) {
        expect(self.try_step(parameters, gradients));
    }

    fn try_step(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
    ) -> Result<(), GradientError> {
        self.moments.check_store(parameters);
        self.pace.check_groups(parameters);
        let own = own_gradients(parameters, gradients);
        overflow::check(parameters, &own, self.rule.square_factor().unwrap_or(0.0))?;
        let rate = self.rate();
        for (id, gradient) in own {
            let shape = gradient.shape();
            let pace = self.pace.of(parameters.name(id), shape, rate);
            let number = self.moments.updates(id) + 1;
            let step = ParameterStep { rate: pace.rate, number, shape };
            let mut moments = self.moments.update(parameters, id);
            let values = parameters.get_mut(id).as_mut_slice();
            if let Some(decay) = pace.decay.map(T::from_f64) {
                values.iter_mut().for_each(|x| *x = *x - decay * *x);
            }
            let gradient = gradient.dense().values();
            vectorized(
                #[inline(always)]
                || {
                    let moments = moments.each_mut().map(|moment| &mut **moment);
                    self.rule.update(step, values, &gradient, moments);
                },
            );
        }
        self.moments.steps += 1;
        Ok(())
    }

    fn rate(&self) -> f64 {
        self.pace.rate(self.moments.steps)
    }

    fn set_rate(&mut self, rate: f64) {
        self.pace.set_rate(rate);
    }

    fn steps(&self) -> u64 {
        self.moments.steps
    }

    fn state(&self, parameters: &Parameters<T>) -> State<T> {
        self.moments.state(R::NAME, &self.pace, parameters)
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError> {
        self.moments.restore(R::NAME, &mut self.pace, parameters, state)
    }
}
