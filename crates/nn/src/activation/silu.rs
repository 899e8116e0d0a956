//! y = x · σ(x), so x̄ = (σ + x σ (1 − σ)) ȳ with σ = σ(x). Also called Swish with β = 1.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, Tensor};

/// Records x · σ(x), elementwise (Elfwing et al. 2018; Ramachandran et al. 2017).
#[track_caller]
pub fn silu<T: Scalar>(x: Var<'_, T>) -> Var<'_, T> {
    x.tape().apply(SiluOp, &[x])
}

struct SiluOp;

impl<T: Scalar> Op<T> for SiluOp {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(Formulas::new("y = x σ(x)").vjp("x̄ = (σ + x σ (1 − σ)) ȳ"))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        x[0].map(|x| x * x.sigmoid())
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            dy.zip_map(x[0], |dy, x| {
                let gate = x.sigmoid();
                dy * (gate + x * gate * (T::ONE - gate))
            })
        });
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    autograd::check::strategy::unary("silu", -4.0..4.0, |x| silu(x))
}
