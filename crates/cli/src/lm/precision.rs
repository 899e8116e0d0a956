//! The precision of the weights of a model in use: 32 or 16 bits.

use std::path::Path;

use autograd::Parameters;
use clap::ValueEnum;
use data::printable_path;
use nn::Decoder;

/// The kinds of numbers for weights. Arithmetic is in 32 bits with both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// 32 bits, as in training.
    F32,
    /// 16 bits: half the memory to read for each token. A weight changes by at
    /// most 1/256 of itself, but one below 1.2e-38 may become 0.
    Bf16,
}

impl Precision {
    /// Returns the parameters of the model of a file, rounded to this precision.
    pub fn round(
        self,
        path: &Path,
        model: &Decoder,
        parameters: Parameters,
    ) -> Result<Parameters, String> {
        match self {
            Self::F32 => Ok(parameters),
            Self::Bf16 => model.in_bf16(&parameters).map_err(|error| {
                let file = printable_path(path);
                format!("--model {file}, --precision bf16: {error}; use --precision f32")
            }),
        }
    }
}
