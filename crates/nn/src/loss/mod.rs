//! Losses: how far an output is from what it should be, as one number.

mod bce_with_logits;
mod softmax_cross_entropy;

use autograd::Var;
pub use bce_with_logits::bce_with_logits;
pub use softmax_cross_entropy::softmax_cross_entropy;
use tensor::Scalar;

/// The mean of (prediction − target)², over all elements.
///
/// # Panics
/// When the shapes do not broadcast.
#[track_caller]
pub fn mean_squared_error<'t, T: Scalar>(prediction: Var<'t, T>, target: Var<'t, T>) -> Var<'t, T> {
    (prediction - target).powi(2).mean_all()
}

#[cfg(test)]
pub(crate) use {
    bce_with_logits::cases as bce_with_logits_cases,
    softmax_cross_entropy::cases as softmax_cross_entropy_cases,
};
