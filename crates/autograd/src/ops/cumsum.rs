//! y[k] = x[0] + … + x[k] along an axis. x[k] is in y[k] and all that follow, so x̄[k] = ȳ[k] + … + ȳ[n]:
//! the running sum from the other end.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct CumSum {
    axis: isize,
}

impl<T: Scalar> Op<T> for CumSum {
    fn name(&self) -> &'static str {
        "cumsum"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y[k] = x[0] + … + x[k]")
                .vjp("x̄[k] = ȳ[k] + … + ȳ[n]")
                .symbol("n", "the last position"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::axis(self.axis, shapes[0].len()).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].cumsum(self.axis)
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.flip(&[self.axis]).cumsum(self.axis).flip(&[self.axis]));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the running sums along an axis.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    pub fn cumsum(self, axis: isize) -> Self {
        self.tape().apply(CumSum { axis }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::with_axis};

    with_axis(-2.0..2.0)
        .prop_map(|(x, axis)| Case::new("cumsum", [x], move |[x]| x.cumsum(axis)))
        .boxed()
}
