//! Records the rows of a table that a batch names.

use tensor::{Scalar, Tensor, shape};

use super::distinct::Distinct;
use super::read::Read;
use crate::{ParameterId, Parameters, Pass, Tape, Var};

impl<T: Scalar> Tape<T> {
    /// Records some rows of a parameter, whose ids ascend. The gradient is [sparse](crate::SparseGradient).
    ///
    /// # Panics
    /// If the parameter has no row with one of these ids, or they do not ascend; also where
    /// [`parameter`](Self::parameter) panics.
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
    /// Reads the rows of a table that `ids` names. If they name fewer than half of the rows, only those are
    /// put on the tape. Their gradient is [sparse](crate::SparseGradient), and the rest of the table costs one bit
    /// per row in each step. Otherwise the table is read as a whole.
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
        let numbers = ids.values();
        let distinct = match shape::rows_exist(&numbers, length) {
            Ok(()) => Distinct::fewer_than_half(&numbers, length),
            // The lookup explains it.
            Err(_) => None,
        };
        let Some(distinct) = distinct else {
            return RowsRead { rows: self.parameter(table), positions: ids.clone() };
        };
        let rows = self.tape.parameter_rows(self.parameters, table, distinct.ids());
        RowsRead { rows, positions: Tensor::new(ids.shape(), distinct.positions(&numbers)) }
    }
}
