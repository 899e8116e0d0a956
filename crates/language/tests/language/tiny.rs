//! A model that is small enough for many tests.

use autograd::Parameters;
use nn::{Decoder, DecoderConfig};
use tensor::{Key, Scalar, Tensor};

/// Returns a model of two blocks with two heads that share their keys and values. Its weights are large, so
/// that its logits differ.
pub(crate) fn model<T: Scalar>(vocabulary: usize, context: usize) -> (Decoder, Parameters<T>) {
    let config = DecoderConfig {
        width: 8,
        heads: 2,
        key_value_heads: 1,
        feed_forward: 12,
        context,
        theta: 10_000.0,
        ..DecoderConfig::small(vocabulary)
    };
    let mut parameters = Parameters::<T>::with_seed(3);
    let model = Decoder::new(&mut parameters, config);
    let table = model.table();
    *parameters.get_mut(table) = Tensor::normal([vocabulary, 8], 0.0, 1.0, Key::new(5));
    (model, parameters)
}
