//! What a node reads of a parameter: the whole of it, or some rows.

use tensor::{Scalar, Tensor};

use super::gradient::{Gradient, SparseGradient};
use super::value::Value;

/// The part of a parameter that a node reads.
pub(crate) enum Read {
    Whole,
    Rows {
        /// The shape of the parameter.
        shape: Vec<usize>,
        /// The numbers of the rows, ascending.
        ids: Vec<u32>,
    },
}

impl Read {
    /// Returns the value of the node that reads the parameter.
    #[track_caller]
    pub(crate) fn value<T: Scalar>(&self, value: &Value<T>) -> Tensor<T> {
        match self {
            Read::Whole => value.dense().clone(),
            Read::Rows { ids, .. } => value.rows(ids),
        }
    }

    /// Returns the gradient of the parameter, given the adjoint of the node that reads it.
    pub(crate) fn gradient<T: Scalar>(&self, dy: Tensor<T>) -> Gradient<T> {
        match self {
            Read::Whole => Gradient::Dense(dy),
            Read::Rows { shape, ids } => SparseGradient::new(shape, ids, dy).into(),
        }
    }

    /// Returns the name of the node in a printed tape.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Read::Whole => "parameter",
            Read::Rows { .. } => "rows",
        }
    }
}
