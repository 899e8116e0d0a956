//! The value of a parameter: a tensor, or something that computes its rows when they are read.

use std::any::Any;
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use tensor::{Scalar, Tensor};

/// Computes the rows of a parameter when they are read.
///
/// With momentum, the row of an embedding keeps moving after the batch that contained its word. Moving
/// all rows in each step costs a pass over the table. An optimizer may instead leave such a source as
/// the parameter's [value](crate::Parameters::set): it keeps the rows as they were, and applies the pending
/// updates to those that are read.
///
/// ```
/// use std::sync::Arc;
///
/// use autograd::{Parameters, RowSource};
/// use tensor::Tensor;
///
/// /// A table whose row `k` holds the number `k`.
/// #[derive(Debug)]
/// struct Counting;
///
/// impl RowSource<f32> for Counting {
///     fn shape(&self) -> &[usize] {
///         &[1_000_000, 1]
///     }
///     fn rows(&self, ids: &[u32]) -> Tensor<f32> {
///         Tensor::new([ids.len(), 1], ids.iter().map(|&id| id as f32).collect())
///     }
/// }
///
/// let mut parameters = Parameters::new(0);
/// let table = parameters.add("table", Tensor::scalar(0.0).expand([1_000_000, 1]));
/// let source: Arc<dyn RowSource<f32>> = Arc::new(Counting);
/// parameters.set(table, source);
/// assert_eq!(parameters.get_rows(table, &[7, 700]), Tensor::from([[7.0], [700.0]]));
/// ```
pub trait RowSource<T: Scalar>: Any + Debug + Send + Sync {
    /// Returns the shape of the whole parameter. It has at least one axis, along which the
    /// rows are numbered.
    fn shape(&self) -> &[usize];

    /// Returns the rows with these numbers: `[ids, …]`.
    ///
    /// # Panics
    /// If the parameter has no row with one of these ids.
    fn rows(&self, ids: &[u32]) -> Tensor<T>;
}

/// The value of a parameter.
#[derive(Debug)]
pub enum Value<T: Scalar> {
    /// All numbers are stored.
    Dense(Tensor<T>),
    /// The rows are computed when they are read.
    OnDemand {
        /// Computes them.
        source: Arc<dyn RowSource<T>>,
        /// The whole value, once it has been read as a whole.
        dense: OnceLock<Tensor<T>>,
    },
}

/// A copy is dense.
impl<T: Scalar> Clone for Value<T> {
    fn clone(&self) -> Self {
        Self::Dense(self.dense().clone())
    }
}

impl<T: Scalar> From<Tensor<T>> for Value<T> {
    fn from(value: Tensor<T>) -> Self {
        Self::Dense(value)
    }
}

impl<T: Scalar> From<Arc<dyn RowSource<T>>> for Value<T> {
    fn from(source: Arc<dyn RowSource<T>>) -> Self {
        Self::OnDemand { source, dense: OnceLock::new() }
    }
}

impl<T: Scalar> Value<T> {
    /// Returns the shape of the parameter.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Dense(value) => value.shape(),
            Self::OnDemand { source, .. } => source.shape(),
        }
    }

    /// Returns the whole value. Rows on demand are computed the first time.
    pub fn dense(&self) -> &Tensor<T> {
        match self {
            Self::Dense(value) => value,
            Self::OnDemand { source, dense } => dense.get_or_init(|| {
                let ids: Vec<u32> = (0..source.shape()[0] as u32).collect();
                source.rows(&ids)
            }),
        }
    }

    /// Returns the whole value, to be changed. It is dense from then on.
    pub(crate) fn dense_mut(&mut self) -> &mut Tensor<T> {
        if let Self::OnDemand { .. } = self {
            *self = self.clone();
        }
        let Self::Dense(value) = self else { unreachable!("a clone is dense") };
        value
    }

    /// Returns the rows with these numbers: `[ids, …]`.
    #[track_caller]
    pub fn rows(&self, ids: &[u32]) -> Tensor<T> {
        match self {
            Self::Dense(value) => value.gather_rows(&Tensor::from(ids)),
            Self::OnDemand { source, .. } => source.rows(ids),
        }
    }
}
