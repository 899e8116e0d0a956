//! Elementary functions of each element, under the names that they have on a [`Scalar`].
//!
//! ```
//! use tensor::Tensor;
//!
//! let x = Tensor::from([-2.0, 0.0, 3.0]);
//! assert_eq!(x.abs().sqrt().powi(2).to_vec(), [2.0, 0.0, 3.0].map(|x: f32| x.sqrt() * x.sqrt()));
//! assert_eq!(x.maximum(&Tensor::scalar(0.0)), Tensor::from([0.0, 0.0, 3.0]));
//! ```

use crate::{Scalar, Tensor};

impl<T: Scalar> Tensor<T> {
    /// Returns |x| of each element.
    pub fn abs(&self) -> Self {
        self.map(T::abs)
    }

    /// Returns √x of each element; NaN where x < 0.
    pub fn sqrt(&self) -> Self {
        self.map(T::sqrt)
    }

    /// Returns eˣ of each element.
    pub fn exp(&self) -> Self {
        self.map(T::exp)
    }

    /// Returns the natural logarithm of each element; −∞ where x = 0, NaN where x < 0.
    pub fn ln(&self) -> Self {
        self.map(T::ln)
    }

    /// Returns sin x of each element, x in radians.
    pub fn sin(&self) -> Self {
        self.map(T::sin)
    }

    /// Returns cos x of each element, x in radians.
    pub fn cos(&self) -> Self {
        self.map(T::cos)
    }

    /// Returns the hyperbolic tangent of each element.
    pub fn tanh(&self) -> Self {
        self.map(T::tanh)
    }

    /// Returns the logistic function σ(x) = 1 / (1 + e⁻ˣ) of each element.
    pub fn sigmoid(&self) -> Self {
        self.map(T::sigmoid)
    }

    /// Returns each element to the power of a whole number; 1 for the power 0.
    pub fn powi(&self, exponent: i32) -> Self {
        match exponent {
            // The general power is a call for each element, a product is not.
            2 => self.map(|x| x * x),
            n => self.map(|x| x.powi(n)),
        }
    }

    /// Returns the larger of each pair of elements, with broadcasting; NaN where either is NaN.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(&self, other: &Self) -> Self {
        self.zip("maximum", other, T::maximum)
    }

    /// Returns the smaller of each pair of elements, with broadcasting; NaN where either is NaN.
    ///
    /// # Panics
    /// When the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(&self, other: &Self) -> Self {
        self.zip("minimum", other, T::minimum)
    }
}
