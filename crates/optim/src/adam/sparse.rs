//! Adam on tables, such as an embedding's, where a step has gradients for only a few rows.
//!
//! There are two algorithms. The first is the paper's: momentum keeps moving the rows without a
//! gradient, but their updates are deferred until they are read ([`deferred`], with the mathematics in
//! [`series`]). The second, [`Adam::lazy`], leaves such rows unchanged. The reference of the first is
//! the dense form in `adam.rs`: `tests/optim/rows.rs` checks that both agree.

mod deferred;
mod fetch;
mod series;

use std::collections::BTreeMap;

use autograd::{ParameterId, Parameters, SparseGradient};
use tensor::{Scalar, Tensor, shape};

use deferred::DeferredTable;

use super::constants::Constants;
use super::{Adam, Update};
use crate::moments::Moments;
use crate::state::{State, StateError};

impl<T: Scalar> Adam<T> {
    /// Leaves a table's rows unchanged, both values and moments, while they have no gradient. This algorithm
    /// differs from the paper's and is cheaper; TensorFlow Addons calls it LazyAdam. `t` counts the updates
    /// of the table, not of the row.
    ///
    /// PyTorch's SparseAdam differs in one point. It adds ε to `√v`, before the bias correction, and so
    /// in effect adds `ε / √(1 − β₂ᵗ)` to `√v̂`: 31.6 ε in the first update. Where `√v̂` is far above ε,
    /// both give the same.
    ///
    /// Parameters whose gradient is not [sparse](SparseGradient) are updated as usual.
    ///
    /// # Panics
    /// If a step has been taken.
    #[track_caller]
    pub fn lazy(mut self) -> Self {
        self.check_is_new("lazy");
        self.kind = "LazyAdam";
        self.sparse.rule = Rule::Lazy;
        self
    }
}

/// What happens to rows without a gradient.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Their updates are deferred.
    Defer,
    /// They stay as they are.
    Lazy,
}

/// What Adam keeps for tables besides the moments.
#[derive(Clone, Debug)]
pub(super) struct SparseUpdates<T: Scalar> {
    rule: Rule,
    /// The tables that may have rows with pending updates.
    tables: BTreeMap<ParameterId, DeferredTable<T>>,
}

impl<T: Scalar> SparseUpdates<T> {
    /// Creates the state for deferring the updates of rows without a gradient, with no table so far.
    pub(super) fn deferring() -> Self {
        Self { rule: Rule::Defer, tables: BTreeMap::new() }
    }

    /// Updates the rows of a table that have a gradient.
    #[track_caller]
    pub(super) fn update(
        &mut self,
        parameters: &mut Parameters<T>,
        moments: &mut Moments<T, 2>,
        id: ParameterId,
        gradient: &SparseGradient<T>,
        update: &Update<T>,
    ) {
        match self.rule {
            Rule::Defer => {
                let table = self.tables.entry(id).or_insert_with(|| {
                    let rows = parameters.shape(id)[0];
                    DeferredTable::new(rows, update.constants, moments.updates(id))
                });
                table.update(parameters, moments, id, gradient, update);
            }
            Rule::Lazy => {
                let moments = moments.update(parameters, id);
                let mut elements = Elements::new(parameters.get_mut(id), moments);
                elements.update(gradient, update, |_, _| ());
            }
        }
    }

    /// Applies the pending updates of all rows of a parameter.
    pub(super) fn catch_up(
        &mut self,
        parameters: &mut Parameters<T>,
        moments: &mut Moments<T, 2>,
        id: ParameterId,
    ) {
        if let Some(table) = self.tables.remove(&id) {
            table.finish(parameters, moments, id);
        }
    }

    /// Adds to a state what is needed to resume with the tables.
    pub(super) fn saved_with(&self, mut state: State<T>, parameters: &Parameters<T>) -> State<T> {
        for (&id, table) in &self.tables {
            table.save(parameters, id, &mut state.tensors);
        }
        state
    }

    /// Takes the tables out of a saved state whose header has been checked. Returns the rest of the
    /// state, and what was restored.
    pub(super) fn restored(
        &self,
        constants: Constants,
        parameters: &Parameters<T>,
        mut state: State<T>,
    ) -> Result<(State<T>, Self), StateError> {
        let mut tables = BTreeMap::new();
        for id in parameters.ids() {
            let updates = state.header.updates[parameters.name(id)];
            let tensors = &mut state.tensors;
            let table = DeferredTable::restore(parameters, id, constants, updates, tensors)?;
            tables.extend(table.map(|table| (id, table)));
        }
        Ok((state, Self { rule: self.rule, tables }))
    }
}

/// All numbers of a table, to be changed row by row.
struct Elements<'a, T> {
    width: usize,
    values: &'a mut [T],
    m: &'a mut [T],
    v: &'a mut [T],
}

impl<'a, T: Scalar> Elements<'a, T> {
    fn new(values: &'a mut Tensor<T>, [m, v]: [&'a mut [T]; 2]) -> Self {
        let width = shape::len(&values.shape()[1..]);
        Self { width, values: values.as_mut_slice(), m, v }
    }

    /// Updates the rows that have a gradient. `prepare` gets a row before it is updated.
    fn update(
        &mut self,
        gradient: &SparseGradient<T>,
        update: &Update<T>,
        mut prepare: impl FnMut(&mut Self, usize),
    ) {
        let rows = gradient.values().values();
        let (width, mut gradients) = (self.width, rows.chunks(self.width.max(1)));
        for ids in gradient.ids().chunks(fetch::ROWS) {
            fetch::rows([&*self.values, &*self.m, &*self.v], width, ids);
            for (&row, g) in ids.iter().zip(&mut gradients) {
                prepare(self, row as usize);
                let [values, m, v] = self.row(row as usize);
                update.apply(values, g, m, v);
            }
        }
    }

    /// Returns the values and moments of one row.
    fn row(&mut self, row: usize) -> [&mut [T]; 3] {
        let part = row * self.width..(row + 1) * self.width;
        [&mut *self.values, &mut *self.m, &mut *self.v].map(|all| &mut all[part.clone()])
    }
}
