//! The values in a store of parameters that may be rows on demand.

use std::sync::Arc;

use tensor::{Scalar, Tensor};

use super::value::{RowSource, Value};
use crate::{ParameterId, Parameters};

impl<T: Scalar> Parameters<T> {
    /// Returns some rows of a parameter: `[ids, …]`.
    ///
    /// # Panics
    /// If the parameter has no row with one of these ids.
    #[track_caller]
    pub fn get_rows(&self, id: ParameterId, ids: &[u32]) -> Tensor<T> {
        self.entry(id).value.rows(ids)
    }

    /// Returns the value of a parameter. It shares the numbers or the row source, so no rows are computed.
    #[track_caller]
    pub(crate) fn share(&self, id: ParameterId) -> Value<T> {
        match &self.entry(id).value {
            Value::Dense(value) => value.clone().into(),
            Value::OnDemand { source, .. } => Arc::clone(source).into(),
        }
    }

    /// Returns the source of a parameter's rows; `None` if its value is dense.
    #[track_caller]
    pub fn row_source(&self, id: ParameterId) -> Option<&Arc<dyn RowSource<T>>> {
        match &self.entry(id).value {
            Value::Dense(_) => None,
            Value::OnDemand { source, .. } => Some(source),
        }
    }

    /// Replaces the value of a parameter by a tensor or by a [`RowSource`].
    ///
    /// # Panics
    /// If the shape is not the parameter's.
    #[track_caller]
    pub fn set(&mut self, id: ParameterId, value: impl Into<Value<T>>) {
        let value = value.into();
        let entry = self.entry_mut(id);
        assert!(
            value.shape() == entry.value.shape(),
            "set: the parameter `{}` has shape {:?}, the value {:?}: they must be equal",
            entry.name,
            entry.value.shape(),
            value.shape()
        );
        entry.value = value;
    }
}
