//! Reduces tables to the rows that a function reads. So the cost of a check depends on its samples, not on
//! the table.
//!
//! A function that asks for some rows of a table ([`Pass::rows`]) computes with those rows alone.
//! The gradient of all others is zero because the op never sees them, whatever its VJP does, so
//! there is nothing to check in them. The first run of the function shows which rows it reads; from
//! then on the check stores, perturbs and compares only these. A table that is read as a whole
//! stays whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use tensor::{Scalar, Tensor};

use super::{CheckedFunction, Number};
use crate::functional::Dual;
use crate::{Gradient, Gradients, ParameterId, Parameters, Pass, RowSource, Tape, Value};

/// What a function reads of a store.
#[derive(Clone)]
pub(super) struct RowsUnderCheck {
    /// By parameter.
    extents: Vec<Extent>,
}

#[derive(Clone)]
struct Extent {
    /// The shape of the whole parameter.
    shape: Vec<usize>,
    /// The rows that are read, ascending; `None` where all of it is.
    rows: Option<Arc<[u32]>>,
    /// `true` if it is read at all, even if of no rows.
    is_read: bool,
}

impl RowsUnderCheck {
    /// Runs the function once. Returns what it reads, the values read, and the shape of its output.
    #[track_caller]
    pub(super) fn of<T: Scalar>(
        parameters: &Parameters<T>,
        function: &CheckedFunction<'_>,
    ) -> (Self, Parameters<f64>, Vec<usize>) {
        let all = cast_on_demand(parameters);
        let tape = Tape::default();
        let output = function(Pass::eval(&tape, &all)).shape().to_vec();
        super::assert_no_other_store(&tape, &all);
        let reading = Self { extents: extents(&tape, &all) };
        let read = all.with_values(|id| match reading.rows(id) {
            Some(rows) => Dual::values(&all.get_rows(id, rows)).into(),
            None => Dual::values(all.get(id)).into(),
        });
        (reading, read, output)
    }

    /// Returns the shape of a whole parameter.
    pub(super) fn shape(&self, id: ParameterId) -> &[usize] {
        &self.extents[id.index()].shape
    }

    /// Returns `true` if the function reads a parameter.
    pub(super) fn reads(&self, id: ParameterId) -> bool {
        self.extents[id.index()].is_read
    }

    /// Returns the rows of a parameter that are read; `None` if it is read as a whole.
    pub(super) fn rows(&self, id: ParameterId) -> Option<&[u32]> {
        self.extents[id.index()].rows.as_deref()
    }

    /// Returns the parameters in the form that the function expects: tables have all their rows again, and
    /// the rows that it reads have these values.
    pub(super) fn written_out(&self, read: &Parameters<Number>) -> Parameters<Number> {
        read.with_values(|id| match &self.extents[id.index()] {
            Extent { rows: None, .. } => read.get(id).clone().into(),
            Extent { rows: Some(rows), shape, .. } => {
                let (shape, rows) = (shape.clone(), Arc::clone(rows));
                let name = read.name(id).to_string();
                on_demand(ReadRows { name, shape, rows, values: read.get(id).clone() })
            }
        })
    }

    /// Returns the gradients with respect to what is read; zeros where the result does not depend on it.
    pub(super) fn collect(
        &self,
        read: &Parameters<Number>,
        gradients: &Gradients<Number>,
    ) -> Parameters<Number> {
        let of_parameters: BTreeMap<ParameterId, &Gradient<Number>> = gradients.iter().collect();
        read.map(|id, value| match (of_parameters.get(&id), self.rows(id)) {
            (None, _) => Tensor::zeros(value.shape()),
            (Some(Gradient::Sparse(gradient)), Some(rows)) => {
                let place = |row| rows.binary_search(row).expect("this row is read") as u32;
                let places: Vec<u32> = gradient.ids().iter().map(place).collect();
                let places = Tensor::from(places);
                gradient.values().scatter_add_rows(&places, rows.len())
            }
            (Some(gradient), _) => gradient.dense().clone(),
        })
    }
}

/// Returns the part of each parameter that the tape reads.
fn extents(tape: &Tape<Number>, parameters: &Parameters<Number>) -> Vec<Extent> {
    let has_rows = |id| !parameters.shape(id).is_empty();
    let mut rows: Vec<Option<Vec<u32>>> =
        parameters.ids().map(|id| has_rows(id).then(Vec::new)).collect();
    let mut is_read = vec![false; rows.len()];
    for node in tape.nodes().iter() {
        let Some((id, _)) = node.parameter() else { continue };
        if parameters.entries.get(id.index()).is_some_and(|own| own.id == id) {
            is_read[id.index()] = true;
            let read = &mut rows[id.index()];
            *read = read.take().zip(node.rows()).map(|(rows, more)| [&rows[..], more].concat());
        }
    }
    let ascending = |mut rows: Vec<u32>| {
        rows.sort_unstable();
        rows.dedup();
        rows.into()
    };
    let shapes = parameters.ids().map(|id| parameters.shape(id).to_vec());
    let extent = |((shape, rows), is_read): ((_, Option<Vec<u32>>), _)| Extent {
        shape,
        rows: rows.map(ascending),
        is_read,
    };
    shapes.zip(rows).zip(is_read).map(extent).collect()
}

/// Returns the parameters in the check's scalar type. A row is cast when it is read.
fn cast_on_demand<T: Scalar>(parameters: &Parameters<T>) -> Parameters<Number> {
    parameters.with_values(|id| match parameters.shape(id) {
        [] => parameters.get(id).cast().into(),
        shape => on_demand(CastRows { shape: shape.to_vec(), value: parameters.share(id) }),
    })
}

fn on_demand(source: impl RowSource<Number>) -> Value<Number> {
    let source: Arc<dyn RowSource<Number>> = Arc::new(source);
    source.into()
}

/// The rows of a value of another scalar type.
#[derive(Debug)]
struct CastRows<T: Scalar> {
    shape: Vec<usize>,
    value: Value<T>,
}

impl<T: Scalar> RowSource<Number> for CastRows<T> {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn rows(&self, ids: &[u32]) -> Tensor<Number> {
        self.value.rows(ids).cast()
    }
}

/// The rows that the function reads. All others have no value.
#[derive(Debug)]
struct ReadRows {
    /// The name of the parameter.
    name: String,
    shape: Vec<usize>,
    rows: Arc<[u32]>,
    values: Tensor<Number>,
}

impl RowSource<Number> for ReadRows {
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn rows(&self, ids: &[u32]) -> Tensor<Number> {
        let place = |id: &u32| match self.rows.binary_search(id) {
            Ok(place) => place as u32,
            Err(_) => panic!(
                "check: the function reads row {id} of `{}`, but did not in its first run: which rows \
                 it reads must not depend on the values of the parameters, and it must read them through \
                 the tape, by pass.parameter(id) or pass.rows(id, ids) and not by parameters.get(id)",
                self.name
            ),
        };
        let places: Vec<u32> = ids.iter().map(place).collect();
        self.values.gather_rows(&Tensor::from(places))
    }
}
