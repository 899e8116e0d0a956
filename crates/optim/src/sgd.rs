//! Stochastic gradient descent, plain and with momentum.

use autograd::{Gradient, Gradients, Parameters};
use tensor::{Scalar, Tensor, shape};

use crate::group::Group;
use crate::moments::{Moments, own_gradients};
use crate::optimizer::{GradientError, Optimizer, expect};
use crate::overflow;
use crate::pace::Pace;
use crate::schedule::Schedule;
use crate::settings::check_share;
use crate::state::{State, StateError};

/// Stochastic gradient descent. With the learning rate `η` and the momentum `μ`:
///
/// ```text
/// plain       θ ← θ − η g
/// momentum    b ← μ b + g      θ ← θ − η b             (Polyak 1964)
/// Nesterov    b ← μ b + g      θ ← θ − η (g + μ b)     (Sutskever et al. 2013)
/// ```
///
/// This is PyTorch's form, with the rate outside of `b`. Sutskever et al. have it inside,
/// `v ← μ v − η g`; for a constant rate the two are the same, with `v = −η b`, and when a schedule
/// changes the rate, ours takes effect on the whole of `b` at once. Their Nesterov gradient is
/// taken at `θ + μ v`; here, as in PyTorch, `θ` is that point.
///
/// Plain descent touches only the rows of an embedding's table that have a gradient. With momentum or decay,
/// all rows move in each step, which takes a pass over the table.
///
/// The decay is decoupled, as in [`AdamW`](crate::AdamW): `θ ← θ − η λ θ − η …`. Without momentum, this is PyTorch's
/// `weight_decay`; with momentum, PyTorch's goes into `b` and ours does not.
///
/// ```
/// use autograd::{Parameters, Tape};
/// use optim::{Optimizer, Sgd};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let x = parameters.add("x", Tensor::from([1.0, 2.0]));
/// let gradients = Tape::new().parameter(&parameters, x).sum_all().backward(); // ones
///
/// let mut sgd = Sgd::new(0.1).momentum(0.5);
/// sgd.step(&mut parameters, &gradients); // b = 1
/// sgd.step(&mut parameters, &gradients); // b = 1.5
/// assert_eq!(parameters.get(x), &Tensor::from([0.75, 1.75]));
/// ```
#[derive(Clone, Debug)]
pub struct Sgd<T: Scalar = f32> {
    pace: Pace,
    momentum: f64,
    nesterov: bool,
    moments: Moments<T, 1>,
}

impl<T: Scalar> Sgd<T> {
    /// Creates plain descent with this learning rate or schedule.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        let moments = Moments::new(["momentum"]);
        Self { pace: Pace::new(rate), momentum: 0.0, nesterov: false, moments }
    }

    /// Sets the momentum `μ`. The default, 0, is plain descent.
    ///
    /// # Panics
    /// If it is not in `[0, 1)`.
    #[track_caller]
    pub fn momentum(mut self, momentum: f64) -> Self {
        check_share("momentum", momentum);
        self.momentum = momentum;
        self
    }

    /// Looks ahead along `b`, by the formula of Nesterov; see [`Sgd`].
    ///
    /// # Panics
    /// If the momentum is 0.
    #[track_caller]
    pub fn nesterov(mut self) -> Self {
        assert!(self.momentum > 0.0, "nesterov: the momentum is 0: call momentum(0.9) first");
        self.nesterov = true;
        self
    }

    /// Gives the parameters whose names match a pattern, such as `body.*`, settings of their own; see
    /// [`Group`].
    ///
    /// # Panics
    /// If `settings` panics, as [`Group::rate_scale`] does for a negative scale.
    #[track_caller]
    pub fn group(mut self, pattern: &str, settings: impl FnOnce(Group) -> Group) -> Self {
        self.pace.add_group(pattern, settings);
        self
    }

    /// Sets the decoupled weight decay λ of the parameters that have two axes or more, as in
    /// [`AdamW`](crate::AdamW). The default is 0.
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

    fn kind(&self) -> &'static str {
        if self.momentum == 0.0 { "Sgd" } else { "Sgd with momentum" }
    }
}

/// Takes the plain step. Without decay, rows without a gradient stay where they are.
fn descend<T: Scalar>(values: &mut Tensor<T>, gradient: &Gradient<T>, rate: T, decay: T) {
    let rows = match gradient {
        Gradient::Sparse(rows) if decay.is_zero() => rows,
        _ => return values.zip_apply(gradient.dense(), |x, g| x - (rate * g + decay * x)),
    };
    let width = shape::len(&values.shape()[1..]);
    let values = values.as_mut_slice();
    for (&row, gradient) in rows.ids().iter().zip(rows.values().values().chunks(width.max(1))) {
        let start = row as usize * width;
        for (x, &g) in values[start..start + width].iter_mut().zip(gradient) {
            *x = *x - rate * g;
        }
    }
}

impl<T: Scalar> Optimizer<T> for Sgd<T> {
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
        overflow::check(parameters, &own, 0.0)?;
        let (base, momentum) = (self.rate(), T::from_f64(self.momentum));
        for (id, gradient) in own {
            let pace = self.pace.of(parameters.name(id), gradient.shape(), base);
            let [rate, decay] = [pace.rate, pace.decay.unwrap_or(0.0)].map(T::from_f64);
            if self.momentum == 0.0 {
                descend(parameters.get_mut(id), gradient, rate, decay);
                continue;
            }
            let [b] = self.moments.update(parameters, id);
            let values = parameters.get_mut(id).as_mut_slice();
            for ((x, &g), b) in values.iter_mut().zip(&*gradient.dense().values()).zip(b) {
                *b = momentum * *b + g;
                let direction = if self.nesterov { g + momentum * *b } else { *b };
                *x = *x - (rate * direction + decay * *x);
            }
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
        self.moments.state(self.kind(), &self.pace, parameters)
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError> {
        let kind = self.kind();
        self.moments.restore(kind, &mut self.pace, parameters, state)
    }
}
