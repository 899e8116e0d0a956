//! Derivatives of functions: forward mode by dual numbers, and both modes together.
//!
//! The tape runs over any [`Scalar`], so it runs over [`Dual`] numbers. The forward pass then
//! carries a directional derivative along, and the backward pass the derivative of the gradient:
//!
//! | function | computes | how |
//! |---|---|---|
//! | [`grad`], [`value_and_grad`] | ∇f | reverse |
//! | [`jvp`] | J v | forward over duals |
//! | [`hvp`] | H v | reverse over duals, exact and without forming H |
//! | [`jacobian`] | J | reverse, a walk for each output |
//! | [`hessian`] | H | [`hvp`] along each axis |
//!
//! A function is a closure from variables to a variable. [`parameters`] has the same for a model: a
//! closure from a [`Pass`](crate::Pass).
//!
//! ```
//! use autograd::functional::{grad, hvp};
//! use tensor::Tensor;
//!
//! // f(x) = exp(x³) at 0.5: f' = 3x² f, f'' = (6x + 9x⁴) f.
//! let x = [Tensor::scalar(0.5)];
//! let f = 0.125f64.exp();
//! let slope = grad(|x| x[0].powi(3).exp(), &x)[0].item();
//! let curvature = hvp(|x| x[0].powi(3).exp(), &x, &[Tensor::scalar(1.0)])[0].item();
//! assert!((slope - 0.75 * f).abs() < 1e-15);
//! assert!((curvature - 3.5625 * f).abs() < 1e-14);
//! ```

mod dual;
pub mod parameters;

pub use dual::Dual;
use tensor::{Scalar, Tensor};

use crate::{Parameters, Var};

/// Inputs as parameters, so that there is one implementation of everything.
pub(crate) fn as_parameters<S: Scalar>(inputs: &[Tensor<S>]) -> Parameters<S> {
    let mut parameters = Parameters::with_seed(0);
    for (i, input) in inputs.iter().enumerate() {
        parameters.add(format!("input {i}"), input.clone());
    }
    parameters
}

fn values<S: Scalar>(parameters: Parameters<S>) -> Vec<Tensor<S>> {
    parameters.iter().map(|(_, _, value)| value.clone()).collect()
}

/// The gradient of a function of one number with respect to each input.
///
/// # Panics
/// When the result is not a single number.
#[track_caller]
pub fn grad<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> Vec<Tensor<S>>
where
    F: for<'t> Fn(&[Var<'t, S>]) -> Var<'t, S>,
{
    value_and_grad(function, inputs).1
}

/// The value of a function of one number, and its gradient with respect to each input.
///
/// # Panics
/// When the result is not a single number.
#[track_caller]
pub fn value_and_grad<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> (S, Vec<Tensor<S>>)
where
    F: for<'t> Fn(&[Var<'t, S>]) -> Var<'t, S>,
{
    let (value, gradient) =
        parameters::value_and_grad(|pass| function(&pass.all_parameters()), &as_parameters(inputs));
    (value, values(gradient))
}

/// The value of a function, and its derivative along `tangents`: the Jacobian–vector product.
///
/// # Panics
/// If `tangents` does not have a tensor of the shape of each input.
#[track_caller]
pub fn jvp<S: Scalar, F>(
    function: F,
    inputs: &[Tensor<S>],
    tangents: &[Tensor<S>],
) -> (Tensor<S>, Tensor<S>)
where
    F: for<'t> Fn(&[Var<'t, Dual<S>>]) -> Var<'t, Dual<S>>,
{
    parameters::jvp(
        |pass| function(&pass.all_parameters()),
        &as_parameters(inputs),
        &as_parameters(tangents),
    )
}

/// The Hessian of a function of one number, times `tangents`: the derivative of the gradient along
/// that direction (Pearlmutter 1994).
///
/// # Panics
/// If the result is not a single number, or `tangents` does not have a tensor of the shape of each
/// input.
#[track_caller]
pub fn hvp<S: Scalar, F>(
    function: F,
    inputs: &[Tensor<S>],
    tangents: &[Tensor<S>],
) -> Vec<Tensor<S>>
where
    F: for<'t> Fn(&[Var<'t, Dual<S>>]) -> Var<'t, Dual<S>>,
{
    values(parameters::hvp(
        |pass| function(&pass.all_parameters()),
        &as_parameters(inputs),
        &as_parameters(tangents),
    ))
}

/// The derivatives of all outputs with respect to all entries of each input: for an output of shape
/// `o` and an input of shape `i` a tensor of shape `[o…, i…]`.
#[track_caller]
pub fn jacobian<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> Vec<Tensor<S>>
where
    F: for<'t> Fn(&[Var<'t, S>]) -> Var<'t, S>,
{
    parameters::jacobian(|pass| function(&pass.all_parameters()), &as_parameters(inputs))
}

/// The second derivatives of a function of one number: for inputs `i` and `j` a tensor of shape
/// `[i…, j…]` at `[i][j]`.
///
/// # Panics
/// When the result is not a single number.
#[track_caller]
pub fn hessian<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> Vec<Vec<Tensor<S>>>
where
    F: for<'t> Fn(&[Var<'t, Dual<S>>]) -> Var<'t, Dual<S>>,
{
    parameters::hessian(|pass| function(&pass.all_parameters()), &as_parameters(inputs))
}
