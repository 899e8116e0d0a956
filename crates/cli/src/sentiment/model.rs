//! The article's text classifier.

use autograd::Parameters;
use nn::{ActivationKind, Dense, Dropout, Embedding, Model};
use tensor::Tensor;

use super::sizes::Sizes;
use super::texts::PADDING;

/// Computes logits `[batch, classes]` from token ids `[batch, time]`.
pub fn build(
    parameters: &mut Parameters,
    activation: ActivationKind,
    sizes: &Sizes,
    classes: usize,
) -> impl Model<Input = Tensor<u32>> + use<> {
    Embedding::new(parameters, "embedding", sizes.vocab, sizes.embedding)
        .padding(PADDING)
        .mean()
        .then(Dropout::new("dropout1", sizes.dropout()))
        .then(Dense::new(parameters, "hidden", sizes.embedding, sizes.hidden))
        .then(activation.layer(parameters, "activation"))
        .then(Dropout::new("dropout2", sizes.dropout()))
        .then(Dense::new(parameters, "output", sizes.hidden, classes))
}

/// SwiGLU's β and γ, which the other activations do not have.
pub const TRACKED: [&str; 2] = ["activation.beta", "activation.gamma"];
