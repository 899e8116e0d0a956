//! The options of the text classifier.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::builder::UnknownArgumentValueParser;
use clap::{Args, ValueHint};
use data::Separator;
use data::generated::REVIEW_LABEL_NOISE;
use nn::ActivationKind;
use report::Interrupt;
use serde_json::{Value, json};

use super::sizes::Sizes;
use super::texts::Texts;
use crate::json::JsonOutput;
use crate::keeping::{Keeper, Keeping, Options};
use crate::output::Output;
use crate::source::SampleSource;
use crate::training::Training;
use crate::values::{positive, up_to, without_repeats};

/// Train a model with each activation, once, and report on the best.
///
/// The model is an embedding, its mean over the words of a text, a hidden layer and a softmax. A
/// share of the training samples is kept for validation: the epoch that is best on them is kept,
/// and the best of the models is reported on and saved.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert train                                          generated reviews, ReLU and SwiGLU
  wengert train --train train.csv --test test.csv        your data: columns `text` and `label`
  wengert train --activation swiglu --save model.st      keep the model
  wengert train --report report.html                     curves, tables and mistakes as a page
  wengert train --epochs 30 --patience 3                 until three epochs bring nothing better
  wengert train --export reviews                         write the generated reviews as CSV files")]
pub struct Train {
    /// Texts, models and training.
    #[command(flatten)]
    pub experiment: Experiment,
    /// What to write.
    #[command(flatten)]
    pub output: Output,
    /// Save the best of the models, for `predict` and `evaluate`: the one that is best in
    /// validation, or with --validation-split 0 in training.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub save: Option<PathBuf>,
    /// Hidden: tells users which command has this option.
    #[arg(
        long,
        hide = true,
        value_parser = UnknownArgumentValueParser::suggest_arg("compare --seeds")
    )]
    seeds: Option<usize>,
}

/// Train with each activation and several seeds, and tell a real difference from luck.
///
/// A single run shows one draw from a distribution of results. Over several seeds each figure is a
/// mean with its 95 % interval (Student's t), and each activation is compared with the first one by
/// a paired t-test: two runs with the same seed share the order of the samples and the initial
/// weights.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert compare                                        ReLU against SwiGLU, five seeds each
  wengert compare --activation relu,silu,swiglu          is it the learned β and γ, or the shape?
  wengert compare --baseline --seeds 10                  and what can a linear model do?
  wengert compare --report report.html                   a page with bands over the seeds
  wengert compare --train train.csv --test test.csv      your data: columns `text` and `label`")]
pub struct Compare {
    /// Texts, models and training.
    #[command(flatten)]
    pub experiment: Experiment,
    /// What to write.
    #[command(flatten)]
    pub output: Output,
    /// Train with N seeds, counted up from --seed.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = up_to::<10_000>, allow_negative_numbers = true, help_heading = "Training")]
    pub seeds: usize,
    /// Also train a linear model on word counts, to show what is possible without a hidden layer.
    #[arg(long, help_heading = "Model")]
    pub baseline: bool,
}

/// Evaluate a saved model on other texts or rows whose answers are known.
///
/// For classes it prints the accuracy with its 95 % interval (Wilson), the confusion matrix, and
/// precision, recall and F1 of each class; for several labels, F1 and the figures of each label; for
/// numbers, the mean error, the root mean squared error and R². Classes and labels must be among
/// those that the model was trained on.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert evaluate --model model.st more.csv             a model of `train FILE`
  wengert evaluate --model model.st --test more.csv      a model of texts
  wengert evaluate --model model.st --test tweets.csv --text-column tweet --label-column mood
  wengert evaluate --model model.st --test more.csv --json")]
pub struct Evaluate {
    /// The model: a file written by `train --save`.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// The samples with their answers, in the same columns as the samples that the model was trained on.
    #[arg(value_name = "FILE", required_unless_present = "test", conflicts_with = "test")]
    file: Option<PathBuf>,
    /// Another way to give FILE.
    #[arg(long, value_name = "FILE")]
    test: Option<PathBuf>,
    /// The column that holds the text, for a model of texts: `text` unless given.
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column that holds the class name, for a model of texts: `label` unless given.
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// Override the detected separator of the file, for a model of a table: a character, such as `;`, or `tab`.
    #[arg(long, value_name = "CHARACTER")]
    pub separator: Option<Separator>,
    /// The figures.
    #[command(flatten)]
    pub json: JsonOutput,
}

impl Evaluate {
    /// Returns the files that are read, with their options.
    pub fn places(&self) -> Vec<(&'static str, PathBuf)> {
        let samples = if self.test.is_some() { "--test" } else { "FILE" };
        vec![("--model", self.model.clone()), (samples, self.samples().to_path_buf())]
    }

    /// Returns the file of samples.
    pub fn samples(&self) -> &Path {
        self.file.as_deref().or(self.test.as_deref()).unwrap_or(Path::new(""))
    }
}

/// Use a saved model: on the rows of a file, or on a text.
///
/// A model of `train FILE` takes a FILE, or `-` for standard input. It writes the columns of the file as CSV
/// (commas, UTF-8), followed by the prediction and, unless it is a number, the probability of each class
/// or label. It reads and writes row by row, so the file may be larger than memory.
///
/// A model of texts takes a TEXT and prints the probability of each class. Give one text as an argument, or
/// several as the lines of a file or of standard input. Words unknown to the model are ignored and listed.
///
/// If a model knows nothing about an input (no word of a text is known; each cell of a row is missing,
/// unreadable or an unknown category), the answer is `unknown`, without probabilities: as JSON the prediction is
/// "unknown" and the probabilities are null. Probabilities are calibrated by a temperature, which `train` fits
/// in validation.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("json", |arg| arg.help(ANSWERS).long_help(ANSWERS)),
    after_help = "Examples:
  wengert predict --model model.st new.csv > out.csv
  tail -f rows.jsonl | wengert predict --model model.st - --json
  wengert predict --model model.st 'so happy'
  wengert predict --model model.st '-1 star'
  wengert predict --model model.st -- '--a text that begins like an option'
  wengert predict --model model.st --file texts.txt --top 1
  echo 'so happy' | wengert predict --model model.st --json"
)]
pub struct Predict {
    /// A file of rows, or a text, as the model needs it. Without it and without --file, standard input.
    #[arg(value_name = "FILE or TEXT", allow_hyphen_values = true, value_parser = text_not_option, value_hint = ValueHint::FilePath)]
    text: Option<String>,
    /// A text that may look like an option.
    #[arg(last = true, value_name = "TEXT", conflicts_with_all = ["text", "file"])]
    any_text: Option<String>,
    /// The model: a file written by `train --save`.
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// A file with a text on each line, or with rows.
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub file: Option<PathBuf>,
    /// Override the detected separator of the file, for a model of a table: a character, such as `;`, or `tab`.
    #[arg(long, value_name = "CHARACTER")]
    pub separator: Option<Separator>,
    /// Show only the N most probable classes.
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true, conflicts_with = "json")]
    pub top: Option<usize>,
    /// Show what moved the answer: the five words or columns whose removal changes the probability of the
    /// answer, or the predicted number, most. Each is removed alone (a column by treating its cell as missing), and
    /// the model answers again; the effect is the difference between the answers with and without it.
    #[arg(long)]
    pub why: bool,
    /// The answers.
    #[command(flatten)]
    pub json: JsonOutput,
}

const ANSWERS: &str = "Print a JSON object for each text or row, on a line of its own; probabilities are from 0 to 1. \
    Standard output then holds nothing else: notes and errors go to standard error. With `--json=FILE` the lines are \
    written into FILE, and standard output is as without this option";

impl Predict {
    /// Returns the files that are read, with their options.
    pub fn places(&self) -> Vec<(&'static str, PathBuf)> {
        let file = self.file.iter().map(|path| ("--file", path.clone()));
        [("--model", self.model.clone())].into_iter().chain(file).collect()
    }

    /// Returns the text that was given as an argument.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref().or(self.any_text.as_deref())
    }
}

impl Evaluate {
    /// Checks that no option of texts is given for a model of a table.
    pub fn without_columns(&self) -> Result<(), String> {
        let given = [("--text-column", &self.text_column), ("--label-column", &self.label_column)];
        match given.iter().find(|(_, name)| name.is_some()) {
            None => Ok(()),
            Some((option, _)) => Err(format!(
                "{option} is for models of texts; this one is of a table, and finds its columns by their names"
            )),
        }
    }
}

/// Checks that an option of tables is not given for a model of texts.
pub fn without_separator(separator: Option<Separator>) -> Result<(), String> {
    match separator {
        None => Ok(()),
        Some(_) => Err("--separator is for models of tables; this one reads texts".to_string()),
    }
}

/// Returns a text, unless it looks like an option that is misspelled.
fn text_not_option(text: &str) -> Result<String, String> {
    let begins_with_a_letter =
        |word: &str| word.starts_with(|c: char| c.is_alphabetic() || c == '-');
    match text.strip_prefix('-') {
        Some(word) if begins_with_a_letter(word) && !text.contains(char::is_whitespace) => {
            Err("there is no such option; see --help. If it is the text, put `--` before it"
                .to_string())
        }
        _ => Ok(text.to_string()),
    }
}

/// Check the model's gradients by four independent methods, without training.
///
/// In 64-bit arithmetic, with the weights that training would begin with and a few of the training
/// texts: central differences, forward mode by dual numbers, and in second order Hessian-vector
/// products and their symmetry. A line for each parameter; exit code 2 where one is wrong.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  wengert gradcheck                                      with ReLU and with SwiGLU
  wengert gradcheck --activation gelu --samples 16       another activation, more texts
  wengert gradcheck --train train.csv --test test.csv    on your texts")]
pub struct Gradcheck {
    /// Texts and models.
    #[command(flatten)]
    pub setup: Setup,
    /// The seed of the initial weights.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true,
        help_heading = "Check"
    )]
    pub seed: u64,
    /// Check on the first N texts.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = positive, allow_negative_numbers = true, help_heading = "Check")]
    pub samples: usize,
}

/// The options that `train` and `compare` share.
#[derive(Args, Clone, Debug)]
pub struct Experiment {
    /// Texts and models.
    #[command(flatten)]
    pub setup: Setup,
    /// The training options.
    #[command(flatten)]
    pub training: Training,
    /// What to keep of the run.
    #[command(flatten)]
    pub keeping: Keeping,
}

impl Experiment {
    /// Creates the keeper that these options request. `more` has the other options that a run depends on.
    pub fn keeper(&self, interrupt: Interrupt, more: Options) -> Result<Keeper, Box<dyn Error>> {
        let Self { setup, training, keeping } = self;
        let options = |pairs: &[(&str, Value)]| -> Options {
            pairs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
        };
        // JSON is UTF-8, but a path may not be.
        let path = |path: &Option<PathBuf>| json!(path.as_deref().map(Path::to_string_lossy));
        let mut fixed = options(&[
            ("--seed", json!(training.seed)),
            ("--lr", json!(training.lr())),
            ("--batch-size", json!(training.batch_size)),
            ("--shards", json!(training.shards)),
            ("--validation-split", json!(training.validation_split)),
            ("--split", json!(training.split)),
            ("--max-length", json!(setup.max_length)),
            ("--vocab", json!(setup.sizes.vocab)),
            ("--embedding", json!(setup.sizes.embedding)),
            ("--hidden", json!(setup.sizes.hidden)),
            ("--dropout", json!(setup.sizes.dropout())),
            ("--data-seed", json!(setup.source.data_seed)),
            ("--train", path(&setup.source.train)),
            ("--text-column", json!(setup.text_column)),
            ("--label-column", json!(setup.source.label_column)),
        ]);
        fixed.extend(more);
        let activations: Vec<String> = setup.activation.iter().map(ToString::to_string).collect();
        let free = options(&[
            ("--activation", json!(activations)),
            ("--epochs", json!(training.epochs)),
            ("--patience", json!(training.patience)),
            ("--watch-layers", json!(training.watch_layers)),
            ("--test", path(&setup.source.test)),
        ]);
        keeping.open(interrupt, training.quiet, training.seed, fixed, free)
    }
}

/// Texts, and models to classify them.
#[derive(Args, Clone, Debug)]
pub struct Setup {
    /// Where the samples come from.
    #[command(flatten)]
    pub source: SampleSource,
    /// The column that holds the text.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "text",
        requires = "train",
        help_heading = "Data"
    )]
    pub text_column: String,
    /// Keep the first N known words of each text; without it texts are used whole.
    #[arg(
        long,
        value_name = "N",
        value_parser = positive,
        allow_negative_numbers = true,
        help_heading = "Data"
    )]
    pub max_length: Option<usize>,
    /// The activations, the first one compared with each of the others: relu, leaky-relu, tanh,
    /// sigmoid, gelu, silu, swiglu.
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        default_value = "relu,swiglu",
        help_heading = "Model"
    )]
    pub activation: Vec<ActivationKind>,
    /// The sizes of the model.
    #[command(flatten)]
    pub sizes: Sizes,
}

impl Setup {
    /// Checks the options, reads or generates the texts, and checks the options against the texts.
    pub fn texts(&self) -> Result<Texts, Box<dyn Error>> {
        without_repeats("--activation", &self.activation)?;
        self.source.check()?;
        let Self { source, text_column, sizes, max_length, .. } = self;
        let texts = Texts::load(source, text_column, sizes.vocab, *max_length)?;
        self.sizes.check(texts.labels.len())?;
        Ok(texts)
    }

    /// Returns a sentence on the labels of generated texts that are wrong by design.
    pub fn wrong_labels(&self) -> Option<String> {
        self.source.files().is_none().then(|| {
            format!(
                "The labels of {:.0} % of these generated reviews are wrong by design, in the test reviews as \
                 well: a mistake may be the label's.",
                100.0 * REVIEW_LABEL_NOISE
            )
        })
    }

    /// Checks that a batch fits into memory. Its texts are padded to the longest one.
    pub fn check_batch(&self, batch_size: usize, texts: &Texts) -> Result<(), String> {
        const LARGEST: usize = 1 << 27;
        let batch = batch_size.min(texts.train.len());
        match batch.saturating_mul(texts.longest) <= LARGEST {
            true => Ok(()),
            false => Err(format!(
                "a training text has {} known words: with as many for each of a batch's {batch} texts, \
                 that is more than {LARGEST}; cut it with --max-length, or choose a smaller --batch-size",
                texts.longest
            )),
        }
    }
}
