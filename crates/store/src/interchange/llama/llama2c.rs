//! The checkpoints of llama2.c (`run.c`, and version 0 of its `export.py`).
//!
//! ```text
//! 7 × i32     width, feed-forward width, layers, heads, key/value heads, ±vocabulary, context
//! f32 …       embedding [vocabulary, width]
//!             of all layers: attention norm [width], Wq, Wk, Wv, Wo, each [out, in]
//!             of all layers: feed-forward norm [width], gate, down, up, each [out, in]
//!             norm [width]
//!             cosines and sines of the positions, each [context, head width / 2]: passed over
//!             output [vocabulary, width], only where the vocabulary is negative
//! ```
//!
//! All is little-endian. θ is 10,000 and ε is 1e-5, as `run.c` has them.
//!
//! llama2.c rotates neighbors, features 2i and 2i + 1 of a head; we rotate features i and d/2 + i. So the
//! rows of Wq and Wk change places within each head: row 2i becomes row i, and 2i + 1 becomes d/2 + i. Queries
//! and keys change in the same way, and their products stay.

use std::collections::HashMap;
use std::path::Path;

use autograd::Parameters;
use data::{FileError, read_weights};
use nn::{Decoder, DecoderConfig, FeedForwardKind};
use tensor::Tensor;

use super::{LlamaError, LlamaFault, build};
use crate::archive::Float;

/// Reads a `.bin` checkpoint of llama2.c, whose weights are in f32, rounded to `T`. The tokens are in another
/// file.
///
/// # Errors
/// If the file cannot be read, its header describes no model, it is shorter or longer than its header says,
/// or a weight is not finite.
pub fn read_llama2c<T: Float>(
    path: impl AsRef<Path>,
) -> Result<(Decoder, Parameters<T>), LlamaError> {
    let path = path.as_ref();
    let read = || {
        let bytes = read_weights(path).map_err(LlamaFault::Read)?;
        let (config, numbers) = header(&bytes).map_err(LlamaFault::Config)?;
        let values = weights(&config, numbers).map_err(LlamaFault::Config)?;
        Ok(build(config, values))
    };
    read().map_err(|fault| FileError::new(path, fault))
}

const HEADER: usize = 7 * 4;

/// The first number of the later versions, "ak42".
const MAGIC: i32 = 0x616b_3432;

/// Returns the config, and the numbers after the header.
fn header(bytes: &[u8]) -> Result<(DecoderConfig, &[[u8; 4]]), String> {
    let (words, rest) = bytes.as_chunks();
    let fields: Vec<i32> = words.iter().take(7).map(|&word| i32::from_le_bytes(word)).collect();
    let Ok(fields) = <[i32; 7]>::try_from(fields) else {
        return Err(format!(
            "is not a checkpoint of llama2.c: it has {} bytes, and the header alone has {HEADER}",
            bytes.len()
        ));
    };
    let config = config(fields)?;
    let expected = HEADER as u128 + 4 * count(&config);
    match bytes.len() as u128 == expected && rest.is_empty() {
        true => Ok((config, &words[7..])),
        false => Err(format!(
            "has {} bytes, but a checkpoint with the header {fields:?} has {expected}: it is cut off, or \
             of another kind",
            bytes.len()
        )),
    }
}

/// Returns the config that the fields of a header describe.
fn config(fields: [i32; 7]) -> Result<DecoderConfig, String> {
    let [width, feed_forward, layers, heads, key_value_heads, vocabulary, context] = fields;
    if width == MAGIC {
        return Err(
            "is a checkpoint of llama2.c in version 1 or later, and only the first format can be \
                    read: write it with `export.py --version 0`"
                .into(),
        );
    }
    // A negative vocabulary says that the head is a table of its own.
    let sizes = [width, feed_forward, layers, heads, key_value_heads, context];
    if sizes.iter().any(|&size| size <= 0) || vocabulary == 0 {
        return Err(format!(
            "is not a checkpoint of llama2.c: its header is {fields:?}, and all but the vocabulary must be \
             above 0"
        ));
    }
    let size = |field: i32| field.unsigned_abs() as usize;
    let config = DecoderConfig {
        vocabulary: size(vocabulary),
        width: size(width),
        layers: size(layers),
        heads: size(heads),
        key_value_heads: size(key_value_heads),
        feed_forward: size(feed_forward),
        context: size(context),
        theta: 10_000.0,
        epsilon: 1e-5,
        tied: vocabulary > 0,
        dropout: 0.0,
        kind: FeedForwardKind::SiluGated,
    };
    config.check().map_err(|error| {
        format!(
            "is not a checkpoint of llama2.c: its header {fields:?} describes no model: {error}"
        )
    })?;
    Ok(config)
}

/// Returns the number of numbers after the header.
fn count(config: &DecoderConfig) -> u128 {
    let wide = |size: usize| size as u128;
    let (width, hidden, layers) =
        (wide(config.width), wide(config.feed_forward), wide(config.layers));
    let shared = wide(config.key_value_heads) * wide(config.head_width());
    let table = wide(config.vocabulary) * width;
    let layer = 2 * width + 2 * width * width + 2 * width * shared + 3 * width * hidden;
    let positions = wide(config.context) * wide(config.head_width());
    let head = if config.tied { 0 } else { table };
    table + layers * layer + width + positions + head
}

/// The numbers of a file that have not been read.
struct Rest<'a>(&'a [[u8; 4]]);

impl Rest<'_> {
    /// Returns the next tensor.
    fn tensor<T: Float>(&mut self, shape: &[usize], name: &str) -> Result<Tensor<T>, String> {
        let numbers = self.skip(shape.iter().product());
        let values = numbers.iter().map(|&number| T::from_f64(f32::from_le_bytes(number).into()));
        let tensor = Tensor::new(shape, values.collect());
        match tensor.is_finite() {
            true => Ok(tensor),
            false => Err(format!(
                "holds a number that is infinite or NaN where `{name}` should be: it is damaged, or of \
                 another kind"
            )),
        }
    }

    fn skip(&mut self, count: usize) -> &[[u8; 4]] {
        let (numbers, rest) = self.0.split_at(count);
        self.0 = rest;
        numbers
    }
}

/// Returns the values of all parameters. There are as many numbers as the config needs.
fn weights<T: Float>(
    config: &DecoderConfig,
    numbers: &[[u8; 4]],
) -> Result<HashMap<String, Tensor<T>>, String> {
    let DecoderConfig { width, feed_forward, vocabulary, .. } = *config;
    let (head_width, table) = (config.head_width(), [vocabulary, width]);
    let shared = config.key_value_heads * head_width;
    let (mut rest, mut values) = (Rest(numbers), HashMap::new());
    values.insert("embedding.weight".to_string(), rest.tensor(&table, "embedding.weight")?);
    let parts: [(&str, &[usize]); 9] = [
        ("attention_norm", &[width]),
        ("attention.query", &[width, width]),
        ("attention.key", &[shared, width]),
        ("attention.value", &[shared, width]),
        ("attention.output", &[width, width]),
        ("feed_forward_norm", &[width]),
        ("feed_forward.gate", &[feed_forward, width]),
        ("feed_forward.down", &[width, feed_forward]),
        ("feed_forward.up", &[feed_forward, width]),
    ];
    for (part, shape) in parts {
        for number in 0..config.layers {
            let name = format!("blocks.{number}.{part}.weight");
            let stored = rest.tensor(shape, &name)?;
            let value = match part {
                "attention.query" | "attention.key" => half_split(&stored, head_width).t(),
                _ if shape.len() == 2 => stored.t(),
                _ => stored,
            };
            values.insert(name, value.contiguous());
        }
    }
    values.insert("norm.weight".to_string(), rest.tensor(&[width], "norm.weight")?);
    rest.skip(config.context * head_width);
    if !config.tied {
        let head: Tensor<T> = rest.tensor(&table, "output.weight")?;
        values.insert("output.weight".to_string(), head.t().contiguous());
    }
    Ok(values)
}

/// Returns a matrix [out, in] with the rows of each head sorted: first the even ones, then the odd ones.
fn half_split<T: Float>(weight: &Tensor<T>, head_width: usize) -> Tensor<T> {
    let width = weight.shape()[1];
    let (stored, mut values) = (weight.values(), Vec::with_capacity(weight.len()));
    let rows: Vec<&[T]> = stored.chunks(width).collect();
    for head in rows.chunks(head_width) {
        for row in head.iter().step_by(2).chain(head.iter().skip(1).step_by(2)) {
            values.extend_from_slice(row);
        }
    }
    Tensor::new(weight.shape(), values)
}
