//! The gradient of one parameter: a tensor, or a few rows of one.
//!
//! A batch reads a few hundred of an embedding's fifty thousand rows. The gradient of all others is
//! zero, so it is neither computed nor stored.

use std::sync::OnceLock;

use tensor::{Scalar, Tensor};

/// The derivative of a result with respect to one parameter.
#[derive(Clone, Debug)]
pub enum Gradient<T: Scalar = f32> {
    /// With respect to each element.
    Dense(Tensor<T>),
    /// With respect to some rows; the gradient of all other rows is zero. In a box, because it is much larger than a
    /// tensor, and few gradients are sparse.
    Sparse(Box<SparseGradient<T>>),
}

/// Some rows of a gradient whose other rows are zero.
#[derive(Clone, Debug)]
pub struct SparseGradient<T: Scalar = f32> {
    shape: Vec<usize>,
    ids: Vec<u32>,
    values: Tensor<T>,
    dense: OnceLock<Tensor<T>>,
}

impl<T: Scalar> SparseGradient<T> {
    /// Creates the gradient of a tensor of this shape. `values` `[ids, …]` has the rows with the numbers
    /// `ids`, which ascend.
    pub(crate) fn new(shape: &[usize], ids: &[u32], values: Tensor<T>) -> Self {
        debug_assert!(ids.is_sorted_by(|a, b| a < b), "each row once, in order");
        Self { shape: shape.to_vec(), ids: ids.to_vec(), values, dense: OnceLock::new() }
    }

    /// Returns the numbers of the rows, ascending.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Returns the rows, one for each id.
    pub fn values(&self) -> &Tensor<T> {
        &self.values
    }

    /// Returns the rows of either; where both have a row, the sum of the two.
    fn plus(&self, other: &Self) -> Self {
        let mut ids = [&self.ids[..], &other.ids].concat();
        ids.sort_unstable();
        ids.dedup();
        let place = |id| ids.binary_search(id).expect("each id comes from one of the two") as u32;
        let places: Vec<u32> = self.ids.iter().chain(&other.ids).map(place).collect();
        let rows = Tensor::concat(&[&self.values, &other.values], 0);
        let values = rows.scatter_add_rows(&Tensor::from(places), ids.len());
        Self::new(&self.shape, &ids, values)
    }

    fn to_dense(&self) -> Tensor<T> {
        let ids = Tensor::new([self.ids.len()], self.ids.clone());
        self.values.scatter_add_rows(&ids, self.shape[0])
    }
}

impl<T: Scalar> Gradient<T> {
    /// Returns the shape of the parameter.
    pub fn shape(&self) -> &[usize] {
        match self {
            Gradient::Dense(gradient) => gradient.shape(),
            Gradient::Sparse(rows) => &rows.shape,
        }
    }

    /// Returns the gradient as a tensor of the parameter's shape. Rows are written out the first time.
    pub fn dense(&self) -> &Tensor<T> {
        match self {
            Gradient::Dense(gradient) => gradient,
            Gradient::Sparse(rows) => rows.dense.get_or_init(|| rows.to_dense()),
        }
    }

    /// Returns the numbers that are stored; all others are zero.
    pub fn stored(&self) -> &Tensor<T> {
        match self {
            Gradient::Dense(gradient) => gradient,
            Gradient::Sparse(rows) => &rows.values,
        }
    }

    /// Returns the numbers that are stored, to be changed.
    pub fn stored_mut(&mut self) -> &mut Tensor<T> {
        match self {
            Gradient::Dense(gradient) => gradient,
            Gradient::Sparse(rows) => {
                rows.dense.take();
                &mut rows.values
            }
        }
    }

    /// Adds the gradient of another use of the parameter.
    ///
    /// # Panics
    /// If the two do not have the same shape.
    #[track_caller]
    pub fn add(&mut self, other: &Self) {
        self.assert_same_shape("add", other);
        match (&mut *self, other) {
            (Gradient::Sparse(rows), Gradient::Sparse(others)) if rows.ids == others.ids => {
                rows.dense.take();
                rows.values += &others.values;
            }
            (Gradient::Dense(sum), other) => *sum += other.dense(),
            (rows, other) => *rows = rows.plus(other),
        }
    }

    /// Returns the sum of this gradient and another of the same parameter. The sum of two sparse gradients
    /// is sparse.
    ///
    /// # Panics
    /// If the two do not have the same shape.
    #[track_caller]
    pub fn plus(&self, other: &Self) -> Self {
        self.assert_same_shape("plus", other);
        match (self, other) {
            (Gradient::Sparse(rows), Gradient::Sparse(others)) => rows.plus(others).into(),
            _ => Gradient::Dense(self.dense() + other.dense()),
        }
    }

    /// Panics if the shapes differ. Without this, tensors would broadcast, and rows of tables of different
    /// lengths would be added.
    #[track_caller]
    fn assert_same_shape(&self, name: &str, other: &Self) {
        let (left, right) = (self.shape(), other.shape());
        assert!(
            left == right,
            "{name}: the gradients have shapes {left:?} and {right:?}: they must be equal"
        );
    }
}
