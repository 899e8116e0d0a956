//! What all optimizers have in common.

use autograd::{Gradients, Parameters};
use tensor::Scalar;
use thiserror::Error;

use crate::state::{State, StateError};

/// A gradient that an optimizer cannot use: the parameter or its moments would be lost.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum GradientError {
    /// A moment that holds its square would be infinite from then on.
    #[error(
        "the gradient of the parameter `{name}` is {value} at position {position}, and its square is too \
         large for this scalar type: clip the gradients or lower the learning rate"
    )]
    TooLarge {
        /// The parameter.
        name: String,
        /// The position in the parameter, in row-major order.
        position: usize,
        /// The gradient there, as text: its scalar type is the model's.
        value: String,
    },
    /// It is infinite or NaN.
    #[error(
        "the gradient of the parameter `{name}` is {value} at position {position}: an op has no finite slope \
         where it was computed, such as a root or a norm at 0, or the numbers on the way back are too large; \
         keep the op's input away from there, or scale the loss down"
    )]
    NotFinite {
        /// The parameter.
        name: String,
        /// The position in the parameter, in row-major order.
        position: usize,
        /// The gradient there, as text.
        value: String,
    },
}

/// A rule that turns gradients into a change of the parameters.
///
/// A parameter that has no gradient in a step, because the loss does not depend on it or it is
/// frozen, is left as it is in that step, and so is what the optimizer remembers of it (as in
/// PyTorch). A parameter whose gradient is zero, on the other hand, does take part. A frozen parameter is left
/// as it is even if it has a gradient, such as one that was inserted by hand.
///
/// An optimizer serves one store of parameters. Among the gradients of several stores, as with the
/// two networks of a GAN, it takes its own and leaves the others.
///
/// The trait is dyn-compatible: there can be a `Box<dyn Optimizer<f32>>`.
pub trait Optimizer<T: Scalar> {
    /// Changes the parameters by one step. Clear the tape first: parameters that it still shares
    /// are copied.
    ///
    /// # Panics
    /// If a gradient does not have the shape of its parameter, all gradients are of another store, the
    /// parameters belong to another store than in earlier steps, a [`Group`](crate::Group) matches no
    /// parameter, or [`try_step`](Self::try_step) refuses the gradients.
    #[track_caller]
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>);

    /// Takes a [`step`](Self::step), or returns an error for gradients that the optimizer cannot
    /// use. The default never returns one.
    ///
    /// # Errors
    /// If a gradient is infinite or NaN, or too large for what the optimizer computes from it. Parameters and
    /// optimizer are then unchanged.
    ///
    /// # Panics
    /// As `step` does for the gradients of another model.
    #[track_caller]
    fn try_step(
        &mut self,
        parameters: &mut Parameters<T>,
        gradients: &Gradients<T>,
    ) -> Result<(), GradientError> {
        self.step(parameters, gradients);
        Ok(())
    }

    /// Returns the learning rate of the next step. The [groups](crate::Group) of some optimizers scale
    /// it.
    fn rate(&self) -> f64;

    /// Sets the learning rate of the next step and of all that follow, until it is set again. It replaces the
    /// schedule, which no longer counts, and is part of the [`state`](Self::state).
    ///
    /// # Panics
    /// If the rate is negative or not finite.
    #[track_caller]
    fn set_rate(&mut self, rate: f64);

    /// Returns the number of steps taken.
    fn steps(&self) -> u64;

    /// Returns everything that is needed, besides the parameters' values, to resume later as if the run
    /// had not been interrupted.
    ///
    /// # Panics
    /// If the parameters belong to another store than in earlier steps.
    #[track_caller]
    fn state(&self, parameters: &Parameters<T>) -> State<T>;

    /// Restores a saved state. The steps that follow are bit for bit the steps that would have followed
    /// [`state`](Self::state), provided that the parameters have the values they had then and this
    /// optimizer was built with the same settings. The state contains only two of them: the groups, and a
    /// rate that was set.
    ///
    /// # Errors
    /// If the state belongs to another kind of optimizer, to other groups or to other parameters, or is
    /// incomplete.
    /// This optimizer is then unchanged.
    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError>;
}

/// Panics at the caller's line if a step was refused.
#[track_caller]
pub(crate) fn expect(outcome: Result<(), GradientError>) {
    if let Err(error) = outcome {
        panic!("step: {error}");
    }
}
