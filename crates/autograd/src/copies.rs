//! Copies of a store: the same names and ids with other values, perhaps of another scalar type.
//!
//! A layer works with the store it was built with and with every copy of it. A tape trains one copy of
//! a store: see [`Copies`].

use std::sync::Arc;

use smallvec::SmallVec;
use tensor::{Scalar, Tensor};

use crate::identity::{ParameterId, StoreId, new_number};
use crate::parameters::{Parameter, Parameters};
use crate::sparse::Value;

/// The same ids name the parameters of the clone.
impl<T: Scalar> Clone for Parameters<T> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), copy: new_number(), ..*self }
    }
}

impl<T: Scalar> Parameters<T> {
    /// Returns the same parameters as another scalar type.
    pub fn cast<U: Scalar>(&self) -> Parameters<U> {
        self.map(|_, value| value.cast())
    }

    /// Returns the same names with values computed from the id and the value of each.
    pub fn map<U: Scalar>(
        &self,
        mut value: impl FnMut(ParameterId, &Tensor<T>) -> Tensor<U>,
    ) -> Parameters<U> {
        self.with_values(|id| value(id, self.get(id)).into())
    }

    /// Returns the same names with each value computed from the two values, for instance a step along a
    /// direction.
    ///
    /// # Panics
    /// If `other` does not have these parameters.
    #[track_caller]
    pub fn zip_map(
        &self,
        other: &Self,
        mut value: impl FnMut(&Tensor<T>, &Tensor<T>) -> Tensor<T>,
    ) -> Self {
        self.check_same("zip_map", other);
        self.map(|id, x| value(x, other.get(id)))
    }

    /// Returns Σ x · y over the numbers of all parameters: the dot product of two vectors.
    ///
    /// # Panics
    /// If `other` does not have these parameters, or one of them has another shape.
    #[track_caller]
    pub fn dot(&self, other: &Self) -> T {
        self.check_same("dot", other);
        let mut sum = T::ZERO;
        for id in self.ids() {
            let (x, y) = (self.get(id), other.get(id));
            assert!(
                x.shape() == y.shape(),
                "dot: the parameter `{}` has shapes {:?} and {:?}: they must be equal",
                self.name(id),
                x.shape(),
                y.shape()
            );
            sum += (x * y).sum_all().item();
        }
        sum
    }

    #[track_caller]
    fn check_same(&self, name: &str, other: &Self) {
        assert!(
            self.ids().eq(other.ids()),
            "{name}: the two are not of one store of parameters: make one from the other, with `clone` or `map`"
        );
    }

    /// Returns the same names with other values. The present values are not read.
    pub(crate) fn with_values<U: Scalar>(
        &self,
        mut value: impl FnMut(ParameterId) -> Value<U>,
    ) -> Parameters<U> {
        let entry = |id| {
            let Parameter { name, trainable, .. } = self.entry(id);
            Parameter { id, name: Arc::clone(name), value: value(id), trainable: *trainable }
        };
        let entries = self.ids().map(entry).collect();
        Parameters { entries, key: self.key, store: self.store, copy: new_number() }
    }
}

/// The copy of each store that a tape reads trainable parameters from.
///
/// Copies share their ids, so the gradients of two of them on one tape would be added up.
#[derive(Default)]
pub(crate) struct Copies(SmallVec<[(StoreId, u64); 2]>);

impl Copies {
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes that a trainable parameter is read from these parameters.
    ///
    /// # Panics
    /// If one was read from another copy of their store.
    #[track_caller]
    pub(crate) fn keep_to<T: Scalar>(&mut self, parameters: &Parameters<T>, id: ParameterId) {
        match self.0.iter().find(|(store, _)| *store == parameters.store()) {
            None => self.0.push((parameters.store(), parameters.copy)),
            Some((_, copy)) => assert!(
                *copy == parameters.copy,
                "parameter: `{}` is read from a second copy of its store, and both are trainable: \
                 their gradients would be added up; call freeze_all() on the copy that is not to \
                 be trained, or build the second model in a Parameters::new of its own",
                parameters.name(id)
            ),
        }
    }

    /// Returns a store, if any, that was read through a copy other than `parameters`: another copy of its
    /// store, or any copy of another store.
    pub(crate) fn other_than<T: Scalar>(&self, parameters: &Parameters<T>) -> Option<StoreId> {
        let own = (parameters.store(), parameters.copy);
        self.0.iter().find(|copy| **copy != own).map(|(store, _)| *store)
    }
}
