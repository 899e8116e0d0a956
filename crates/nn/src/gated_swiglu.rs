//! The gated form: the input is split in two along an axis, and one half gates the other.
//!
//! ```text
//! [out | gate] = x,      y = out ⊙ gate · σ(β·gate + γ)
//! ```
//!
//! With β = 1 and γ = 0 this is the article's Keras layer, `out * swish(gate)`; behind a `Dense` that
//! makes both halves it is the SwiGLU of Shazeer (2020).

use autograd::{Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, shape};

use crate::{Layer, SwiGLU};

/// Halves one axis: `[…, 2n, …]` becomes `[…, n, …]`. It has the parameters of [`SwiGLU`].
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
        let out = x.slice(self.axis, 0..length / 2);
        let gate = x.slice(self.axis, length / 2..length);
        out * self.swiglu.forward(pass, gate)
    }
}
