//! What all optimizers have in common.

use autograd::{Gradients, Parameters};
use tensor::Scalar;

use crate::state::{State, StateError};

/// A rule that turns gradients into a change of the parameters.
///
/// A parameter that has no gradient in a step, because the loss does not depend on it or it is
/// frozen, is left as it is in that step, and so is what the optimizer remembers of it (as in
/// PyTorch). A parameter whose gradient is zero, on the other hand, does take part.
///
/// The trait can be a `Box<dyn Optimizer<f32>>`.
pub trait Optimizer<T: Scalar> {
    /// Changes the parameters by one step. Clear the tape first: parameters that it still shares
    /// are copied.
    ///
    /// # Panics
    /// When a gradient has not the shape of its parameter, or the parameters are not those of the
    /// steps before.
    #[track_caller]
    fn step(&mut self, parameters: &mut Parameters<T>, gradients: &Gradients<T>);

    /// The learning rate of the next step.
    fn rate(&self) -> f64;

    /// How many steps have been taken.
    fn steps(&self) -> u64;

    /// All that is needed, besides the parameters' values, to go on later as if there had been no
    /// interruption.
    fn state(&self, parameters: &Parameters<T>) -> State<T>;

    /// Takes up a saved state. The steps that follow are bit for bit those that would have followed
    /// [`state`](Self::state), provided that the parameters have their values of then and this
    /// optimizer was built with the same settings: those are not part of the state.
    ///
    /// # Errors
    /// When the state is that of another kind of optimizer or of other parameters, or incomplete.
    /// This optimizer is then as it was.
    fn restore(&mut self, parameters: &Parameters<T>, state: State<T>) -> Result<(), StateError>;
}
