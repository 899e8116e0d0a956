//! y = Σ x along some axes, so x̄ = ȳ, repeated along those axes: the sum is the adjoint of `expand`.

use tensor::{Scalar, ShapeError, Tensor, shape};

use crate::{Adjoints, Formulas, Op, Var};

struct Sum {
    axes: Vec<isize>,
    keepdim: bool,
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
        match self.keepdim {
            true => x[0].sum_keepdim(&self.axes),
            false => x[0].sum(&self.axes),
        }
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || keep_axes(dy, x[0].shape(), &self.axes).expand(x[0].shape()));
    }
}

/// Returns the reduction of a tensor of this shape with its reduced axes at length 1, whether they
/// were kept or not.
pub(super) fn keep_axes<T: Scalar>(
    reduced: &Tensor<T>,
    shape: &[usize],
    axes: &[isize],
) -> Tensor<T> {
    reduced.reshape(shape::expect("keep_axes", shape::reduce(shape, axes)))
}

impl<T: Scalar> Var<'_, T> {
    /// Records Σ x along the axes, which disappear; negative axes count from the end.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(self, axes: &[isize]) -> Self {
        self.tape().apply(Sum { axes: axes.to_vec(), keepdim: false }, &[self])
    }

    /// Records Σ x along the axes, which stay with length 1.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([[1.0, 3.0], [1.0, 1.0]]));
    /// let shares = x / x.sum_keepdim(&[1]);
    /// assert_eq!(shares.value(), Tensor::from([[0.25, 0.75], [0.5, 0.5]]));
    /// ```
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum_keepdim(self, axes: &[isize]) -> Self {
        self.tape().apply(Sum { axes: axes.to_vec(), keepdim: true }, &[self])
    }

    /// Records Σ x over all elements, without axes.
    #[track_caller]
    pub fn sum_all(self) -> Self {
        let axes: Vec<isize> = (0..self.shape().len() as isize).collect();
        self.sum(&axes)
    }

    /// Records Σ x / n along the axes, which disappear.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(self, axes: &[isize]) -> Self {
        shape::expect("mean", shape::reduce(&self.shape(), axes));
        mean(self, self.sum(axes))
    }

    /// Records Σ x / n along the axes, which stay with length 1.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean_keepdim(self, axes: &[isize]) -> Self {
        shape::expect("mean_keepdim", shape::reduce(&self.shape(), axes));
        mean(self, self.sum_keepdim(axes))
    }

    /// Records Σ x / n over all n elements, without axes.
    #[track_caller]
    pub fn mean_all(self) -> Self {
        mean(self, self.sum_all())
    }
}

/// Divides a sum of `x` by the number of terms of each of its elements.
#[track_caller]
fn mean<'t, T: Scalar>(x: Var<'t, T>, sum: Var<'t, T>) -> Var<'t, T> {
    sum / (shape::len(&x.shape()) as f64 / shape::len(&sum.shape()) as f64)
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::{prelude::*, sample::select};

    use crate::check::{Case, Number, strategy::with_axes};

    type Reduction = for<'t> fn(Var<'t, Number>, &[isize]) -> Var<'t, Number>;
    let case = |(x, axes): (Tensor<f64>, Vec<isize>), reduce: Reduction| {
        Case::new("sum", [x], move |[x]| reduce(x, &axes))
    };
    let sums: [Reduction; 2] = [|x, axes| x.sum(axes), |x, axes| x.sum_keepdim(axes)];
    let means: [Reduction; 2] = [|x, axes| x.mean(axes), |x, axes| x.mean_keepdim(axes)];
    prop_oneof![
        (with_axes(-2.0..2.0), select(sums.to_vec())).prop_map(move |(x, sum)| case(x, sum)),
        (with_axes(-2.0..2.0), select(means.to_vec()))
            .prop_filter("a mean of nothing is NaN", |((x, _), _)| !x.is_empty())
            .prop_map(move |(x, mean)| case(x, mean)),
    ]
    .boxed()
}
