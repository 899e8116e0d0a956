//! y = Σ x along some axes, so x̄ = ȳ, repeated along those axes: the sum is the adjoint of `expand`.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Sum {
    axes: Vec<isize>,
}

impl<T: Scalar> Op<T> for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = Σ x along axes {:?}", self.axes))
                .vjp("x̄ = ȳ, repeated along them"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::reduce(shapes[0], &self.axes).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].sum(&self.axes)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || spread(dy, x[0].shape(), &self.axes));
    }
}

/// A reduced tensor, repeated along the axes that were reduced away, to the shape before that.
pub(super) fn spread<T: Scalar>(reduced: &Tensor<T>, shape: &[usize], axes: &[isize]) -> Tensor<T> {
    let kept = shape::expect("spread", shape::reduce(shape, axes));
    reduced.reshape(kept).expand(shape)
}

impl<T: Scalar> Var<'_, T> {
    /// The sum along the axes, which disappear; negative axes count from the end.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(self, axes: &[isize]) -> Self {
        self.tape().apply(Sum { axes: axes.to_vec() }, &[self])
    }

    /// The sum of all elements, without axes.
    #[track_caller]
    pub fn sum_all(self) -> Self {
        let axes: Vec<isize> = (0..self.shape().len() as isize).collect();
        self.sum(&axes)
    }

    /// The mean along the axes, which disappear.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(self, axes: &[isize]) -> Self {
        let before = self.shape();
        let sum = self.sum(axes);
        let count = shape::len(&before) as f64 / shape::len(&sum.shape()) as f64;
        sum / count
    }

    /// The mean of all elements, without axes.
    #[track_caller]
    pub fn mean_all(self) -> Self {
        let count = shape::len(&self.shape()) as f64;
        self.sum_all() / count
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::with_axes};

    prop_oneof![
        with_axes(-2.0..2.0)
            .prop_map(|(x, axes)| Case::new("sum", vec![x], move |x| x[0].sum(&axes))),
        with_axes(-2.0..2.0)
            .prop_filter("a mean of nothing is NaN", |(x, _)| !x.is_empty())
            .prop_map(|(x, axes)| Case::new("sum", vec![x], move |x| x[0].mean(&axes))),
    ]
    .boxed()
}
