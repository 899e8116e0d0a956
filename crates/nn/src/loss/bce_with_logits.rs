//! Binary cross-entropy of a sigmoid, averaged over a batch.
//!
//! ```text
//! L = −1/n Σ p t ln σ(x) + (1 − t) ln(1 − σ(x))
//!   =  1/n Σ (1 − t) max(x, 0) + p t max(−x, 0) + (1 − t + p t) ln(1 + e^(−|x|))
//! x̄ = ((1 − t) σ(x) − p t σ(−x)) L̄ / n
//! ```
//!
//! with the weight p of a positive target, 1 unless given. Then x̄ is (σ(x) − t) L̄ / n.
//!
//! The second form of L holds no logarithm of a number that may have underflowed to 0. Infinite logits
//! have the limits of the formula: the loss is 0 where the logit is right and ∞ where it is wrong.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor, fused};

/// Records the mean binary cross-entropy of logits and targets in 0..=1 of the same shape, in nats.
///
/// # Panics
/// If the shapes differ, there are no elements, or a target is NaN or not in 0..=1.
#[track_caller]
pub fn bce_with_logits<'t, T: Scalar>(logits: Var<'t, T>, targets: &Tensor<T>) -> Var<'t, T> {
    logits.tape().apply(BceWithLogits { targets: targets.clone() }, &[logits])
}

/// Records the same with a weight for the positive targets of each column, for logits `[n, columns]`.
#[track_caller]
pub(super) fn weighted_bce_with_logits<'t, T: Scalar>(
    logits: Var<'t, T>,
    targets: &Tensor<T>,
    weights: Vec<T>,
) -> Var<'t, T> {
    let op = WeightedBceWithLogits { targets: targets.clone(), weights };
    logits.tape().apply(op, &[logits])
}

struct BceWithLogits<T: Scalar> {
    targets: Tensor<T>,
}

impl<T: Scalar> Op<T> for BceWithLogits<T> {
    fn name(&self) -> &'static str {
        "bce_with_logits"
    }

    fn formulas(&self) -> Option<Formulas> {
        Some(
            Formulas::new("y = 1/n Σ max(x, 0) − x t + ln(1 + e^(−|x|))")
                .vjp("x̄ = (σ(x) − t) ȳ / n")
                .symbol("t", "the target, from 0 to 1")
                .symbol("n", "the number of logits"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        check_targets(shapes[0], &self.targets)
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let ([], [sum]) = fused::map([x[0], &self.targets], |[x, t]| {
            let (linear, curve) = line_and_curve(x, T::ONE - t, t);
            ([], [linear + curve])
        });
        Tensor::scalar(sum / T::from_f64(self.targets.len() as f64))
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let scale = dy.item() / T::from_f64(self.targets.len() as f64);
        dx.add(0, || x[0].zip_map(&self.targets, |x, t| (x.sigmoid() - t) * scale));
    }
}

/// Checks that targets have the shape of the logits, and are from 0 to 1.
pub(super) fn check_targets<T: Scalar>(
    logits: &[usize],
    targets: &Tensor<T>,
) -> Result<(), ShapeError> {
    if logits != targets.shape() || targets.is_empty() {
        return Err(ShapeError::new(format!(
            "logits {:?} and targets {:?} must have the same shape, with at least one element",
            logits,
            targets.shape()
        )));
    }
    let values = targets.values();
    let is_valid = |t: &T| *t >= T::ZERO && *t <= T::ONE;
    match values.iter().position(|t| !is_valid(t)) {
        Some(at) => Err(ShapeError::new(format!(
            "targets must be between 0 and 1, but that at index {:?} is {}",
            index(at, targets.shape()),
            values[at]
        ))),
        None => Ok(()),
    }
}

/// Returns `no` · max(x, 0) + `yes` · max(−x, 0) and ln(1 + e^(−|x|)). A factor of 0 makes the first 0, also where
/// x is infinite.
///
/// Both take the same side at 0, where their kinks then cancel: each side is the whole function continued, so it
/// has all derivatives of the loss in dual numbers, too.
#[inline(always)]
fn line_and_curve<T: Scalar>(x: T, no: T, yes: T) -> (T, T) {
    let is_positive = x > T::ZERO;
    let (distance, factor) = if is_positive { (x, no) } else { (-x, yes) };
    let is_absent = factor.is_zero() && !distance.is_nan();
    let line = if is_absent { T::ZERO } else { distance * factor };
    (line, (-distance).exp().ln_1p())
}

/// The loss with a weight for the positive targets of each column.
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

/// Returns the index of the element at this position in row-major order.
fn index(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, length) in index.iter_mut().zip(shape).rev() {
        *i = position % length;
        position /= length;
    }
    index
}

#[cfg(test)]
pub(crate) fn cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
    use autograd::check::{Case, strategy::small};
    use proptest::prelude::*;
    use tensor::strategy::tensors;

    small(-4.0..4.0)
        .prop_filter("a mean of nothing is NaN", |x| !x.is_empty())
        .prop_flat_map(|x| (tensors(x.shape().to_vec(), 0.0..=1.0), Just(x)))
        .prop_map(|(targets, logits)| {
            let targets = targets.cast();
            Case::new("bce_with_logits", vec![logits], move |x| bce_with_logits(x[0], &targets))
        })
        .boxed()
}

#[cfg(test)]
pub(crate) fn weighted_cases() -> proptest::strategy::BoxedStrategy<autograd::check::Case> {
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
            Case::new("weighted_bce_with_logits", vec![logits], move |x| {
                let weights = weights.iter().map(|&p| Scalar::from_f64(p)).collect();
                weighted_bce_with_logits(x[0], &targets.cast(), weights)
            })
        })
        .boxed()
}
