//! y = max(a, b), elementwise: ȳ goes to the larger input. Where they are equal, half goes to each.

use tensor::{Scalar, ShapeError, Tensor, shape};

use super::VarOrNumber;
use crate::{Adjoints, Formulas, Op, Var};

struct Maximum;

impl<T: Scalar> Op<T> for Maximum {
    fn name(&self) -> &'static str {
        "maximum"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = max(a, b)")
                .vjp("ā = ȳ where a > b, ȳ / 2 where a = b, 0 elsewhere")
                .vjp("b̄ = ȳ where b > a, ȳ / 2 where a = b, 0 elsewhere"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::broadcast(shapes[0], shapes[1]).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].maximum(x[1])
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.mask(&share(x[0], x[1])).sum_to(x[0].shape()));
        dx.add(1, || dy.mask(&share(x[1], x[0])).sum_to(x[1].shape()));
    }
}

/// Returns the part of ȳ that goes to `own`: 1, 1/2 or 0.
fn share<T: Scalar>(own: &Tensor<T>, other: &Tensor<T>) -> Tensor<T> {
    own.zip_map(other, |own, other| {
        T::from_f64(if own > other {
            1.0
        } else if own == other {
            0.5
        } else {
            0.0
        })
    })
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Records the larger of two, elementwise, with broadcasting; the other one is a variable or a
    /// number. Where both are equal, each gets half of the gradient.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(self, other: impl VarOrNumber<'t, T>) -> Self {
        let other = other.on(self.tape());
        self.tape().apply(Maximum, &[self, other])
    }

    /// Records the smaller of two, elementwise, with broadcasting: min(a, b) = −max(−a, −b).
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(self, other: impl VarOrNumber<'t, T>) -> Self {
        let other = other.on(self.tape());
        shape::expect("minimum", shape::broadcast(&self.shape(), &other.shape()));
        -(-self).maximum(-other)
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    crate::check::strategy::binary("maximum", -2.0..2.0, -2.0..2.0, |a, b| {
        a.maximum(b) + a.minimum(b) * 3.0
    })
}
