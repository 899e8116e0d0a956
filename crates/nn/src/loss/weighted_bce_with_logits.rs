//! Binary cross-entropy with a weight p for the positive targets of each column.
//!
//! ```text
//! L = −1/n Σ p t ln σ(x) + (1 − t) ln(1 − σ(x))
//!   =  1/n Σ (1 − t) max(x, 0) + p t max(−x, 0) + (1 − t + p t) ln(1 + e^(−|x|))
//! x̄ = ((1 − t) σ(x) − p t σ(−x)) L̄ / n
//! ```
//!
//! Without weights it is [`bce_with_logits`](super::bce_with_logits()).

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor};

use super::bce_with_logits::{check_targets, line_and_curve};

/// Records the mean binary cross-entropy of logits `[n, columns]`, with a weight for the positive targets of each
/// column.
#[track_caller]
pub(super) fn weighted_bce_with_logits<'t, T: Scalar>(
    logits: Var<'t, T>,
    targets: &Tensor<T>,
    weights: Vec<T>,
) -> Var<'t, T> {
    let op = WeightedBceWithLogits { targets: targets.clone(), weights };
    logits.tape().apply(op, &[logits])
}

struct WeightedBceWithLogits<T: Scalar> {
    targets: Tensor<T>,
    /// One for each column.
    weights: Vec<T>,
}

impl<T: Scalar> WeightedBceWithLogits<T> {
    /// Returns `function` of each logit x, target t and weight p, in the shape of the logits.
    fn map(&self, x: &Tensor<T>, function: impl Fn(T, T, T) -> T) -> Tensor<T> {
        let (logits, targets) = (x.values(), self.targets.values());
        let weights = self.weights.iter().cycle();
        let elements = logits.iter().zip(targets.iter()).zip(weights);
        let values = elements.map(|((&x, &t), &p)| function(x, t, p)).collect();
        Tensor::new(x.shape(), values)
    }
}

impl<T: Scalar> Op<T> for WeightedBceWithLogits<T> {
    fn name(&self) -> &'static str {
        "weighted_bce_with_logits"
    }

    fn formulas(&self) -> Option<Formulas> {
        let loss = "y = 1/n Σ (1 − t) max(x, 0) + p t max(−x, 0) + (1 − t + p t) ln(1 + e^(−|x|))";
        Some(
            Formulas::new(loss)
                .vjp("x̄ = ((1 − t) σ(x) − p t σ(−x)) ȳ / n")
                .symbol("t", "the target, from 0 to 1")
                .symbol("n", "the number of logits")
                .symbol("p", "the weight of the positive targets"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        check_targets(shapes[0], &self.targets)?;
        let columns = self.weights.len();
        match shapes[0] {
            &[_, found] if found == columns => Ok(()),
            shape => Err(ShapeError::new(format!(
                "logits {shape:?} need a weight for each column, found {columns} weights"
            ))),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let losses = self.map(x[0], |x, t, p| {
            let (no, yes) = (T::ONE - t, p * t);
            let (linear, curve) = line_and_curve(x, no, yes);
            linear + (no + yes) * curve
        });
        losses.mean_all()
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let scale = dy.item() / T::from_f64(self.targets.len() as f64);
        dx.add(0, || {
            self.map(x[0], |x, t, p| {
                let (no, yes) = (T::ONE - t, p * t);
                // A positive target whose weight is 0 has no gradient, for any ȳ.
                let has_influence = no != T::ZERO || yes != T::ZERO;
                let slope = no * x.sigmoid() - yes * (-x).sigmoid();
                if has_influence { slope * scale } else { T::ZERO }
            })
        });
    }
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::Case;
    use proptest::{collection::vec, prelude::*};
    use tensor::strategy::tensors;

    (1..4usize, 1..4usize)
        .prop_flat_map(|(rows, columns)| {
            let shape = vec![rows, columns];
            let targets = tensors(shape.clone(), 0.0..=1.0);
            (tensors(shape, -4.0..4.0), targets, vec(0.0..5.0, columns))
        })
        .prop_map(|(logits, targets, weights)| {
            Case::new("weighted_bce_with_logits", [logits], move |[logits]| {
                let weights = weights.iter().map(|&p| Scalar::from_f64(p)).collect();
                weighted_bce_with_logits(logits, &targets.cast(), weights)
            })
        })
        .boxed()
}
