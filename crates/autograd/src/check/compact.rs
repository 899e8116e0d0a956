//! Tables by the rows that are read, so that a check costs what its samples' words cost.
//!
//! A function that asks for some rows of a table ([`Pass::rows`]) computes with those rows alone.
//! The gradient of all others is zero because the op never sees them, whatever its VJP does, so
//! there is nothing to check in them. The first run of the function shows which rows it reads; from
//! then on the check holds, moves and compares these. A table that is read as a whole stays whole.

use std::sync::Arc;

use tensor::{Scalar, Tensor};

use super::Number;
use crate::functional::Dual;
use crate::tape::Source;
use crate::{Deferred, Gradient, Gradients, ParameterId, Parameters, Pass, Tape, Var};

/// What a function reads of a store.
#[derive(Clone)]
pub(super) struct Reading {
    /// By parameter.
    extents: Vec<Extent>,
}

#[derive(Clone)]
struct Extent {
    /// The shape of the whole parameter.
    shape: Vec<usize>,
    /// The rows that are read, ascending; `None` where all of it is.
    rows: Option<Arc<[u32]>>,
}

impl Reading {
    /// Runs the function once. Returns what it reads, the values of that, and the shape of its
    /// output.
    #[track_caller]
    pub(super) fn of<T: Scalar, F>(
        parameters: &Parameters<T>,
        function: &F,
    ) -> (Self, Parameters<f64>, Vec<usize>)
    where
        F: for<'t> Fn(Pass<'t, Number>) -> Var<'t, Number>,
    {
        let all = parameters.cast_on_demand::<Number>();
        let tape = Tape::default();
        let output = function(Pass::eval(&tape, &all)).shape().to_vec();
        super::assert_no_other_store(&tape, &all);
        let reading = Self { extents: extents(&tape, &all) };
        let read = all.with_values(|id| match reading.rows(id) {
            Some(rows) => Dual::values(&all.get_rows(id, rows)),
            None => Dual::values(all.get(id)),
        });
        (reading, read, output)
    }

    /// The shape of a parameter.
    pub(super) fn shape(&self, id: ParameterId) -> &[usize] {
        &self.extents[id.index()].shape
    }

    /// The rows of a parameter that are read, if that is not all of it.
    pub(super) fn rows(&self, id: ParameterId) -> Option<&[u32]> {
        self.extents[id.index()].rows.as_deref()
    }

    /// The parameters as the function wants them: tables have all their rows again, and those that
    /// are read have these values.
    pub(super) fn written_out(&self, read: &Parameters<Number>) -> Parameters<Number> {
        let mut all = read.with_values(|id| match self.rows(id) {
            Some(_) => Tensor::scalar(Number::ZERO).expand(self.shape(id)),
            None => read.get(id).clone(),
        });
        for id in read.ids() {
            if let Some(rows) = &self.extents[id.index()].rows {
                let values = read.get(id).contiguous();
                all.put_off(id, Arc::new(ReadRows { rows: Arc::clone(rows), values }));
            }
        }
        all
    }

    /// The gradients with respect to what is read; zeros where the result does not depend on it.
    pub(super) fn collect(
        &self,
        read: &Parameters<Number>,
        gradients: &Gradients<Number>,
    ) -> Parameters<Number> {
        read.with_values(|id| match (gradients.gradient(id), self.rows(id)) {
            (None, _) => Tensor::zeros(read.get(id).shape()),
            (Some(Gradient::Rows(gradient)), Some(rows)) => {
                let place = |row| rows.binary_search(row).expect("this row is read") as u32;
                let places: Vec<u32> = gradient.ids().iter().map(place).collect();
                let places = Tensor::new([places.len()], places);
                gradient.values().scatter_add_rows(&places, rows.len())
            }
            (Some(gradient), _) => gradient.dense().clone(),
        })
    }
}

/// What the tape reads of each parameter.
fn extents(tape: &Tape<Number>, parameters: &Parameters<Number>) -> Vec<Extent> {
    let has_rows = |id| !parameters.shape(id).is_empty();
    let mut rows: Vec<Option<Vec<u32>>> =
        parameters.ids().map(|id| has_rows(id).then(Vec::new)).collect();
    for node in tape.nodes.borrow().iter() {
        match &node.source {
            Source::Parameter(id, _) if id.store() == parameters.store() => rows[id.index()] = None,
            Source::Rows(id, _, read) if id.store() == parameters.store() => {
                rows[id.index()].iter_mut().for_each(|rows| rows.extend(&read.ids));
            }
            _ => {}
        }
    }
    let ascending = |mut rows: Vec<u32>| {
        rows.sort_unstable();
        rows.dedup();
        rows.into()
    };
    let shapes = parameters.ids().map(|id| parameters.shape(id).to_vec());
    shapes.zip(rows).map(|(shape, rows)| Extent { shape, rows: rows.map(ascending) }).collect()
}

/// The values of the rows that the function reads.
#[derive(Debug)]
struct ReadRows {
    rows: Arc<[u32]>,
    values: Tensor<Number>,
}

impl Deferred<Number> for ReadRows {
    fn catch_up(&self, row: usize, values: &mut [Number]) {
        let place = self.rows.binary_search(&(row as u32)).unwrap_or_else(|_| {
            panic!(
                "check: the function reads row {row} of a table in one run and not in another; \
                 which rows it reads must not depend on the values of the parameters"
            )
        });
        let start = place * values.len();
        values.copy_from_slice(&self.values.values()[start..start + values.len()]);
    }
}
