//! Equality, element by element. Tensors of different shapes are never equal; their layouts do not
//! matter.

use crate::Tensor;

impl<T: Copy> Tensor<T> {
    /// Returns `true` if the shapes are equal and `same` holds for each pair of elements.
    pub(crate) fn all_pairs<U: Copy>(
        &self,
        other: &Tensor<U>,
        same: impl Fn(&T, &U) -> bool,
    ) -> bool {
        self.shape() == other.shape()
            && self.values().iter().zip(other.values().iter()).all(|(x, y)| same(x, y))
    }
}

impl<T: Copy + PartialEq> PartialEq for Tensor<T> {
    fn eq(&self, other: &Self) -> bool {
        self.all_pairs(other, T::eq)
    }
}
