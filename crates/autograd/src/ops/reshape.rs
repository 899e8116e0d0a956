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
    /// Records the same elements, in row-major order, under another shape.
    ///
    /// # Panics
    /// If the shapes differ in their number of elements.
    #[track_caller]
    pub fn reshape(self, shape: impl AsRef<[usize]>) -> Self {
        self.tape().apply(Reshape { to: Shape::from_slice(shape.as_ref()) }, &[self])
    }

    /// Records the same elements with an axis of length 1 put in, so that it becomes axis `axis` of
    /// the result.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([1.0, 2.0]));
    /// let products = x.unsqueeze(1) * x;
    /// assert_eq!(products.value(), Tensor::from([[1.0, 2.0], [2.0, 4.0]]));
    /// ```
    ///
    /// # Panics
    /// If the result would have no such axis.
    #[track_caller]
    pub fn unsqueeze(self, axis: isize) -> Self {
        self.reshape(shape::expect("unsqueeze", shape::unsqueeze(&self.shape(), axis)))
    }

    /// Records the same elements with axes of length 1 taken out.
    ///
    /// # Panics
    /// If an axis does not exist, is named twice or is longer than 1.
    #[track_caller]
    pub fn squeeze(self, axes: &[isize]) -> Self {
        self.reshape(shape::expect("squeeze", shape::squeeze(&self.shape(), axes)))
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{prelude::*, sample::Index};

    use crate::check::{Case, strategy::small};

    let reshaped = (small(-2.0..2.0), any::<bool>()).prop_map(|(x, flat)| {
        let reversed: Vec<usize> = x.shape().iter().rev().copied().collect();
        let to = if flat { vec![x.len()] } else { reversed };
        Case::new("reshape", [x], move |[x]| x.reshape(&to))
    });
    let widened = (small(-2.0..2.0), any::<Index>()).prop_map(|(x, pick)| {
        let axis = pick.index(x.rank() + 1) as isize;
        Case::new("reshape", [x], move |[x]| x.unsqueeze(axis))
    });
    let narrowed = (small(-2.0..2.0), any::<Index>()).prop_map(|(x, pick)| {
        let axis = pick.index(x.rank() + 1) as isize;
        Case::new("reshape", [x.unsqueeze(axis)], move |[x]| x.squeeze(&[axis]))
    });
    prop_oneof![2 => reshaped, 1 => widened, 1 => narrowed].boxed()
}
