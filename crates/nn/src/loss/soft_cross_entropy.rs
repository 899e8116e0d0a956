//! Cross-entropy between a softmax over classes and a weight for every class, added up over a batch.
//!
//! ```text
//! L = Σᵢ Σ꜀ qᵢ꜀ (ln Σₖ e^xᵢₖ − xᵢ꜀)       x̄ᵢ꜀ = (softmax(xᵢ)꜀ Σₖ qᵢₖ − qᵢ꜀) L̄
//! ```
//!
//! A row of q may be a distribution, so that a model learns to say how sure it is (label smoothing,
//! Szegedy et al. 2016; distillation, Hinton et al. 2015), a class weight at the true class, or zeros for
//! a sample that does not count.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor};

use super::softmax_cross_entropy::to_softmax;

/// Records the sum over a batch of the cross-entropy of logits `[n, classes]` with target weights of
/// the same shape, in nats. Where a weight is 0 the class adds nothing, however small its probability.
///
/// ```
/// use autograd::Tape;
/// use tensor::Tensor;
///
/// let tape = Tape::<f64>::default();
/// let logits = tape.variable(Tensor::from([[0.0, 0.0]]));
/// let loss = nn::soft_cross_entropy(logits, &Tensor::from([[0.75, 0.25]]));
/// assert_eq!(loss.item(), 2f64.ln());
/// assert_eq!(loss.backward().of(logits), Tensor::from([[-0.25, 0.25]]));
/// ```
///
/// # Panics
/// If the shapes differ or are not `[n, classes]`, there are no classes, or a weight is negative or not
/// finite.
#[track_caller]
pub fn soft_cross_entropy<'t, T: Scalar>(logits: Var<'t, T>, weights: &Tensor<T>) -> Var<'t, T> {
    let op = SoftCrossEntropy { weights: weights.clone(), probabilities: None };
    logits.tape().apply(op, &[logits])
}

struct SoftCrossEntropy<T: Scalar> {
    weights: Tensor<T>,
    probabilities: Option<Tensor<T>>,
}

impl<T: Scalar> Op<T> for SoftCrossEntropy<T> {
    fn name(&self) -> &'static str {
        "soft_cross_entropy"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = Σᵢ Σ꜀ qᵢ꜀ (ln Σₖ e^xᵢₖ − xᵢ꜀)")
                .vjp("x̄ᵢ꜀ = (softmax(xᵢ)꜀ Σₖ qᵢₖ − qᵢ꜀) ȳ")
                .symbol("q", "the weight of a class")
                .symbol("c", "the class")
                .symbol("i", "the sample")
                .symbol("k", "the class"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        let (logits, weights) = (shapes[0], self.weights.shape());
        if logits != weights || logits.len() != 2 || logits[1] == 0 {
            return Err(ShapeError::new(format!(
                "logits {logits:?} and weights {weights:?} must both be [n, classes], with at least one class"
            )));
        }
        let is_weight = |q: &&T| q.is_finite() && **q >= T::ZERO;
        match self.weights.values().iter().find(|q| !is_weight(q)) {
            Some(q) => Err(ShapeError::new(format!(
                "weights must be finite and not negative, but one is {q}"
            ))),
            None => Ok(()),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let classes = x[0].shape()[1];
        let mut probabilities = x[0].contiguous();
        let weights = self.weights.values();
        let rows = probabilities.as_mut_slice().chunks_exact_mut(classes);
        let loss = |(row, weights): (&mut [T], &[T])| {
            let logits = row.to_vec();
            let (largest, logarithm) = to_softmax(row);
            // Large logits first: their difference is small, and its digits are all there.
            let term = |(&x, &q): (&T, &T)| match q == T::ZERO {
                true => T::ZERO,
                false => q * ((largest - x) + logarithm),
            };
            tensor::sum(&logits.iter().zip(weights).map(term).collect::<Vec<_>>())
        };
        let losses: Vec<T> = rows.zip(weights.chunks_exact(classes)).map(loss).collect();
        self.probabilities = Some(probabilities);
        Tensor::scalar(tensor::sum(&losses))
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        dx.add(0, || {
            let (classes, dy) = (x[0].shape()[1], dy.item());
            let mut gradient = self.probabilities.as_ref().expect("forward ran").clone();
            let weights = self.weights.values();
            let rows = gradient.as_mut_slice().chunks_exact_mut(classes);
            for (row, weights) in rows.zip(weights.chunks_exact(classes)) {
                let total = tensor::sum(weights);
                // A sample that does not count, and a single class, have no gradient for any ȳ.
                let has_influence = total != T::ZERO && classes > 1;
                for (p, &q) in row.iter_mut().zip(weights) {
                    *p = if has_influence { (*p * total - q) * dy } else { T::ZERO };
                }
            }
            gradient
        });
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::prelude::*;
    use tensor::strategy::tensors;

    (0..5usize, 1..5usize)
        .prop_flat_map(|(rows, classes)| {
            let weights = tensors(vec![rows, classes], -0.5..2.0);
            (tensors(vec![rows, classes], -3.0..3.0), weights)
        })
        .prop_map(|(logits, weights)| {
            // A fifth of the weights are 0.
            let weights: Tensor<f64> = weights.map(|q| if q > 0.0 { q } else { 0.0 });
            Case::new("soft_cross_entropy", [logits], move |[logits]| {
                soft_cross_entropy(logits, &weights.cast())
            })
        })
        .boxed()
}
