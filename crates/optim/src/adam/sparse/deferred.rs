//! A table in which Adam updates the rows that have a gradient, and defers the updates of the others.
//!
//! Between two steps the parameter's value is a [`PendingRows`]: the stale values, and what is needed
//! to apply the pending updates of a row when it is read. At the next step the optimizer takes the
//! values back. If the parameter has a different value by then, the program has written to it, and no
//! update is pending.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use autograd::{ParameterId, Parameters, RowSource, SparseGradient};
use tensor::{Scalar, Tensor, shape};

use super::super::Update;
use super::super::constants::Constants;
use super::series::{DeferredUpdates, MOST_UPDATES};
use super::{Elements, fetch};
use crate::moments::{Moments, with_shape};
use crate::schedule::is_rate;
use crate::state::StateError;

/// What Adam keeps for a table besides the moments. A row's moments date from its last update.
#[derive(Clone, Debug)]
pub(super) struct DeferredTable<T: Scalar> {
    /// For each row, the number of the last update that was applied to it.
    last: Arc<Vec<u64>>,
    updates: Arc<DeferredUpdates>,
    values: Values<T>,
}

/// The place of the values that have pending updates.
#[derive(Clone, Debug, Default)]
enum Values<T: Scalar> {
    /// Nowhere: no step has been taken yet.
    #[default]
    Nowhere,
    /// With the parameters, as the [`PendingRows`] with this number.
    Left(u64),
    /// In the state from which the optimizer was restored.
    Saved(Tensor<T>),
}

/// A parameter some of whose rows have pending updates.
#[derive(Debug)]
struct PendingRows<T: Scalar> {
    /// A new number each time the values are left with the parameters.
    number: u64,
    values: Tensor<T>,
    moments: [Tensor<T>; 2],
    last: Arc<Vec<u64>>,
    updates: Arc<DeferredUpdates>,
    /// The rows that were read last, with their ids: usually the rows that the next update changes.
    read: Mutex<Option<(Vec<u32>, Tensor<T>)>>,
}

impl<T: Scalar> RowSource<T> for PendingRows<T> {
    fn shape(&self) -> &[usize] {
        self.values.shape()
    }

    fn rows(&self, ids: &[u32]) -> Tensor<T> {
        let mut rows = self.values.gather_rows(&Tensor::from(ids));
        let width = shape::len(&self.shape()[1..]);
        let [m, v] = self.moments.each_ref().map(Tensor::storage);
        let mut values = rows.as_mut_slice().chunks_mut(width.max(1));
        for ids in ids.chunks(fetch::ROWS) {
            fetch::rows([m, v], width, ids);
            for (&id, values) in ids.iter().zip(&mut values) {
                let row = id as usize;
                let part = row * width..(row + 1) * width;
                self.updates.apply_to_values(self.last[row], values, &m[part.clone()], &v[part]);
            }
        }
        *self.last_read() = Some((ids.to_vec(), rows.clone()));
        rows
    }
}

/// Returns the pending rows with this number, if they are still the parameter's value.
fn left<T: Scalar>(
    parameters: &Parameters<T>,
    id: ParameterId,
    number: u64,
) -> Option<&PendingRows<T>> {
    let source: &dyn Any = &**parameters.row_source(id)?;
    source.downcast_ref::<PendingRows<T>>().filter(|rows| rows.number == number)
}

impl<T: Scalar> DeferredTable<T> {
    /// Creates the state of a table with this many rows. All are up to date after the update with the
    /// number `start`.
    pub(super) fn new(rows: usize, constants: Constants, start: u64) -> Self {
        let updates = Arc::new(DeferredUpdates::new::<T>(constants, start));
        Self { last: Arc::new(vec![start; rows]), updates, values: Values::Nowhere }
    }

    /// Updates the rows that have a gradient, and defers the update of the others.
    #[track_caller]
    pub(super) fn update(
        &mut self,
        parameters: &mut Parameters<T>,
        moments: &mut Moments<T, 2>,
        id: ParameterId,
        gradient: &SparseGradient<T>,
        update: &Update<T>,
    ) {
        let read = self.rows_read(parameters, id, gradient.ids());
        let stale = self.take_back(parameters, moments, id);
        let of_all = moments.update(parameters, id);
        let mut elements = Elements::new(parameters.get_mut(id), of_all);
        if !stale {
            self.catch_up_all(&mut elements, false);
        }
        let width = shape::len(&gradient.values().shape()[1..]).max(1);
        let read = read.as_ref().map(Tensor::values);
        let mut up_to_date = read.iter().flat_map(|rows| rows.chunks(width));
        elements.update(gradient, update, |elements, row| {
            let current = up_to_date.next();
            if let Some(current) = current {
                elements.row(row)[0].copy_from_slice(current);
            }
            self.catch_up(elements, row, stale && current.is_none());
        });
        self.note_update(gradient.ids(), update.rate.to_f64());
        if self.updates.len() >= MOST_UPDATES {
            self.catch_up_all(&mut elements, true);
            self.updates = Arc::new(self.updates.restarted());
        }
        self.leave(parameters, moments, id);
    }

    /// Brings all rows up to date.
    pub(super) fn finish(
        mut self,
        parameters: &mut Parameters<T>,
        moments: &mut Moments<T, 2>,
        id: ParameterId,
    ) {
        let stale = self.take_back(parameters, moments, id);
        if let Some(moments) = moments.get_mut(id) {
            self.catch_up_all(&mut Elements::new(parameters.get_mut(id), moments), stale);
        }
    }

    /// Returns the up-to-date values of these rows, if exactly these rows were the last to be read.
    fn rows_read(
        &self,
        parameters: &Parameters<T>,
        id: ParameterId,
        ids: &[u32],
    ) -> Option<Tensor<T>> {
        let Values::Left(number) = self.values else { return None };
        let read = left(parameters, id, number)?.last_read().take();
        read.filter(|(read, _)| read == ids).map(|(_, rows)| rows)
    }

    /// Makes the parameter dense. Returns `true` if the values are stale, as they were left, and
    /// `false` if they are up to date.
    fn take_back(
        &mut self,
        parameters: &mut Parameters<T>,
        moments: &Moments<T, 2>,
        id: ParameterId,
    ) -> bool {
        let stale = match std::mem::take(&mut self.values) {
            Values::Nowhere => None,
            Values::Left(number) => left(parameters, id, number).map(|rows| rows.values.clone()),
            Values::Saved(values) => {
                let rows = self.pending_rows(moments, id, values);
                rows.filter(|rows| rows.all() == *parameters.get(id)).map(|rows| rows.values)
            }
        };
        match stale {
            Some(values) => {
                parameters.set(id, values);
                true
            }
            None => {
                // This applies what another optimizer may have deferred.
                parameters.get_mut(id);
                false
            }
        }
    }

    /// Leaves the values with the parameters. Until they are taken back, the [`PendingRows`] share
    /// the moments.
    fn leave(&mut self, parameters: &mut Parameters<T>, moments: &Moments<T, 2>, id: ParameterId) {
        let values = parameters.get(id).clone();
        if let Some(rows) = self.pending_rows(moments, id, values) {
            self.values = Values::Left(rows.number);
            let source: Arc<dyn RowSource<T>> = Arc::new(rows);
            parameters.set(id, source);
        }
    }

    fn pending_rows(
        &self,
        moments: &Moments<T, 2>,
        id: ParameterId,
        values: Tensor<T>,
    ) -> Option<PendingRows<T>> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (last, updates) = (Arc::clone(&self.last), Arc::clone(&self.updates));
        let (moments, read) = (moments.get(id)?.clone(), Mutex::default());
        Some(PendingRows { number, values, moments, last, updates, read })
    }

    /// Brings the moments of a row up to date, and the values if they are `stale`.
    fn catch_up(&mut self, elements: &mut Elements<T>, row: usize, stale: bool) {
        let last = &mut Arc::make_mut(&mut self.last)[row];
        let [values, m, v] = elements.row(row);
        if stale {
            self.updates.apply_to_values(*last, values, m, v);
        }
        self.updates.apply_to_moments(*last, m, v);
        *last = self.updates.now();
    }

    fn catch_up_all(&mut self, elements: &mut Elements<T>, stale: bool) {
        for row in 0..self.last.len() {
            self.catch_up(elements, row, stale);
        }
    }

    /// Notes that these rows were updated, and that the others were not.
    fn note_update(&mut self, rows: &[u32], rate: f64) {
        let updates = Arc::make_mut(&mut self.updates);
        updates.push(rate);
        let last = Arc::make_mut(&mut self.last);
        for &row in rows {
            last[row as usize] = updates.now();
        }
    }
}

impl<T: Scalar> PendingRows<T> {
    fn last_read(&self) -> MutexGuard<'_, Option<(Vec<u32>, Tensor<T>)>> {
        // What another thread stored there is complete, even if that thread panicked later.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the whole parameter, up to date.
    fn all(&self) -> Tensor<T> {
        let ids: Vec<u32> = (0..self.last.len() as u32).collect();
        self.rows(&ids)
    }
}

/// Saving and restoring. Bringing a row up to date in two parts rounds differently from doing it in
/// one, so a state holds the rows as they were left:
///
/// ```text
/// behind.NAME   for each row, the number of its pending updates
/// rates.NAME    the rates of the last updates, with which the sums are computed again
/// stale.NAME    the values, unless they are the parameters' own
/// ```
impl<T: Scalar> DeferredTable<T> {
    pub(super) fn save(
        &self,
        parameters: &Parameters<T>,
        id: ParameterId,
        tensors: &mut BTreeMap<String, Tensor<T>>,
    ) {
        let name = parameters.name(id);
        let now = self.updates.now();
        let pending: Vec<_> =
            self.last.iter().map(|last| T::from_f64((now - last) as f64)).collect();
        let rates: Vec<_> = self.updates.rates().iter().copied().map(T::from_f64).collect();
        tensors.insert(format!("behind.{name}"), Tensor::from(pending));
        tensors.insert(format!("rates.{name}"), Tensor::from(rates));
        let stale = match &self.values {
            Values::Nowhere => None,
            Values::Left(number) => left(parameters, id, *number).map(|rows| rows.values.clone()),
            Values::Saved(values) => Some(values.clone()),
        };
        tensors.extend(stale.map(|values| (format!("stale.{name}"), values)));
    }

    /// Takes the state of a table out of a saved state, if there is one.
    pub(super) fn restore(
        parameters: &Parameters<T>,
        id: ParameterId,
        constants: Constants,
        updates: u64,
        tensors: &mut BTreeMap<String, Tensor<T>>,
    ) -> Result<Option<Self>, StateError> {
        let (name, shape) = (parameters.name(id), parameters.shape(id));
        // A scalar has no rows. A tensor for it stays in the state, and is refused.
        let pending = (!shape.is_empty()).then(|| tensors.remove(&format!("behind.{name}")));
        let Some(pending) = pending.flatten() else {
            return Ok(None);
        };
        let pending = with_shape(format!("behind.{name}"), pending, &shape[..1])?;
        let rates = take_rates(name, updates, tensors)?;
        let start = updates - rates.len() as u64;
        let mut deferred = DeferredUpdates::new::<T>(constants, start);
        for rate in &rates {
            deferred.push(rate.to_f64());
        }
        let last = last_updates(name, &pending, updates, rates.len())?;
        let values = match tensors.remove(&format!("stale.{name}")) {
            Some(stale) => Values::Saved(with_shape(format!("stale.{name}"), stale, shape)?),
            None => Values::Nowhere,
        };
        Ok(Some(Self { last: Arc::new(last), updates: Arc::new(deferred), values }))
    }
}

fn take_rates<T: Scalar>(
    parameter: &str,
    updates: u64,
    tensors: &mut BTreeMap<String, Tensor<T>>,
) -> Result<Vec<T>, StateError> {
    let name = format!("rates.{parameter}");
    let Some(rates) = tensors.remove(&name) else {
        return Err(StateError::MissingTensor(name));
    };
    let most = updates.min(MOST_UPDATES as u64);
    if rates.rank() != 1 || rates.len() as u64 > most {
        return Err(StateError::Rates { name, found: rates.shape().to_vec(), most });
    }
    let rates = rates.to_vec();
    match rates.iter().find(|rate| !is_rate(rate.to_f64())) {
        Some(rate) => Err(StateError::Rate(rate.to_string())),
        None => Ok(rates),
    }
}

/// Returns, by row, the number of the last update that was applied to it. The last `most` of all
/// `updates` are remembered.
fn last_updates<T: Scalar>(
    parameter: &str,
    pending: &Tensor<T>,
    updates: u64,
    most: usize,
) -> Result<Vec<u64>, StateError> {
    let mut last = Vec::with_capacity(pending.len());
    for behind in pending.to_vec().into_iter().map(T::to_f64) {
        if behind.fract() != 0.0 || !(0.0..=most as f64).contains(&behind) {
            let (name, found) = (format!("behind.{parameter}"), behind.to_string());
            return Err(StateError::Behind { name, found, most });
        }
        last.push(updates - behind as u64);
    }
    Ok(last)
}
