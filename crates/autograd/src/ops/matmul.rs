//! Y = A·B, so Ā = Ȳ·Bᵀ and B̄ = Aᵀ·Ȳ.
//!
//! Ā[i, k] = Σⱼ Ȳ[i, j] B[k, j]: rows of Ȳ meet rows of B, and for B̄ columns of A meet columns of Ȳ.
//! In a batch, an input that was broadcast along a batch axis collects the sum over it.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Matmul;

impl<T: Scalar> Op<T> for Matmul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("Y = A·B").vjp("Ā = Ȳ·Bᵀ").vjp("B̄ = Aᵀ·Ȳ"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::matmul(shapes[0], shapes[1]).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].matmul(x[1])
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || dy.matmul(&x[1].t()).sum_to(x[0].shape()));
        dx.add(1, || x[0].t().matmul(dy).sum_to(x[1].shape()));
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the matrix product over the last two axes, `[…, m, k] · […, k, n] = […, m, n]`; the axes
    /// before them broadcast.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn matmul(self, other: Self) -> Self {
        self.tape().apply(Matmul, &[self, other])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use tensor::strategy::{broadcastable_shapes, tensors};

    use crate::check::Case;

    (broadcastable_shapes(2, 2), 0..4usize, 0..4usize, 0..4usize)
        .prop_flat_map(|((mut a, mut b), m, k, n)| {
            a.extend([m, k]);
            b.extend([k, n]);
            (tensors(a, -2.0..2.0), tensors(b, -2.0..2.0))
        })
        .prop_map(|(a, b)| Case::new("matmul", [a, b], |[a, b]| a.matmul(b)))
        .boxed()
}
