//! Exchanges language models with Hugging Face's `transformers`, and reads the checkpoints of llama2.c.
//!
//! A folder of a `LlamaForCausalLM` has `config.json` and `model.safetensors`, or several files of weights
//! with `model.safetensors.index.json`. A weight there is [out, in], here [in, out].
//!
//! | parameter of a [`Decoder`] | tensor in the file |
//! |---|---|
//! | `embedding.weight` | `model.embed_tokens.weight` |
//! | `blocks.N.attention_norm.weight` | `model.layers.N.input_layernorm.weight` |
//! | `blocks.N.attention.{query, key, value, output}.weight` | `model.layers.N.self_attn.{q, k, v, o}_proj.weight` |
//! | `blocks.N.feed_forward_norm.weight` | `model.layers.N.post_attention_layernorm.weight` |
//! | `blocks.N.feed_forward.{gate, up, down}.weight` | `model.layers.N.mlp.{gate, up, down}_proj.weight` |
//! | `norm.weight` | `model.norm.weight` |
//! | `output.weight` unless tied | `lm_head.weight` |
//!
//! LLaMA's gate is g σ(g). So β and γ are not in the file: β is 1 and γ is 0, both frozen.

mod config;
mod folder;
mod layout;
mod llama2c;
mod marks;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use autograd::Parameters;
use data::{FileError, excerpt, printable_path};
use files::WriteError;
use nn::{Decoder, DecoderConfig};
use serde_json::Value;
use tensor::Tensor;
use thiserror::Error;

use super::WeightsFault;
use crate::archive::Float;

pub use folder::{read_llama, write_llama};
pub use llama2c::read_llama2c;
pub use marks::{TextMarks, read_llama_marks};

/// The file of a model's sizes.
const CONFIG: &str = "config.json";

/// A language model cannot be imported: the file or the folder, and its fault.
pub type LlamaError = FileError<LlamaFault>;

/// The faults of a file or a folder that should hold a model of the LLaMA kind.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LlamaFault {
    /// It cannot be read.
    #[error(
        "cannot be read: {0}; give the folder that save_pretrained wrote, or a checkpoint of llama2.c"
    )]
    Read(io::Error),
    /// It describes no model, or one that a [`Decoder`] does not compute.
    #[error("{0}")]
    Config(String),
    /// Its weights are damaged, or not the weights of the described model.
    #[error(transparent)]
    Weights(WeightsFault),
}

/// A model cannot be exported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LlamaExportError {
    /// LLaMA has no such model.
    #[error("the model cannot be exported: {0}")]
    Foreign(String),
    /// The folder could not be created.
    #[error("{}: the folder cannot be created: {error}", printable_path(path))]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Returns the model of this config with these values of its parameters. β and γ keep theirs.
fn build<T: Float>(
    config: DecoderConfig,
    values: HashMap<String, Tensor<T>>,
) -> (Decoder, Parameters<T>) {
    let mut parameters = Parameters::with_seed(0);
    let model = Decoder::new(&mut parameters, config);
    for (name, value) in values {
        let id = parameters.find(&name).expect("a parameter of the layout");
        parameters.set(id, value);
    }
    (model, parameters)
}

/// Returns the beginning of a value, for a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => excerpt(text),
        other => excerpt(&other.to_string()),
    }
}
