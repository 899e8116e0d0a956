//! Gradients that a program puts together itself.
//!
//! A walk back fills [`Gradients`], and that is what an optimizer takes. Some gradients come from
//! elsewhere: from a formula, from another process, from the tangents of dual numbers. They are
//! inserted here parameter by parameter, dense or as some rows.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use tensor::{Scalar, Tensor, shape};

use crate::{Gradient, Gradients, ParameterId, Parameters, SparseGradient};

impl<T: Scalar> Default for Gradients<T> {
    /// Creates an empty set of gradients.
    fn default() -> Self {
        Self { tape: None, adjoints: Vec::new(), parameters: BTreeMap::new() }
    }
}

impl<T: Scalar> Gradients<T> {
    /// Creates an empty set of gradients, to be filled with [`insert`](Self::insert). An optimizer leaves a
    /// parameter without a gradient alone.
    ///
    /// ```
    /// use autograd::{Gradients, Parameters};
    /// use tensor::Tensor;
    ///
    /// let mut parameters = Parameters::new(0);
    /// let weight = parameters.add("weight", Tensor::from([1.0, 2.0]));
    ///
    /// // The gradient of ½ |w|² is w.
    /// let mut gradients = Gradients::new();
    /// gradients.insert(&parameters, weight, parameters.get(weight).clone());
    /// assert_eq!(gradients.get(weight), Some(&Tensor::from([1.0, 2.0])));
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the gradient of a parameter: a tensor, or a [`SparseGradient`]. Returns the gradient that
    /// it replaces.
    ///
    /// # Panics
    /// If the id was made by another store, or the gradient does not have the shape of the parameter.
    #[track_caller]
    pub fn insert(
        &mut self,
        parameters: &Parameters<T>,
        id: ParameterId,
        gradient: impl Into<Gradient<T>>,
    ) -> Option<Gradient<T>> {
        let gradient = gradient.into();
        let (found, expected) = (gradient.shape(), parameters.shape(id));
        assert!(
            found == expected,
            "insert: the gradient of `{}` has shape {found:?}, the parameter {expected:?}: they must \
             be equal",
            parameters.name(id)
        );
        self.parameters.insert(id, gradient)
    }

    /// Returns the gradients of the sum of two results with respect to the parameters. It spans two
    /// tapes, so it has no adjoints of variables.
    pub fn plus(&self, other: &Self) -> Self {
        let mut parameters = self.parameters.clone();
        for (&id, second) in &other.parameters {
            let sum = parameters.entry(id).and_modify(|first| *first = first.plus(second));
            sum.or_insert_with(|| second.clone());
        }
        Self { tape: None, adjoints: Vec::new(), parameters }
    }

    /// Returns gradients of the parameters alone, with `f` applied to each number: for instance the tangents
    /// of gradients in dual numbers. Rows that are not stored stay zero.
    ///
    /// # Panics
    /// If a gradient is sparse and `f` of 0 is not 0.
    #[track_caller]
    pub fn map<U: Scalar>(&self, f: impl Fn(T) -> U + Sync) -> Gradients<U> {
        let is_dense = |gradient: &Gradient<T>| matches!(gradient, Gradient::Dense(_));
        assert!(
            f(T::ZERO).is_zero() || self.parameters.values().all(is_dense),
            "map: a gradient of some rows needs a function that keeps 0"
        );
        let mapped = |gradient: &Gradient<T>| match gradient {
            Gradient::Dense(gradient) => Gradient::Dense(gradient.map(&f)),
            Gradient::Sparse(rows) => {
                let values = rows.values().map(&f);
                SparseGradient::new(gradient.shape(), rows.ids(), values).into()
            }
        };
        let parameters = self.parameters.iter().map(|(&id, gradient)| (id, mapped(gradient)));
        Gradients { tape: None, adjoints: Vec::new(), parameters: parameters.collect() }
    }
}

impl<T: Scalar> From<Tensor<T>> for Gradient<T> {
    fn from(gradient: Tensor<T>) -> Self {
        Gradient::Dense(gradient)
    }
}

impl<T: Scalar> From<SparseGradient<T>> for Gradient<T> {
    fn from(rows: SparseGradient<T>) -> Self {
        Gradient::Sparse(Box::new(rows))
    }
}

impl<T: Scalar> SparseGradient<T> {
    /// Creates the gradient of a table of this shape from some of its rows: row `ids[k]` is
    /// `values[k]`, all others are zero.
    ///
    /// ```
    /// use autograd::{Gradient, SparseGradient};
    /// use tensor::Tensor;
    ///
    /// let rows = SparseGradient::from_rows(&[4, 2], &[1, 3], Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// let table = Tensor::from([[0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [3.0, 4.0]]);
    /// assert_eq!(Gradient::from(rows).dense(), &table);
    /// ```
    ///
    /// # Panics
    /// If the shape has no axes, the ids do not ascend, one is not a row of the table, or there is not a
    /// row of values for each.
    #[track_caller]
    pub fn from_rows(shape: &[usize], ids: &[u32], values: Tensor<T>) -> Self {
        let Some((&rows, row)) = shape.split_first() else {
            panic!(
                "from_rows: a scalar has no rows: give the shape of a table, with at least one axis"
            );
        };
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] >= pair[1]) {
            panic!(
                "from_rows: row {} comes after {}: they must ascend, each once",
                pair[1], pair[0]
            );
        }
        shape::expect("from_rows", shape::rows_exist(ids, rows));
        let expected = [&[ids.len()], row].concat();
        assert!(
            values.shape() == expected,
            "from_rows: the values have shape {:?}, but {} rows of a table {shape:?} have shape \
             {expected:?}",
            values.shape(),
            ids.len()
        );
        Self::new(shape, ids, values)
    }
}

/// Adds the gradients of another result, such as the loss of the next part of a batch, with respect to the parameters.
/// The sum spans two tapes, so it has no adjoints of variables.
///
/// ```
/// use autograd::{Gradients, Parameters, Tape};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let w = parameters.add("w", Tensor::scalar(3.0));
/// let mut sum = Gradients::new();
/// for x in [1.0, 2.0] {
///     let tape = Tape::new();
///     sum += &(tape.parameter(&parameters, w) * x).backward();
/// }
/// assert_eq!(sum.get(w), Some(&Tensor::scalar(3.0)));
/// ```
impl<T: Scalar> AddAssign<&Self> for Gradients<T> {
    fn add_assign(&mut self, other: &Self) {
        (self.tape, self.adjoints) = (None, Vec::new());
        for (&id, gradient) in &other.parameters {
            let sum = self.parameters.entry(id).and_modify(|sum| sum.add(gradient));
            sum.or_insert_with(|| gradient.clone());
        }
    }
}
