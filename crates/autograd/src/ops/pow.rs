//! y = xᵖ, elementwise, for a real exponent, so x̄ = p xᵖ⁻¹ ȳ and p̄ = y ln x · ȳ.
//!
//! At the points where these formulas have no value the conventions are PyTorch's:
//!
//! ```text
//! p = 0             x̄ = 0, for y is 1 whatever x is
//! x = 0 and p ≥ 0   p̄ = 0
//! x < 0             p̄ is NaN: only whole exponents have a power
//! ```
//!
//! An input that was broadcast was read several times, so its adjoint is a sum.

use tensor::{Scalar, ShapeError, Tensor, fused, shape};

use super::VarOrNumber;
use crate::{Adjoints, Formulas, Op, Var};

struct Pow;

impl<T: Scalar> Op<T> for Pow {
    fn name(&self) -> &'static str {
        "pow"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = xᵖ").vjp("x̄ = p xᵖ⁻¹ ȳ").vjp("p̄ = y ln x · ȳ"))
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::broadcast(shapes[0], shapes[1]).map(drop)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].pow(x[1])
    }

    fn vjp(&self, x: &[&Tensor<T>], y: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let [base, exponent] = [x[0], x[1]];
        dx.add(0, || {
            let ([adjoint], []) =
                fused::map([dy, base, exponent], |[dy, x, p]| ([of_base(dy, x, p)], []));
            adjoint.sum_to(base.shape())
        });
        dx.add(1, || {
            let ([adjoint], []) = fused::map([dy, base, exponent, y], |[dy, x, p, y]| {
                ([of_exponent(dy, x, p, y)], [])
            });
            adjoint.sum_to(exponent.shape())
        });
    }
}

fn of_base<T: Scalar>(dy: T, x: T, p: T) -> T {
    let lower = x.powf(p - T::ONE);
    // The slope is 0, but at x = 0 and near it the formula gives 0 · ∞, or 0 · NaN. The value of p
    // alone decides: a dual p of value 0 may move, and then the slope moves with it.
    if p == T::ZERO && !(dy.is_finite() && lower.to_f64().is_finite()) {
        return T::ZERO;
    }
    // The tangent of x⁻¹ overflows before its value does, and p = 0 would be multiplied by ∞.
    let lower = if p == T::ZERO && !lower.is_finite() { lower.without_tangent() } else { lower };
    dy * p * lower
}

fn of_exponent<T: Scalar>(dy: T, x: T, p: T, y: T) -> T {
    if x == T::ZERO && p >= T::ZERO { T::ZERO } else { dy * y * x.ln() }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Records each element raised to a real exponent, a variable or a number, with broadcasting.
    /// [`powi`](Self::powi) is faster.
    ///
    /// The derivative with respect to the base is 0 for the exponent 0, whatever the base is. The
    /// derivative with respect to the exponent is 0 at the base 0, unless the exponent is negative, and
    /// NaN for a negative base.
    ///
    /// ```
    /// use autograd::Tape;
    /// use tensor::Tensor;
    ///
    /// let tape = Tape::<f64>::default();
    /// let x = tape.variable(Tensor::from([4.0, 9.0]));
    /// assert_eq!(x.pow(1.5).value(), Tensor::from([8.0, 27.0]));
    /// ```
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn pow(self, exponent: impl VarOrNumber<'t, T>) -> Self {
        let exponent = exponent.on(self.tape());
        self.tape().apply(Pow, &[self, exponent])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use proptest::sample::select;

    use crate::check::{Case, strategy};

    let case = |(x, p): (Tensor<f64>, f64)| Case::new("pow", [x], move |[x]| x.pow(p));
    let real = select(vec![-1.5, -1.0, 0.0, 0.5, 1.0, 2.0, 2.5]);
    let whole = select(vec![0.0, 1.0, 2.0, 3.0]);
    prop_oneof![
        strategy::binary("pow", 0.2..2.0, -2.0..2.0, |x, p| x.pow(p)),
        (strategy::small(0.2..2.0), real).prop_map(case),
        (strategy::small(-2.0..2.0), whole).prop_map(case),
    ]
    .boxed()
}
