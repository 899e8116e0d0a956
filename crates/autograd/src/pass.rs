//! One forward pass: what a layer is given besides its input.

use tensor::{Key, Scalar, Tensor};

use crate::parameters::{ParameterId, Parameters};
use crate::tape::Tape;
use crate::var::Var;

/// The tape to record on, the parameters to read, and whether this is training. `Copy`, so that
/// layers hand it on as it is.
pub struct Pass<'t, T: Scalar = f32> {
    tape: &'t Tape<T>,
    parameters: &'t Parameters<T>,
    noise: Option<Key>,
}

impl<T: Scalar> Clone for Pass<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Scalar> Copy for Pass<'_, T> {}

impl<'t, T: Scalar> Pass<'t, T> {
    /// A training pass. Layers with random behaviour, such as dropout, draw it from `key`: give
    /// every step a key of its own.
    pub fn training(tape: &'t Tape<T>, parameters: &'t Parameters<T>, key: Key) -> Self {
        Self { tape, parameters, noise: Some(key) }
    }

    /// An evaluation pass: dropout is off. Combined with [`Tape::evaluation`] nothing is recorded
    /// for a backward pass either.
    pub fn evaluation(tape: &'t Tape<T>, parameters: &'t Parameters<T>) -> Self {
        Self { tape, parameters, noise: None }
    }

    /// The key for a layer's random behaviour in training, `None` in evaluation.
    pub fn noise(self) -> Option<Key> {
        self.noise
    }

    /// The value of a parameter, on the tape.
    #[track_caller]
    pub fn parameter(self, id: ParameterId) -> Var<'t, T> {
        self.tape.parameter(self.parameters, id)
    }

    /// The values of all parameters, in order, on the tape.
    #[track_caller]
    pub fn all_parameters(self) -> Vec<Var<'t, T>> {
        let mut variables = Vec::with_capacity(self.parameters.len());
        for id in self.parameters.ids() {
            variables.push(self.parameter(id));
        }
        variables
    }

    /// A constant, such as the input, on the tape.
    #[track_caller]
    pub fn constant(self, value: Tensor<T>) -> Var<'t, T> {
        self.tape.constant(value)
    }
}
