//! Activation functions, and the choice of one at run time.

mod gelu;
mod leaky_relu;
mod relu;
mod silu;

use std::fmt;
use std::str::FromStr;

use autograd::{Parameters, Pass, Var};
pub use gelu::gelu;
pub use leaky_relu::leaky_relu;
pub use relu::relu;
pub use silu::silu;
use tensor::Scalar;

use crate::{Layer, SwiGLU};

/// An activation function, as a layer.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Activation, Layer};
/// use tensor::Tensor;
///
/// let (tape, parameters) = (Tape::new(), Parameters::new(0));
/// let x = tape.constant(Tensor::from([-1.0, 2.0]));
/// let y = Activation::Relu.forward(Pass::eval(&tape, &parameters), x);
/// assert_eq!(y.value(), Tensor::from([0.0, 2.0]));
/// ```
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
    #[track_caller]
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

/// The name of an activation function, as a program's user gives it.
///
/// ```
/// use nn::ActivationKind;
///
/// assert_eq!("swiglu".parse(), Ok(ActivationKind::SwiGLU));
/// assert_eq!(ActivationKind::LeakyRelu.to_string(), "leaky-relu");
/// assert_eq!(
///     "swish".parse::<ActivationKind>().unwrap_err().to_string(),
///     "there is no activation `swish`: choose one of relu, leaky-relu, tanh, sigmoid, gelu, silu, swiglu"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationKind {
    /// `relu`
    Relu,
    /// `leaky-relu`, with slope 0.01
    LeakyRelu,
    /// `tanh`
    Tanh,
    /// `sigmoid`
    Sigmoid,
    /// `gelu`
    Gelu,
    /// `silu`
    Silu,
    /// `swiglu`, with one learned β and γ
    SwiGLU,
}

impl ActivationKind {
    /// All activation functions with their names.
    pub const ALL: [(&str, ActivationKind); 7] = [
        ("relu", ActivationKind::Relu),
        ("leaky-relu", ActivationKind::LeakyRelu),
        ("tanh", ActivationKind::Tanh),
        ("sigmoid", ActivationKind::Sigmoid),
        ("gelu", ActivationKind::Gelu),
        ("silu", ActivationKind::Silu),
        ("swiglu", ActivationKind::SwiGLU),
    ];

    /// Creates the layer. Its parameters, if it has any, get names that begin with `name`.
    #[track_caller]
    pub fn layer<T: Scalar>(self, parameters: &mut Parameters<T>, name: &str) -> Activation {
        match self {
            ActivationKind::Relu => Activation::Relu,
            ActivationKind::LeakyRelu => Activation::LeakyRelu(0.01),
            ActivationKind::Tanh => Activation::Tanh,
            ActivationKind::Sigmoid => Activation::Sigmoid,
            ActivationKind::Gelu => Activation::Gelu,
            ActivationKind::Silu => Activation::Silu,
            ActivationKind::SwiGLU => Activation::SwiGLU(SwiGLU::new(parameters, name)),
        }
    }
}

impl fmt::Display for ActivationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, kind)| kind == self).map_or("", |(name, _)| name);
        f.pad(name)
    }
}

impl FromStr for ActivationKind {
    type Err = UnknownActivation;

    fn from_str(text: &str) -> Result<Self, UnknownActivation> {
        let known = Self::ALL.iter().find(|(name, _)| *name == text);
        known.map(|(_, kind)| *kind).ok_or_else(|| UnknownActivation(text.to_string()))
    }
}

/// The error for a name that is not the name of an activation function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownActivation(String);

impl fmt::Display for UnknownActivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ActivationKind::ALL.map(|(name, _)| name).join(", ");
        write!(f, "there is no activation `{}`: choose one of {names}", self.0)
    }
}

impl std::error::Error for UnknownActivation {}

#[cfg(test)]
pub(crate) use {
    gelu::cases as gelu_cases, leaky_relu::cases as leaky_relu_cases, relu::cases as relu_cases,
    silu::cases as silu_cases,
};
