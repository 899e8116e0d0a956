//! y = xⁿ for a whole number n, so x̄ = n xⁿ⁻¹ ȳ.

use tensor::{Scalar, Tensor};

use crate::{Adjoints, Formulas, Op, Var};

struct Powi {
    exponent: i32,
}

impl<T: Scalar> Op<T> for Powi {
    fn name(&self) -> &'static str {
        "powi"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = xⁿ, n = {}", self.exponent))
                .vjp("x̄ = n xⁿ⁻¹ ȳ")
                .symbol("n", "the exponent"),
        )
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].powi(self.exponent)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        // n = 0 on its own: 0 · x⁻¹ would be NaN at x = 0.
        dx.add(0, || match self.exponent {
            0 => Tensor::zeros(dy.shape()),
            2 => dy.zip_map(x[0], |dy, x| dy * (x + x)),
            // Saturating, because n − 1 may not fit into an i32. Then either power is 0 or ∞, unless |x| is about 1.
            n => dy.zip_map(x[0], |dy, x| dy * T::from_f64(n.into()) * x.powi(n.saturating_sub(1))),
        });
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records each element to the power of a whole number.
    #[track_caller]
    pub fn powi(self, exponent: i32) -> Self {
        self.tape().apply(Powi { exponent }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;

    use crate::check::{Case, strategy::small};

    (small(0.5..2.0), any::<bool>(), -3..=4i32)
        .prop_map(|(x, negate, n)| {
            let x = x * if negate { -1.0 } else { 1.0 };
            Case::new("powi", [x], move |[x]| x.powi(n))
        })
        .boxed()
}
