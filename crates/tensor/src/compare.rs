//! Comparisons.
//!
//! `==` compares tensors as wholes: tensors of different shapes are never equal, and their layouts do
//! not matter. The methods `eq`, `ne`, `lt`, `le`, `gt` and `ge` compare element by element, as in NumPy
//! and PyTorch, and choose with [`Tensor::where_`]:
//!
//! ```
//! use tensor::Tensor;
//!
//! let x = Tensor::from([[1.0, -2.0], [-3.0, 4.0]]);
//! assert_eq!(x.gt(0.0), Tensor::from([[true, false], [false, true]]));
//! assert_eq!(Tensor::where_(&x.gt(0.0), &x, 0.0), x.maximum(0.0));
//! ```

use std::borrow::Borrow;
use std::ops::{BitAnd, BitOr, Not};

use crate::{Tensor, TensorOrNumber};

/// Comparisons with a tensor or a number, element by element, with broadcasting. NaN is not equal to
/// anything, and is neither less nor greater.
impl<T: Copy + PartialOrd + Send + Sync> Tensor<T> {
    /// Returns `true` where an element is equal to the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn eq(&self, other: impl TensorOrNumber<T>) -> Tensor<bool> {
        self.zip("eq", &other.into_tensor(), |x, y| x == y)
    }

    /// Returns `true` where an element is not equal to the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn ne(&self, other: impl TensorOrNumber<T>) -> Tensor<bool> {
        self.zip("ne", &other.into_tensor(), |x, y| x != y)
    }

    /// Returns `true` where an element is less than the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn lt(&self, other: impl TensorOrNumber<T>) -> Tensor<bool> {
        self.zip("lt", &other.into_tensor(), |x, y| x < y)
    }

    /// Returns `true` where an element is less than the other one, or equal.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn le(&self, other: impl TensorOrNumber<T>) -> Tensor<bool> {
        self.zip("le", &other.into_tensor(), |x, y| x <= y)
    }

    /// Returns `true` where an element is greater than the other one.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn gt(&self, other: impl TensorOrNumber<T>) -> Tensor<bool> {
        self.zip("gt", &other.into_tensor(), |x, y| x > y)
    }

    /// Returns `true` where an element is greater than the other one, or equal.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn ge(&self, other: impl TensorOrNumber<T>) -> Tensor<bool> {
        self.zip("ge", &other.into_tensor(), |x, y| x >= y)
    }
}

/// Combines the results of comparisons: `!`, `&` and `|` element by element, with broadcasting.
///
/// ```
/// use tensor::Tensor;
///
/// let x = Tensor::from([-2.0, 0.5, 3.0]);
/// let inside = x.gt(-1.0) & x.lt(1.0);
/// assert_eq!(inside, Tensor::from([false, true, false]));
/// assert!(inside.any() && !inside.all());
/// assert_eq!(!inside, x.le(-1.0) | x.ge(1.0));
/// ```
impl Tensor<bool> {
    /// Returns `true` if at least one element is `true`.
    pub fn any(&self) -> bool {
        self.values().contains(&true)
    }

    /// Returns `true` if no element is `false`.
    pub fn all(&self) -> bool {
        !self.values().contains(&false)
    }
}

impl Not for &Tensor<bool> {
    type Output = Tensor<bool>;

    fn not(self) -> Tensor<bool> {
        self.map(|x| !x)
    }
}

impl Not for Tensor<bool> {
    type Output = Tensor<bool>;

    fn not(self) -> Tensor<bool> {
        !&self
    }
}

impl<B: Borrow<Tensor<bool>>> BitAnd<B> for &Tensor<bool> {
    type Output = Tensor<bool>;

    #[track_caller]
    fn bitand(self, other: B) -> Tensor<bool> {
        self.zip("bitand", other.borrow(), |x, y| x & y)
    }
}

impl<B: Borrow<Tensor<bool>>> BitAnd<B> for Tensor<bool> {
    type Output = Tensor<bool>;

    #[track_caller]
    fn bitand(self, other: B) -> Tensor<bool> {
        &self & other
    }
}

impl<B: Borrow<Tensor<bool>>> BitOr<B> for &Tensor<bool> {
    type Output = Tensor<bool>;

    #[track_caller]
    fn bitor(self, other: B) -> Tensor<bool> {
        self.zip("bitor", other.borrow(), |x, y| x | y)
    }
}

impl<B: Borrow<Tensor<bool>>> BitOr<B> for Tensor<bool> {
    type Output = Tensor<bool>;

    #[track_caller]
    fn bitor(self, other: B) -> Tensor<bool> {
        &self | other
    }
}

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
