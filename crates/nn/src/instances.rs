//! Calls every operation of this crate once for each scalar type, so that it holds their machine code:
//! see `instances.rs` of `tensor`.

use autograd::instances::OfAllScalars;
use autograd::{Parameters, Pass, Var};
use tensor::{Key, Scalar, Tensor, Window};

use crate::{Decoder, Gru, Layer, LayerNorm, Model, Residual, Seen, SelfAttention};

/// Calls every operation for the scalars that programs and tests use most.
#[doc(hidden)]
pub fn of_all_scalars(x: OfAllScalars<'_>, ids: &Tensor<u32>, layers: &Layers) {
    of_scalar(x.0, ids, layers);
    of_scalar(x.1, ids, layers);
    of_scalar(x.2, ids, layers);
    of_scalar(x.3, ids, layers);
}

/// Layers that are more than one operation.
#[doc(hidden)]
pub type Layers = (LayerNorm, Gru, SelfAttention, Residual<LayerNorm>, Decoder);

fn of_scalar<T: Scalar>(x: Var<'_, T>, ids: &Tensor<u32>, layers: &Layers) {
    activations(x);
    connections(x, ids);
    losses(x, ids);
    of_layers(x, ids, layers);
}

fn activations<'t, T: Scalar>(x: Var<'t, T>) -> [Var<'t, T>; 9] {
    [
        crate::relu(x),
        crate::leaky_relu(x, 0.01),
        crate::gelu(x),
        crate::silu(x),
        crate::swiglu(x, x, x),
        crate::gated_swiglu(x, x, x, x),
        crate::dropout(x, 0.5, Key::new(0)),
        crate::softmax(x, -1),
        crate::log_softmax(x, -1),
    ]
}

fn connections<'t, T: Scalar>(x: Var<'t, T>, ids: &Tensor<u32>) -> [Var<'t, T>; 9] {
    [
        crate::dense(x, x, x),
        crate::conv2d(x, x, Window::new([1, 1])),
        crate::embedding(x, ids, None),
        crate::embedding_mean(x, ids, None),
        crate::layer_norm(x, x, x, 1e-5),
        crate::rms_norm(x, x, 1e-5),
        crate::rope(x, 2, 0, 1e4),
        crate::causal_attention(x, x, x, 1, 1),
        crate::scaled_dot_product_attention(x, x, x, Seen::Causal),
    ]
}

fn losses<'t, T: Scalar>(x: Var<'t, T>, ids: &Tensor<u32>) -> [Var<'t, T>; 6] {
    [
        crate::bce_with_logits(x, &x.value()),
        crate::softmax_cross_entropy(x, ids),
        crate::soft_cross_entropy(x, &x.value()),
        crate::mean_squared_error(x, x),
        crate::mean_absolute_error(x, x),
        crate::huber(x, x, 1.0),
    ]
}

fn of_layers<T: Scalar>(x: Var<'_, T>, ids: &Tensor<u32>, layers: &Layers) {
    let mut parameters = Parameters::<T>::with_seed(0);
    crate::Dense::new(&mut parameters, "dense", 1, 1);
    crate::Embedding::new(&mut parameters, "embedding", 1, 1);
    let pass = Pass::eval(x.tape(), &parameters);
    layers.0.forward(pass, x);
    layers.1.forward(pass, x);
    layers.2.forward(pass, x);
    layers.3.forward(pass, x);
    layers.4.forward(pass, ids);
}
