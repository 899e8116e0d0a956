//! AdamW: Adam with decoupled weight decay.

use autograd::{Gradients, Parameters};
use tensor::Scalar;

use crate::adam::Adam;
use crate::group::Group;
use crate::optimizer::{GradientError, Optimizer, expect};
use crate::schedule::Schedule;
use crate::state::{State, StateError};

/// AdamW: [`Adam`] with decoupled weight decay (Loshchilov and Hutter 2019, Algorithm 2).
///
/// ```text
/// θ ← θ − η λ θ − η m̂ / (√v̂ + ε)
/// ```
///
/// The decay pulls parameters toward zero separately from the gradient. If it were a part of the
/// gradient, Adam's division would undo it for parameters with large gradients. The rate `η` scales
/// both terms, as in PyTorch; `λ` is 0.01 unless given.
///
/// **Which parameters decay:** those with two axes or more, such as the weights of a dense layer and an
/// embedding's table. Biases, gains and the slopes of activations do not decay, because zero is no better for
/// them than any other value. [`decays`](Self::decays) changes the rule, and [`group`](Self::group) changes
/// the decay of some by name. As with all optimizers, a parameter without a gradient is left alone, so it
/// does not decay either. If a table decays, all of its rows move, so a step is a pass over the whole table,
/// whereas [`Adam`] touches only the rows that a batch reads. Exempt a large embedding, as below.
///
/// ```
/// use optim::{AdamW, Optimizer};
///
/// let optimizer: AdamW = AdamW::new(0.001)
///     .decay(0.1)
///     .decays(|name, shape| shape.len() >= 2 && !name.starts_with("embedding."));
/// assert_eq!(optimizer.rate(), 0.001);
/// ```
#[derive(Clone, Debug)]
pub struct AdamW<T: Scalar = f32> {
    adam: Adam<T>,
}

impl<T: Scalar> AdamW<T> {
    /// Creates AdamW with this learning rate or schedule, and λ = 0.01.
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    pub fn new(rate: impl Into<Schedule>) -> Self {
        let mut adam = Adam::new(rate);
        adam.kind = "AdamW";
        adam.pace.set_decay(0.01);
        Self { adam }
    }

    /// Sets β₁ and β₂, as [`Adam::betas`] does.
    ///
    /// # Panics
    /// If one is not in `[0, 1)`, or a step has been taken.
    #[track_caller]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        self.adam = self.adam.betas(beta1, beta2);
        self
    }

    /// Sets ε, as [`Adam::epsilon`] does.
    ///
    /// # Panics
    /// If it, or its value in the scalar type, is not positive and finite, or a step has been taken.
    #[track_caller]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.adam = self.adam.epsilon(epsilon);
        self
    }

    /// Sets the decay λ.
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub fn decay(mut self, decay: f64) -> Self {
        self.adam.pace.set_decay(decay);
        self
    }

    /// Sets which parameters decay: a parameter decays if `rule` returns `true` for its name and shape.
    pub fn decays(mut self, rule: impl Fn(&str, &[usize]) -> bool + Send + Sync + 'static) -> Self {
        self.adam.pace.set_decays(rule);
        self
    }

    /// Gives the parameters whose names match a pattern, such as `*.bias`, settings of their own; see
    /// [`Group`]. A decay that a group sets applies to parameters of any shape.
    pub fn group(mut self, pattern: &str, settings: impl FnOnce(Group) -> Group) -> Self {
        self.adam.pace.add_group(pattern, settings);
        self
    }
}

impl<T: Scalar> Optimizer<T> for AdamW<T> {
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>) {
        expect(self.try_step(parameters, gradients));
    }

    fn try_step(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
    ) -> Result<(), GradientError> {
        self.adam.try_step(parameters, gradients)
    }

    fn rate(&self) -> f64 {
        self.adam.rate()
    }

    fn set_rate(&mut self, rate: f64) {
        self.adam.set_rate(rate);
    }

    fn steps(&self) -> u64 {
        self.adam.steps()
    }

    fn state(&self, parameters: &Parameters<T>) -> State<T> {
        self.adam.state(parameters)
    }

    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError> {
        self.adam.restore(parameters, state)
    }
}
