//! Layers: structs of parameter ids, each with a forward function.
//!
//! A layer owns no numbers. Its constructor adds named parameters to a [`Parameters`] store and
//! keeps their ids; its forward function reads them through a [`Pass`]. So one model runs in any
//! scalar type: trained in `f32`, its gradients checked in `f64`.
//!
//! ```
//! use autograd::{Parameters, Pass, Tape};
//! use nn::{Activation, Dense, Features, Layer, Model, SwiGLU};
//! use tensor::Tensor;
//!
//! let mut parameters = Parameters::new(7);
//! let model = Features::new(10)
//!     .then(Dense::new(&mut parameters, "hidden", 10, 50))
//!     .then(SwiGLU::new(&mut parameters, "swiglu"))
//!     .then(Dense::new(&mut parameters, "output", 50, 1));
//! println!("{parameters}");
//!
//! let tape = Tape::new();
//! let batch = Tensor::zeros([32, 10]);
//! let output = model.forward(Pass::eval(&tape, &parameters), &batch);
//! assert_eq!(output.shape().as_slice(), [32, 1]);
//! ```
//!
//! | for | layers |
//! |---|---|
//! | rows of numbers | [`Dense`], [`Activation`], [`SwiGLU`], [`GatedSwiGLU`], [`Dropout`] |
//! | images | [`Conv2d`], [`MaxPool2d`], [`AvgPool2d`], [`Flatten`] |
//! | sequences | [`Embedding`], [`Gru`], [`Lstm`], [`LastStep`], [`last_steps`], [`mean_steps`], [`SelfAttention`] |
//! | deep stacks | [`LayerNorm`], [`RMSNorm`], [`Residual`] |
//! | stacks chosen at run time | [`Sequential`] |
//! | language models | [`Decoder`] |
//!
//! Where to read on: `layer.rs` (how layers stack), `dense.rs` (the simplest layer), `swiglu.rs`
//! (the activation this project began with), `loss/softmax_cross_entropy.rs`.
//!
//! [`Parameters`]: autograd::Parameters
//! [`Pass`]: autograd::Pass

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod activation;
mod attention;
mod causal_attention;
mod conv2d;
mod decoder;
mod dense;
mod dropout;
mod embedding;
mod features;
mod flatten;
mod gated_swiglu;
mod gru;
pub mod init;
#[cfg(all(debug_assertions, feature = "instances"))]
#[doc(hidden)]
pub mod instances;
mod layer;
mod layer_norm;
mod loss;
mod lstm;
mod padded;
mod pool;
mod recurrent;
mod residual;
mod rms_norm;
mod root_mean_square;
mod rope;
mod rounded;
mod rows;
mod sequential;
mod softmax;
mod swiglu;

pub use activation::{Activation, ActivationKind, UnknownActivation, gelu, leaky_relu, relu, silu};
pub use attention::{Seen, SelfAttention, scaled_dot_product_attention};
pub use causal_attention::{attention_weights, causal_attention};
pub use conv2d::{Conv2d, conv2d};
pub use decoder::{
    Decoder, DecoderConfig, FeedForward, FeedForwardKind, GroupedQueryAttention, KeyValueCache,
};
pub use dense::{Dense, dense};
pub use dropout::{Dropout, dropout};
pub use embedding::{Embedding, EmbeddingMean, embedding, embedding_mean};
pub use features::Features;
pub use flatten::Flatten;
pub use gated_swiglu::{GatedSwiGLU, gated_swiglu};
pub use gru::Gru;
pub use layer::{DynLayer, Layer, Model, Then};
pub use layer_norm::{LayerNorm, layer_norm};
pub use loss::{
    BinaryCrossEntropy, Huber, MeanAbsoluteError, MeanSquaredError, MultiLabelCrossEntropy,
    SoftmaxCrossEntropy, TokenCrossEntropy, bce_with_logits, huber, mean_absolute_error,
    mean_squared_error, soft_cross_entropy, softmax_cross_entropy,
};
pub use lstm::Lstm;
pub use padded::{last_steps, lengths, mean_steps};
pub use pool::{AvgPool2d, MaxPool2d};
pub use recurrent::LastStep;
pub use residual::Residual;
pub use rms_norm::{RMSNorm, rms_norm};
pub use rope::rope;
pub use rounded::RoundingError;
pub use sequential::Sequential;
pub use softmax::{log_softmax, softmax};
pub use swiglu::{SwiGLU, swiglu};

#[cfg(test)]
mod tests {
    use autograd::check::strategy::{
        Cases, assert_all_are_listed, assert_contributions, assert_formulas, assert_gradients,
    };

    const OPS: &[(&str, Cases)] = &[
        ("bce_with_logits", super::loss::bce_with_logits_cases),
        ("causal_attention", super::causal_attention::cases),
        ("dense", super::dense::cases),
        ("dropout", super::dropout::cases),
        ("embedding", super::embedding::lookup_cases),
        ("embedding_mean", super::embedding::mean_cases),
        ("gated_swiglu", super::gated_swiglu::cases),
        ("gelu", super::activation::gelu_cases),
        ("layer_norm", super::layer_norm::cases),
        ("leaky_relu", super::activation::leaky_relu_cases),
        ("log_softmax", super::softmax::cases::log_softmax),
        ("relu", super::activation::relu_cases),
        ("rms_norm", super::rms_norm::cases),
        ("rope", super::rope::cases),
        ("rounded_product", super::rounded::cases),
        ("silu", super::activation::silu_cases),
        ("soft_cross_entropy", super::loss::soft_cross_entropy_cases),
        ("softmax", super::softmax::cases::softmax),
        ("softmax_cross_entropy", super::loss::softmax_cross_entropy_cases),
        ("swiglu", super::swiglu::cases),
        ("weighted_bce_with_logits", super::loss::weighted_bce_cases),
    ];

    #[test]
    fn every_op_is_on_the_list() {
        assert_all_are_listed(env!("CARGO_MANIFEST_DIR"), OPS);
    }

    #[test]
    fn every_op_says_its_formulas() {
        assert_formulas(OPS);
    }

    #[test]
    fn contributions_of_every_op_add_up_to_the_backward_walk() {
        assert_contributions(OPS);
    }

    #[test]
    fn every_op_has_right_gradients() {
        assert_gradients(OPS);
    }
}
