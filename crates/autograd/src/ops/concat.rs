//! y joins its inputs along an axis, so each input's adjoint is its own part of ȳ.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Concat {
    axis: isize,
}

impl<T: Scalar> Op<T> for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = [x₀ | x₁ | …]").vjp("x̄ᵢ = the part of ȳ that xᵢ fills"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::concat(shapes, self.axis).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        Tensor::concat(x, self.axis)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let at = shape::expect("concat", shape::axis(self.axis, dy.rank()));
        let mut start = 0;
        for (i, part) in x.iter().enumerate() {
            let end = start + part.shape()[at];
            dx.add(i, || dy.slice(self.axis, start..end));
            start = end;
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Records the inputs joined along an axis.
    ///
    /// # Panics
    /// When there are none, or they differ in an axis other than `axis`.
    #[track_caller]
    pub fn concat(parts: &[Self], axis: isize) -> Self {
        assert!(!parts.is_empty(), "concat: nothing to join: give at least one variable");
        parts[0].tape().apply(Concat { axis }, parts)
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{prelude::*, sample::Index};

    use crate::check::{Case, strategy::small};

    (small(-2.0..2.0), any::<[Index; 2]>())
        .prop_filter("a scalar has no axis", |(x, _)| x.rank() > 0)
        .prop_map(|(x, pick)| {
            let axis = pick[0].index(x.rank());
            let cut = pick[1].index(x.shape()[axis] + 1);
            let axis = axis as isize;
            let parts = vec![x.slice(axis, ..cut), x.slice(axis, cut..)];
            Case::new("concat", parts, move |x| Var::concat(&[x[0], x[1], x[0]], axis))
        })
        .boxed()
}
