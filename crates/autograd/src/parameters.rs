//! The numbers that training changes: one ordered store of named tensors.
//!
//! A layer holds [`ParameterId`]s, never values. So saving a model is saving this store, tying two
//! weights is using one id twice, counting is a sum, and [`cast`](Parameters::cast) turns a model
//! trained in `f32` into one whose gradients can be checked in `f64`.
//!
//! Each id knows the store that made it, so the parameters of several stores, such as the two
//! networks of a GAN, can be on one tape. Copies of a store (`clone`, `cast`, `map`) understand its
//! ids too: a layer works with all of them.

use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tensor::{Key, Scalar, Tensor, shape};

/// Names one parameter of a [`Parameters`] and of its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId {
    store: StoreId,
    index: usize,
}

impl ParameterId {
    /// The store that made it.
    pub fn store(self) -> StoreId {
        self.store
    }

    /// Its position in the order of creation, from 0.
    pub fn index(self) -> usize {
        self.index
    }
}

/// Tells the stores of a program apart. Copies of a store share its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId(u64);

/// Returns a number that it has not returned before.
pub(crate) fn new_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Named tensors in the order of their creation, and the seed of their initial values.
///
/// All methods that take an id panic if neither this store nor its original made it.
///
/// ```
/// use autograd::Parameters;
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(7);
/// let weight = parameters.add("hidden.weight", Tensor::zeros([10, 50]));
/// parameters.add("hidden.bias", Tensor::zeros([50]));
/// assert_eq!(parameters.get(weight).shape(), [10, 50]);
/// assert_eq!(parameters.count(), 550);
/// println!("{parameters}");
/// ```
#[derive(Debug)]
pub struct Parameters<T: Scalar = f32> {
    entries: Vec<Parameter<T>>,
    key: Key,
    store: StoreId,
    /// A number of its own, which tells it from its copies.
    copy: u64,
}

/// A copy of the store: the same ids name its parameters.
impl<T: Scalar> Clone for Parameters<T> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), copy: new_number(), ..*self }
    }
}

#[derive(Debug)]
struct Parameter<T: Scalar> {
    name: Arc<str>,
    value: Tensor<T>,
    trainable: bool,
    /// What some rows of the value are still owed.
    debt: Option<Debt<T>>,
}

/// Steps that an optimizer has put off, for rows that nobody reads at present.
///
/// With momentum, the row of an embedding goes on moving after the batch that held its word. To
/// move all rows in each step costs a pass over the table. Instead an optimizer may leave them
/// behind ([`Parameters::put_off`]), and whoever reads a row gets it [brought up to
/// date](Self::catch_up).
pub trait Deferred<T: Scalar>: Debug + Send + Sync {
    /// Brings a row up to date, whose stale values these are.
    fn catch_up(&self, row: usize, values: &mut [T]);
}

#[derive(Debug)]
struct Debt<T: Scalar> {
    owed: Arc<dyn Deferred<T>>,
    /// The whole value, brought up to date for the first one who asked for it.
    settled: OnceLock<Tensor<T>>,
}

impl<T: Scalar> Parameter<T> {
    fn new(name: Arc<str>, value: Tensor<T>, trainable: bool) -> Self {
        Self { name, value, trainable, debt: None }
    }

    /// The value, all of it up to date.
    fn value(&self) -> &Tensor<T> {
        match &self.debt {
            None => &self.value,
            Some(debt) => debt.settled.get_or_init(|| {
                let mut settled = self.value.clone();
                let width = shape::len(&settled.shape()[1..]);
                // Of rows without a number there are none.
                let rows = settled.as_mut_slice().chunks_mut(width.max(1));
                rows.enumerate().for_each(|(row, values)| debt.owed.catch_up(row, values));
                settled
            }),
        }
    }
}

/// A copy is up to date and owed nothing.
impl<T: Scalar> Clone for Parameter<T> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.name), self.value().clone(), self.trainable)
    }
}

impl Parameters {
    /// An empty store of `f32`, in which models are trained. [`with_seed`](Self::with_seed) makes one
    /// of any scalar.
    pub fn new(seed: u64) -> Self {
        Self::with_seed(seed)
    }
}

impl<T: Scalar> Parameters<T> {
    /// An empty store. Layers draw their initial values from `seed` and the parameter's name, so a
    /// parameter begins with the same numbers whatever else the model holds.
    ///
    /// ```
    /// let parameters = autograd::Parameters::<f64>::with_seed(7);
    /// assert!(parameters.is_empty());
    /// ```
    pub fn with_seed(seed: u64) -> Self {
        let store = StoreId(new_number());
        Self { entries: Vec::new(), key: Key::new(seed), store, copy: new_number() }
    }

    /// The identity of this store, which its ids and its copies share.
    pub fn store(&self) -> StoreId {
        self.store
    }

    /// Tells this store from its copies.
    pub(crate) fn copy(&self) -> u64 {
        self.copy
    }

    fn id(&self, index: usize) -> ParameterId {
        ParameterId { store: self.store, index }
    }

    /// The position of a parameter, for which this store must have it.
    #[track_caller]
    fn index(&self, id: ParameterId) -> usize {
        assert!(
            id.store == self.store,
            "parameters: the id of parameter number {} was made by another store: use the store \
             that the layer was built with, or a clone() or cast() of it",
            id.index
        );
        assert!(
            id.index < self.entries.len(),
            "parameters: there is no parameter number {}: it was added to the store after this \
             copy was made; copy it again",
            id.index
        );
        id.index
    }

    #[track_caller]
    fn entry(&self, id: ParameterId) -> &Parameter<T> {
        &self.entries[self.index(id)]
    }

    #[track_caller]
    fn entry_mut(&mut self, id: ParameterId) -> &mut Parameter<T> {
        let index = self.index(id);
        &mut self.entries[index]
    }

    /// The key from which the parameter of this name draws its initial value.
    pub fn key(&self, name: &str) -> Key {
        self.key.stream(name)
    }

    /// Adds a parameter.
    ///
    /// # Panics
    /// When the name is taken.
    #[track_caller]
    pub fn add(&mut self, name: impl AsRef<str>, value: Tensor<T>) -> ParameterId {
        let name = name.as_ref();
        assert!(
            self.find(name).is_none(),
            "there is a parameter `{name}` already: give each layer a name of its own"
        );
        self.entries.push(Parameter::new(name.into(), value, true));
        self.id(self.entries.len() - 1)
    }

    /// The value of a parameter.
    #[track_caller]
    pub fn get(&self, id: ParameterId) -> &Tensor<T> {
        self.entry(id).value()
    }

    /// The shape of a parameter.
    #[track_caller]
    pub fn shape(&self, id: ParameterId) -> &[usize] {
        self.entry(id).value.shape()
    }

    /// Some rows of a parameter, up to date: `[ids, …]`.
    ///
    /// # Panics
    /// When there is no row of one of these numbers.
    #[track_caller]
    pub fn get_rows(&self, id: ParameterId, ids: &[u32]) -> Tensor<T> {
        let Parameter { value, debt, .. } = self.entry(id);
        let mut rows = value.gather_rows(&Tensor::new([ids.len()], ids.to_vec()));
        if let Some(debt) = debt {
            let width = shape::len(&value.shape()[1..]);
            for (&id, values) in ids.iter().zip(rows.as_mut_slice().chunks_mut(width.max(1))) {
                debt.owed.catch_up(id as usize, values);
            }
        }
        rows
    }

    /// The value of a parameter, to be changed. While a tape still shares it, changing it copies
    /// it first: clear the tape before an optimizer's step.
    #[track_caller]
    pub fn get_mut(&mut self, id: ParameterId) -> &mut Tensor<T> {
        let entry = self.entry_mut(id);
        if entry.debt.is_some() {
            entry.value = entry.value().clone();
            entry.debt = None;
        }
        &mut entry.value
    }

    /// For optimizers: the value of a parameter as it is stored, and what was [put
    /// off](Self::put_off) for it.
    #[track_caller]
    pub fn stale(&self, id: ParameterId) -> (&Tensor<T>, Option<&dyn Deferred<T>>) {
        let Parameter { value, debt, .. } = self.entry(id);
        (value, debt.as_ref().map(|debt| &*debt.owed))
    }

    /// For optimizers: the value of a parameter as it is stored, and what was [put
    /// off](Self::put_off) for it; from now on that counts as done.
    #[track_caller]
    pub fn take_stale(
        &mut self,
        id: ParameterId,
    ) -> (&mut Tensor<T>, Option<Arc<dyn Deferred<T>>>) {
        let entry = self.entry_mut(id);
        (&mut entry.value, entry.debt.take().map(|debt| debt.owed))
    }

    /// For optimizers: the rows of this parameter, as stored, are owed some steps. All readers get
    /// them brought up to date.
    #[track_caller]
    pub fn put_off(&mut self, id: ParameterId, owed: Arc<dyn Deferred<T>>) {
        self.entry_mut(id).debt = Some(Debt { owed, settled: OnceLock::new() });
    }

    /// The name of a parameter.
    #[track_caller]
    pub fn name(&self, id: ParameterId) -> &str {
        &self.entry(id).name
    }

    #[track_caller]
    pub(crate) fn shared_name(&self, id: ParameterId) -> Arc<str> {
        Arc::clone(&self.entry(id).name)
    }

    /// The parameter of this name.
    pub fn find(&self, name: &str) -> Option<ParameterId> {
        self.entries.iter().position(|entry| *entry.name == *name).map(|k| self.id(k))
    }

    /// Keeps a parameter at its value from now on: it gets no gradient.
    #[track_caller]
    pub fn freeze(&mut self, id: ParameterId) {
        self.entry_mut(id).trainable = false;
    }

    /// Keeps all parameters at their values from now on: the cure for a copy, such as a target
    /// network, that is on one tape with its original.
    pub fn freeze_all(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.trainable = false);
    }

    /// Whether a parameter gets gradients.
    #[track_caller]
    pub fn is_trainable(&self, id: ParameterId) -> bool {
        self.entry(id).trainable
    }

    /// How many parameter tensors there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = ParameterId> + use<T> {
        let store = self.store;
        (0..self.entries.len()).map(move |index| ParameterId { store, index })
    }

    /// Id, name and value of each parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterId, &str, &Tensor<T>)> {
        let entries = self.entries.iter().enumerate();
        entries.map(|(index, entry)| (self.id(index), &*entry.name, entry.value()))
    }

    /// How many numbers there are: the sum of the tensors' sizes.
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.value.len()).sum()
    }

    /// The same parameters as another scalar type, cast row by row when they are read.
    pub(crate) fn cast_on_demand<U: Scalar>(&self) -> Parameters<U> {
        let mut cast = self.with_values(|id| Tensor::scalar(U::ZERO).expand(self.shape(id)));
        for (id, entry) in self.ids().zip(&self.entries) {
            if entry.value.rank() == 0 {
                *cast.get_mut(id) = entry.value().cast();
            } else {
                let owed = entry.debt.as_ref().map(|debt| Arc::clone(&debt.owed));
                cast.put_off(id, Arc::new(Cast { values: entry.value.clone(), owed }));
            }
        }
        cast
    }

    /// The same parameters as another scalar type.
    pub fn cast<U: Scalar>(&self) -> Parameters<U> {
        self.map(|_, value| value.cast())
    }

    /// The same names, with values computed from id and value of each.
    pub fn map<U: Scalar>(
        &self,
        mut value: impl FnMut(ParameterId, &Tensor<T>) -> Tensor<U>,
    ) -> Parameters<U> {
        self.with_values(|id| value(id, self.get(id)))
    }

    /// The same names, with other values. None of the present ones is read.
    pub(crate) fn with_values<U: Scalar>(
        &self,
        mut value: impl FnMut(ParameterId) -> Tensor<U>,
    ) -> Parameters<U> {
        let entries = self
            .ids()
            .zip(&self.entries)
            .map(|(id, entry)| Parameter::new(Arc::clone(&entry.name), value(id), entry.trainable));
        let (key, store) = (self.key, self.store);
        Parameters { entries: entries.collect(), key, store, copy: new_number() }
    }
}

/// The values of a parameter of another scalar type, by row.
#[derive(Debug)]
struct Cast<T: Scalar> {
    values: Tensor<T>,
    owed: Option<Arc<dyn Deferred<T>>>,
}

impl<T: Scalar, U: Scalar> Deferred<U> for Cast<T> {
    fn catch_up(&self, row: usize, values: &mut [U]) {
        let mut own = self.values.slice(0, row..row + 1).to_vec();
        if let Some(owed) = &self.owed {
            owed.catch_up(row, &mut own);
        }
        for (to, from) in values.iter_mut().zip(own) {
            *to = U::from_f64(from.to_f64());
        }
    }
}

/// A summary table: name, shape, count, and the total.
impl<T: Scalar> fmt::Display for Parameters<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.entries.iter().map(|entry| entry.name.chars().count()).max();
        let width = longest.unwrap_or(0).max("parameter".len());
        writeln!(f, "{:<width$}  {:<14}  {:>10}", "parameter", "shape", "count")?;
        for entry in &self.entries {
            let shape = format!("{:?}", entry.value.shape());
            let frozen = if entry.trainable { "" } else { "  frozen" };
            writeln!(f, "{:<width$}  {shape:<14}  {:>10}{frozen}", entry.name, entry.value.len())?;
        }
        write!(f, "{:<width$}  {:<14}  {:>10}", "total", "", self.count())
    }
}
