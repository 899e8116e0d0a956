//! y repeats x along axes of length 1 and new outer axes, so x̄ is the sum of ȳ along them.

use tensor::{Scalar, Shape, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Expand {
    to: Shape,
}

impl<T: Scalar> Op<T> for Expand {
    fn name(&self) -> &'static str {
        "expand"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = x, repeated").vjp("x̄ = Σ ȳ over the repetitions"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::expands(shapes[0], &self.to)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].expand(&self.to)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.sum_to(x[0].shape()));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the elements repeated along axes of length 1 and along new outer axes, as broadcasting
    /// does.
    ///
    /// # Panics
    /// If this shape does not broadcast to `shape`.
    #[track_caller]
    pub fn expand(self, shape: impl AsRef<[usize]>) -> Self {
        self.tape().apply(Expand { to: Shape::from_slice(shape.as_ref()) }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use tensor::strategy::{narrower_shape, shapes, tensors};

    use crate::check::Case;

    shapes(3, 3)
        .prop_flat_map(|to| {
            let narrow = narrower_shape(to.clone()).prop_flat_map(|from| tensors(from, -2.0..2.0));
            (narrow, Just(to))
        })
        .prop_map(|(x, to)| Case::new("expand", [x], move |[x]| x.expand(&to)))
        .boxed()
}
