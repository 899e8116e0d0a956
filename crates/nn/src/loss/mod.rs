//! Losses: how far an output is from what it should be, as one number.
//!
//! Each comes in two forms: a function of variables, and a value that holds its settings for a
//! trainer, such as [`SoftmaxCrossEntropy`].

mod bce_with_logits;
mod binary;
mod classes;
mod regression;
mod soft_cross_entropy;
mod softmax_cross_entropy;
mod tokens;
mod weighted_bce_with_logits;

pub use bce_with_logits::bce_with_logits;
pub use binary::{BinaryCrossEntropy, MultiLabelCrossEntropy};
pub use classes::SoftmaxCrossEntropy;
pub use regression::{
    Huber, MeanAbsoluteError, MeanSquaredError, huber, mean_absolute_error, mean_squared_error,
};
pub use soft_cross_entropy::soft_cross_entropy;
pub use softmax_cross_entropy::softmax_cross_entropy;
pub use tokens::TokenCrossEntropy;

#[cfg(test)]
pub(crate) use {
    bce_with_logits::cases as bce_with_logits_cases,
    soft_cross_entropy::cases as soft_cross_entropy_cases,
    softmax_cross_entropy::cases as softmax_cross_entropy_cases,
    weighted_bce_with_logits::cases as weighted_bce_cases,
};
