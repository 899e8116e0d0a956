//! y holds the elements of x in reverse order along some axes, so x̄ is ȳ reversed along them.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Flip {
    axes: Vec<isize>,
}

impl<T: Scalar> Op<T> for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = x, reversed along axes {:?}", self.axes))
                .vjp("x̄ = ȳ, reversed along them"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::reduce(shapes[0], &self.axes).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].flip(&self.axes)
    }

    fn vjp(&self, _: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.flip(&self.axes));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the elements in reverse order along the axes.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn flip(self, axes: &[isize]) -> Self {
        self.tape().apply(Flip { axes: axes.to_vec() }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::with_axes};

    with_axes(-2.0..2.0)
        .prop_map(|(x, axes)| Case::new("flip", [x], move |[x]| x.flip(&axes)))
        .boxed()
}
