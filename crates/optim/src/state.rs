//! The state of an optimizer, in a form that a file can hold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tensor::{Scalar, Tensor};
use thiserror::Error;

use crate::group::Group;

/// The state of an optimizer: numbers and names for a file's header, and tensors for its body.
///
/// ```
/// use autograd::{Parameters, Tape};
/// use optim::{Adam, Optimizer};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let weight = parameters.add("hidden.weight", Tensor::zeros([2, 3]));
/// let gradients = Tape::new().parameter(&parameters, weight).sum_all().backward();
/// let mut adam = Adam::new(0.001);
/// adam.step(&mut parameters, &gradients);
///
/// let state = adam.state(&parameters);
/// assert_eq!(state.header.kind, "Adam");
/// assert_eq!(state.header.steps, 1);
/// assert!(state.tensors.keys().eq(["m.hidden.weight", "v.hidden.weight"]));
///
/// let mut resumed = Adam::new(0.001);
/// resumed.restore(&parameters, state)?;
/// assert_eq!(resumed.steps(), 1);
/// # Ok::<(), optim::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct State<T: Scalar = f32> {
    /// What is not a tensor.
    pub header: StateHeader,
    /// The moments, such as `m.hidden.weight` for the moment `m` of the parameter `hidden.weight`,
    /// each of its parameter's shape. If [`Adam`](crate::Adam) has deferred updates of a table
    /// `embedding.weight`, also `behind.embedding.weight` `[rows]` (the number of pending updates of
    /// each row), `rates.embedding.weight` (the rates of the last updates) and
    /// `stale.embedding.weight` (the values before the pending updates).
    pub tensors: BTreeMap<String, Tensor<T>>,
}

/// The part of a [`State`] that is not tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateHeader {
    /// The kind of optimizer.
    pub kind: String,
    /// The number of steps it has taken.
    pub steps: u64,
    /// For each parameter, the number of gradients that its moments hold. A parameter with 0 has no
    /// tensors.
    pub updates: BTreeMap<String, u64>,
    /// The rate that was [set](crate::Optimizer::set_rate) in place of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// The optimizer's groups, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

/// Why a state cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StateError {
    /// It was saved by another kind of optimizer.
    #[error("expected the state of {expected}, found that of {found}: restore it into {found}")]
    Kind {
        /// The optimizer that was to restore it.
        expected: String,
        /// The optimizer that saved it.
        found: String,
    },
    /// The optimizer has other groups.
    #[error(
        "the state was saved with {found}, but this optimizer has {expected}: build it with the groups \
         of the state"
    )]
    Groups {
        /// The groups of the optimizer that was to restore it.
        expected: String,
        /// The groups of the optimizer that saved it.
        found: String,
    },
    /// A rate is negative or not finite.
    #[error("the state is damaged: the rate {0} was set, expected a finite number of at least 0")]
    Rate(String),
    /// The model has a parameter that the state does not have.
    #[error(
        "the state has no parameter `{0}`, but the model has: it was saved with another model, or \
         before the parameter was added; restore it first and then add the parameter"
    )]
    MissingParameter(String),
    /// The state has a parameter that the model does not have.
    #[error(
        "the state has a parameter `{0}`, but the model does not have it: the state was saved with another model"
    )]
    UnknownParameter(String),
    /// A parameter was updated more often than there were steps.
    #[error(
        "the state is damaged: the parameter `{name}` has {updates} updates, more than steps were \
         taken ({steps})"
    )]
    Updates {
        /// The parameter.
        name: String,
        /// Its number of updates.
        updates: u64,
        /// The number of steps.
        steps: u64,
    },
    /// A tensor is missing.
    #[error("the state is damaged: the tensor `{0}` is missing")]
    MissingTensor(String),
    /// A tensor does not belong to a moment of any parameter.
    #[error("the state is damaged: expected no tensor `{0}`")]
    UnknownTensor(String),
    /// The number of pending updates of a row of a table is impossible.
    #[error(
        "the state is damaged: in the tensor `{name}` a row is {found} updates behind, expected a \
         whole number from 0 to {most}"
    )]
    Behind {
        /// The tensor.
        name: String,
        /// The number found.
        found: String,
        /// The number of updates that are remembered.
        most: usize,
    },
    /// More rates are remembered than there were updates.
    #[error(
        "the state is damaged: the tensor `{name}` has shape {found:?}, expected one axis of at \
         most {most} rates"
    )]
    Rates {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The number of updates that can be remembered.
        most: u64,
    },
    /// A tensor does not have the shape that its parameter requires.
    #[error(
        "the tensor `{name}` has shape {found:?}, expected {expected:?}: the state was saved with \
         another model"
    )]
    Shape {
        /// The tensor.
        name: String,
        /// The shape that fits the parameter.
        expected: Vec<usize>,
        /// The shape of the tensor.
        found: Vec<usize>,
    },
}
