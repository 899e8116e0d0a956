//! y = a where a condition holds, b elsewhere, so ȳ goes to the side that was chosen and 0 to the other.
//!
//! It selects and does not multiply: 0 · ∞ would be NaN.

use tensor::{Scalar, ShapeError, Tensor, shape};

use super::VarOrNumber;
use crate::{Adjoints, Formulas, Op, Var};

struct Where {
    condition: Tensor<bool>,
}

impl<T: Scalar> Op<T> for Where {
    fn name(&self) -> &'static str {
        "where_"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = a where the condition holds, b elsewhere")
                .vjp("ā = ȳ where it holds, 0 elsewhere")
                .vjp("b̄ = 0 where it holds, ȳ elsewhere"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::where_(self.condition.shape(), shapes[0], shapes[1]).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        Tensor::where_(&self.condition, x[0], x[1])
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let nothing = Tensor::scalar(T::ZERO);
        dx.add(0, || Tensor::where_(&self.condition, dy, &nothing).sum_to(x[0].shape()));
        dx.add(1, || Tensor::where_(&self.condition, &nothing, dy).sum_to(x[1].shape()));
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Records the element of `a` where `condition` is true and the element of `b` elsewhere, with
    /// broadcasting (NumPy's and PyTorch's `where`, a keyword in Rust). `b` is a variable or a number.
    ///
    /// The condition is a constant. The side that is not chosen gets the gradient 0, even where its
    /// value is infinite or NaN. The operation that computed it still multiplies this 0 by its own
    /// slope, and 0 · ∞ is NaN: where √x has the slope ∞, replace x as well.
    ///
    /// ```
    /// use autograd::{Tape, Var};
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([0.0, 4.0]));
    /// let is_positive = x.gt(0.0);
    /// let root = Var::where_(&is_positive, x, 1.0).sqrt();
    /// let y = Var::where_(&is_positive, root, 0.0);
    /// assert_eq!(y.sum_all().backward().of(x), Tensor::from([0.0, 0.25]));
    /// ```
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn where_(condition: &Tensor<bool>, a: Self, b: impl VarOrNumber<'t, T>) -> Self {
        let b = b.on(a.tape());
        a.tape().apply(Where { condition: condition.clone() }, &[a, b])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use tensor::Key;
    use tensor::strategy::{broadcastable_shapes, narrower_shape, tensors};

    use crate::check::Case;

    broadcastable_shapes(3, 3)
        .prop_flat_map(|(a, b)| {
            let wide = shape::broadcast(&a, &b).expect("shapes that broadcast");
            let condition = (narrower_shape(wide.to_vec()), any::<u64>());
            (tensors(a, -2.0..2.0), tensors(b, -2.0..2.0), condition)
        })
        .prop_map(|(a, b, (shape, seed))| {
            let condition = Tensor::random_bits(shape, Key::new(seed)).map(|bits| bits % 2 == 0);
            Case::new("where_", [a, b], move |[a, b]| Var::where_(&condition, a, b))
        })
        .boxed()
}
