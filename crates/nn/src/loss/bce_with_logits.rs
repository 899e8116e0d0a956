//! Binary cross-entropy of a sigmoid, averaged over a batch.
//!
//! ```text
//! L = −1/n Σ t ln σ(x) + (1 − t) ln(1 − σ(x))
//!   =  1/n Σ (1 − t) max(x, 0) + t max(−x, 0) + ln(1 + e^(−|x|))
//! x̄ = (σ(x) − t) L̄ / n
//! ```
//!
//! The second form of L never takes the logarithm of a number that may have underflowed to 0. For
//! infinite logits it gives the limit: the loss is 0 where the logit is right and ∞ where it is wrong.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor, fused, shape};

/// Records the mean binary cross-entropy of logits and targets in 0..=1 of the same shape, in nats.
///
/// # Panics
/// If the shapes differ, there are no elements, or a target is NaN or not in 0..=1.
#[track_caller]
pub fn bce_with_logits<'t, T: Scalar>(logits: Var<'t, T>, targets: &Tensor<T>) -> Var<'t, T> {
    logits.tape().apply(BceWithLogits { targets: targets.clone() }, &[logits])
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
        // σ(x) − t without a difference of numbers near 1.
        let slope = |x: T, t: T| (T::ONE - t) * x.sigmoid() - t * (-x).sigmoid();
        dx.add(0, || x[0].zip_map(&self.targets, move |x, t| slope(x, t) * scale));
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
            shape::index_of(at, targets.shape()),
            values[at]
        ))),
        None => Ok(()),
    }
}

/// Returns `no` · max(x, 0) + `yes` · max(−x, 0) and ln(1 + e^(−|x|)). If a factor is 0, its term is 0, even
/// if x is infinite.
///
/// At x = 0, where the kinks of the two cancel, both take the same side. Each side, continued, is the whole
/// function, so dual numbers get all derivatives of the loss right there, too.
#[inline(always)]
pub(super) fn line_and_curve<T: Scalar>(x: T, no: T, yes: T) -> (T, T) {
    let is_positive = x > T::ZERO;
    let (distance, factor) = if is_positive { (x, no) } else { (-x, yes) };
    let is_absent = factor.is_zero() && !distance.is_nan();
    let line = if is_absent { T::ZERO } else { distance * factor };
    (line, (-distance).exp().ln_1p())
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
            Case::new("bce_with_logits", [logits], move |[logits]| {
                bce_with_logits(logits, &targets)
            })
        })
        .boxed()
}
