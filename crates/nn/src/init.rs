//! Initial values of weights, each named after its source.
//!
//! All have one aim: activations and gradients neither grow nor vanish from layer to layer.

use tensor::{Key, Scalar, Tensor};

/// Returns uniform draws within ±√(6 / (inputs + outputs)), for a weight `[inputs, outputs]` (Glorot and Bengio
/// 2010): a compromise between keeping the variance of activations and keeping the variance of gradients.
///
/// ```
/// use nn::init;
/// use tensor::{Key, Tensor};
///
/// let weight: Tensor = init::glorot_uniform(10, 50, Key::new(1));
/// let limit = (6.0f32 / 60.0).sqrt();
/// assert!(weight.to_vec().iter().all(|w| w.abs() <= limit));
/// ```
pub fn glorot_uniform<T: Scalar>(inputs: usize, outputs: usize, key: Key) -> Tensor<T> {
    let limit = (6.0 / (inputs + outputs).max(1) as f64).sqrt();
    Tensor::uniform([inputs, outputs], -limit..limit, key)
}

/// Returns normal draws with standard deviation √(2 / inputs), for a weight `[inputs, outputs]` (He et al. 2015):
/// keeps the variance of activations when ReLU zeroes half of them.
pub fn he_normal<T: Scalar>(inputs: usize, outputs: usize, key: Key) -> Tensor<T> {
    let deviation = (2.0 / inputs.max(1) as f64).sqrt();
    Tensor::normal([inputs, outputs], 0.0, deviation, key)
}

/// Returns uniform draws within ±0.05, for a table `[rows, dim]`, as Keras' `Embedding` does.
pub fn small_uniform<T: Scalar>(rows: usize, dim: usize, key: Key) -> Tensor<T> {
    Tensor::uniform([rows, dim], -0.05..0.05, key)
}
