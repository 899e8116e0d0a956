//! y = max x along some axes: ȳ goes to the largest element. Where several are equal, each gets an
//! equal part.

use tensor::{Scalar, ShapeError, Tensor, shape};

use super::sum::keep_axes;
use crate::{Adjoints, Formulas, Op, Var};

struct Max {
    axes: Vec<isize>,
    keepdim: bool,
}

impl<T: Scalar> Op<T> for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = max x along axes {:?}", self.axes))
                .vjp("x̄ = ȳ / n at the n elements equal to y, 0 elsewhere")
                .symbol("n", "the number of elements that are the largest"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::choose(shapes[0], &self.axes).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        // Over plain numbers this adds 0. Over duals x − y has a tangent, so that y gets the mean of
        // the tangents of all the largest elements. Where y is infinite, x − y would be NaN, so
        // there y is the mean of these elements themselves.
        let y = x[0].max_keepdim(&self.axes);
        let excess = |x: T, y: T| match x == y {
            true if y.is_finite() => x - y,
            true => x,
            false => T::ZERO,
        };
        let mean = x[0].zip_map(&y, excess).sum_keepdim(&self.axes) / self.ties(x[0], &y);
        let y = y.zip_map(&mean, |y, mean| if y.is_finite() { y + mean } else { mean });
        match self.keepdim {
            true => y,
            false => y.squeeze(&self.axes),
        }
    }

    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let y = keep_axes(y, x[0].shape(), &self.axes);
            let dy = keep_axes(dy, x[0].shape(), &self.axes);
            let is_largest = x[0].zip_map(&y, |x, y| if x == y { T::ONE } else { T::ZERO });
            (dy / self.ties(x[0], &y)).expand(x[0].shape()).mask(&is_largest)
        });
    }
}

impl Max {
    /// Returns the number of elements of `x` that are equal to the largest, `y`, along the axes, which
    /// stay. They are counted in f64, since f32 counts no further than 2²⁴.
    fn ties<T: Scalar>(&self, x: &Tensor<T>, y: &Tensor<T>) -> Tensor<T> {
        x.zip_map(y, |x, y| f64::from(u8::from(x == y))).sum_keepdim(&self.axes).cast()
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records the largest element along the axes, which disappear.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn max(self, axes: &[isize]) -> Self {
        self.tape().apply(Max { axes: axes.to_vec(), keepdim: false }, &[self])
    }

    /// Records the largest element along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn max_keepdim(self, axes: &[isize]) -> Self {
        self.tape().apply(Max { axes: axes.to_vec(), keepdim: true }, &[self])
    }

    /// Records the smallest element along the axes, which disappear: min x = −max(−x).
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn min(self, axes: &[isize]) -> Self {
        shape::expect("min", shape::choose(&self.shape(), axes));
        -(-self).max(axes)
    }

    /// Records the smallest element along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is nothing to choose from.
    #[track_caller]
    pub fn min_keepdim(self, axes: &[isize]) -> Self {
        shape::expect("min_keepdim", shape::choose(&self.shape(), axes));
        -(-self).max_keepdim(axes)
    }

    /// Records the largest of all elements, without axes.
    ///
    /// # Panics
    /// If there is nothing to choose from.
    #[track_caller]
    pub fn max_all(self) -> Self {
        self.check_has_elements("max_all");
        let axes: Vec<isize> = (0..self.shape().len() as isize).collect();
        self.max(&axes)
    }

    /// Records the smallest of all elements, without axes.
    ///
    /// # Panics
    /// If there is nothing to choose from.
    #[track_caller]
    pub fn min_all(self) -> Self {
        self.check_has_elements("min_all");
        -(-self).max_all()
    }

    #[track_caller]
    fn check_has_elements(self, name: &str) {
        let shape = self.shape();
        assert!(shape::len(&shape) > 0, "{name}: shape {shape:?} has no elements to choose from");
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{prelude::*, sample::select};

    use crate::check::{Case, Number, strategy::with_axes};

    type Reduction = for<'t> fn(Var<'t, Number>, &[isize]) -> Var<'t, Number>;
    let reductions: [Reduction; 6] = [
        |x, _| x.max_all(),
        |x, _| x.min_all(),
        |x, axes| x.max(axes),
        |x, axes| x.max_keepdim(axes),
        |x, axes| x.min(axes),
        |x, axes| x.min_keepdim(axes),
    ];
    (with_axes(-2.0..2.0), select(reductions.to_vec()))
        .prop_filter("nothing to choose from", |((x, _), _)| !x.is_empty())
        .prop_map(|((x, axes), reduce)| Case::new("max", [x], move |[x]| reduce(x, &axes)))
        .boxed()
}
