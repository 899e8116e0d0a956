//! The gated form: the input is split in two along an axis, and one half gates the other.
//!
//! ```text
//! [up | gate] = x      s = σ(β gate + γ)      y = up ⊙ gate ⊙ s
//!
//! up̄ = ȳ gate s                       gatē = ȳ up (s + gate s(1 − s) β)
//! β̄ = Σ ȳ up gate² s(1 − s)           γ̄ = Σ ȳ up gate s(1 − s)
//! ```
//!
//! With β = 1 and γ = 0 this is the article's Keras layer, `out * swish(gate)`; after a `Dense` that
//! makes both halves it is the SwiGLU of Shazeer (2020).
//!
//! One op, in place of [`swiglu`](crate::swiglu) and a product: in each direction one pass over memory.

use autograd::{Adjoints, Formulas, Op, Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, fused, shape};

use crate::{Layer, SwiGLU};

/// Halves one axis: `[…, 2n, …]` becomes `[…, n, …]`. The first half is multiplied by the second half through its gate,
/// y = up · gate · σ(β gate + γ) of `[up | gate]`. It has the parameters of [`SwiGLU`].
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Dense, GatedSwiGLU, Layer};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// // The feed-forward block of Shazeer (2020).
/// let block = Dense::without_bias(&mut parameters, "up_and_gate", 8, 2 * 21)
///     .then(GatedSwiGLU::new(&mut parameters, "gate", -1))
///     .then(Dense::without_bias(&mut parameters, "down", 21, 8));
/// let tape = Tape::new();
/// let y = block.forward(Pass::eval(&tape, &parameters), tape.constant(Tensor::ones([4, 8])));
/// assert_eq!(y.shape().as_slice(), [4, 8]);
/// ```
#[derive(Clone, Debug)]
pub struct GatedSwiGLU {
    swiglu: SwiGLU,
    axis: isize,
}

impl GatedSwiGLU {
    /// Creates a layer that splits along `axis`, -1 for the last, with one learned β and γ.
    #[track_caller]
    pub fn new<T: Scalar>(parameters: &mut Parameters<T>, name: &str, axis: isize) -> Self {
        Self { swiglu: SwiGLU::new(parameters, name), axis }
    }

    /// Returns the same layer with β and γ kept at their present values: at 1 and 0 it is the Keras layer.
    pub fn frozen<T: Scalar>(self, parameters: &mut Parameters<T>) -> Self {
        Self { swiglu: self.swiglu.frozen(parameters), ..self }
    }

    /// Returns the activation of the gate.
    pub fn swiglu(&self) -> &SwiGLU {
        &self.swiglu
    }
}

impl Layer for GatedSwiGLU {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        let shape = x.shape();
        let at = shape::expect("gated_swiglu", shape::axis(self.axis, shape.len()));
        let length = shape[at];
        if length % 2 == 1 {
            let rule =
                format!("axis {at} of shape {shape:?} is {length} long and cannot be halved");
            shape::expect::<()>("gated_swiglu", Err(ShapeError::new(rule)));
        }
        let up = x.slice(self.axis, 0..length / 2);
        let gate = x.slice(self.axis, length / 2..length);
        let [beta, gamma] = [self.swiglu.beta(), self.swiglu.gamma()];
        gated_swiglu(up, gate, pass.parameter(beta), pass.parameter(gamma))
    }
}

/// Records up · gate · σ(β gate + γ), elementwise; β and γ broadcast to the shape of `up` and `gate`.
///
/// # Panics
/// If `up` and `gate` differ in shape, or β or γ does not broadcast to it.
#[track_caller]
pub fn gated_swiglu<'t, T: Scalar>(
    up: Var<'t, T>,
    gate: Var<'t, T>,
    beta: Var<'t, T>,
    gamma: Var<'t, T>,
) -> Var<'t, T> {
    up.tape().apply(GatedSwiGLUOp { openness: None }, &[up, gate, beta, gamma])
}

/// Keeps s of the forward pass, so that the VJP needs no exponentials.
struct GatedSwiGLUOp<T: Scalar> {
    openness: Option<Tensor<T>>,
}

impl<T: Scalar> Op<T> for GatedSwiGLUOp<T> {
    fn name(&self) -> &'static str {
        "gated_swiglu"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = u g s, s = σ(βg + γ)")
                .vjp("ū = g s ȳ")
                .vjp("ḡ = u (s + g s (1 − s) β) ȳ")
                .vjp("β̄ = Σ u g² s (1 − s) ȳ")
                .vjp("γ̄ = Σ u g s (1 − s) ȳ")
                .symbol("s", "σ(βg + γ)"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        if shapes[0] != shapes[1] {
            return Err(ShapeError::new(format!(
                "up {:?} and gate {:?} must have the same shape",
                shapes[0], shapes[1]
            )));
        }
        shape::expands(shapes[2], shapes[0])?;
        shape::expands(shapes[3], shapes[0])
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let &[up, gate, beta, gamma] = x else { unreachable!("gated_swiglu has four inputs") };
        let ([y, openness], []) = fused::map([up, gate, beta, gamma], |[up, gate, beta, gamma]| {
            let openness = (gate * beta + gamma).sigmoid();
            ([up * (gate * openness), openness], [])
        });
        self.openness = Some(openness);
        y
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, adjoints: &mut Adjoints<'_, T>) {
        let &[up, gate, beta, gamma] = x else { unreachable!("gated_swiglu has four inputs") };
        let inputs = [up, gate, self.openness.as_ref().expect("forward ran"), dy, beta];
        // ū, ḡ, and the adjoint of βg + γ.
        let parts = |[up, gate, openness, dy, beta]: [T; 5]| {
            let open = gate * openness;
            let inner = dy * up * open * (T::ONE - openness);
            (dy * open, dy * up * openness + inner * beta, inner)
        };
        let is_learned = adjoints.wants(2) || adjoints.wants(3);
        if !is_learned {
            let ([dup, dgate], []) = fused::map(inputs, |x| {
                let (dup, dgate, _) = parts(x);
                ([dup, dgate], [])
            });
            adjoints.add(0, || dup);
            adjoints.add(1, || dgate);
        } else if (beta.len(), gamma.len()) == (1, 1) {
            let ([dup, dgate], [dbeta, dgamma]) = fused::map(inputs, |x| {
                let (dup, dgate, inner) = parts(x);
                ([dup, dgate], [inner * x[1], inner])
            });
            adjoints.add(0, || dup);
            adjoints.add(1, || dgate);
            adjoints.add(2, || Tensor::full(beta.shape(), dbeta));
            adjoints.add(3, || Tensor::full(gamma.shape(), dgamma));
        } else {
            let ([dup, dgate, dbeta, dgamma], []) = fused::map(inputs, |x| {
                let (dup, dgate, inner) = parts(x);
                ([dup, dgate, inner * x[1], inner], [])
            });
            adjoints.add(0, || dup);
            adjoints.add(1, || dgate);
            adjoints.add(2, || dbeta.sum_to(beta.shape()));
            adjoints.add(3, || dgamma.sum_to(gamma.shape()));
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
            let wide = |shape: &[usize]| tensors(shape.to_vec(), -3.0..3.0);
            let narrow = |from: Vec<usize>| {
                narrower_shape(from).prop_flat_map(|shape| tensors(shape, -2.0..2.0))
            };
            (wide(&shape), wide(&shape), narrow(shape.clone()), narrow(shape))
        })
        .prop_map(|(up, gate, beta, gamma)| {
            Case::new("gated_swiglu", [up, gate, beta, gamma], |[up, gate, beta, gamma]| {
                gated_swiglu(up, gate, beta, gamma)
            })
        })
        .boxed()
}
