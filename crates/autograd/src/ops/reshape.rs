//! y holds the elements of x in the same order under another shape, so x̄ is ȳ in the shape of x.

use tensor::{Scalar, Shape, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Reshape {
    to: Shape,
}

impl<T: Scalar> Op<T> for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = x in another shape").vjp("x̄ = ȳ in the shape of x"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::reshape(shapes[0], &self.to)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].reshape(&self.to)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.reshape(x[0].shape()));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The same elements, in row-major order, under another shape.
    ///
    /// # Panics
    /// When the shapes differ in their number of elements.
    #[track_caller]
    pub fn reshape(self, shape: impl AsRef<[usize]>) -> Self {
        self.tape().apply(Reshape { to: Shape::from_slice(shape.as_ref()) }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::small};

    (small(-2.0..2.0), any::<bool>())
        .prop_map(|(x, flat)| {
            let reversed: Vec<usize> = x.shape().iter().rev().copied().collect();
            let to = if flat { vec![x.len()] } else { reversed };
            Case::new("reshape", vec![x], move |x| x[0].reshape(&to))
        })
        .boxed()
}
