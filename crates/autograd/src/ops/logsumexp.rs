//! y = ln Σ eˣ along some axes, so x̄ = eˣ⁻ʸ ȳ: the adjoint is shared out by the softmax of x.
//!
//! An element of −∞, as a mask sets it, adds nothing to the sum and gets the gradient 0. If all elements of a
//! row are −∞, y is −∞ too, and all of them get 0.

use tensor::{Scalar, ShapeError, Tensor, fused, shape};

use super::sum::keep_axes;
use crate::{Adjoints, Formulas, Op, Var};

struct LogSumExp {
    axes: Vec<isize>,
    keepdim: bool,
}

impl<T: Scalar> Op<T> for LogSumExp {
    fn name(&self) -> &'static str {
        "logsumexp"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = ln Σ eˣ along axes {:?}", self.axes))
                .vjp("x̄ = eˣ⁻ʸ ȳ, 0 where x = −∞"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::reduce(shapes[0], &self.axes).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        match self.keepdim {
            true => x[0].logsumexp_keepdim(&self.axes),
            false => x[0].logsumexp(&self.axes),
        }
    }

    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let y = keep_axes(y, x[0].shape(), &self.axes);
            let dy = keep_axes(dy, x[0].shape(), &self.axes);
            let shares = x[0].zip_map(&y, share);
            // The total is 1, except for the rounding of x − y, which is coarse where x is large.
            let total = shares.sum_keepdim(&self.axes);
            let part = |[share, total, dy]: [T; 3]| match share == T::ZERO {
                true => T::ZERO,
                false => dy * share / total,
            };
            let ([adjoint], []) = fused::map([&shares, &total, &dy], |x| ([part(x)], []));
            adjoint
        });
    }
}

/// Returns eˣ⁻ʸ, which is 0 for x = −∞ even if y = −∞ too.
fn share<T: Scalar>(x: T, y: T) -> T {
    if x == T::from_f64(f64::NEG_INFINITY) { T::ZERO } else { (x - y).exp() }
}

impl<T: Scalar> Var<'_, T> {
    /// Records ln Σ eˣ along the axes, which disappear, without overflow. Where all elements are −∞ it
    /// is −∞, and their gradient is 0.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn logsumexp(self, axes: &[isize]) -> Self {
        self.tape().apply(LogSumExp { axes: axes.to_vec(), keepdim: false }, &[self])
    }

    /// Records ln Σ eˣ along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn logsumexp_keepdim(self, axes: &[isize]) -> Self {
        self.tape().apply(LogSumExp { axes: axes.to_vec(), keepdim: true }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::with_axes};

    (with_axes(-2.0..2.0), any::<bool>())
        .prop_filter("the sum of nothing is −∞", |((x, _), _)| !x.is_empty())
        .prop_map(|((x, axes), keepdim)| {
            Case::new("logsumexp", [x], move |[x]| match keepdim {
                true => x.logsumexp_keepdim(&axes),
                false => x.logsumexp(&axes),
            })
        })
        .boxed()
}
