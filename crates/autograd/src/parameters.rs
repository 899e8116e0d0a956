//! The numbers that training changes: one ordered store of named tensors.
//!
//! A layer holds [`ParameterId`]s, never values. So saving a model is saving this store, tying two
//! weights is using one id twice, counting is a sum, and [`cast`](Parameters::cast) turns a model
//! trained in `f32` into one whose gradients can be checked in `f64`.
//!
//! Each id knows the store that made it, so the parameters of several stores, such as the two
//! networks of a GAN, can be on one tape. Copies of a store (`clone`, `cast`, `map`) understand its
//! ids too: a layer works with all of them; see `copies.rs`. Rows on demand are in `sparse/store.rs`,
//! freezing is in `patterns.rs`.

use std::sync::Arc;

use tensor::{Key, Scalar, Tensor};

use crate::identity::{ParameterId, StoreId, new_number};
use crate::mistakes::assert_knows;
use crate::sparse::Value;

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
    pub(crate) entries: Vec<Parameter<T>>,
    pub(crate) key: Key,
    pub(crate) store: StoreId,
    /// A unique number, which tells the store from its copies.
    pub(crate) copy: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Parameter<T: Scalar> {
    pub(crate) id: ParameterId,
    pub(crate) name: Arc<str>,
    pub(crate) value: Value<T>,
    pub(crate) trainable: bool,
}

impl Parameters {
    /// Creates an empty store of `f32`, in which models are trained.
    /// [`with_seed`](Self::with_seed) creates one of any scalar.
    pub fn new(seed: u64) -> Self {
        Self::with_seed(seed)
    }
}

impl<T: Scalar> Parameters<T> {
    /// Creates an empty store. Layers draw their initial values from `seed` and the parameter's
    /// name, so a parameter begins with the same numbers whatever else the model holds.
    ///
    /// ```
    /// let parameters = autograd::Parameters::<f64>::with_seed(7);
    /// assert!(parameters.is_empty());
    /// ```
    pub fn with_seed(seed: u64) -> Self {
        let (store, copy) = (StoreId(new_number()), new_number());
        Self { entries: Vec::new(), key: Key::new(seed), store, copy }
    }

    /// Returns the identity of this store, which its ids and its copies share.
    pub fn store(&self) -> StoreId {
        self.store
    }

    #[track_caller]
    pub(crate) fn entry(&self, id: ParameterId) -> &Parameter<T> {
        let known = self.entries.get(id.index).map(|entry| (entry.id, &*entry.name));
        assert_knows(self.store, known, id);
        &self.entries[id.index]
    }

    #[track_caller]
    pub(crate) fn entry_mut(&mut self, id: ParameterId) -> &mut Parameter<T> {
        self.entry(id);
        &mut self.entries[id.index]
    }

    /// Returns the key from which the parameter of this name draws its initial value.
    pub fn key(&self, name: &str) -> Key {
        self.key.stream(name)
    }

    /// Adds a parameter and returns its id. Names separate layers by dots: `hidden.weight`.
    ///
    /// # Panics
    /// If there is already a parameter with this name.
    #[track_caller]
    pub fn add(&mut self, name: impl AsRef<str>, value: Tensor<T>) -> ParameterId {
        let name = name.as_ref();
        assert!(
            self.find(name).is_none(),
            "there is a parameter `{name}` already: give each layer a name of its own"
        );
        let id = ParameterId { store: self.store, index: self.len(), number: new_number() };
        let (name, value) = (name.into(), value.into());
        self.entries.push(Parameter { id, name, value, trainable: true });
        id
    }

    /// Returns the value of a parameter.
    #[track_caller]
    pub fn get(&self, id: ParameterId) -> &Tensor<T> {
        self.entry(id).value.dense()
    }

    /// Returns the value of a parameter, to be changed in place. The numbers are copied if a tape still
    /// shares them, so clear the tape before an optimizer's step. To replace the whole value, use
    /// [`set`](Self::set), which checks the shape; here, a value of another shape is not refused.
    #[track_caller]
    pub fn get_mut(&mut self, id: ParameterId) -> &mut Tensor<T> {
        self.entry_mut(id).value.dense_mut()
    }

    /// Returns the shape of a parameter.
    #[track_caller]
    pub fn shape(&self, id: ParameterId) -> &[usize] {
        self.entry(id).value.shape()
    }

    /// Returns the name of a parameter.
    #[track_caller]
    pub fn name(&self, id: ParameterId) -> &str {
        &self.entry(id).name
    }

    /// Returns the parameter of this name.
    pub fn find(&self, name: &str) -> Option<ParameterId> {
        self.entries.iter().find(|entry| &*entry.name == name).map(|entry| entry.id)
    }

    /// Returns `true` if a parameter gets gradients.
    #[track_caller]
    pub fn is_trainable(&self, id: ParameterId) -> bool {
        self.entry(id).trainable
    }

    /// Returns the number of parameter tensors; [`count`](Self::count) counts their numbers.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns `true` if the store has no parameters.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns all ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = ParameterId> + use<T> {
        // Collected, so that the store can be changed during the iteration.
        let ids: Vec<_> = self.entries.iter().map(|entry| entry.id).collect();
        ids.into_iter()
    }

    /// Returns id, name and value of each parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterId, &str, &Tensor<T>)> {
        self.entries.iter().map(|entry| (entry.id, &*entry.name, entry.value.dense()))
    }

    /// Returns the number of scalars in all parameters.
    pub fn count(&self) -> usize {
        self.entries.iter().map(|entry| tensor::shape::len(entry.value.shape())).sum()
    }
}
