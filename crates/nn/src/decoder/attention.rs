//! The attention of a decoder: each place of a text takes a weighted mean of the values at the places up to its own.

use autograd::{Parameters, Pass, Var};
use tensor::{Scalar, Tensor};

use super::{DecoderConfig, scale_for_residual};
use crate::rope::{Angles, Rotation};
use crate::{Dense, Layer, causal_attention};

/// Causal self-attention with rotary positions: `[batch, time, width]` keeps its shape.
///
/// ```text
/// Q = rope(x·Wq)    K = rope(x·Wk)    V = x·Wv        y = attention(Q, K, V) · Wo
/// ```
///
/// Its parameters are `name.query.weight` and `name.output.weight`, `[width, width]`, `name.key.weight` and
/// `name.value.weight`, `[width, key/value heads · head width]`. See
/// [`causal_attention`](crate::causal_attention).
#[derive(Clone, Debug)]
pub struct GroupedQueryAttention {
    query: Dense,
    key: Dense,
    value: Dense,
    output: Dense,
    heads: usize,
    key_value_heads: usize,
}

/// The rotation by the positions of a text, which is the same in all blocks.
pub(super) struct Places<T: Scalar> {
    rotation: Rotation,
    angles: Angles<T>,
}

impl<T: Scalar> Places<T> {
    /// Creates the rotation of `time` tokens from `first_position` on.
    pub(super) fn new(config: &DecoderConfig, first_position: usize, time: usize) -> Self {
        let head_width = config.head_width();
        let rotation = Rotation { head_width, first_position, theta: config.theta };
        Self { rotation, angles: rotation.angles(time) }
    }

    #[track_caller]
    fn turn<'t>(&self, x: Var<'t, T>) -> Var<'t, T> {
        self.rotation.turn(x, &self.angles)
    }
}

/// Where a block keeps the keys and the values of a text.
pub(super) struct Past<'c, T: Scalar> {
    /// Keys and values, `[1, places, width]`.
    pub(super) kept: &'c mut [Tensor<T>; 2],
    /// The number of places in use.
    pub(super) length: usize,
}

impl GroupedQueryAttention {
    #[track_caller]
    pub(super) fn new<T: Scalar>(
        parameters: &mut Parameters<T>,
        name: &str,
        config: &DecoderConfig,
    ) -> Self {
        let (width, head_width) = (config.width, config.head_width());
        let shared = config.key_value_heads * head_width;
        let mut dense = |which: &str, outputs: usize| {
            Dense::without_bias(parameters, &format!("{name}.{which}"), width, outputs)
        };
        let (query, key) = (dense("query", width), dense("key", shared));
        let (value, output) = (dense("value", shared), dense("output", width));
        scale_for_residual(parameters, &output, config.layers);
        Self {
            query,
            key,
            value,
            output,
            heads: config.heads,
            key_value_heads: config.key_value_heads,
        }
    }

    pub(super) fn dense_layers(&self) -> [&Dense; 4] {
        [&self.query, &self.key, &self.value, &self.output]
    }

    /// Records the output for `x`, at the positions of `places`. With a past, x is the text that follows
    /// it and is appended to it.
    #[track_caller]
    pub(super) fn forward<'t, T: Scalar>(
        &self,
        pass: Pass<'t, T>,
        x: Var<'t, T>,
        places: &Places<T>,
        past: Option<Past<'_, T>>,
    ) -> Var<'t, T> {
        // Without closures, which would hide the caller's line.
        let query = places.turn(self.query.forward(pass, x));
        let key = places.turn(self.key.forward(pass, x));
        let value = self.value.forward(pass, x);
        let [key, value] = match past {
            Some(past) => {
                let [key, value] = past.append([key.value(), value.value()]);
                [pass.constant(key), pass.constant(value)]
            }
            None => [key, value],
        };
        let seen = causal_attention(query, key, value, self.heads, self.key_value_heads);
        self.output.forward(pass, seen)
    }
}

impl<T: Scalar> Past<'_, T> {
    /// Writes new keys and values after the earlier ones. Returns all of them.
    fn append(self, new: [Tensor<T>; 2]) -> [Tensor<T>; 2] {
        let mut place = 0;
        new.map(|new| {
            let [_, time, width] = [0, 1, 2].map(|axis| new.shape()[axis]);
            let kept = &mut self.kept[place];
            place += 1;
            let start = self.length * width;
            kept.as_mut_slice()[start..start + time * width].copy_from_slice(&new.values());
            kept.slice(1, ..self.length + time)
        })
    }
}
