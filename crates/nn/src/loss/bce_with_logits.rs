//! Binary cross-entropy of a sigmoid, averaged over a batch.
//!
//! ```text
//! L = −1/n Σ t ln σ(x) + (1 − t) ln(1 − σ(x))  =  1/n Σ max(x, 0) − x t + ln(1 + e^(−|x|))
//! x̄ = (σ(x) − t) L̄ / n
//! ```
//!
//! The second form of L holds no logarithm of a number that may have underflowed to 0. Infinite logits
//! have the limits of the formula: the loss is 0 where the logit is right and ∞ where it is wrong.

use autograd::{Adjoints, Formulas, Op, Var};
use tensor::{Scalar, ShapeError, Tensor, fused};

/// Records the mean binary cross-entropy of logits and targets in 0..=1 of the same shape, in nats.
///
/// # Panics
/// When the shapes differ, there are no elements, or a target is NaN or not in 0..=1.
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
                .vjp("x̄ = (σ(x) − t) ȳ / n"),
        )
    }

    fn check(&self, shapes: &[&[usize]]) -> Result<(), ShapeError> {
        if shapes[0] != self.targets.shape() || self.targets.is_empty() {
            return Err(ShapeError::new(format!(
                "logits {:?} and targets {:?} must have the same shape, with at least one element",
                shapes[0],
                self.targets.shape()
            )));
        }
        let targets = self.targets.values();
        let is_valid = |t: &T| *t >= T::ZERO && *t <= T::ONE;
        match targets.iter().position(|t| !is_valid(t)) {
            Some(at) => Err(ShapeError::new(format!(
                "targets must be between 0 and 1, but that at index {:?} is {}",
                index(at, self.targets.shape()),
                targets[at]
            ))),
            None => Ok(()),
        }
    }

    fn forward(&mut self, x: &[&Tensor<T>]) -> Tensor<T> {
        let ([], [sum]) = fused::map([x[0], &self.targets], |[x, t]| {
            ([], [linear_part(x, t) + (-x.abs()).exp().ln_1p()])
        });
        Tensor::scalar(sum / T::from_f64(self.targets.len() as f64))
    }

    fn vjp(&self, x: &[&Tensor<T>], _: &Tensor<T>, dy: &Tensor<T>, dx: &mut Adjoints<'_, T>) {
        let scale = dy.item() / T::from_f64(self.targets.len() as f64);
        dx.add(0, || x[0].zip_map(&self.targets, |x, t| (x.sigmoid() - t) * scale));
    }
}

/// Returns max(x, 0) − x t, as a sum of two terms that are never negative. A factor of 0 makes a term 0, also
/// where x is infinite.
#[inline(always)]
fn linear_part<T: Scalar>(x: T, t: T) -> T {
    let term = |x: T, factor: T| {
        if factor == T::ZERO && !x.is_nan() { T::ZERO } else { x * factor }
    };
    term(x.maximum(T::ZERO), T::ONE - t) + term((-x).maximum(T::ZERO), t)
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
