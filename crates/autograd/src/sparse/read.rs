//! The node that reads a parameter: as a whole, or some rows of it.

use tensor::{Scalar, Tensor, shape};

use super::gradient::{Gradient, SparseGradient};
use super::value::Value;
use crate::{ParameterId, Parameters, Pass, Tape, Var};

/// What a node holds of a parameter.
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
            Read::Rows { shape, ids } => Gradient::Sparse(SparseGradient::new(shape, ids, dy)),
        }
    }

    /// The name of the node in a printed tape.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Read::Whole => "parameter",
            Read::Rows { .. } => "rows",
        }
    }
}

impl<T: Scalar> Tape<T> {
    /// Records some rows of a parameter, whose ids ascend. The gradient is [sparse](SparseGradient).
    ///
    /// # Panics
    /// If the parameter has no row with one of these ids, or they do not ascend; and as
    /// [`parameter`](Self::parameter).
    #[track_caller]
    pub fn parameter_rows(
        &self,
        parameters: &Parameters<T>,
        id: ParameterId,
        ids: Vec<u32>,
    ) -> Var<'_, T> {
        assert!(
            ids.is_sorted_by(|a, b| a < b),
            "parameter_rows: the numbers of the rows must ascend, each named once; gather_rows of \
             these rows then repeats and orders them as you like"
        );
        let shape = parameters.shape(id).to_vec();
        self.read(parameters, id, Read::Rows { shape, ids })
    }
}

/// The rows of a table that some ids name, on the tape. From [`Pass::rows`].
#[derive(Clone, Debug)]
pub struct RowsRead<'t, T: Scalar> {
    /// The rows, each once, in ascending order of their ids; or the whole table.
    pub rows: Var<'t, T>,
    /// For each id, the position in `rows` of the row that it names. It has the shape of the ids.
    pub positions: Tensor<u32>,
}

impl<'t, T: Scalar> Pass<'t, T> {
    /// Reads the rows of a table that `ids` names. A table with more rows than there are ids is not
    /// put on the tape, only those rows are; their gradient is [sparse](SparseGradient), and a step
    /// costs the same for any length of the table. A smaller table is read as a whole.
    ///
    /// ```
    /// use autograd::{Gradient, Parameters, Pass, Tape};
    /// use tensor::{Key, Tensor};
    ///
    /// let mut parameters = Parameters::<f64>::with_seed(0);
    /// let table = parameters.add("table", Tensor::normal([1000, 2], 0.0, 1.0, Key::new(1)));
    /// let tape = Tape::default();
    /// let pass = Pass::training(&tape, &parameters, Key::new(2));
    ///
    /// let read = pass.rows(table, &Tensor::from([700, 30, 700]));
    /// assert_eq!(read.rows.shape().as_slice(), [2, 2]);
    /// assert_eq!(read.positions, Tensor::from([1, 0, 1]));
    /// let gradients = read.rows.sum_all().backward();
    /// let Some((_, Gradient::Sparse(gradient))) = gradients.iter().next() else { unreachable!() };
    /// assert_eq!(gradient.ids(), [30, 700]);
    /// ```
    #[track_caller]
    pub fn rows(self, table: ParameterId, ids: &Tensor<u32>) -> RowsRead<'t, T> {
        let length = self.parameters.shape(table).first().map_or(0, |&length| length);
        let names_rows = shape::rows_exist(&ids.values(), length).is_ok();
        if ids.len() >= length || !names_rows {
            return RowsRead { rows: self.parameter(table), positions: ids.clone() };
        }
        let (distinct, positions) = distinct(ids);
        let rows = self.tape.parameter_rows(self.parameters, table, distinct);
        RowsRead { rows, positions }
    }
}

/// Returns the distinct ids in ascending order, and the position among them of each id.
fn distinct(ids: &Tensor<u32>) -> (Vec<u32>, Tensor<u32>) {
    // An id and its place in one number: sorting these brings equal ids together.
    let places =
        ids.values().iter().zip(0u64..).map(|(&id, at)| u64::from(id) << 32 | at).collect();
    let mut places: Vec<u64> = places;
    places.sort_unstable();
    let mut distinct = Vec::with_capacity(places.len());
    let mut positions = vec![0; places.len()];
    for place in places {
        let (id, at) = ((place >> 32) as u32, place as u32 as usize);
        if distinct.last() != Some(&id) {
            distinct.push(id);
        }
        positions[at] = distinct.len() as u32 - 1;
    }
    (distinct, Tensor::new(ids.shape(), positions))
}
