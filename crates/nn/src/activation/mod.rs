//! Activation functions, and the choice of one at run time.

mod gelu;
mod leaky_relu;
mod relu;
mod silu;

use autograd::{Pass, Var};
pub use gelu::gelu;
pub use leaky_relu::leaky_relu;
pub use relu::relu;
pub use silu::silu;
use tensor::Scalar;

use crate::{Layer, SwiGLU};

/// An activation function, as a layer.
#[derive(Clone, Debug)]
pub enum Activation {
    /// [`relu`].
    Relu,
    /// [`leaky_relu`] with this slope for negative inputs.
    LeakyRelu(f64),
    /// The hyperbolic tangent.
    Tanh,
    /// The logistic function.
    Sigmoid,
    /// [`gelu`].
    Gelu,
    /// [`silu`].
    Silu,
    /// [`swiglu`](crate::swiglu()) with its own β and γ.
    SwiGLU(SwiGLU),
}

impl Layer for Activation {
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        match self {
            Activation::Relu => relu(x),
            Activation::LeakyRelu(slope) => leaky_relu(x, *slope),
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Gelu => gelu(x),
            Activation::Silu => silu(x),
            Activation::SwiGLU(layer) => layer.forward(pass, x),
        }
    }
}

#[cfg(test)]
pub(crate) use {
    gelu::cases as gelu_cases, leaky_relu::cases as leaky_relu_cases, relu::cases as relu_cases,
    silu::cases as silu_cases,
};
