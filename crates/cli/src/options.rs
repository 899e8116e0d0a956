//! The command line: the commands, and the options of training without a command.

use clap::{Parser, Subcommand};

use crate::contents::InspectModel;
use crate::lm::options::Lm;
use crate::sentiment::options as sentiment;
use crate::serve::Serve;
use crate::table::options as table;
use crate::tabular::options as tabular;
use crate::tape::TapeOfExpression;

/// Train a small text classifier, compare ReLU with SwiGLU on it, and use it.
///
/// Without a command it trains: it generates 10,000 short reviews over eight emotions, trains the
/// article's model on them (an embedding, its mean over the words, a hidden layer, a softmax) once
/// with ReLU and once with SwiGLU, and evaluates both on 2,000 more. Before training it checks the
/// model's gradients by four independent methods in 64-bit arithmetic.
///
/// The options below belong to `train`; `wengert COMMAND --help` shows the options of another command.
#[derive(Debug, Parser)]
#[command(
    name = "wengert",
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  wengert train data.csv                               a file of yours: what is in it, and a model of it
  wengert                                              generated reviews, ReLU and SwiGLU
  wengert --train train.csv --test test.csv            your data: columns `text` and `label`
  wengert train --activation swiglu --save model.st    keep the model ...
  wengert predict --model model.st 'so happy'          ... use it on a text ...
  wengert evaluate --model model.st --test more.csv    ... see how good it is elsewhere ...
  wengert serve --model model.st                       ... and answer over HTTP, with a page
  wengert compare --seeds 5                            a difference, or luck?
  wengert compare --report report.html                 the same, as a page to look at
  wengert gradcheck                                    are the gradients right?
  wengert tabular                                      a network for tables of numbers
  wengert lm train                                     a language model from scratch
  wengert inspect --model model.st                     what is in a saved model
  wengert tape 'x*y + sin(x)' x=2 y=3                  the tape of any formula, forward and back

With cargo: cargo run --release --bin wengert -- COMMAND OPTIONS"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Without a command: how to train.
    #[command(flatten)]
    pub train: sentiment::Train,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    Train(Box<table::TrainCommand>),
    Compare(Box<table::CompareCommand>),
    Evaluate(sentiment::Evaluate),
    Predict(sentiment::Predict),
    Serve(Serve),
    Gradcheck(Box<table::GradcheckCommand>),
    Tabular(tabular::Options),
    Lm(Lm),
    Tape(TapeOfExpression),
    Inspect(InspectModel),
}
