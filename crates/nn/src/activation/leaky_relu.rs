//! y = x where x > 0, αx elsewhere, so x̄ = ȳ or αȳ. At the kink x = 0 the derivative is taken as α.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, Tensor};

/// Records x where x > 0, `slope` · x elsewhere (Maas et al. 2013).
#[track_caller]
pub fn leaky_relu<T: Scalar>(x: Var<'_, T>, slope: f64) -> Var<'_, T> {
    x.tape().apply(LeakyReluOp { slope }, &[x])
}

struct LeakyReluOp {
    slope: f64,
}

impl<T: Scalar> Op<T> for LeakyReluOp {
    fn name(&self) -> &'static str {
        "leaky_relu"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = x where x > 0, {} x elsewhere", self.slope))
                .vjp(format!("x̄ = ȳ where x > 0, {} ȳ elsewhere", self.slope)),
        )
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let slope = T::from_f64(self.slope);
        x[0].map(move |x| times_slope(x, x, slope))
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let slope = T::from_f64(self.slope);
        dx.add(0, || dy.zip_map(x[0], move |dy, x| times_slope(dy, x, slope)));
    }
}

/// Returns `value` times the slope at x. A slope of 0 gives 0 even for an infinite value; a NaN stays one. The choice is
/// between two factors, not between two products, because the compiler can vectorize that.
#[inline(always)]
fn times_slope<T: Scalar>(value: T, x: T, slope: T) -> T {
    let factor = if x > T::ZERO { T::ONE } else { slope };
    if factor == T::ZERO && !value.is_nan() { T::ZERO } else { value * factor }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    autograd::check::strategy::unary("leaky_relu", -4.0..4.0, |x| leaky_relu(x, 0.1))
}
