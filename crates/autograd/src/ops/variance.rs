//! Variance and standard deviation, composed of other operations:
//!
//! ```text
//! var = Σ (x − mean x)² / (n − correction)      std = √var
//! ```
//!
//! √ has the slope ∞ at 0, so where all elements are equal the derivative of std would be ∞ · 0. It is
//! 0 by convention, as in PyTorch.

use tensor::{Scalar, shape};

use crate::Var;

impl<T: Scalar> Var<'_, T> {
    /// Records the variance Σ (x − x̄)² / (n − correction) along the axes, which disappear. The
    /// correction is PyTorch's, NumPy's `ddof`: 1 for an estimate from a sample (Bessel), 0 for the
    /// variance of these numbers themselves.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([1.0, 2.0, 6.0]));
    /// let variance = x.var(&[0], 1);
    /// assert_eq!(variance.item(), 7.0);
    /// // 2 (x − 3) / (3 − 1)
    /// assert_eq!(variance.backward().of(x), Tensor::from([-2.0, -1.0, 3.0]));
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn var(self, axes: &[isize], correction: usize) -> Self {
        shape::expect("var", shape::var(&self.shape(), axes, correction));
        self.deviations(axes).sum(axes) / self.freedom(axes, correction)
    }

    /// Records the [variance](Self::var) along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn var_keepdim(self, axes: &[isize], correction: usize) -> Self {
        shape::expect("var_keepdim", shape::var(&self.shape(), axes, correction));
        self.deviations(axes).sum_keepdim(axes) / self.freedom(axes, correction)
    }

    /// Records the standard deviation along the axes, which disappear: the root of the
    /// [variance](Self::var) with this correction. Its derivative is 0 where it is 0 itself.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn std(self, axes: &[isize], correction: usize) -> Self {
        shape::expect("std", shape::var(&self.shape(), axes, correction));
        self.var(axes, correction).root_flat_at_0()
    }

    /// Records the standard deviation along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or n is not more than the correction.
    #[track_caller]
    pub fn std_keepdim(self, axes: &[isize], correction: usize) -> Self {
        shape::expect("std_keepdim", shape::var(&self.shape(), axes, correction));
        self.var_keepdim(axes, correction).root_flat_at_0()
    }

    /// Records (x − x̄)².
    #[track_caller]
    fn deviations(self, axes: &[isize]) -> Self {
        let centered = self - self.mean_keepdim(axes);
        // Centered twice: the error of the first mean is relative to its size, which may be large.
        (centered - centered.mean_keepdim(axes)).powi(2)
    }

    /// Returns n − correction.
    fn freedom(self, axes: &[isize], correction: usize) -> f64 {
        let shape = self.shape();
        let places = shape::expect("var", shape::reduce(&shape, axes));
        shape::len(&shape) as f64 / shape::len(&places) as f64 - correction as f64
    }

    /// Records √x, with the slope 0 at 0.
    #[track_caller]
    fn root_flat_at_0(self) -> Self {
        let is_positive = self.ne(0.0);
        Var::where_(&is_positive, Var::where_(&is_positive, self, 1.0).sqrt(), 0.0)
    }
}

/// Draws cases, named after the op that all of them record.
#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{prelude::*, sample::select};

    use crate::check::{Case, Number, strategy::with_axes};

    type Reduction = for<'t> fn(Var<'t, Number>, &[isize], usize) -> Var<'t, Number>;
    let reductions: [Reduction; 4] = [
        |x, axes, correction| x.var(axes, correction),
        |x, axes, correction| x.var_keepdim(axes, correction),
        |x, axes, correction| x.std(axes, correction),
        |x, axes, correction| x.std_keepdim(axes, correction),
    ];
    (with_axes(-2.0..2.0), select(reductions.to_vec()), 0..3usize)
        // At a deviation of 0 there is no second derivative.
        .prop_filter("too few elements, or equal ones", |((x, axes), _, correction)| {
            shape::var(x.shape(), axes, *correction).is_ok()
                && x.std(axes, *correction).ge(0.1).values().iter().all(|&is_large| is_large)
        })
        .prop_map(|((x, axes), reduce, correction)| {
            Case::new("powi", [x], move |[x]| reduce(x, &axes, correction))
        })
        .boxed()
}
