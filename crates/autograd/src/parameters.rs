//! The numbers that training changes: one ordered store of named tensors.
//!
//! A layer holds [`ParameterId`]s, never values. So saving a model is saving this store, tying two
//! weights is using one id twice, counting is a sum, and [`cast`](Parameters::cast) turns a model
//! trained in `f32` into one whose gradients can be checked in `f64`.

use std::fmt::{self, Debug};
use std::sync::{Arc, OnceLock};

use tensor::{Key, Scalar, Tensor, shape};

/// Names one parameter of a [`Parameters`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParameterId(usize);

impl ParameterId {
    pub(crate) fn new(index: usize) -> Self {
        Self(index)
    }

    /// Its position in the order of creation, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

/// Named tensors in the order of their creation, and the seed of their initial values.
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
#[derive(Clone, Debug)]
pub struct Parameters<T: Scalar = f32> {
    entries: Vec<Parameter<T>>,
    key: Key,
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
        Self { entries: Vec::new(), key: Key::new(seed) }
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
        ParameterId(self.entries.len() - 1)
    }

    /// The value of a parameter.
    pub fn get(&self, id: ParameterId) -> &Tensor<T> {
        self.entries[id.0].value()
    }

    /// The shape of a parameter.
    pub fn shape(&self, id: ParameterId) -> &[usize] {
        self.entries[id.0].value.shape()
    }

    /// Some rows of a parameter, up to date: `[ids, …]`.
    ///
    /// # Panics
    /// When there is no row of one of these numbers.
    #[track_caller]
    pub fn get_rows(&self, id: ParameterId, ids: &[u32]) -> Tensor<T> {
        let Parameter { value, debt, .. } = &self.entries[id.0];
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
    pub fn get_mut(&mut self, id: ParameterId) -> &mut Tensor<T> {
        let entry = &mut self.entries[id.0];
        if entry.debt.is_some() {
            entry.value = entry.value().clone();
            entry.debt = None;
        }
        &mut entry.value
    }

    /// For optimizers: the value of a parameter as it is stored, and what was [put
    /// off](Self::put_off) for it.
    pub fn stale(&self, id: ParameterId) -> (&Tensor<T>, Option<&dyn Deferred<T>>) {
        let Parameter { value, debt, .. } = &self.entries[id.0];
        (value, debt.as_ref().map(|debt| &*debt.owed))
    }

    /// For optimizers: the value of a parameter as it is stored, and what was [put
    /// off](Self::put_off) for it; from now on that counts as done.
    pub fn take_stale(
        &mut self,
        id: ParameterId,
    ) -> (&mut Tensor<T>, Option<Arc<dyn Deferred<T>>>) {
        let entry = &mut self.entries[id.0];
        (&mut entry.value, entry.debt.take().map(|debt| debt.owed))
    }

    /// For optimizers: the rows of this parameter, as stored, are owed some steps. All readers get
    /// them brought up to date.
    pub fn put_off(&mut self, id: ParameterId, owed: Arc<dyn Deferred<T>>) {
        self.entries[id.0].debt = Some(Debt { owed, settled: OnceLock::new() });
    }

    /// The name of a parameter.
    pub fn name(&self, id: ParameterId) -> &str {
        &self.entries[id.0].name
    }

    pub(crate) fn shared_name(&self, id: ParameterId) -> Arc<str> {
        Arc::clone(&self.entries[id.0].name)
    }

    /// The parameter of this name.
    pub fn find(&self, name: &str) -> Option<ParameterId> {
        self.entries.iter().position(|entry| *entry.name == *name).map(ParameterId)
    }

    /// Keeps a parameter at its value from now on: it gets no gradient.
    pub fn freeze(&mut self, id: ParameterId) {
        self.entries[id.0].trainable = false;
    }

    /// Whether a parameter gets gradients.
    pub fn is_trainable(&self, id: ParameterId) -> bool {
        self.entries[id.0].trainable
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
        (0..self.entries.len()).map(ParameterId)
    }

    /// Id, name and value of each parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterId, &str, &Tensor<T>)> {
        let entries = self.entries.iter().enumerate();
        entries.map(|(index, entry)| (ParameterId(index), &*entry.name, entry.value()))
    }

    /// How many numbers there are: the sum of the tensors' sizes.
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| entry.value.len()).sum()
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
        let entries = self.entries.iter().enumerate().map(|(index, entry)| {
            let value = value(ParameterId(index), entry.value());
            Parameter::new(Arc::clone(&entry.name), value, entry.trainable)
        });
        Parameters { entries: entries.collect(), key: self.key }
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
