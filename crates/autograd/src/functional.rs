//! Derivatives of functions: forward mode by dual numbers, and both modes together.
//!
//! The tape runs over any [`Scalar`], so it runs over [`Dual`] numbers. The forward pass then
//! carries a directional derivative along, and the backward pass the derivative of the gradient:
//!
//! | function | computes | how |
//! |---|---|---|
//! | [`grad`], [`value_and_grad`] | ∇f | reverse |
//! | [`vjp`] | Jᵀ u | reverse |
//! | [`jvp`] | J v | forward over duals |
//! | [`hvp`] | H v | reverse over duals, exact and without forming H |
//! | [`jacobian`] | J | reverse, a walk for each output |
//! | [`hessian`] | H | [`hvp`] along each axis |
//!
//! A function is a closure from an array of variables to a variable; the results are arrays of the same
//! length. [`parameters`] has the same for a model, a closure from a [`Pass`], and for a number
//! of inputs that is known only when the program runs.
//!
//! ```
//! use autograd::functional::{grad, hvp};
//! use tensor::Tensor;
//!
//! // f(x, y) = x²y: ∂f/∂x = 2xy, ∂f/∂y = x².
//! let at = [Tensor::scalar(3.0), Tensor::scalar(2.0)];
//! let [dx, dy] = grad(|[x, y]| x * x * y, &at);
//! assert_eq!((dx.item(), dy.item()), (12.0, 9.0));
//!
//! // Along x alone the gradient changes by [2y, 2x].
//! let along_x = [Tensor::scalar(1.0), Tensor::scalar(0.0)];
//! let [dx, dy] = hvp(|[x, y]| x * x * y, &at, &along_x);
//! assert_eq!((dx.item(), dy.item()), (4.0, 6.0));
//! ```
//!
//! # A tape over dual numbers
//!
//! The functions above are short, because a `Tape<Dual<S>>` is a tape like any other. Inputs that move are
//! given as duals; inputs that do not move are given by [`Dual::still`], or as a cast of plain numbers. A
//! walk back computes in dual numbers too: the value of an adjoint is the derivative ∂f/∂w, and its tangent
//! is the derivative of ∂f/∂w along the direction in which the inputs move. This serves two purposes for
//! which `hvp` is not enough.
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
//! **To train on derivatives with respect to the input**, as for a differential equation: if x is given as
//! x + ε₁ + ε₂, a dual of duals, then u(x) is u + u′ε₁ + u′ε₂ + u″ε₁ε₂. A walk back from u with the cotangent
//! c, a plain number for each element, gives Σ c ∂u/∂w, and its part in ε₁ε₂, the tangent of the tangent, is
//! Σ c ∂u″/∂w. For a loss of u″ the cotangent is ∂loss/∂u″. [`Gradients::map`](crate::Gradients::map)
//! extracts these tangents from the gradients of a whole model, for an optimizer.

mod dual;
pub mod parameters;

pub use dual::Dual;
use parameters::of_inputs;
use tensor::{Scalar, Tensor};

use crate::{Parameters, Pass, Var};

/// Returns the gradient of a function whose result is one number, with respect to each input.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn grad<S: Scalar, const N: usize, F>(function: F, inputs: &[Tensor<S>; N]) -> [Tensor<S>; N]
where
    F: for<'t> Fn([Var<'t, S>; N]) -> Var<'t, S>,
{
    value_and_grad(function, inputs).1
}

/// Returns the value of a function whose result is one number, and its gradient with respect to each input.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn value_and_grad<S: Scalar, const N: usize, F>(
    function: F,
    inputs: &[Tensor<S>; N],
) -> (S, [Tensor<S>; N])
where
    F: for<'t> Fn([Var<'t, S>; N]) -> Var<'t, S>,
{
    let (value, gradient) =
        parameters::value_and_grad(|pass| function(variables(pass)), &of_inputs(inputs));
    (value, values(gradient))
}

/// Returns the value of a function, and the vector–Jacobian product: for each input x the gradient of the
/// outputs weighted by `cotangent`,
///
/// ```text
/// Jᵀ u = ∂⟨u, f(x)⟩/∂x        ⟨u, J v⟩ = ⟨Jᵀ u, v⟩ for each v, so it is the transpose of jvp
/// ```
///
/// ```
/// use autograd::functional::vjp;
/// use tensor::Tensor;
///
/// // f(x) = x², element by element: J is diagonal, with entries 2x.
/// let (value, [dx]) = vjp(|[x]| x * x, &[Tensor::from([1.0, 3.0])], &Tensor::from([10.0, 1.0]));
/// assert_eq!((value, dx), (Tensor::from([1.0, 9.0]), Tensor::from([20.0, 6.0])));
/// ```
///
/// # Panics
/// If `cotangent` does not have the shape of the value.
#[track_caller]
pub fn vjp<S: Scalar, const N: usize, F>(
    function: F,
    inputs: &[Tensor<S>; N],
    cotangent: &Tensor<S>,
) -> (Tensor<S>, [Tensor<S>; N])
where
    F: for<'t> Fn([Var<'t, S>; N]) -> Var<'t, S>,
{
    let at = of_inputs(inputs);
    let (value, gradient) = parameters::vjp(|pass| function(variables(pass)), &at, cotangent);
    (value, values(gradient))
}

/// Returns the value of a function, and its derivative along `tangents`: the Jacobian–vector product J v.
///
/// `function` runs on a tape that records nothing, so it cannot walk back; for the derivative of a
/// gradient, use [`hvp`].
///
/// # Panics
/// If `tangents` does not have a tensor of the shape of each input.
#[track_caller]
pub fn jvp<S: Scalar, const N: usize, F>(
    function: F,
    inputs: &[Tensor<S>; N],
    tangents: &[Tensor<S>; N],
) -> (Tensor<S>, Tensor<S>)
where
    F: for<'t> Fn([Var<'t, Dual<S>>; N]) -> Var<'t, Dual<S>>,
{
    let (at, direction) = (of_inputs(inputs), of_inputs(tangents));
    parameters::jvp(|pass| function(variables(pass)), &at, &direction)
}

/// Returns the Hessian of a function whose result is one number, times `tangents`: the derivative of the
/// gradient along that direction (Pearlmutter 1994).
///
/// # Panics
/// If the result is not a single number, or `tangents` does not have a tensor of the shape of each
/// input.
#[track_caller]
pub fn hvp<S: Scalar, const N: usize, F>(
    function: F,
    inputs: &[Tensor<S>; N],
    tangents: &[Tensor<S>; N],
) -> [Tensor<S>; N]
where
    F: for<'t> Fn([Var<'t, Dual<S>>; N]) -> Var<'t, Dual<S>>,
{
    let (at, direction) = (of_inputs(inputs), of_inputs(tangents));
    values(parameters::hvp(|pass| function(variables(pass)), &at, &direction))
}

/// Returns the derivatives of all outputs with respect to all entries of each input: for an output of shape
/// `o` and an input of shape `i` a tensor of shape `[o…, i…]`.
#[track_caller]
pub fn jacobian<S: Scalar, const N: usize, F>(
    function: F,
    inputs: &[Tensor<S>; N],
) -> [Tensor<S>; N]
where
    F: for<'t> Fn([Var<'t, S>; N]) -> Var<'t, S>,
{
    array(parameters::jacobian(|pass| function(variables(pass)), &of_inputs(inputs)))
}

/// Returns the second derivatives of a function whose result is one number: for inputs `i` and `j` a
/// tensor of shape `[i…, j…]` at `[i][j]`.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn hessian<S: Scalar, const N: usize, F>(
    function: F,
    inputs: &[Tensor<S>; N],
) -> [[Tensor<S>; N]; N]
where
    F: for<'t> Fn([Var<'t, Dual<S>>; N]) -> Var<'t, Dual<S>>,
{
    let blocks = parameters::hessian(|pass| function(variables(pass)), &of_inputs(inputs));
    array(blocks.into_iter().map(array).collect())
}

#[track_caller]
fn variables<S: Scalar, const N: usize>(pass: Pass<'_, S>) -> [Var<'_, S>; N] {
    array(pass.all_parameters())
}

fn values<S: Scalar, const N: usize>(parameters: Parameters<S>) -> [Tensor<S>; N] {
    array(parameters.iter().map(|(_, _, value)| value.clone()).collect())
}

/// Returns the elements, one for each input, as an array.
pub(crate) fn array<E, const N: usize>(elements: Vec<E>) -> [E; N] {
    elements.try_into().unwrap_or_else(|_| unreachable!("one element for each input"))
}
