//! What a walk back returns: the derivatives of one result.

use std::collections::BTreeMap;

use tensor::{Scalar, Tensor};

use crate::identity::ParameterId;
use crate::mistakes::{assert_has_adjoint, assert_own_tape};
use crate::parameters::Parameters;
use crate::sparse::Gradient;
use crate::var::Var;

/// The derivatives of one result with respect to the variables and parameters of its tape.
///
/// [`of`](Self::of) answers for a [`Var`], whose shape it knows: the gradient of a variable that the
/// result does not depend on is zero. [`get`](Self::get) answers for a parameter, whose absence
/// matters: an optimizer leaves a parameter without a gradient alone.
#[derive(Clone, Debug)]
pub struct Gradients<T: Scalar = f32> {
    /// The tape of the adjoints; `None` for a sum over tapes, which has no adjoints.
    pub(crate) tape: Option<u64>,
    /// By index of the node.
    pub(crate) adjoints: Vec<Option<Tensor<T>>>,
    pub(crate) parameters: BTreeMap<ParameterId, Gradient<T>>,
}

impl<T: Scalar> Gradients<T> {
    /// Returns the gradient with respect to a variable, or to any value between variables and
    /// result: zeros if the result does not depend on it.
    ///
    /// # Panics
    /// If it is a constant, which has no gradient; if it is a parameter, whose gradient
    /// [`get`](Self::get) returns; or if these are not the gradients of its tape.
    #[track_caller]
    pub fn of(&self, variable: Var<'_, T>) -> Tensor<T> {
        assert_own_tape(self.tape, variable.id());
        if let Some(adjoint) = self.adjoints.get(variable.index).and_then(Option::as_ref) {
            return adjoint.clone();
        }
        let node = &variable.tape.nodes.borrow()[variable.index];
        assert_has_adjoint(variable.index, node.source.parameter_name(), node.needs_gradient);
        Tensor::zeros(variable.shape())
    }

    /// Returns the gradient with respect to a parameter; `None` if the result does not depend on it
    /// or it is frozen. A sparse gradient is written out in full the first time; [`iter`](Self::iter)
    /// returns it as it is.
    pub fn get(&self, id: ParameterId) -> Option<&Tensor<T>> {
        self.parameters.get(&id).map(Gradient::dense)
    }

    /// Returns the gradients of all parameters that the result depends on, store by store, in the
    /// parameters' order.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterId, &Gradient<T>)> {
        self.parameters.iter().map(|(&id, gradient)| (id, gradient))
    }

    /// Returns the gradients of one store's parameters.
    pub fn iter_of(
        &self,
        parameters: &Parameters<T>,
    ) -> impl Iterator<Item = (ParameterId, &Gradient<T>)> {
        let store = parameters.store();
        self.iter().filter(move |(id, _)| id.store() == store)
    }

    /// Returns the gradients of all parameters, to be changed in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (ParameterId, &mut Gradient<T>)> {
        self.parameters.iter_mut().map(|(&id, gradient)| (id, gradient))
    }

    /// Removes the gradients of one store and returns them, for instance to clip each model of two
    /// on its own.
    pub fn take(&mut self, parameters: &Parameters<T>) -> Self {
        let all = std::mem::take(&mut self.parameters).into_iter();
        let (taken, rest) = all.partition(|(id, _)| id.store() == parameters.store());
        self.parameters = rest;
        Self { tape: None, adjoints: Vec::new(), parameters: taken }
    }

    /// Adds the gradient of one more use of a parameter.
    pub(crate) fn add(&mut self, id: ParameterId, gradient: Gradient<T>) {
        self.parameters.entry(id).and_modify(|sum| sum.add(&gradient)).or_insert(gradient);
    }
}
