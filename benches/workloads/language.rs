//! The language model of `lm` and `generate`.

use autograd::Parameters;
use nn::{Decoder, DecoderConfig, FeedForwardKind, Model, TokenCrossEntropy};
use optim::{AdamW, Optimizer};
use tensor::{Key, Tensor, parallel};
use train::Shards;

pub use super::language_data::{BATCH, CONTEXT};
use super::language_data::{
    DECAY, EPSILON, GENERATED, HEADS, HIDDEN, LAYERS, MATRICES, RATE, THETA, VOCABULARY, WIDTH,
    batch, matrix, prompt, table,
};

fn model(parameters: &mut Parameters, context: usize) -> Decoder {
    let config = DecoderConfig {
        vocabulary: VOCABULARY,
        width: WIDTH,
        layers: LAYERS,
        heads: HEADS,
        key_value_heads: HEADS,
        feed_forward: HIDDEN,
        context,
        theta: THETA,
        epsilon: EPSILON,
        tied: true,
        dropout: 0.0,
        kind: FeedForwardKind::SiluGated,
    };
    let model = Decoder::new(parameters, config);
    let mut set = |name: &str, value: Tensor| {
        let id = parameters.find(name).expect("a parameter of this name");
        parameters.set(id, value);
    };
    set("embedding.weight", Tensor::new([VOCABULARY, WIDTH], table()));
    for block in 0..LAYERS {
        for (number, (name, shape)) in MATRICES.into_iter().enumerate() {
            let value = Tensor::new(shape, matrix(block, number));
            set(&format!("blocks.{block}.{name}.weight"), value);
        }
    }
    model
}

/// A training step on this many samples of `context` tokens, which gives the loss.
pub fn lm(samples: usize, context: usize) -> impl FnMut() -> f32 {
    let mut parameters = Parameters::new(0);
    let model = model(&mut parameters, context);
    let mut optimizer = AdamW::new(RATE).decay(DECAY).decays(|_, _| true);
    let [ids, targets] = batch(samples, context).map(|ids| Tensor::new([samples, context], ids));
    // What two samples of `lm` take stays in the caches of one core.
    let mut shards = Shards::new(samples.div_ceil(2));
    move || {
        let batch = shards.forward_backward(&parameters, samples, Key::new(0), |pass, shard| {
            let logits = model.forward(pass, &ids.slice(0, shard.clone()));
            (TokenCrossEntropy.of(logits, &targets.slice(0, shard)), ())
        });
        parallel::spread(|| optimizer.step(&mut parameters, &batch.gradients));
        batch.loss
    }
}

/// Generates, and gives the tokens.
pub fn generate() -> impl FnMut() -> Vec<u32> {
    let mut parameters = Parameters::new(0);
    let model = model(&mut parameters, CONTEXT);
    generate_with(model, parameters)
}

/// The same with weights in bf16.
pub fn generate_bf16() -> impl FnMut() -> Vec<u32> {
    let mut parameters = Parameters::new(0);
    let model = model(&mut parameters, CONTEXT);
    let rounded = model.in_bf16(&parameters).expect("small weights");
    generate_with(model, rounded)
}

fn generate_with(model: Decoder, parameters: Parameters) -> impl FnMut() -> Vec<u32> {
    let prompt = prompt();
    move || {
        let mut cache = model.cache();
        let mut next = |tokens: &[u32]| {
            model.extend_to_last(&parameters, &mut cache, tokens).argmax(-1).item()
        };
        let mut tokens = vec![next(&prompt)];
        while tokens.len() < GENERATED {
            tokens.push(next(&tokens[tokens.len() - 1..]));
        }
        tokens
    }
}
