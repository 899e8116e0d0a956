//! y = max x along some axes: ȳ goes to the largest element. Where several are equal, each gets an
//! equal part.

use tensor::{Scalar, ShapeError, Tensor, shape};

use super::sum::spread;
use crate::{Adjoints, Formulas, Op, Var};

struct Max {
    axes: Vec<isize>,
}

impl<T: Scalar> Op<T> for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = max x along axes {:?}", self.axes))
                .vjp("x̄ = ȳ / n at the n elements equal to y, 0 elsewhere"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let reduced = shape::reduce(shapes[0], &self.axes)?;
        if shape::len(shapes[0]) == 0 && shape::len(&reduced) > 0 {
            return Err(ShapeError::new(format!(
                "shape {:?} has no elements along axes {:?} to choose from",
                shapes[0], self.axes
            )));
        }
        Ok(())
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        // The mean of x − y over the largest elements is 0. It matters where the numbers carry a
        // derivative of their own: of several equal elements, each then has its part in it.
        let y = x[0].max(&self.axes);
        let wide = spread(&y, x[0].shape(), &self.axes);
        let excess = |x: T, y: T| if x == y && y.is_finite() { x - y } else { T::ZERO };
        let sum = x[0].zip_map(&wide, excess).sum(&self.axes);
        &y + &(&sum / &self.ties(x[0], &wide))
    }

    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let wide = spread(y, x[0].shape(), &self.axes);
            let part = spread(&(dy / &self.ties(x[0], &wide)), x[0].shape(), &self.axes);
            part.mask(&x[0].zip_map(&wide, |x, y| if x == y { T::ONE } else { T::ZERO }))
        });
    }
}

impl Max {
    /// The number of elements of `x` that are equal to the largest, `wide`, along the axes. They are counted
    /// in f64, since f32 counts no further than 2²⁴.
    fn ties<T: Scalar>(&self, x: &Tensor<T>, wide: &Tensor<T>) -> Tensor<T> {
        x.zip_map(wide, |x, y| f64::from(u8::from(x == y))).sum(&self.axes).cast()
    }
}

impl<T: Scalar> Var<'_, T> {
    /// The largest element along the axes, which disappear.
    ///
    /// # Panics
    /// When an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn max(self, axes: &[isize]) -> Self {
        self.tape().apply(Max { axes: axes.to_vec() }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::with_axes};

    with_axes(-2.0..2.0)
        .prop_filter("nothing to choose from", |(x, _)| !x.is_empty())
        .prop_map(|(x, axes)| Case::new("max", vec![x], move |x| x[0].max(&axes)))
        .boxed()
}
