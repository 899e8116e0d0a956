//! y = ln softmax(x) along an axis, without the detour over numbers that underflow.
//!
//! ```text
//! y = x − ln Σ eˣ      x̄ = ȳ − eʸ Σ ȳ
//! ```

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::softmax::{is_constant, log_softmax_values, sum_kept};

/// The logarithm of the softmax along `axis`, -1 for the last.
///
/// # Panics
/// When the axis does not exist.
#[track_caller]
pub fn log_softmax<T: Scalar>(x: Var<'_, T>, axis: isize) -> Var<'_, T> {
    x.tape().apply(LogSoftmax { axis }, &[x])
}

struct LogSoftmax {
    axis: isize,
}

impl<T: Scalar> Op<T> for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = x − ln Σ eˣ").vjp("x̄ = ȳ − eʸ Σ ȳ"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::axis(self.axis, shapes[0].len()).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        log_softmax_values(x[0], self.axis)
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || match is_constant(y, self.axis) {
            true => Tensor::zeros(y.shape()),
            false => dy - &(&y.map(T::exp) * &sum_kept(dy, self.axis)),
        });
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::{Case, strategy::small};
    use proptest::{prelude::*, sample::Index};

    (small(-2.0..2.0), any::<Index>())
        .prop_filter("a scalar has no axis", |(x, _)| x.rank() > 0)
        .prop_map(|(x, pick)| {
            let axis = pick.index(x.rank()) as isize;
            Case::new("log_softmax", vec![x], move |x| log_softmax(x[0], axis))
        })
        .boxed()
}
