//! A table of which Adam updates the rows that have a gradient, and leaves the others behind.
//!
//! The values lie with the parameters, stale as they are, together with a promise ([`Owed`]) that
//! brings them up to date for whoever reads them. At the next step the optimizer takes them back.

use std::collections::BTreeMap;
use std::sync::Arc;

use autograd::{Deferred, ParameterId, Parameters, Rows};
use tensor::{Scalar, Tensor, shape};

use super::Update;
use super::past::{LONGEST_PAST, Past};
use crate::moments::{Moments, with_shape};
use crate::state::StateError;

/// What Adam remembers of a table besides its moments; those of a row are of when it was last seen.
#[derive(Clone, Debug)]
pub(super) struct Table<T: Scalar> {
    /// For each row, the last update that it has had.
    seen: Arc<Vec<u64>>,
    past: Arc<Past>,
    values: Values<T>,
}

/// Where the values are that some rows are owed updates.
#[derive(Clone, Debug, Default)]
enum Values<T: Scalar> {
    /// Nowhere: there was no step yet.
    #[default]
    Nowhere,
    /// With the parameters, as long as this promise is there too.
    Left(Arc<Owed<T>>),
    /// In the state from which the optimizer was restored.
    Saved(Tensor<T>),
}

/// What the rows of a table are owed, for those who read them.
#[derive(Debug)]
struct Owed<T: Scalar> {
    moments: [Tensor<T>; 2],
    seen: Arc<Vec<u64>>,
    past: Arc<Past>,
}

impl<T: Scalar> Deferred<T> for Owed<T> {
    fn catch_up(&self, row: usize, values: &mut [T]) {
        let part = row * values.len()..(row + 1) * values.len();
        let [m, v] = self.moments.each_ref().map(|moment| &moment.storage()[part.clone()]);
        self.past.move_values(self.seen[row], values, m, v);
    }
}

impl<T: Scalar> Owed<T> {
    /// Stale values, brought up to date.
    fn pay(&self, stale: &Tensor<T>) -> Tensor<T> {
        let mut values = stale.clone();
        let width = shape::len(&values.shape()[1..]);
        for (row, values) in values.as_mut_slice().chunks_mut(width.max(1)).enumerate() {
            self.catch_up(row, values);
        }
        values
    }
}

/// All numbers of a table, to be changed.
pub(super) struct Elements<'a, T> {
    width: usize,
    values: &'a mut [T],
    m: &'a mut [T],
    v: &'a mut [T],
}

impl<'a, T: Scalar> Elements<'a, T> {
    pub(super) fn new(values: &'a mut Tensor<T>, [m, v]: [&'a mut [T]; 2]) -> Self {
        let width = shape::len(&values.shape()[1..]);
        Self { width, values: values.as_mut_slice(), m, v }
    }

    /// Updates the rows that have a gradient. Before a row is, it is handed to `prepare`.
    pub(super) fn update(
        &mut self,
        gradient: &Rows<T>,
        update: &Update<T>,
        mut prepare: impl FnMut(&mut Self, usize),
    ) {
        let rows = gradient.values().values();
        for (&row, g) in gradient.ids().iter().zip(rows.chunks(self.width.max(1))) {
            prepare(self, row as usize);
            let [values, m, v] = self.row(row as usize);
            update.apply(values, g, m, v);
        }
    }

    /// The values and moments of one row.
    fn row(&mut self, row: usize) -> [&mut [T]; 3] {
        let part = row * self.width..(row + 1) * self.width;
        [&mut *self.values, &mut *self.m, &mut *self.v].map(|all| &mut all[part.clone()])
    }
}

impl<T: Scalar> Table<T> {
    /// A table of so many rows, which all are up to date when this past begins.
    pub(super) fn new(rows: usize, past: Past) -> Self {
        let seen = Arc::new(vec![past.now(); rows]);
        Self { seen, past: Arc::new(past), values: Values::Nowhere }
    }

    /// One update, at this rate. Rows without a gradient are left behind.
    #[track_caller]
    pub(super) fn update(
        &mut self,
        parameters: &mut Parameters<T>,
        moments: &mut Moments<T, 2>,
        id: ParameterId,
        gradient: &Rows<T>,
        update: &Update<T>,
    ) {
        let stale = self.take_back(parameters, moments, id);
        let of_all = moments.update(parameters, id);
        let mut elements = Elements::new(parameters.get_mut(id), of_all);
        if !stale {
            self.catch_up_all(&mut elements, stale);
        }
        elements.update(gradient, update, |elements, row| self.catch_up(elements, row, stale));
        self.advance(gradient.ids(), update.rate.to_f64());
        if self.past.is_long() {
            self.catch_up_all(&mut elements, true);
            self.past = Arc::new(self.past.anew());
        }
        self.leave(parameters, moments, id);
    }

    /// Brings all rows up to date, and leaves nothing behind.
    pub(super) fn settle(
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

    /// Takes the values back from the parameters, and tells whether they are those that were left
    /// there. If not, they were read and changed, or replaced, and are up to date.
    fn take_back(
        &mut self,
        parameters: &mut Parameters<T>,
        moments: &Moments<T, 2>,
        id: ParameterId,
    ) -> bool {
        match std::mem::take(&mut self.values) {
            Values::Left(owed) if is_left(parameters, id, &owed) => {
                parameters.take_stale(id);
                true
            }
            Values::Saved(stale) if self.pays(moments, id, &stale, parameters.get(id)) => {
                *parameters.get_mut(id) = stale;
                true
            }
            _ => {
                // This pays what another optimizer may have put off.
                parameters.get_mut(id);
                false
            }
        }
    }

    /// Whether these stale values become those, once they are brought up to date.
    fn pays(
        &self,
        moments: &Moments<T, 2>,
        id: ParameterId,
        stale: &Tensor<T>,
        values: &Tensor<T>,
    ) -> bool {
        self.owed(moments, id).is_some_and(|owed| owed.pay(stale) == *values)
    }

    fn owed(&self, moments: &Moments<T, 2>, id: ParameterId) -> Option<Owed<T>> {
        let moments = moments.get(id)?.clone();
        Some(Owed { moments, seen: Arc::clone(&self.seen), past: Arc::clone(&self.past) })
    }

    /// Leaves the values with the parameters. From here until they are taken back, the moments are
    /// shared with the promise.
    fn leave(&mut self, parameters: &mut Parameters<T>, moments: &Moments<T, 2>, id: ParameterId) {
        if let Some(owed) = self.owed(moments, id).map(Arc::new) {
            self.values = Values::Left(Arc::clone(&owed));
            parameters.put_off(id, owed);
        }
    }

    /// Brings the moments of a row up to date, and the values if they are `stale`.
    fn catch_up(&mut self, elements: &mut Elements<T>, row: usize, stale: bool) {
        let seen = &mut Arc::make_mut(&mut self.seen)[row];
        let [values, m, v] = elements.row(row);
        if stale {
            self.past.move_values(*seen, values, m, v);
        }
        self.past.move_moments(*seen, m, v);
        *seen = self.past.now();
    }

    fn catch_up_all(&mut self, elements: &mut Elements<T>, stale: bool) {
        for row in 0..self.seen.len() {
            self.catch_up(elements, row, stale);
        }
    }

    /// There was an update of these rows.
    fn advance(&mut self, rows: &[u32], rate: f64) {
        let past = Arc::make_mut(&mut self.past);
        past.advance(rate);
        let seen = Arc::make_mut(&mut self.seen);
        for &row in rows {
            seen[row as usize] = past.now();
        }
    }
}

/// Whether this is what the parameters hold a promise of.
fn is_left<T: Scalar>(parameters: &Parameters<T>, id: ParameterId, owed: &Arc<Owed<T>>) -> bool {
    let (_, promise) = parameters.stale(id);
    promise.is_some_and(|promise| std::ptr::addr_eq(promise, Arc::as_ptr(owed)))
}

/// Saving and restoring. Bringing a row up to date in two parts rounds otherwise than in one, so a
/// state holds the rows as they are, stale:
///
/// ```text
/// behind.NAME   for each row, how many updates it is behind
/// rates.NAME    the rates of the last updates, with which the sums are computed again
/// stale.NAME    the values, unless the parameters' own are those to go on with
/// ```
impl<T: Scalar> Table<T> {
    pub(super) fn save(
        &self,
        parameters: &Parameters<T>,
        id: ParameterId,
        tensors: &mut BTreeMap<String, Tensor<T>>,
    ) {
        let name = parameters.name(id);
        let now = self.past.now();
        let behind: Vec<_> =
            self.seen.iter().map(|seen| T::from_f64((now - seen) as f64)).collect();
        let rates: Vec<_> = self.past.rates().iter().copied().map(T::from_f64).collect();
        tensors.insert(format!("behind.{name}"), Tensor::new([behind.len()], behind));
        tensors.insert(format!("rates.{name}"), Tensor::new([rates.len()], rates));
        let stale = match &self.values {
            Values::Left(owed) if is_left(parameters, id, owed) => parameters.stale(id).0.clone(),
            Values::Saved(stale) => stale.clone(),
            _ => return,
        };
        tensors.insert(format!("stale.{name}"), stale);
    }

    /// Takes the table of a parameter out of a saved state, if there is one. `past` makes that of
    /// an optimizer with these settings, from the update at which it begins.
    pub(super) fn restore(
        parameters: &Parameters<T>,
        id: ParameterId,
        updates: u64,
        tensors: &mut BTreeMap<String, Tensor<T>>,
        past: impl Fn(u64) -> Past,
    ) -> Result<Option<Self>, StateError> {
        let (name, shape) = (parameters.name(id), parameters.shape(id));
        let Some(behind) = tensors.remove(&format!("behind.{name}")) else {
            return Ok(None);
        };
        let behind = with_shape(format!("behind.{name}"), behind, &shape[..shape.len().min(1)])?;
        let rates = take_rates(name, updates, tensors)?;
        let mut past = past(updates - rates.len() as u64);
        for rate in &rates {
            past.advance(rate.to_f64());
        }
        let seen = last_seen(name, &behind, updates, rates.len())?;
        let values = match tensors.remove(&format!("stale.{name}")) {
            Some(stale) => Values::Saved(with_shape(format!("stale.{name}"), stale, shape)?),
            None => Values::Nowhere,
        };
        Ok(Some(Self { seen: Arc::new(seen), past: Arc::new(past), values }))
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
    let most = updates.min(LONGEST_PAST as u64);
    if rates.rank() != 1 || rates.len() as u64 > most {
        return Err(StateError::Rates { name, found: rates.shape().to_vec(), most });
    }
    Ok(rates.to_vec())
}

/// By row, the last update that it has had; of `updates`, the last `most` are remembered.
fn last_seen<T: Scalar>(
    parameter: &str,
    behind: &Tensor<T>,
    updates: u64,
    most: usize,
) -> Result<Vec<u64>, StateError> {
    let mut seen = Vec::with_capacity(behind.len());
    for behind in behind.to_vec().into_iter().map(T::to_f64) {
        if behind.fract() != 0.0 || !(0.0..=most as f64).contains(&behind) {
            let (name, found) = (format!("behind.{parameter}"), behind.to_string());
            return Err(StateError::Behind { name, found, most });
        }
        seen.push(updates - behind as u64);
    }
    Ok(seen)
}
