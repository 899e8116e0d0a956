//! One forward pass: what a layer is given besides its input.

use tensor::{Key, Scalar, Tensor, shape};

use crate::parameters::{ParameterId, Parameters};
use crate::tape::Tape;
use crate::var::Var;

/// The tape to record on, the parameters to read, and whether this is training. `Copy`, so that
/// layers hand it on as it is.
pub struct Pass<'t, T: Scalar = f32> {
    tape: &'t Tape<T>,
    parameters: &'t Parameters<T>,
    noise: Option<Key>,
}

impl<T: Scalar> Clone for Pass<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Scalar> Copy for Pass<'_, T> {}

impl<'t, T: Scalar> Pass<'t, T> {
    /// A training pass. Layers with random behaviour, such as dropout, draw it from `key`: give
    /// every step a key of its own.
    pub fn training(tape: &'t Tape<T>, parameters: &'t Parameters<T>, key: Key) -> Self {
        Self { tape, parameters, noise: Some(key) }
    }

    /// An evaluation pass: dropout is off. Combined with [`Tape::no_grad`] nothing is recorded
    /// for a backward pass either.
    pub fn eval(tape: &'t Tape<T>, parameters: &'t Parameters<T>) -> Self {
        Self { tape, parameters, noise: None }
    }

    /// The tape that is recorded on, for instance for a pass over the parameters of another store.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// The key for a layer's random behaviour in training, `None` in evaluation.
    pub fn noise(self) -> Option<Key> {
        self.noise
    }

    /// The parameters that layers read.
    pub fn parameters(self) -> &'t Parameters<T> {
        self.parameters
    }

    /// The value of a parameter, on the tape.
    #[track_caller]
    pub fn parameter(self, id: ParameterId) -> Var<'t, T> {
        self.tape.parameter(self.parameters, id)
    }

    /// The rows of a table that `ids` names, and where among them each id finds its own. Of a large
    /// table, or rather of one with more rows than there are ids, these rows alone are put on the
    /// tape; then the gradient is that of these rows, and a step does not cost more the longer the
    /// table is. Else it is the whole table, with the ids as they are.
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
    /// let (rows, ids) = pass.rows(table, &Tensor::from([700, 30, 700]));
    /// assert_eq!(rows.shape().as_slice(), [2, 2]);
    /// assert_eq!(ids, Tensor::from([1, 0, 1]));
    /// let gradients = rows.sum_all().backward();
    /// let Some((_, Gradient::Rows(gradient))) = gradients.iter().next() else { unreachable!() };
    /// assert_eq!(gradient.ids(), [30, 700]);
    /// ```
    #[track_caller]
    pub fn rows(self, table: ParameterId, ids: &Tensor<u32>) -> (Var<'t, T>, Tensor<u32>) {
        let length = self.parameters.shape(table).first().map_or(0, |&length| length);
        let names_rows = shape::rows_exist(&ids.values(), length).is_ok();
        if ids.len() >= length || !names_rows {
            return (self.parameter(table), ids.clone());
        }
        let (distinct, positions) = distinct(ids);
        (self.tape.parameter_rows(self.parameters, table, distinct), positions)
    }

    /// The values of all parameters, in order, on the tape.
    #[track_caller]
    pub fn all_parameters(self) -> Vec<Var<'t, T>> {
        let mut variables = Vec::with_capacity(self.parameters.len());
        for id in self.parameters.ids() {
            variables.push(self.parameter(id));
        }
        variables
    }

    /// A constant, such as the input, on the tape.
    #[track_caller]
    pub fn constant(self, value: Tensor<T>) -> Var<'t, T> {
        self.tape.constant(value)
    }
}

/// The distinct ids in ascending order, and the position among them of each id.
fn distinct(ids: &Tensor<u32>) -> (Vec<u32>, Tensor<u32>) {
    // An id and its place in one number: sorting these brings equal ids together.
    let places =
        ids.values().iter().zip(0u64..).map(|(&id, at)| u64::from(id) << 32 | at).collect();
    let mut places: Vec<u64> = places;
    places.sort_unstable();
    let mut distinct = Vec::with_capacity(places.len());
    let mut positions = vec![0; places.len()];
    for place in places {
        let (id, at) = ((place >> 32) as u32, place as u32 as usize);
        if distinct.last() != Some(&id) {
            distinct.push(id);
        }
        positions[at] = distinct.len() as u32 - 1;
    }
    (distinct, Tensor::new(ids.shape(), positions))
}
