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
//!
//! # A tape over dual numbers
//!
//! The functions above are short, because a `Tape<Dual<S>>` is a tape like any other. What moves is given
//! as duals; what does not move is cast. A walk back computes in dual numbers too: the value of an
//! adjoint is the derivative ∂f/∂w, and its tangent is the derivative of ∂f/∂w along the direction in
//! which the inputs move. Two things that need more than `hvp` are done with it.
//!
//! **To differentiate through a gradient**, as for a penalty φ(∇ₓf) on the slopes of a network: because
//! second derivatives are symmetric,
//!
//! ```text
//! ∂/∂w φ(∇ₓf) = ∂²f/∂w∂x · v = the tangent of ∂f/∂w where x moves along v,    v = φ′(∇ₓf)
//! ```
//!
//! So one walk computes ∇ₓf, and a second one, over duals, the gradient of φ:
//!
//! ```
//! use autograd::functional::Dual;
//! use autograd::{Tape, Var};
//! use tensor::{Scalar, Tensor};
//!
//! fn f<'t, T: Scalar>(x: Var<'t, T>, w: Var<'t, T>) -> Var<'t, T> {
//!     (w * x.powi(3)).sum_all()
//! }
//!
//! // ∇ₓf = 3 w x², so |∇ₓf|² = Σ 9 w² x⁴, and its derivative with respect to w is 18 w x⁴.
//! let (x, w) = (Tensor::from([1.0, 2.0]), Tensor::from([0.5, -1.0]));
//! let tape = Tape::<f64>::default();
//! let at = tape.variable(x.clone());
//! let slopes = f(at, tape.constant(w.clone())).backward().of(at);
//!
//! let tape = Tape::<Dual<f64>>::default();
//! let moving = tape.constant(Dual::tensor(&x, &(slopes * 2.0)));
//! let weight = tape.variable(w.cast());
//! let gradient = f(moving, weight).backward().of(weight);
//! assert_eq!(Dual::values(&gradient), Tensor::from([1.0, 8.0]));
//! assert_eq!(Dual::tangents(&gradient), Tensor::from([9.0, -288.0]));
//! ```
//!
//! **To train on derivatives with respect to the input**, as for a differential equation: where x is
//! x + ε₁ + ε₂, a dual of duals, u(x) is u + u′ε₁ + u′ε₂ + u″ε₁ε₂. A walk back from u with the cotangent
//! c, a plain number for each element, has Σ c ∂u/∂w, and in ε₁ε₂, the tangent of the tangent,
//! Σ c ∂u″/∂w. For a loss of u″ the cotangent is ∂loss/∂u″. [`Gradients::map`](crate::Gradients::map)
//! takes these tangents of the gradients of a whole model, for an optimizer.

mod dual;
pub mod parameters;

pub use dual::Dual;
use tensor::{Scalar, Tensor};

use crate::{Parameters, Var};

/// Returns inputs as parameters, so that there is one implementation of everything.
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

/// Returns the gradient of a function of one number with respect to each input.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn grad<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> Vec<Tensor<S>>
where
    F: for<'t> Fn(&[Var<'t, S>]) -> Var<'t, S>,
{
    value_and_grad(function, inputs).1
}

/// Returns the value of a function of one number, and its gradient with respect to each input.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn value_and_grad<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> (S, Vec<Tensor<S>>)
where
    F: for<'t> Fn(&[Var<'t, S>]) -> Var<'t, S>,
{
    let (value, gradient) =
        parameters::value_and_grad(|pass| function(&pass.all_parameters()), &as_parameters(inputs));
    (value, values(gradient))
}

/// Returns the value of a function, and its derivative along `tangents`: the Jacobian–vector product.
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

/// Returns the Hessian of a function of one number, times `tangents`: the derivative of the gradient along
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

/// Returns the derivatives of all outputs with respect to all entries of each input: for an output of shape
/// `o` and an input of shape `i` a tensor of shape `[o…, i…]`.
#[track_caller]
pub fn jacobian<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> Vec<Tensor<S>>
where
    F: for<'t> Fn(&[Var<'t, S>]) -> Var<'t, S>,
{
    parameters::jacobian(|pass| function(&pass.all_parameters()), &as_parameters(inputs))
}

/// Returns the second derivatives of a function of one number: for inputs `i` and `j` a tensor of shape
/// `[i…, j…]` at `[i][j]`.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn hessian<S: Scalar, F>(function: F, inputs: &[Tensor<S>]) -> Vec<Vec<Tensor<S>>>
where
    F: for<'t> Fn(&[Var<'t, Dual<S>>]) -> Var<'t, Dual<S>>,
{
    parameters::hessian(|pass| function(&pass.all_parameters()), &as_parameters(inputs))
}
