//! The options of the language model's commands.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use nn::FeedForwardKind;

use super::defaults;
use super::precision::Precision;
use super::sizes::Sizes;
use super::teaching::Teaching;
use super::texts::{Reading, TextSource};
use super::values::{TokenKind, kind, not_negative, part, stop, tokens};
use crate::json::JsonOutput;
use crate::keeping::Keeping;
use crate::values::{positive, up_to};

/// Train a small language model from scratch, and use it.
///
/// A decoder with LLaMA's parts (RMSNorm, rotary positions, SwiGLU, optionally grouped-query attention) learns to
/// predict the next character. By default it reads generated stories whose entropy is known, so each loss is printed
/// with its gap to the best possible one. The loss of a Kneser–Ney n-gram model is printed beside it.
#[derive(Args, Clone, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:
  wengert lm train                                     stories, in about a minute
  wengert lm train --save stories.st                   keep the model ...
  wengert lm generate --model stories.st 'Emma has '   ... let it continue a text ...
  wengert lm evaluate --model stories.st --data stories --data-seed 9    ... and test it on others
  wengert lm train --text shakespeare.txt --steps 10000 --report lm.html  your text, and a page
  wengert lm compare --seeds 5                         is SwiGLU better than GELU at equal size?"
)]
pub struct Lm {
    /// What to do.
    #[command(subcommand)]
    pub command: LmCommand,
}

/// What to do with a language model.
#[derive(Clone, Debug, Subcommand)]
pub enum LmCommand {
    Train(Box<LmTrain>),
    Generate(LmGenerate),
    Evaluate(LmEvaluate),
    Compare(Box<LmCompare>),
    Export(LmExport),
    Import(LmImport),
}

/// Train a language model, and print how far its loss is from the best possible one and from an n-gram model's.
///
/// Each line shows the step, the training loss since the line before, the validation loss in nats per token and in
/// bits per character, its gap to the entropy of the generator if the text is generated, the loss of the best
/// Kneser–Ney model on the same text, the tokens per second of training, and the norm of the last step's gradients.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("checkpoint", |arg| arg.help(KEPT).long_help(KEPT)),
    mut_arg("resume", |arg| arg.help(RESUMED).long_help(RESUMED)),
    mut_arg("json", |arg| arg.help_heading("Output")),
    after_help = "Examples:
  wengert lm train                                      generated stories
  wengert lm train --data sums --steps 10000            addition, the result's digits reversed
  wengert lm train --text book.txt --save book.st       your text, by characters
  wengert lm train --text book.txt --tokens byte-pairs=512 --context 256 --layers 4 --width 128
  wengert lm train --text poems.txt --documents blank-lines     each window begins with a poem
  wengert lm train --text web.txt --from-disk --validation 0.0001   a text larger than memory
  wengert lm train --checkpoint run                     Ctrl-C, kill -9, power cut: then ...
  wengert lm train --resume run                         ... ends with the very same weights
  wengert lm train --report lm.html                     curves, surprise and attention as a page"
)]
pub struct LmTrain {
    /// What to read.
    #[command(flatten)]
    pub reading: Reading,
    /// The model.
    #[command(flatten)]
    pub sizes: Sizes,
    /// The feed-forward part: relu, gelu, silu (gated, as in LLaMA) or swiglu (gated, with β and γ that each
    /// block learns).
    #[arg(long, value_name = "NAME", default_value = "swiglu", value_parser = kind, help_heading = "Model")]
    pub kind: FeedForwardKind,
    /// The training options.
    #[command(flatten)]
    pub teaching: Teaching,
    /// What to keep of the run.
    #[command(flatten)]
    pub keeping: Keeping,
    /// Save the model, with its tokens.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub save: Option<PathBuf>,
    /// Write a page: curves, a text colored by surprise, attention maps and gates, in one HTML file.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub report: Option<PathBuf>,
    /// The figures of that page.
    #[command(flatten)]
    pub json: JsonOutput,
    /// Write a page that steps through the tape of the first block, forward and backward. In the folder of the page
    /// of --report, it is linked from there.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub tape: Option<PathBuf>,
}

const KEPT: &str = "Write a checkpoint into this folder at each validation, and on Ctrl-C or SIGTERM, so that \
    the run can be continued with --resume. A checkpoint is also a model for `--model`";

const RESUMED: &str = "Resume the interrupted run whose checkpoints are in this folder, with the same options. \
    The result is bit for bit the same as an uninterrupted run's";

/// Compare feed-forward parts at equal parameters: ReLU, GELU, gated SiLU, and SwiGLU with learned β and γ.
///
/// A gated part has three matrices, the others have two, so the others get hidden layers one and a half times as
/// wide. Over several seeds each figure is a mean with its 95 % interval (Student's t), and each part is compared
/// with the first by a paired t-test: two runs with the same seed see the same windows in the same order.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("checkpoint", |arg| arg.help(KEPT).long_help(KEPT)),
    mut_arg("resume", |arg| arg.help(RESUMED).long_help(RESUMED)),
    mut_arg("json", |arg| arg.help_heading("Output")),
    after_help = "Examples:
  wengert lm compare                                    four kinds, three seeds each
  wengert lm compare --kind silu,swiglu --seeds 10      what do β and γ bring?
  wengert lm compare --text book.txt --steps 6000 --report kinds.html"
)]
pub struct LmCompare {
    /// What to read.
    #[command(flatten)]
    pub reading: Reading,
    /// The models. --feed-forward is the hidden width of gated parts.
    #[command(flatten)]
    pub sizes: Sizes,
    /// The feed-forward parts, the first one compared with each of the others.
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        default_value = "relu,gelu,silu,swiglu",
        value_parser = kind,
        help_heading = "Model"
    )]
    pub kind: Vec<FeedForwardKind>,
    /// The training options.
    #[command(flatten)]
    pub teaching: Teaching,
    /// Train with N seeds, counted up from --seed.
    #[arg(long, value_name = "N", default_value_t = defaults::SEEDS, value_parser = up_to::<10_000>, allow_negative_numbers = true, help_heading = "Training")]
    pub seeds: usize,
    /// What to keep of the run.
    #[command(flatten)]
    pub keeping: Keeping,
    /// Write a page of curves and tables: one HTML file.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub report: Option<PathBuf>,
    /// The figures of that page.
    #[command(flatten)]
    pub json: JsonOutput,
}

/// Continue a text with a model, printing it as it is generated.
///
/// Each token is drawn from the model's probabilities. The same seed gives the same text.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert lm generate --model stories.st
  wengert lm generate --model stories.st 'Emma has a red ball. Ben has a blue kite. Who has the kite? '
  wengert lm generate --model book.st 'It was ' --tokens 500 --temperature 0.8 --top-p 0.95 --seed 3
  wengert lm generate --model book.st 'It was ' --temperature 0        only the most probable token
  wengert lm generate --model book.st 'It was ' --precision bf16       weights in 16 bits")]
pub struct LmGenerate {
    /// The text to continue. Without it the model begins a document.
    #[arg(allow_hyphen_values = true)]
    pub prompt: Option<String>,
    /// The model: a file that `lm train --save` or `lm import` wrote, or a checkpoint.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// Write at most N tokens.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = positive, allow_negative_numbers = true)]
    pub tokens: usize,
    /// Divide the logits by this: below 1 probable tokens become more probable, at 0 the most probable is taken.
    #[arg(long, value_name = "T", default_value_t = 1.0, value_parser = not_negative, allow_hyphen_values = true)]
    pub temperature: f64,
    /// Draw from the N most probable tokens only.
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub top_k: Option<usize>,
    /// Draw from the fewest tokens that have this probability together.
    #[arg(long, value_name = "P", default_value_t = 1.0, value_parser = part, allow_hyphen_values = true)]
    pub top_p: f64,
    /// The seed of the draws.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
    /// Keep the matrices of the model in this many bits. bf16 halves what is read for each token, and changes each
    /// weight by at most 1/256 of itself (one below 1.2e-38 may become 0); `lm evaluate --precision bf16` prints what
    /// that costs.
    #[arg(long, value_name = "NAME", default_value = "f32")]
    pub precision: Precision,
    /// End before this text; \n is a line break. Repeatable. Without it a model that was trained on documents ends
    /// with its document. A token that ends a text, such as `</s>`, ends it in any case.
    #[arg(long, value_name = "TEXT", value_parser = stop, allow_hyphen_values = true)]
    pub stop: Vec<String>,
}

/// Evaluate a model on a text: loss, perplexity, bits per byte and per character, and Kneser–Ney beside it.
///
/// Each token is predicted once, from at least half a context if the document has that much before it.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert lm evaluate --model book.st --text other.txt --counted book.txt
  wengert lm evaluate --model stories.st --data stories --data-seed 9
  wengert lm evaluate --model stories.st --data-seed 9 --precision bf16      beside the loss in f32")]
pub struct LmEvaluate {
    /// The model: a file that `lm train --save` or `lm import` wrote, or a checkpoint.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// The text.
    #[command(flatten)]
    pub source: TextSource,
    /// A text that the model was trained on: Kneser–Ney models count it and are evaluated beside the model.
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    pub counted: Option<PathBuf>,
    /// Keep the matrices of the model in this many bits, as `lm generate` does. With bf16 the model is also evaluated
    /// in f32, and the difference is printed.
    #[arg(long, value_name = "NAME", default_value = "f32")]
    pub precision: Precision,
    /// The figures.
    #[command(flatten)]
    pub json: JsonOutput,
}

/// Write a model as a folder that Hugging Face's `transformers` loads: `config.json` and `model.safetensors`.
///
/// Its kind must be silu, because LLaMA does not learn β and γ. The tokens are written beside it, as `tokenizer.json`
/// if they come from one.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert lm train --text book.txt --kind silu --save book.st
  wengert lm export --model book.st --to book
  python -c \"from transformers import LlamaForCausalLM; LlamaForCausalLM.from_pretrained('book')\"")]
pub struct LmExport {
    /// The model: a file that `lm train --save` or `lm import` wrote, or a checkpoint.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// The folder to write. It must be empty or not exist yet.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub to: PathBuf,
}

/// Read a model of the LLaMA kind: a Hugging Face folder, or a `.bin` checkpoint of llama2.c.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert lm import SmolLM-135M --save smol.st
  wengert lm import stories15M.bin --tokens tokenizer.json --save stories15M.st")]
pub struct LmImport {
    /// The folder, with `config.json`, `model.safetensors` and `tokenizer.json`; or the `.bin` file.
    pub from: PathBuf,
    /// The tokens of the model: bytes, or the path of its tokenizer.json [default: the one in the folder].
    #[arg(long, value_name = "KIND", value_parser = tokens, value_hint = ValueHint::FilePath)]
    pub tokens: Option<TokenKind>,
    /// The file to save the model in.
    #[arg(long, value_name = "FILE")]
    pub save: PathBuf,
}
