//! SwiGLU as the article that this project began with defines it: y = x · σ(βx + γ), β and γ learned.
//!
//! A word on the name. This formula is Swish with a learned slope β (Ramachandran et al. 2017) and a
//! learned shift γ. What the field calls SwiGLU (Shazeer 2020) multiplies *two* projections, one of
//! them through Swish: `(xV) ⊙ swish(xW)`. That one is [`GatedSwiGLU`](crate::GatedSwiGLU).
//!
//! With the gate g = σ(βx + γ), whose derivative is g(1 − g):
//!
//! ```text
//! x̄ = ȳ · (g + x g(1 − g) β)      β̄ = Σ ȳ x² g(1 − g)      γ̄ = Σ ȳ x g(1 − g)
//! ```

use autograd::{Adjoints, Formulas, Op, ParameterId, Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, fused, shape};

use crate::Layer;

/// The activation x · σ(βx + γ). It begins as SiLU: β = 1, γ = 0.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Layer, SwiGLU};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::<f64>::with_seed(0);
/// let swiglu = SwiGLU::new(&mut parameters, "activation");
/// let tape = Tape::default();
/// let x = tape.constant(Tensor::from([0.0, 1.0]));
/// let y = swiglu.forward(Pass::eval(&tape, &parameters), x);
/// assert_eq!(y.value(), Tensor::from([0.0, 1.0 / (1.0 + (-1f64).exp())]));
/// ```
///
/// Its parameters are `name.beta`, the slope of the gate, and `name.gamma`, its shift: one number
/// each, or one for each feature.
#[derive(Clone, Debug)]
pub struct SwiGLU {
    beta: ParameterId,
    gamma: ParameterId,
}

impl SwiGLU {
    /// Creates a layer with one β and one γ for all features.
    #[track_caller]
    pub fn new<T: Scalar>(parameters: &mut Parameters<T>, name: &str) -> Self {
        Self::with_shape(parameters, name, &[])
    }

    /// Creates a layer with a β and a γ for each feature, that is for each position along the last axis.
    #[track_caller]
    pub fn per_feature<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        features: usize,
    ) -> Self {
        Self::with_shape(parameters, name, &[features])
    }

    #[track_caller]
    fn with_shape<T: Scalar>(parameters: &mut Parameters<T>, name: &str, shape: &[usize]) -> Self {
        Self {
            beta: parameters.add(format!("{name}.beta"), Tensor::ones(shape)),
            gamma: parameters.add(format!("{name}.gamma"), Tensor::zeros(shape)),
        }
    }

    /// Returns the same layer with β and γ kept at their present values.
    pub fn frozen<T: Scalar>(self, parameters: &mut Parameters<T>) -> Self {
        parameters.freeze(self.beta);
        parameters.freeze(self.gamma);
        self
    }

    /// Returns the id of β.
    pub fn beta(&self) -> ParameterId {
        self.beta
    }

    /// Returns the id of γ.
    pub fn gamma(&self) -> ParameterId {
        self.gamma
    }
}

impl Layer for SwiGLU {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        swiglu(x, pass.parameter(self.beta), pass.parameter(self.gamma))
    }
}

/// Records x · σ(βx + γ), elementwise; β and γ broadcast to the shape of x.
///
/// # Panics
/// If β or γ does not broadcast to the shape of x.
#[track_caller]
pub fn swiglu<'t, T: Scalar>(x: Var<'t, T>, beta: Var<'t, T>, gamma: Var<'t, T>) -> Var<'t, T> {
    x.tape().apply(SwiGLUOp { gate: None }, &[x, beta, gamma])
}

/// Keeps the gate of the forward pass, so that the VJP needs no exponentials.
struct SwiGLUOp<T: Scalar> {
    gate: Option<Tensor<T>>,
}

impl<T: Scalar> Op<T> for SwiGLUOp<T> {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = x g, g = σ(βx + γ)")
                .vjp("x̄ = (g + x g (1 − g) β) ȳ")
                .vjp("β̄ = Σ x² g (1 − g) ȳ")
                .vjp("γ̄ = Σ x g (1 − g) ȳ")
                .symbol("g", "the gate, σ(βx + γ)"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        shape::expands(shapes[1], shapes[0])?;
        shape::expands(shapes[2], shapes[0])
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let &[x, beta, gamma] = x else { unreachable!("swiglu has three inputs") };
        let ([y, gate], []) = fused::map([x, beta, gamma], |[x, beta, gamma]| {
            let gate = (x * beta + gamma).sigmoid();
            ([x * gate, gate], [])
        });
        self.gate = Some(gate);
        y
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, adjoints: &mut Adjoints<'_, T>) {
        let &[x, beta, gamma] = x else { unreachable!("swiglu has three inputs") };
        let gate = self.gate.as_ref().expect("forward ran");
        // ȳ x g(1 − g), the adjoint of βx + γ, is what all three have in common.
        let inner = |dy: T, x: T, gate: T| dy * x * gate * (T::ONE - gate);
        let inputs = [x, gate, dy, beta];
        if (beta.len(), gamma.len()) == (1, 1) {
            let ([dx], [dbeta, dgamma]) = fused::map(inputs, |[x, gate, dy, beta]| {
                let inner = inner(dy, x, gate);
                ([dy * gate + inner * beta], [inner * x, inner])
            });
            adjoints.add(0, || dx);
            adjoints.add(1, || Tensor::full(beta.shape(), dbeta));
            adjoints.add(2, || Tensor::full(gamma.shape(), dgamma));
        } else {
            let ([dx, dbeta, dgamma], []) = fused::map(inputs, |[x, gate, dy, beta]| {
                let inner = inner(dy, x, gate);
                ([dy * gate + inner * beta, inner * x, inner], [])
            });
            adjoints.add(0, || dx);
            adjoints.add(1, || dbeta.sum_to(beta.shape()));
            adjoints.add(2, || dgamma.sum_to(gamma.shape()));
        }
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;
    use tensor::strategy::{narrower_shape, shapes, tensors};

    shapes(3, 3)
        .prop_flat_map(|shape| {
            let narrow = |from: Vec<usize>| {
                narrower_shape(from).prop_flat_map(|shape| tensors(shape, -2.0..2.0))
            };
            (tensors(shape.clone(), -3.0..3.0), narrow(shape.clone()), narrow(shape))
        })
        .prop_map(|(x, beta, gamma)| {
            Case::new("swiglu", [x, beta, gamma], |[x, beta, gamma]| swiglu(x, beta, gamma))
        })
        .boxed()
}
