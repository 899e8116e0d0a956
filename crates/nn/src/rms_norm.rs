//! Root-mean-square normalization (Zhang and Sennrich 2019): each sample is divided by the root of the
//! mean square of its features, then scaled by learned numbers. [`LayerNorm`](crate::LayerNorm) without
//! the means and the bias.
//!
//! ```text
//! ρ = √(mean x² + ε)      x̂ = x / ρ      y = w ⊙ x̂
//!
//! g = w ⊙ ȳ       x̄ = (g − x̂ mean(g ⊙ x̂)) / ρ       w̄ = Σ ȳ ⊙ x̂
//! ```
//!
//! The means are over the last axis. The term subtracted in x̄ is the part of g along x, because
//! stretching all features alike does not change y.

use autograd::{Adjoints, Formulas, Op, ParameterId, Parameters, Pass, Var};
use tensor::{Scalar, Shape, ShapeError, Tensor, sum, vectorized};

use crate::Layer;
use crate::root_mean_square::{self, root_mean_square_of_huge};

/// Normalizes the last axis by its root mean square, y = w · x / √(mean x² + ε): `[…, features]` keeps its shape.
///
/// ```
/// use autograd::{Parameters, Pass, Tape};
/// use nn::{Layer, RMSNorm};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::<f64>::with_seed(0);
/// let norm = RMSNorm::new(&mut parameters, "norm", 2).epsilon(0.0);
/// let tape = Tape::default();
/// let x = tape.constant(Tensor::from([[1.0, -1.0], [7.0, 7.0]]));
/// let y = norm.forward(Pass::eval(&tape, &parameters), x);
/// assert_eq!(y.value(), Tensor::from([[1.0, -1.0], [1.0, 1.0]]));
/// ```
///
/// Its parameter is `name.weight` `[features]`, ones. ε is 2⁻²³, as in PyTorch for `f32`, in every
/// scalar type.
#[derive(Clone, Debug)]
pub struct RMSNorm {
    weight: ParameterId,
    epsilon: f64,
}

impl RMSNorm {
    /// Creates a layer for a last axis of `features` numbers.
    #[track_caller]
    pub fn new<T: Scalar>(parameters: &mut Parameters<T>, name: &str, features: usize) -> Self {
        let weight = parameters.add(format!("{name}.weight"), Tensor::ones([features]));
        Self { weight, epsilon: f32::EPSILON.into() }
    }

    /// Returns the layer with another ε. Many language models use 1e-5 or 1e-6.
    ///
    /// # Panics
    /// If it is negative or not finite.
    #[track_caller]
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon: root_mean_square::epsilon("RMSNorm", epsilon), ..self }
    }

    /// Returns the id of the weight, `[features]`.
    pub fn weight(&self) -> ParameterId {
        self.weight
    }
}

impl Layer for RMSNorm {
    #[track_caller]
    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        rms_norm(x, pass.parameter(self.weight), self.epsilon)
    }
}

/// Records `weight · x / √(mean x² + ε)` for `x` `[…, features]` and weight `[features]`; the mean is
/// over the last axis.
///
/// # Panics
/// If the shapes do not fit, or ε is negative, not finite, or so small that the scalar type makes it 0.
#[track_caller]
pub fn rms_norm<'t, T: Scalar>(x: Var<'t, T>, weight: Var<'t, T>, epsilon: f64) -> Var<'t, T> {
    let epsilon = root_mean_square::epsilon("rms_norm", epsilon);
    x.tape().apply(RMSNormOp { epsilon, scale: None }, &[x, weight])
}

struct RMSNormOp<T: Scalar> {
    epsilon: T,
    /// 1/ρ of each row, with a last axis of length 1.
    scale: Option<Tensor<T>>,
}

impl<T: Scalar> Op<T> for RMSNormOp<T> {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = w x̂, x̂ = x / ρ")
                .vjp("x̄ = (g − x̂ mean(g x̂)) / ρ, g = w ȳ")
                .vjp("w̄ = Σ ȳ x̂")
                .symbol("x̂", "x / ρ")
                .symbol("ρ", "the root of the mean square of the features")
                .symbol("g", "w ȳ"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        match shapes {
            &[&[.., features], &[weights]] if features == weights => Ok(()),
            _ => Err(ShapeError::new(format!(
                "x {:?}, weight {:?} do not fit: they must be [..., features], [features]",
                shapes[0], shapes[1]
            ))),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let &[x, weight] = x else { unreachable!("rms_norm has two inputs") };
        let mut shape = Shape::from_slice(x.shape());
        shape[x.rank() - 1] = 1;
        let mut scale = Tensor::zeros(shape);
        let mut y = x.contiguous();
        if !x.is_empty() {
            normalize(y.as_mut_slice(), &weight.values(), self.epsilon, scale.as_mut_slice());
        }
        self.scale = Some(scale);
        y
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, adjoints: &mut Adjoints<'_, T>) {
        let &[x, weight] = x else { unreachable!("rms_norm has two inputs") };
        let scales = self.scale.as_ref().expect("forward ran").values();
        let mut dx = dy.contiguous();
        let mut sums = Tensor::zeros([scales.len().div_ceil(GROUP), weight.len()]);
        if !x.is_empty() {
            let (x, weight) = (x.values(), weight.values());
            walk_back(dx.as_mut_slice(), sums.as_mut_slice(), &x, &weight, &scales);
        }
        adjoints.add(0, || dx);
        adjoints.add(1, || sums.sum_to(weight.shape()));
    }
}

/// The number of rows of ȳ ⊙ x̂ that are added up one by one; adding more this way would round too often.
const GROUP: usize = 16;

/// Turns each row of x, as long as the weight, into y, and writes its 1/ρ. Each row stays in the nearest
/// cache meanwhile.
fn normalize<T: Scalar>(rows: &mut [T], weight: &[T], epsilon: T, scales: &mut [T]) {
    let features = T::from_f64(weight.len() as f64);
    let mut squares = vec![T::ZERO; weight.len()];
    vectorized(
        #[inline(always)]
        || {
            for (row, scale) in rows.chunks_exact_mut(weight.len()).zip(&mut *scales) {
                squares.iter_mut().zip(&*row).for_each(|(square, &x)| *square = x * x);
                let mean = sum(&squares) / features;
                let root = match mean.is_finite() {
                    true => (mean + epsilon).sqrt(),
                    false => root_mean_square_of_huge(row),
                };
                *scale = T::ONE / root;
                row.iter_mut().zip(weight).for_each(|(x, &weight)| *x = weight * (*x * *scale));
            }
        },
    );
}

/// Turns each row of ȳ into x̄, and adds up ȳ ⊙ x̂ over each group of rows.
fn walk_back<T: Scalar>(rows: &mut [T], sums: &mut [T], x: &[T], weight: &[T], scales: &[T]) {
    let width = weight.len();
    let features = T::from_f64(width as f64);
    let mut products = vec![T::ZERO; width];
    vectorized(
        #[inline(always)]
        || {
            let (weight, products) = (&weight[..width], &mut products[..width]);
            let inputs = x.chunks_exact(width).zip(scales);
            for (number, (dy, (x, &scale))) in rows.chunks_exact_mut(width).zip(inputs).enumerate()
            {
                let sums = &mut sums[number / GROUP * width..][..width];
                // Slices of equal length let the compiler drop the bounds checks.
                let (dy, x) = (&mut dy[..width], &x[..width]);
                for i in 0..width {
                    let normalized = x[i] * scale;
                    sums[i] += dy[i] * normalized;
                    dy[i] = weight[i] * dy[i];
                    products[i] = dy[i] * normalized;
                }
                let stretch = sum(products) / features;
                for (g, &x) in dy.iter_mut().zip(x) {
                    *g = (*g - x * scale * stretch) * scale;
                }
            }
        },
    );
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
            (draw(x), draw(vec![features]), Just(epsilon))
        })
        .prop_map(|(x, w, epsilon)| {
            Case::new("rms_norm", [x, w], move |[x, w]| rms_norm(x, w, epsilon))
        })
        .boxed()
}
