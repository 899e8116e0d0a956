//! Elementary functions of each element, under the names that they have on a [`Scalar`].
//!
//! ```
//! use tensor::Tensor;
//!
//! let x = Tensor::from([-2.0, 0.0, 3.0]);
//! assert_eq!(x.abs().sqrt().powi(2).to_vec(), [2.0, 0.0, 3.0].map(|x: f32| x.sqrt() * x.sqrt()));
//! assert_eq!(x.maximum(0.0), Tensor::from([0.0, 0.0, 3.0]));
//! assert_eq!(x.clamp(-1.0, 1.0), Tensor::from([-1.0, 0.0, 1.0]));
//! ```

use crate::{Scalar, Tensor, TensorOrNumber};

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

    /// Returns each element to the power of a real exponent, a tensor or a number, with broadcasting:
    /// 1 for the exponent 0, NaN for an element below 0 unless its exponent is whole.
    /// [`powi`](Self::powi) is faster.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn pow(&self, exponent: impl TensorOrNumber<T>) -> Self {
        self.zip("pow", &exponent.into_tensor(), T::powf)
    }

    /// Returns ln(1 + eˣ) of each element, without overflow.
    pub fn softplus(&self) -> Self {
        self.map(T::softplus)
    }

    /// Returns each element limited to the range from `min` to `max`; NaN stays NaN. An infinite
    /// bound leaves its side open.
    ///
    /// # Panics
    /// If `min` is not at most `max`.
    #[track_caller]
    pub fn clamp(&self, min: T, max: T) -> Self {
        assert!(
            min <= max,
            "clamp: the bounds are {min} and {max}: the first must be at most the second"
        );
        // An x at a bound becomes the bound itself, so a dual number loses its tangent there.
        self.map(move |x| {
            if x <= min {
                min
            } else if x >= max {
                max
            } else {
                x
            }
        })
    }

    /// Returns the larger of each element and the other one, a tensor or a number, with broadcasting; NaN
    /// where either is NaN.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(&self, other: impl TensorOrNumber<T>) -> Self {
        self.zip("maximum", &other.into_tensor(), T::maximum)
    }

    /// Returns the smaller of each element and the other one, a tensor or a number, with broadcasting; NaN
    /// where either is NaN.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(&self, other: impl TensorOrNumber<T>) -> Self {
        self.zip("minimum", &other.into_tensor(), T::minimum)
    }
}
