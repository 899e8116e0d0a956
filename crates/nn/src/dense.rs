//! The fully connected layer: Y = X·W + b, where each row of X is a sample.
//!
//! ```text
//! X̄ = Ȳ·Wᵀ      W̄ = Xᵀ·Ȳ      b̄ = Σ rows of Ȳ
//! ```
//!
//! One op instead of a product and a sum: the bias is added to the product in place, and Ȳ serves
//! both VJPs, so there is one tensor less in each direction. All rows of X, along however many axes, are one
//! matrix, with a bias and without.

use autograd::{Adjoints, Formulas, Op, ParameterId, Parameters, Pass, Var};
use tensor::{Scalar, Shape, ShapeError, Tensor};

use crate::rows::flatten;
use crate::{Layer, init, rounded};

/// A fully connected layer, Y = X·W + b, from `[…, inputs]` to `[…, outputs]`.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Dense, Layer};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let layer = Dense::new(&mut parameters, "hidden", 3, 2);
/// assert_eq!(parameters.count(), 3 * 2 + 2);
///
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::ones([4, 3]));
/// let y = layer.forward(Pass::eval(&tape, &parameters), x);
/// assert_eq!(y.shape().as_slice(), [4, 2]);
/// ```
///
/// Its parameters are `name.weight` `[inputs, outputs]`, drawn by [`init::glorot_uniform`], and
/// `name.bias` `[outputs]`, zeros.
#[derive(Clone, Debug)]
pub struct Dense {
    weight: ParameterId,
    bias: Option<ParameterId>,
}

impl Dense {
    /// Creates a layer with a bias.
    #[track_caller]
    pub fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Self {
        let layer = Self::without_bias(parameters, name, inputs, outputs);
        let bias = parameters.add(format!("{name}.bias"), Tensor::zeros([outputs]));
        Self { bias: Some(bias), ..layer }
    }

    /// Creates a layer without a bias.
    #[track_caller]
    pub fn without_bias<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> Self {
        let name = format!("{name}.weight");
        let weight = init::glorot_uniform(inputs, outputs, parameters.key(&name));
        Self { weight: parameters.add(name, weight), bias: None }
    }

    /// Returns the id of the weight, `[inputs, outputs]`.
    pub fn weight(&self) -> ParameterId {
        self.weight
    }

    /// Returns the id of the bias, `[outputs]`.
    pub fn bias(&self) -> Option<ParameterId> {
        self.bias
    }
}

impl Layer for Dense {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        if let Some(matrix) = rounded::matrix(pass, self.weight) {
            let product = rounded::product(x, matrix);
            return match self.bias {
                Some(bias) => product + pass.parameter(bias),
                None => product,
            };
        }
        let weight = pass.parameter(self.weight);
        match self.bias {
            Some(bias) => dense(x, weight, pass.parameter(bias)),
            None => x.tape().apply(DenseOp::<false>, &[x, weight]),
        }
    }
}

/// Records `x · weight + bias` for `x` `[…, inputs]`, `weight` `[inputs, outputs]`, `bias` `[outputs]`.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn dense<'t, T: Scalar>(x: Var<'t, T>, weight: Var<'t, T>, bias: Var<'t, T>) -> Var<'t, T> {
    x.tape().apply(DenseOp::<true>, &[x, weight, bias])
}

/// The inputs are x and the weight, and perhaps a bias. Whether there is one is part of the type: an op without
/// fields needs no memory of its own on the tape.
struct DenseOp<const BIASED: bool>;

impl<T: Scalar, const BIASED: bool> Op<T> for DenseOp<BIASED> {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn formulas(&self) -> Option<Formulas> {
        let product = |y| Formulas::new(y).vjp("X̄ = Ȳ·Wᵀ").vjp("W̄ = Xᵀ·Ȳ");
        Some(match BIASED {
            true => product("Y = X·W + b").vjp("b̄ = Σ rows of Ȳ"),
            false => product("Y = X·W"),
        })
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let (x, weight) = (shapes[0], shapes[1]);
        let outputs = match (x, weight) {
            (&[.., features], &[inputs, outputs]) if features == inputs => Some(outputs),
            _ => None,
        };
        let rule = match (outputs, shapes.get(2)) {
            (Some(_), None) => return Ok(()),
            (Some(outputs), Some(&bias)) if *bias == [outputs] => return Ok(()),
            (_, None) => format!(
                "x {x:?}, weight {weight:?} do not fit: they must be [..., inputs], [inputs, outputs]"
            ),
            (_, Some(bias)) => format!(
                "x {x:?}, weight {weight:?}, bias {bias:?} do not fit: they must be [..., inputs], \
                 [inputs, outputs], [outputs]"
            ),
        };
        Err(ShapeError::new(rule))
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let mut y = flatten(x[0]).matmul(x[1]);
        if BIASED {
            y += x[2];
        }
        let mut shape = Shape::from_slice(x[0].shape());
        shape[x[0].rank() - 1] = x[1].shape()[1];
        y.reshape(shape)
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let dy = flatten(dy);
        dx.add(0, || dy.matmul(&x[1].t()).reshape(x[0].shape()));
        dx.add(1, || flatten(x[0]).t().matmul(&dy));
        if BIASED {
            dx.add(2, || dy.sum_to(x[2].shape()));
        }
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;
    use tensor::strategy::{shapes, tensors};

    (shapes(2, 3), 0..4usize, 0..4usize, any::<bool>())
        .prop_flat_map(|(mut x, inputs, outputs, biased)| {
            x.push(inputs);
            let mut shapes = vec![x, vec![inputs, outputs]];
            shapes.extend(biased.then(|| vec![outputs]));
            shapes.into_iter().map(|shape| tensors(shape, -2.0..2.0)).collect::<Vec<_>>()
        })
        .prop_map(|inputs| {
            Case::of_vec("dense", inputs, |x| match x.len() {
                3 => x[0].tape().apply(DenseOp::<true>, x),
                _ => x[0].tape().apply(DenseOp::<false>, x),
            })
        })
        .boxed()
}
