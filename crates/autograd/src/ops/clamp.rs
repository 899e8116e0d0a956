//! y = x between two bounds, and the bound beyond it, so x̄ = ȳ where x is between the bounds and 0
//! elsewhere. At a bound itself the slope is 0, as in PyTorch.

use tensor::{Scalar, Tensor};

use super::rounded;
use crate::{Adjoints, Formulas, Op, Var};

struct Clamp {
    min: f64,
    max: f64,
}

impl<T: Scalar> Op<T> for Clamp {
    fn name(&self) -> &'static str {
        "clamp"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new(format!("y = x, but within [{}, {}]", self.min, self.max))
                .vjp("x̄ = ȳ where x is between, 0 elsewhere"),
        )
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].clamp(T::from_f64(self.min), T::from_f64(self.max))
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let (min, max) = (T::from_f64(self.min), T::from_f64(self.max));
        dx.add(0, || {
            dy.zip_map(x[0], move |dy, x| if x <= min || x >= max { T::ZERO } else { dy })
        });
    }
}

impl<T: Scalar> Var<'_, T> {
    /// Records each element limited to the range from `min` to `max`; NaN stays NaN. An infinite
    /// bound leaves its side open. The derivative at a bound is 0.
    ///
    /// # Panics
    /// If `min` is not at most `max`, or a bound that is neither 0 nor infinite would become so in the scalar
    /// type.
    #[track_caller]
    pub fn clamp(self, min: f64, max: f64) -> Self {
        assert!(
            min <= max,
            "clamp: the bounds are {min} and {max}: the first must be at most the second"
        );
        // Here, because the op could not name the caller's line.
        let _: (T, T) = (rounded(min), rounded(max));
        self.tape().apply(Clamp { min, max }, &[self])
    }
}

#[cfg(test)]
pub(super) fn cases() -> proptest::strategy::BoxedStrategy<crate::check::Case> {
    use proptest::prelude::*;
    use proptest::sample::select;

    use crate::check::{Case, strategy::small};

    let bounds = [(-1.0, 1.0), (0.0, 0.0), (0.0, f64::INFINITY), (f64::NEG_INFINITY, 1.0)];
    (small(-2.0..2.0), select(bounds.to_vec()))
        .prop_map(|(x, (min, max))| Case::new("clamp", [x], move |[x]| x.clamp(min, max)))
        .boxed()
}
