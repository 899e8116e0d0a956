//! The moments of each parameter: `N` tensors of its shape that an optimizer keeps.
//!
//! They begin as zeros when the parameter gets its first gradient, and change only with a gradient.

use std::collections::BTreeMap;

use autograd::{Gradient, Gradients, ParameterId, Parameters, StoreId};
use tensor::{Scalar, Tensor, shape};

use crate::group;
use crate::pace::Pace;
use crate::schedule::is_rate;
use crate::state::{State, StateError, StateHeader};

#[derive(Clone, Debug)]
pub(crate) struct Moments<T: Scalar, const N: usize> {
    names: [&'static str; N],
    /// The store whose parameters have moments; `None` if none has.
    store: Option<StoreId>,
    /// By index of the parameter; `None` before its first gradient.
    entries: Vec<Option<Entry<T, N>>>,
    /// The number of steps that the optimizer has taken.
    pub(crate) steps: u64,
}

#[derive(Clone, Debug)]
struct Entry<T: Scalar, const N: usize> {
    id: ParameterId,
    /// The number of gradients that the moments hold.
    updates: u64,
    moments: [Tensor<T>; N],
}

impl<T: Scalar, const N: usize> Moments<T, N> {
    pub(crate) fn new(names: [&'static str; N]) -> Self {
        Self { names, store: None, entries: Vec::new(), steps: 0 }
    }

    /// Returns the moments of a parameter; `None` before its first gradient.
    pub(crate) fn get(&self, id: ParameterId) -> Option<&[Tensor<T>; N]> {
        self.entry(id).map(|entry| &entry.moments)
    }

    /// Returns the moments of a parameter, to be changed; `None` before its first gradient.
    pub(crate) fn get_mut(&mut self, id: ParameterId) -> Option<[&mut [T]; N]> {
        let entry = self.entries.get_mut(id.index()).and_then(Option::as_mut)?;
        Some(entry.moments.each_mut().map(Tensor::as_mut_slice))
    }

    /// Returns the number of gradients that the moments of a parameter hold.
    pub(crate) fn updates(&self, id: ParameterId) -> u64 {
        self.entry(id).map_or(0, |entry| entry.updates)
    }

    fn entry(&self, id: ParameterId) -> Option<&Entry<T, N>> {
        self.entries.get(id.index()).and_then(Option::as_ref)
    }

    /// Returns the moments of a parameter, to add one more gradient to them.
    #[track_caller]
    pub(crate) fn update(&mut self, parameters: &Parameters<T>, id: ParameterId) -> [&mut [T]; N] {
        self.store = Some(parameters.store());
        if self.entries.len() < parameters.len() {
            self.entries.resize(parameters.len(), None);
        }
        let shape = parameters.shape(id);
        let entry = self.entries[id.index()].get_or_insert_with(|| Entry {
            id,
            updates: 0,
            moments: std::array::from_fn(|_| Tensor::zeros(shape)),
        });
        for moment in &entry.moments {
            assert!(
                shape::are_equal(moment.shape(), shape),
                "step: the parameter `{}` has shape {shape:?}, but had {:?} in a step before, and its \
                 moments have that shape: give each model, and a model with a changed parameter, an \
                 optimizer of its own",
                parameters.name(id),
                moment.shape()
            );
        }
        entry.updates += 1;
        entry.moments.each_mut().map(Tensor::as_mut_slice)
    }

    /// Checks that the moments belong to these parameters.
    ///
    /// # Panics
    /// If the moments belong to the parameters of another store, or to one that was added to another copy of it.
    #[track_caller]
    pub(crate) fn check_store(&self, parameters: &Parameters<T>) {
        assert!(
            self.store.is_none_or(|store| store == parameters.store()),
            "optimizer: the parameters belong to another store than in the steps before: \
             give each model an optimizer of its own"
        );
        for id in parameters.ids() {
            assert!(
                self.entry(id).is_none_or(|entry| entry.id == id),
                "optimizer: the parameter `{}` was added to another copy of the store than the one at its place in \
                 the steps before: give each copy an optimizer of its own",
                parameters.name(id)
            );
        }
    }

    #[track_caller]
    pub(crate) fn state(&self, kind: &str, pace: &Pace, parameters: &Parameters<T>) -> State<T> {
        self.check_store(parameters);
        let mut updates = BTreeMap::new();
        let mut tensors = BTreeMap::new();
        for id in parameters.ids() {
            let parameter = parameters.name(id);
            updates.insert(parameter.to_string(), self.updates(id));
            for (name, moment) in self.names.iter().zip(self.get(id).into_iter().flatten()) {
                tensors.insert(format!("{name}.{parameter}"), moment.clone());
            }
        }
        State {
            header: StateHeader {
                kind: kind.to_string(),
                steps: self.steps,
                updates,
                rate: pace.set_rate,
                groups: pace.groups.clone(),
            },
            tensors,
        }
    }

    pub(crate) fn restore(
        &mut self,
        kind: &str,
        pace: &mut Pace,
        parameters: &Parameters<T>,
        state: State<T>,
    ) -> Result<(), StateError> {
        let State { header, mut tensors } = state;
        header.check(kind, pace, parameters)?;
        let mut entries = Vec::with_capacity(parameters.len());
        for id in parameters.ids() {
            let parameter = parameters.name(id);
            entries.push(match header.updates[parameter] {
                0 => None,
                updates => {
                    let shape = parameters.shape(id);
                    let moments = self.take_moments(parameter, shape, &mut tensors)?;
                    Some(Entry { id, updates, moments })
                }
            });
        }
        if let Some((name, _)) = tensors.pop_first() {
            return Err(StateError::UnknownTensor(name));
        }
        self.store = entries.iter().any(Option::is_some).then(|| parameters.store());
        self.entries = entries;
        self.steps = header.steps;
        pace.set_rate = header.rate;
        Ok(())
    }

    /// Moves the moments of one parameter out of a saved state.
    fn take_moments(
        &self,
        parameter: &str,
        shape: &[usize],
        tensors: &mut BTreeMap<String, Tensor<T>>,
    ) -> Result<[Tensor<T>; N], StateError> {
        let mut moments = std::array::from_fn(|_| Tensor::zeros([]));
        for (moment, kind) in moments.iter_mut().zip(self.names) {
            let name = format!("{kind}.{parameter}");
            let Some(saved) = tensors.remove(&name) else {
                return Err(StateError::MissingTensor(name));
            };
            *moment = with_shape(name, saved, shape)?;
        }
        Ok(moments)
    }
}

/// Returns a saved tensor if it has the shape of its parameter.
pub(crate) fn with_shape<T: Scalar>(
    name: String,
    saved: Tensor<T>,
    shape: &[usize],
) -> Result<Tensor<T>, StateError> {
    if saved.shape() == shape {
        return Ok(saved);
    }
    let (expected, found) = (shape.to_vec(), saved.shape().to_vec());
    Err(StateError::Shape { name, expected, found })
}

impl StateHeader {
    /// Checks that this state was saved by this kind of optimizer, with the same groups and parameters.
    pub(crate) fn check<T: Scalar>(
        &self,
        kind: &str,
        pace: &Pace,
        parameters: &Parameters<T>,
    ) -> Result<(), StateError> {
        if self.kind != kind {
            let (expected, found) = (kind.to_string(), self.kind.clone());
            return Err(StateError::Kind { expected, found });
        }
        if self.groups != pace.groups {
            let (expected, found) = (group::listed(&pace.groups), group::listed(&self.groups));
            return Err(StateError::Groups { expected, found });
        }
        if let Some(rate) = self.rate.filter(|&rate| !is_rate(rate)) {
            return Err(StateError::Rate(rate.to_string()));
        }
        for id in parameters.ids() {
            let name = parameters.name(id);
            if !self.updates.contains_key(name) {
                return Err(StateError::MissingParameter(name.to_string()));
            }
        }
        for (name, &updates) in &self.updates {
            if parameters.find(name).is_none() {
                return Err(StateError::UnknownParameter(name.clone()));
            }
            if updates > self.steps {
                let (name, steps) = (name.clone(), self.steps);
                return Err(StateError::Updates { name, updates, steps });
            }
        }
        Ok(())
    }
}

/// Returns the gradients of these parameters, for a step. It leaves out the gradients of other stores and of frozen
/// parameters.
///
/// # Panics
/// If there are gradients, but only of other stores, or if one belongs to a parameter that this
/// store does not have, or has another shape than its parameter.
#[track_caller]
pub(crate) fn own_gradients<'g, T: Scalar>(
    parameters: &Parameters<T>,
    gradients: &'g Gradients<T>,
) -> Vec<(ParameterId, &'g Gradient<T>)> {
    let mut own = Vec::with_capacity(parameters.len());
    own.extend(gradients.iter_of(parameters));
    assert!(
        !own.is_empty() || gradients.iter().next().is_none(),
        "step: all gradients are of parameters of another store: give this optimizer the store \
         that the loss was computed with"
    );
    for &(id, gradient) in &own {
        assert!(
            id.index() < parameters.len(),
            "step: there is a gradient of parameter number {}, but only {} parameters: the \
             gradients belong to another model",
            id.index(),
            parameters.len()
        );
        assert!(
            shape::are_equal(gradient.shape(), parameters.shape(id)),
            "step: the parameter `{}` has shape {:?}, its gradient {:?}: the gradients belong \
             to another model",
            parameters.name(id),
            parameters.shape(id),
            gradient.shape()
        );
    }
    // A walk back gives a frozen parameter no gradient, but a program may insert one, or freeze the
    // parameter afterwards.
    own.retain(|&(id, _)| parameters.is_trainable(id));
    own
}
