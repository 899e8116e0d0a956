//! The program `wengert`: trains the article's text classifier, compares activations on it, checks its
//! gradients, and uses what it has saved; and does the first two for tables of numbers.
//!
//!     cargo run --release --bin wengert
//!     cargo run --release --bin wengert -- train --train train.csv --test test.csv
//!     cargo run --release --bin wengert -- --help
//!
//! `sentiment/` and `tabular/` hold a model each, with the commands that are about it. The files here
//! are what both share: where samples come from, how a model is trained, what is written, and how the
//! program ends.

#![forbid(unsafe_code)]

mod ending;
mod interrupted;
mod notes;
mod options;
mod output;
mod parse;
mod sentiment;
mod source;
mod tabular;
mod trained;
mod training;
mod values;

use std::process::ExitCode;

use options::{Cli, Command};
use sentiment::{compare, evaluate, gradcheck, predict};

fn main() -> ExitCode {
    let Cli { command, train } = parse::parse();
    interrupted::run(|| match command {
        None => compare::train_each(&train),
        Some(Command::Train(options)) => compare::train_each(&options),
        Some(Command::Compare(options)) => compare::over_seeds(&options),
        Some(Command::Evaluate(options)) => evaluate::run(&options),
        Some(Command::Predict(options)) => predict::run(&options),
        Some(Command::Gradcheck(options)) => gradcheck::run(&options),
        Some(Command::Tabular(options)) => tabular::compare(&options),
    })
}
