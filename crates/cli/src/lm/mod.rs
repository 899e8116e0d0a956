//! The command `lm`: a small language model, trained from scratch and used.
//!
//! `options.rs` has the commands and their options, `defaults.rs` the default values, `lesson.rs` what a model learns
//! from, and `train.rs` the training. `exchange.rs` has `export` and `import`; each other command has its own file.

mod attention;
mod compare;
pub mod defaults;
mod evaluate;
mod exchange;
mod generate;
mod learning;
mod lesson;
mod memory;
pub mod options;
mod page;
mod precision;
mod rows;
mod saved;
mod sizes;
mod summary;
mod tape;
mod teaching;
mod texts;
mod train;
mod values;

use std::error::Error;

use options::{Lm, LmCommand};

/// Does what the command says.
pub fn run(options: &Lm) -> Result<(), Box<dyn Error>> {
    match &options.command {
        LmCommand::Train(options) => train::run(options),
        LmCommand::Generate(options) => generate::run(options),
        LmCommand::Evaluate(options) => evaluate::run(options),
        LmCommand::Compare(options) => compare::run(options),
        LmCommand::Export(options) => exchange::export(options),
        LmCommand::Import(options) => exchange::import(options),
    }
}
