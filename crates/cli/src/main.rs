//! The program `wengert`. It trains the article's text classifier, compares activations on it,
//! and checks its gradients. It trains models on any table, compares networks for tables of numbers,
//! trains language models, and uses saved models: for predictions, evaluation and over HTTP.
//!
//!     cargo run --release --bin wengert
//!     cargo run --release --bin wengert -- train data.csv --target price
//!     cargo run --release --bin wengert -- train --train train.csv --test test.csv
//!     cargo run --release --bin wengert -- --help
//!
//! `sentiment/`, `table/`, `tabular/` and `lm/` each have a model and its commands, and `serve/` answers requests to
//! saved models. They share the files here: the source of samples, training, checkpoints, output, and exit codes.

#![forbid(unsafe_code)]

mod calibrating;
mod completions;
mod contents;
mod ending;
mod interrupted;
mod json;
mod keeping;
mod lm;
mod manual;
mod notes;
mod options;
mod output;
mod parse;
mod places;
mod processes;
mod saving;
mod saying;
mod sentiment;
mod serve;
mod sharing;
mod shell;
mod source;
mod table;
mod tabular;
mod tape;
mod trained;
mod training;
mod values;

use std::error::Error;
use std::process::ExitCode;

use clap::CommandFactory;
use options::{Cli, Command};
use sentiment::{compare, evaluate, gradcheck, predict};

fn main() -> ExitCode {
    let code = interrupted::run(|| processes::together(run));
    processes::finish();
    code
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut cli: Cli = parse::parse()?;
    sharing::prepare(&mut cli)?;
    if cli.prints_json() {
        saying::leave_output_to_json();
    }
    if !matches!(cli.command, Some(Command::Serve(_))) {
        tensor::parallel::use_this_thread();
    }
    match cli.command {
        None => compare::train_each(&cli.train),
        Some(Command::Train(options)) => match &options.table.file {
            Some(file) => table::train(file, &options),
            None => compare::train_each(&options.common),
        },
        Some(Command::Compare(options)) => match &options.table.file {
            Some(file) => table::compare(file, &options),
            None => compare::over_seeds(&options.common),
        },
        Some(Command::Evaluate(options)) => match table::holds_table_model(&options.model) {
            true => table::evaluate(&options),
            false => evaluate::run(&options),
        },
        Some(Command::Predict(options)) => match table::holds_table_model(&options.model) {
            true => table::predict(&options),
            false => predict::run(&options),
        },
        Some(Command::Serve(options)) => serve::run(&options),
        Some(Command::Gradcheck(options)) => match &options.table.file {
            Some(file) => table::gradcheck(file, &options),
            None => gradcheck::run(&options.common),
        },
        Some(Command::Tabular(options)) => tabular::compare(&options),
        Some(Command::Lm(options)) => lm::run(&options),
        Some(Command::Tape(options)) => tape::run(&options),
        Some(Command::Inspect(options)) => contents::run(&options),
        Some(Command::Completions(options)) => completions::run(&options, Cli::command()),
        Some(Command::Man(options)) => manual::run(&options, Cli::command()),
    }
}
