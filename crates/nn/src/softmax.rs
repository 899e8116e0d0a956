//! Softmax along an axis, positive numbers that sum to 1, and its logarithm.
//!
//! ```text
//! softmax        y = eˣ / Σ eˣ         x̄ = y ⊙ (ȳ − Σ ȳ y)
//! log_softmax    y = x − ln Σ eˣ       x̄ = ȳ − eʸ Σ ȳ
//! ```
//!
//! `log_softmax` does not take the logarithm of the softmax, whose small numbers underflow to 0. Both
//! are computed from x − max x: subtracting the largest x changes nothing in exact arithmetic, and keeps
//! eˣ from overflowing.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor, shape};

/// Records the softmax along `axis`, -1 for the last.
///
/// # Panics
/// If the axis does not exist.
#[track_caller]
pub fn softmax<T: Scalar>(x: Var<'_, T>, axis: isize) -> Var<'_, T> {
    let softmax = Softmax {
        name: "softmax",
        axis,
        formulas: ["y = eˣ / Σ eˣ", "x̄ = y ⊙ (ȳ − ⟨ȳ, y⟩)"],
        forward: |shifted, axis| {
            let powers = shifted.exp();
            &powers / powers.sum_keepdim(&[axis])
        },
        vjp: softmax_vjp,
    };
    x.tape().apply(softmax, &[x])
}

/// Returns y ⊙ (ȳ − Σ ȳ y). It is 0 where y is 0, and where y is 1 and ȳ is infinite: moving x changes nothing if x is
/// −∞, or if all others are. Where y is 1, a finite ȳ still counts, because y may be a rounded probability.
fn softmax_vjp<T: Scalar>(y: &Tensor<T>, dy: &Tensor<T>, axis: isize) -> Tensor<T> {
    let is_certain = |y: T, dy: T| y == T::ONE && !dy.is_finite();
    let slope = y.zip_map(dy, |y, dy| if is_certain(y, dy) { T::ZERO } else { y });
    let mean = dy.mask(y).sum_keepdim(&[axis]).expand(y.shape());
    dy.mask(&slope) - mean.mask(&slope)
}

/// Records the logarithm of the softmax along `axis`, -1 for the last.
///
/// # Panics
/// If the axis does not exist.
#[track_caller]
pub fn log_softmax<T: Scalar>(x: Var<'_, T>, axis: isize) -> Var<'_, T> {
    let log_softmax = Softmax {
        name: "log_softmax",
        axis,
        formulas: ["y = x − ln Σ eˣ", "x̄ = ȳ − eʸ Σ ȳ"],
        forward: |shifted, axis| shifted - shifted.exp().sum_keepdim(&[axis]).ln(),
        vjp: |y, dy, axis| dy - y.exp() * dy.sum_keepdim(&[axis]),
    };
    x.tape().apply(log_softmax, &[x])
}

struct Softmax<T: Scalar> {
    name: &'static str,
    axis: isize,
    /// The formulas of y and x̄.
    formulas: [&'static str; 2],
    /// y from x − max x.
    forward: fn(shifted: &Tensor<T>, axis: isize) -> Tensor<T>,
    vjp: fn(y: &Tensor<T>, dy: &Tensor<T>, axis: isize) -> Tensor<T>,
}

impl<T: Scalar> Op<T> for Softmax<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new(self.formulas[0]).vjp(self.formulas[1]))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::axis(self.axis, shapes[0].len()).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        match x[0].is_empty() {
            true => x[0].clone(),
            false => (self.forward)(&(x[0] - x[0].max_keepdim(&[self.axis])), self.axis),
        }
    }

    fn vjp(&self, _: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let axis = shape::expect(self.name, shape::axis(self.axis, y.rank()));
        dx.add(0, || match y.shape()[axis] {
            // A single class has probability 1 whatever x is. The formulas would give ȳ − ȳ, which is NaN
            // where ȳ is infinite.
            1 => Tensor::zeros(y.shape()),
            _ => (self.vjp)(y, dy, self.axis),
        });
    }
}

#[cfg(test)]
pub(crate) mod cases {
    use autograd::Var;
    use autograd::check::{Case, Number, strategy::small};
    use proptest::{prelude::*, sample::Index};

    type Function = for<'t> fn(Var<'t, Number>, isize) -> Var<'t, Number>;

    pub(crate) fn softmax() -> BoxedStrategy<Case> {
        along_an_axis("softmax", |x, axis| super::softmax(x, axis))
    }

    pub(crate) fn log_softmax() -> BoxedStrategy<Case> {
        along_an_axis("log_softmax", |x, axis| super::log_softmax(x, axis))
    }

    fn along_an_axis(op: &'static str, function: Function) -> BoxedStrategy<Case> {
        (small(-2.0..2.0), any::<Index>())
            .prop_filter("a scalar has no axis", |(x, _)| x.rank() > 0)
            .prop_map(move |(x, pick)| {
                let axis = pick.index(x.rank()) as isize;
                Case::new(op, [x], move |[x]| function(x, axis))
            })
            .boxed()
    }
}
