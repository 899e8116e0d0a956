//! Losses: how far an output is from what it should be, as one number.

mod bce_with_logits;
mod softmax_cross_entropy;

use autograd::Var;
pub use bce_with_logits::bce_with_logits;
pub use softmax_cross_entropy::softmax_cross_entropy;
use tensor::{Scalar, ShapeError, shape};

/// Records the mean of (prediction − target)² over all elements of two tensors of one shape.
///
/// # Panics
/// When the shapes differ, or there are no elements.
#[track_caller]
pub fn mean_squared_error<'t, T: Scalar>(prediction: Var<'t, T>, target: Var<'t, T>) -> Var<'t, T> {
    let shapes = [prediction.shape(), target.shape()];
    // Broadcast, [3, 1] against [3] would compare each prediction with each target.
    if shapes[0] != shapes[1] || shape::len(&shapes[0]) == 0 {
        let [prediction, target] = shapes;
        let rule = format!(
            "prediction {prediction:?} and target {target:?} must have the same shape, with at least \
             one element: reshape one to the shape of the other"
        );
        shape::expect::<()>("mean_squared_error", Err(ShapeError::new(rule)));
    }
    (prediction - target).powi(2).mean_all()
}

#[cfg(test)]
pub(crate) use {
    bce_with_logits::cases as bce_with_logits_cases,
    softmax_cross_entropy::cases as softmax_cross_entropy_cases,
};
