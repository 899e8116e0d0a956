//! The options of the network for tables.

use clap::Args;
use nn::ActivationKind;

use crate::output::Output;
use crate::source::SampleSource;
use crate::training::Training;
use crate::values::up_to;

/// Compare activations on a table of numbers with a binary label.
///
/// Without options it generates 10,000 rows of ten features whose label depends on how they
/// combine, trains the network 10 → 50 → 25 → 1 with ReLU, LeakyReLU, tanh and SwiGLU, five seeds
/// each, and tests on 2,000 more rows.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("epochs", |epochs| epochs.default_value("60")),
    mut_arg("patience", |patience| patience.default_value("10")),
    after_help = "Examples:
  wengert tabular                                       generated rows, four activations, five seeds
  wengert tabular --train train.csv --test test.csv     your data: numbers, and a column `label`
  wengert tabular --activation relu,swiglu --seeds 10   two activations, ten seeds
  wengert tabular --report report.html                  curves and tables as a page
  wengert tabular --export rows                         write the generated rows as CSV files"
)]
pub struct Options {
    /// Where the samples come from.
    #[command(flatten)]
    pub source: SampleSource,
    /// The columns that hold the features [default: all others].
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        requires = "train",
        help_heading = "Data"
    )]
    pub features: Vec<String>,
    /// The activations to compare, the first one with each of the others: relu, leaky-relu,
    /// tanh, sigmoid, gelu, silu, swiglu.
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        default_value = "relu,leaky-relu,tanh,swiglu",
        help_heading = "Model"
    )]
    pub activation: Vec<ActivationKind>,
    /// The training options.
    #[command(flatten)]
    pub training: Training,
    /// Train with N seeds, counted up from --seed: means, 95 % intervals and a paired test.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = up_to::<10_000>, help_heading = "Training")]
    pub seeds: usize,
    /// What to write.
    #[command(flatten)]
    pub output: Output,
}
