//! Where each parameter of a decoder is in a Hugging Face file.

use nn::DecoderConfig;

use crate::interchange::{Kind, WeightEntry};

/// Returns the entry of each weight in the file: all parameters except β and γ.
pub(super) fn entries(config: &DecoderConfig) -> Vec<WeightEntry> {
    let DecoderConfig { vocabulary, width, feed_forward, .. } = *config;
    let shared = config.key_value_heads * config.head_width();
    let mut entries =
        vec![entry("embedding", "model.embed_tokens", EMBEDDING, vec![vocabulary, width])];
    for number in 0..config.layers {
        let mut add = |ours: &str, theirs: &str, kind: Kind, shape: Vec<usize>| {
            let (ours, theirs) =
                (format!("blocks.{number}.{ours}"), format!("model.layers.{number}.{theirs}"));
            entries.push(entry(&ours, &theirs, kind, shape));
        };
        add("attention_norm", "input_layernorm", Kind::AsIs, vec![width]);
        add("attention.query", "self_attn.q_proj", Kind::Dense, vec![width, width]);
        add("attention.key", "self_attn.k_proj", Kind::Dense, vec![shared, width]);
        add("attention.value", "self_attn.v_proj", Kind::Dense, vec![shared, width]);
        add("attention.output", "self_attn.o_proj", Kind::Dense, vec![width, width]);
        add("feed_forward_norm", "post_attention_layernorm", Kind::AsIs, vec![width]);
        add("feed_forward.gate", "mlp.gate_proj", Kind::Dense, vec![feed_forward, width]);
        add("feed_forward.up", "mlp.up_proj", Kind::Dense, vec![feed_forward, width]);
        add("feed_forward.down", "mlp.down_proj", Kind::Dense, vec![width, feed_forward]);
    }
    entries.push(entry("norm", "model.norm", Kind::AsIs, vec![width]));
    if !config.tied {
        entries.push(entry("output", "lm_head", Kind::Dense, vec![vocabulary, width]));
    }
    entries
}

const EMBEDDING: Kind = Kind::Embedding { padding: None };

/// Returns the entry of a layer's weight, whose shape in the file is given.
fn entry(ours: &str, theirs: &str, kind: Kind, shape: Vec<usize>) -> WeightEntry {
    WeightEntry {
        parameter: format!("{ours}.weight"),
        tensor: format!("{theirs}.weight"),
        kind,
        shape,
    }
}
