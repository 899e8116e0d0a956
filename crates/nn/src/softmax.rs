//! y = eˣ / Σ eˣ along an axis: positive numbers that sum to 1.
//!
//! ```text
//! x̄ = y ⊙ (ȳ − ⟨ȳ, y⟩)
//! ```
//!
//! Subtracting the largest x first changes nothing in exact arithmetic, and keeps eˣ from
//! overflowing.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

/// The softmax along `axis`, -1 for the last.
///
/// # Panics
/// When the axis does not exist.
#[track_caller]
pub fn softmax<T: Scalar>(x: Var<'_, T>, axis: isize) -> Var<'_, T> {
    x.tape().apply(Softmax { axis }, &[x])
}

struct Softmax {
    axis: isize,
}

impl<T: Scalar> Op<T> for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = eˣ / Σ eˣ").vjp("x̄ = y ⊙ (ȳ − ⟨ȳ, y⟩)"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::axis(self.axis, shapes[0].len()).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        log_softmax_values(x[0], self.axis).map(T::exp)
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || match is_constant(y, self.axis) {
            true => Tensor::zeros(y.shape()),
            false => y * &(dy - &sum_kept(&(dy * y), self.axis)),
        });
    }
}

/// x − max x − ln Σ e^(x − max x) along an axis.
pub(crate) fn log_softmax_values<T: Scalar>(x: &Tensor<T>, axis: isize) -> Tensor<T> {
    if x.is_empty() {
        return x.clone();
    }
    let shifted = x - &x.max(&[axis]).insert_axis(axis);
    &shifted - &sum_kept(&shifted.map(T::exp), axis).map(T::ln)
}

/// Returns `true` if there is one class, whose probability is 1 whatever x is. The formulas of the VJPs would
/// give x̄ = ȳ − ȳ, which is NaN where ȳ is infinite.
pub(crate) fn is_constant<T: Scalar>(y: &Tensor<T>, axis: isize) -> bool {
    y.shape()[shape::expect("softmax", shape::axis(axis, y.rank()))] == 1
}

/// The sum along an axis, which stays with length 1.
pub(crate) fn sum_kept<T: Scalar>(x: &Tensor<T>, axis: isize) -> Tensor<T> {
    x.sum(&[axis]).insert_axis(axis)
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::{Case, strategy::small};
    use proptest::{prelude::*, sample::Index};

    (small(-2.0..2.0), any::<Index>())
        .prop_filter("a scalar has no axis", |(x, _)| x.rank() > 0)
        .prop_map(|(x, pick)| {
            let axis = pick.index(x.rank()) as isize;
            Case::new("softmax", vec![x], move |x| softmax(x[0], axis))
        })
        .boxed()
}
