//! The command line: the commands, and the options of training without a command.

use clap::{Parser, Subcommand};

use crate::completions::Completions;
use crate::contents::InspectModel;
use crate::lm::options::{Lm, LmCommand};
use crate::manual::{EXIT_CODES, ManualPages};
use crate::sentiment::options as sentiment;
use crate::serve::Serve;
use crate::table::options as table;
use crate::tabular::options as tabular;
use crate::tape::TapeOfExpression;

/// Train, compare and use small models of texts and tables, and small language models.
///
/// Without a command it trains a text classifier (an embedding, its mean over the words, a hidden
/// layer, a softmax) on 10,000 generated reviews of eight emotions, once with ReLU and once with
/// SwiGLU, and evaluates both on 2,000 more. Before training it checks the model's gradients by four
/// independent methods in 64-bit arithmetic. It takes the options of `train`, too.
///
/// `wengert COMMAND --help` explains a command and its options.
#[derive(Debug, Parser)]
#[command(
    name = "wengert",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"),
    // The help of `train` lists them.
    mut_args(|option| option.hide_short_help(true).hide_long_help(true))
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Without a command: how to train.
    #[command(flatten)]
    pub train: sentiment::Train,
}

const EXAMPLES: &str = "Examples:
  wengert train data.csv                               train on a table of your own
  wengert                                              generated reviews, ReLU and SwiGLU
  wengert --train train.csv --test test.csv            your data: columns `text` and `label`
  wengert train --activation swiglu --save model.st    keep the model ...
  wengert predict --model model.st 'so happy'          ... use it on a text ...
  wengert evaluate --model model.st --test more.csv    ... see how good it is elsewhere ...
  wengert serve --model model.st                       ... and answer over HTTP, with a page
  wengert compare --seeds 5                            is the difference real?
  wengert compare --report report.html                 the same, as a page to look at
  wengert gradcheck                                    are the gradients right?
  wengert tabular                                      a network for tables of numbers
  wengert lm train                                     a language model from scratch
  wengert inspect --model model.st                     what is in a saved model
  wengert tape 'x*y + sin(x)' x=2 y=3                  the tape of any formula, forward and back
  source <(wengert completions bash)                   shell completions
  wengert man lm train | man -l -                      a page of the manual

With cargo: cargo run --release --bin wengert -- COMMAND OPTIONS";

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
    Completions(Completions),
    Man(ManualPages),
}

impl Cli {
    /// Returns `true` if standard output is for JSON alone.
    pub fn prints_json(&self) -> bool {
        let json = match &self.command {
            None => &self.train.output.json,
            Some(Command::Train(options)) => &options.common.output.json,
            Some(Command::Compare(options)) => &options.common.output.json,
            Some(Command::Tabular(options)) => &options.output.json,
            Some(Command::Lm(options)) => match &options.command {
                LmCommand::Train(options) => &options.json,
                LmCommand::Compare(options) => &options.json,
                _ => return false,
            },
            // The others print either JSON or text.
            _ => return false,
        };
        json.is_printed()
    }
}
