//! One forward pass: what a layer is given besides its input.
//!
//! `Pass::rows`, for tables, is in `sparse/rows.rs`.

use tensor::{Key, Scalar, Tensor};

use crate::identity::ParameterId;
use crate::parameters::Parameters;
use crate::tape::Tape;
use crate::var::Var;

/// The tape to record on, the parameters to read, and the mode. It is `Copy`, so that layers can
/// pass it on.
///
/// In training mode, layers with random behavior, such as dropout, draw it from a key.
#[derive(Clone, Copy)]
pub struct Pass<'t, T: Scalar = f32> {
    /// The tape to record on.
    pub tape: &'t Tape<T>,
    /// The parameters that layers read.
    pub parameters: &'t Parameters<T>,
    /// The key for a layer's random behavior in training mode, `None` in evaluation mode.
    pub noise: Option<Key>,
}

impl<'t, T: Scalar> Pass<'t, T> {
    /// Creates a pass in training mode. Give every step a key of its own.
    pub fn training(tape: &'t Tape<T>, parameters: &'t Parameters<T>, key: Key) -> Self {
        Self { tape, parameters, noise: Some(key) }
    }

    /// Creates a pass in evaluation mode: dropout is off. On a [`Tape::no_grad`] nothing is
    /// recorded for a backward pass either.
    pub fn eval(tape: &'t Tape<T>, parameters: &'t Parameters<T>) -> Self {
        Self { tape, parameters, noise: None }
    }

    /// Returns `true` in training mode.
    pub fn is_training(self) -> bool {
        self.noise.is_some()
    }

    /// Records the value of a parameter.
    #[track_caller]
    pub fn parameter(self, id: ParameterId) -> Var<'t, T> {
        self.tape.parameter(self.parameters, id)
    }

    /// Records the values of all parameters, in order.
    #[track_caller]
    pub fn all_parameters(self) -> Vec<Var<'t, T>> {
        // A loop: a closure would hide the caller's line from the tape.
        let mut recorded = Vec::with_capacity(self.parameters.len());
        for id in self.parameters.ids() {
            recorded.push(self.parameter(id));
        }
        recorded
    }

    /// Records a constant, such as the input.
    #[track_caller]
    pub fn constant(self, value: Tensor<T>) -> Var<'t, T> {
        self.tape.constant(value)
    }
}
