//! Layer normalization (Ba et al. 2016): each sample is brought to mean 0 and deviation 1 over its
//! features, then scaled and shifted by learned numbers.
//!
//! ```text
//! μ = mean x      σ = √(mean (x − μ)² + ε)      x̂ = (x − μ) / σ      y = w ⊙ x̂ + b
//!
//! g = w ⊙ ȳ       x̄ = (g − mean g − x̂ mean(g ⊙ x̂)) / σ       w̄ = Σ ȳ ⊙ x̂       b̄ = Σ ȳ
//! ```
//!
//! The means are over the last axis. The two terms subtracted in x̄ have the same reason: shifting or
//! stretching all features alike does not change y. In the forward direction the mean is subtracted twice:
//! the mean itself is rounded, and if it is large, the rounding error in `f32` may exceed σ. The second
//! subtraction removes that error.

use autograd::{Adjoints, Formulas, Op, ParameterId, Parameters, Pass, Var};
use tensor::{Scalar, ShapeError, Tensor, fused};

use crate::Layer;
use crate::root_mean_square::{self, root_mean_square_of_huge};

/// Normalizes the last axis, y = w · (x − mean x) / √(var x + ε) + b: `[…, features]` keeps its shape.
///
/// Its parameters are `name.weight`, ones, and `name.bias`, zeros, each `[features]`. ε is 1e-5, as
/// in PyTorch.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Layer, LayerNorm};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::new(0);
/// let norm = LayerNorm::new(&mut parameters, "norm", 2).epsilon(0.0);
/// let tape = Tape::new();
/// let x = tape.constant(Tensor::from([[1.0, 3.0], [100.0, 50.0]]));
/// let y = norm.forward(Pass::eval(&tape, &parameters), x);
/// assert_eq!(y.value(), Tensor::from([[-1.0, 1.0], [1.0, -1.0]]));
/// ```
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: ParameterId,
    bias: ParameterId,
    epsilon: f64,
}

impl LayerNorm {
    /// Creates a layer for a last axis of `features` numbers.
    #[track_caller]
    pub fn new<T: Scalar>(parameters: &mut Parameters<T>, name: &str, features: usize) -> Self {
        let weight = parameters.add(format!("{name}.weight"), Tensor::ones([features]));
        let bias = parameters.add(format!("{name}.bias"), Tensor::zeros([features]));
        Self { weight, bias, epsilon: 1e-5 }
    }

    /// Returns the layer with another ε.
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon: root_mean_square::epsilon("LayerNorm", epsilon), ..self }
    }

    /// Returns the id of the weight, `[features]`.
    pub fn weight(&self) -> ParameterId {
        self.weight
    }

    /// Returns the id of the bias, `[features]`.
    pub fn bias(&self) -> ParameterId {
        self.bias
    }
}

impl Layer for LayerNorm {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        layer_norm(x, pass.parameter(self.weight), pass.parameter(self.bias), self.epsilon)
    }
}

/// Records `weight · (x − μ) / √(variance + ε) + bias` for `x` `[…, features]`, weight and bias
/// `[features]`; μ and the variance are over the last axis.
///
/// # Panics
/// If the shapes do not fit, or ε is negative, not finite, or so small that the scalar type makes it 0.
#[track_caller]
pub fn layer_norm<'t, T: Scalar>(
    x: Var<'t, T>,
    weight: Var<'t, T>,
    bias: Var<'t, T>,
    epsilon: f64,
) -> Var<'t, T> {
    let epsilon = root_mean_square::epsilon("layer_norm", epsilon);
    x.tape().apply(LayerNormOp { epsilon, kept: None }, &[x, weight, bias])
}

struct LayerNormOp<T: Scalar> {
    epsilon: T,
    /// x̂, and 1/σ with a last axis of length 1.
    kept: Option<[Tensor<T>; 2]>,
}

impl<T: Scalar> Op<T> for LayerNormOp<T> {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = w x̂ + b, x̂ = (x − μ) / σ")
                .vjp("x̄ = (g − mean g − x̂ mean(g x̂)) / σ, g = w ȳ")
                .vjp("w̄ = Σ ȳ x̂")
                .vjp("b̄ = Σ ȳ")
                .symbol("x̂", "x, standardized")
                .symbol("μ", "the mean of the features")
                .symbol("σ", "the deviation of the features")
                .symbol("g", "w ȳ"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        match shapes {
            &[&[.., features], &[weights], &[biases]]
                if features == weights && features == biases =>
            {
                Ok(())
            }
            _ => Err(ShapeError::new(format!(
                "x {:?}, weight {:?}, bias {:?} do not fit: they must be [..., features], \
                 [features], [features]",
                shapes[0], shapes[1], shapes[2]
            ))),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let &[x, weight, bias] = x else { unreachable!("layer_norm has three inputs") };
        let mut mean = x.mean_keepdim(&[-1]);
        if !mean.is_finite() {
            // The sum may overflow although the mean does not.
            mean = (x / T::from_f64(weight.len() as f64)).sum_keepdim(&[-1]);
        }
        let centered = x - mean;
        let centered = &centered - centered.mean_keepdim(&[-1]);
        let scale = scales(&centered, self.epsilon);
        let ([y, normalized], []) =
            fused::map([&centered, &scale, weight, bias], |[centered, scale, weight, bias]| {
                let normalized = centered * scale;
                ([weight * normalized + bias, normalized], [])
            });
        self.kept = Some([normalized, scale]);
        y
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let [normalized, scale] = self.kept.as_ref().expect("forward ran");
        let weight = x[1];
        if weight.len() == 1 {
            // A single feature is its own mean, so y = b, whatever x and w are. The formulas would give
            // ȳ − ȳ, which is NaN where ȳ is infinite.
            dx.add(0, || Tensor::zeros(x[0].shape()));
            dx.add(1, || Tensor::zeros(weight.shape()));
        } else {
            dx.add(0, || {
                let g = dy * weight;
                let mean = g.mean_keepdim(&[-1]);
                let stretch = (&g * normalized).mean_keepdim(&[-1]);
                let ([dx], []) = fused::map(
                    [&g, normalized, &mean, &stretch, scale],
                    |[g, normalized, mean, stretch, scale]| {
                        ([(g - mean - normalized * stretch) * scale], [])
                    },
                );
                dx
            });
            dx.add(1, || (dy * normalized).sum_to(weight.shape()));
        }
        dx.add(2, || dy.sum_to(x[2].shape()));
    }
}

/// Returns 1/σ of each row of x − μ, with a last axis of length 1.
fn scales<T: Scalar>(centered: &Tensor<T>, epsilon: T) -> Tensor<T> {
    let variance = (centered * centered).mean_keepdim(&[-1]);
    let mut scale = variance.map(|variance| T::ONE / (variance + epsilon).sqrt());
    if !centered.is_empty() && !variance.is_finite() {
        let (rows, variances) = (centered.values(), variance.values());
        let rows = rows.chunks_exact(rows.len() / variances.len());
        for (scale, (row, variance)) in scale.as_mut_slice().iter_mut().zip(rows.zip(&*variances)) {
            if !variance.is_finite() {
                *scale = T::ONE / root_mean_square_of_huge(row);
            }
        }
    }
    scale
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;
    use tensor::strategy::{shapes, tensors};

    (shapes(2, 3), 0..5usize, 0.1..1.0f64)
        .prop_flat_map(|(mut x, features, epsilon)| {
            x.push(features);
            let draw = |shape: Vec<usize>| tensors(shape, -2.0..2.0);
            (draw(x), draw(vec![features]), draw(vec![features]), Just(epsilon))
        })
        .prop_map(|(x, w, b, epsilon)| {
            Case::new("layer_norm", [x, w, b], move |[x, w, b]| layer_norm(x, w, b, epsilon))
        })
        .boxed()
}
