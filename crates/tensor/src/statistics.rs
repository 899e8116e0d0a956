//! Variance, standard deviation, and the logarithm of a sum of exponentials, along any axes.
//!
//! Each is a formula that is right on paper and wrong in floating point unless it is shifted first:
//! the mean of squares less the square of the mean loses all digits where the mean is large, and an
//! exponential overflows.

use crate::reduce::reduced_len;
use crate::shape::{self, expect};
use crate::{Scalar, Tensor};

impl<T: Scalar> Tensor<T> {
    /// Returns the variance Σ (x − x̄)² / (n − correction) along the axes, which disappear. The
    /// correction is PyTorch's, NumPy's `ddof`: 1 for an estimate from a sample (Bessel), 0 for the
    /// variance of these numbers themselves. The mean x̄ comes first, the squares in a later pass.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let x = Tensor::from([1e6, 1e6 + 1.0, 1e6 + 2.0]);
    /// assert_eq!(x.var(&[0], 1).item(), 1.0);
    /// assert_eq!(x.var(&[0], 0).item(), 2.0 / 3.0);
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn var(&self, axes: &[isize], correction: usize) -> Self {
        self.var_named("var", axes, correction).squeeze(axes)
    }

    /// Returns the [variance](Self::var) along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn var_keepdim(&self, axes: &[isize], correction: usize) -> Self {
        self.var_named("var_keepdim", axes, correction)
    }

    /// Returns the standard deviation along the axes, which disappear: the root of the
    /// [variance](Self::var) with this correction.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn std(&self, axes: &[isize], correction: usize) -> Self {
        self.var_named("std", axes, correction).sqrt().squeeze(axes)
    }

    /// Returns the standard deviation along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn std_keepdim(&self, axes: &[isize], correction: usize) -> Self {
        self.var_named("std_keepdim", axes, correction).sqrt()
    }

    /// Returns ln Σ eˣ along the axes, which disappear, without overflow. It is −∞ if all elements are −∞,
    /// or if there are none.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// let x = Tensor::from([[1000.0, 1000.0], [f64::NEG_INFINITY, f64::NEG_INFINITY]]);
    /// assert_eq!(x.logsumexp(&[1]), Tensor::from([1000.0 + 2f64.ln(), f64::NEG_INFINITY]));
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn logsumexp(&self, axes: &[isize]) -> Self {
        self.logsumexp_named("logsumexp", axes).squeeze(axes)
    }

    /// Returns ln Σ eˣ along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn logsumexp_keepdim(&self, axes: &[isize]) -> Self {
        self.logsumexp_named("logsumexp_keepdim", axes)
    }

    /// Returns the variance along the axes, which stay, for the operation `name`, which an error names.
    #[track_caller]
    fn var_named(&self, name: &str, axes: &[isize], correction: usize) -> Self {
        expect(name, shape::var(self.shape(), axes, correction));
        let centered = self - self.mean_keepdim(axes);
        // Centered twice: the error of the first mean is relative to its size, which may be large.
        let squares =
            centered.zip_map(&centered.mean_keepdim(axes), |x, mean| (x - mean) * (x - mean));
        // It would be negative only where the result has no elements.
        let freedom = reduced_len(self.shape(), axes).saturating_sub(correction);
        squares.sum_keepdim(axes) / T::from_f64(freedom as f64)
    }

    /// Returns ln Σ eˣ as m + ln Σ eˣ⁻ᵐ, where m is the largest x, so that the largest power is 1.
    #[track_caller]
    fn logsumexp_named(&self, name: &str, axes: &[isize]) -> Self {
        let infinity = T::from_f64(f64::INFINITY);
        let largest = self.reduce(name, axes, -infinity, T::maximum);
        // Not ∞ − ∞: where m is infinite, the sum is 0 or infinite as it is.
        let m = largest.map(|m| if m.abs() == infinity { T::ZERO } else { m });
        let sum = self.zip_map(&m, |x, m| (x - m).exp()).sum_keepdim(axes);
        // −∞ directly, not as the logarithm of 0, whose slope ∞ would enter derivatives.
        sum.zip_map(&m, |sum, m| if sum == T::ZERO { -infinity } else { m + sum.ln() })
    }
}
