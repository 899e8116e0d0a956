//! The derivatives of a model with respect to its parameters.
//!
//! A direction in the space of parameters is itself a [`Parameters`] with the same names and
//! shapes, and so is a gradient. Frozen parameters do not move: their part of a direction counts as
//! zero, and so does their gradient. Parameters of other stores that the function reads count as
//! constants.
//!
//! If the number of input tensors is known only when the program runs, pass them as parameters:
//!
//! ```
//! use autograd::functional::parameters::{jvp, of_inputs};
//! use tensor::Tensor;
//!
//! let inputs: Vec<Tensor<f64>> = (1..=4).map(|i| Tensor::scalar(f64::from(i))).collect();
//! let at = of_inputs(&inputs);
//! let (product, change) = jvp(|pass| pass.all_parameters().into_iter().reduce(|x, y| x * y).unwrap(), &at, &at);
//! assert_eq!((product.item(), change.item()), (24.0, 96.0));
//! ```

use tensor::{Scalar, Shape, Tensor};

use super::Dual;
use crate::{Gradients, Parameters, Pass, Tape, Var};

/// Returns inputs as parameters, `input 0` and so on, which a function reads by [`Pass::all_parameters`].
pub fn of_inputs<S: Scalar>(inputs: &[Tensor<S>]) -> Parameters<S> {
    let mut parameters = Parameters::with_seed(0);
    for (i, input) in inputs.iter().enumerate() {
        parameters.add(format!("input {i}"), input.clone());
    }
    parameters
}

/// Returns the value of a function whose result is one number, and its gradient.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn value_and_grad<S: Scalar, F>(function: F, at: &Parameters<S>) -> (S, Parameters<S>)
where
    F: for<'t> Fn(Pass<'t, S>) -> Var<'t, S>,
{
    let tape = Tape::default();
    let result = function(Pass::eval(&tape, at));
    let gradients = result.backward();
    (result.item(), collect(at, &gradients))
}

/// Returns the value of a function, and the vector–Jacobian product Jᵀ `cotangent`.
///
/// # Panics
/// If `cotangent` does not have the shape of the value.
#[track_caller]
pub fn vjp<S: Scalar, F>(
    function: F,
    at: &Parameters<S>,
    cotangent: &Tensor<S>,
) -> (Tensor<S>, Parameters<S>)
where
    F: for<'t> Fn(Pass<'t, S>) -> Var<'t, S>,
{
    let tape = Tape::default();
    let result = function(Pass::eval(&tape, at));
    let gradients = result.vjp(cotangent.clone());
    (result.value(), collect(at, &gradients))
}

/// Returns the value of a function, and its derivative along `direction`. The function runs on a tape that
/// records nothing.
///
/// # Panics
/// If `direction` does not have the shapes of the parameters.
#[track_caller]
pub fn jvp<S: Scalar, F>(
    function: F,
    at: &Parameters<S>,
    direction: &Parameters<S>,
) -> (Tensor<S>, Tensor<S>)
where
    F: for<'t> Fn(Pass<'t, Dual<S>>) -> Var<'t, Dual<S>>,
{
    let moving = moving(at, direction);
    let tape = Tape::no_grad();
    let result = function(Pass::eval(&tape, &moving)).value();
    (Dual::values(&result), Dual::tangents(&result))
}

/// Returns the Hessian of a function whose result is one number, times `direction`.
///
/// # Panics
/// If the result is not a single number, or `direction` does not have the shapes of the
/// parameters.
#[track_caller]
pub fn hvp<S: Scalar, F>(
    function: F,
    at: &Parameters<S>,
    direction: &Parameters<S>,
) -> Parameters<S>
where
    F: for<'t> Fn(Pass<'t, Dual<S>>) -> Var<'t, Dual<S>>,
{
    let moving = moving(at, direction);
    let (_, gradient) = value_and_grad(function, &moving);
    gradient.map(|_, gradient| Dual::tangents(gradient))
}

/// Returns the derivatives of all outputs with respect to each parameter: `[output…, parameter…]`.
#[track_caller]
pub fn jacobian<S: Scalar, F>(function: F, at: &Parameters<S>) -> Vec<Tensor<S>>
where
    F: for<'t> Fn(Pass<'t, S>) -> Var<'t, S>,
{
    let tape = Tape::default();
    let result = function(Pass::eval(&tape, at));
    let shape = result.shape();
    let rows: Vec<Parameters<S>> = (0..result.value().len())
        .map(|k| {
            let mut cotangent = Tensor::zeros(&shape);
            cotangent.as_mut_slice()[k] = S::ONE;
            collect(at, &result.vjp(cotangent))
        })
        .collect();
    at.ids().map(|id| stack(&shape, at.get(id), rows.iter().map(|row| row.get(id)))).collect()
}

/// Returns the second derivatives of a function whose result is one number: for parameters `i` and `j` a
/// tensor of shape `[i…, j…]` at `[i][j]`.
///
/// # Panics
/// If the result is not a single number.
#[track_caller]
pub fn hessian<S: Scalar, F>(function: F, at: &Parameters<S>) -> Vec<Vec<Tensor<S>>>
where
    F: for<'t> Fn(Pass<'t, Dual<S>>) -> Var<'t, Dual<S>>,
{
    let still = at.map(|_, value| Tensor::zeros(value.shape()));
    let mut all = Vec::with_capacity(at.len());
    // Not by closures, which would hide the caller's line.
    for id in at.ids() {
        let mut rows: Vec<Parameters<S>> = Vec::with_capacity(at.get(id).len());
        for k in 0..at.get(id).len() {
            let mut direction = still.clone();
            direction.get_mut(id).as_mut_slice()[k] = S::ONE;
            rows.push(hvp(&function, at, &direction));
        }
        let shape = Shape::from(at.get(id).shape());
        let of_other = |j| stack(&shape, at.get(j), rows.iter().map(|row| row.get(j)));
        all.push(at.ids().map(of_other).collect());
    }
    all
}

/// Returns the parameters as duals that move along `direction`.
#[track_caller]
pub(crate) fn moving<S: Scalar>(
    at: &Parameters<S>,
    direction: &Parameters<S>,
) -> Parameters<Dual<S>> {
    let shapes = |parameters: &Parameters<S>| -> Vec<Shape> {
        parameters.iter().map(|(_, _, value)| Shape::from(value.shape())).collect()
    };
    assert!(
        shapes(at) == shapes(direction),
        "the direction has shapes {:?}, the parameters {:?}: they must be equal",
        shapes(direction),
        shapes(at)
    );
    let direction: Vec<&Tensor<S>> = direction.iter().map(|(_, _, value)| value).collect();
    at.map(|id, value| match at.is_trainable(id) {
        true => Dual::tensor(value, direction[id.index()]),
        false => Dual::tensor(value, &Tensor::scalar(S::ZERO)),
    })
}

/// Returns the gradients of all parameters; zeros for those that the result does not depend on.
pub(crate) fn collect<T: Scalar>(at: &Parameters<T>, gradients: &Gradients<T>) -> Parameters<T> {
    at.map(|id, value| match gradients.get(id) {
        Some(gradient) => gradient.clone(),
        None => Tensor::zeros(value.shape()),
    })
}

/// Joins one tensor per output, of the shape of `like`, as one tensor `[output…, like…]`.
fn stack<'a, S: Scalar>(
    output: &Shape,
    like: &Tensor<S>,
    rows: impl Iterator<Item = &'a Tensor<S>>,
) -> Tensor<S> {
    let shape: Shape = output.iter().chain(like.shape()).copied().collect();
    Tensor::new(shape, rows.flat_map(Tensor::to_vec).collect())
}
