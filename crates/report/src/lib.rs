//! What people see of a training run.
//!
//! While it goes on, observers show it: [`Console`] draws bars, [`Log`] writes a file, and
//! [`Interrupt`] ends it after Ctrl-C or SIGTERM. Afterwards [`Comparison`] puts several models side by
//! side, [`statistics`] tells whether one is really better than another, and [`Report`] draws a page of
//! it all.

#![forbid(unsafe_code)]

mod comparison;
mod console;
mod interrupt;
mod log;
mod page;
pub mod statistics;

pub use comparison::{Comparison, Difference, Run, Verdict};
pub use console::Console;
pub use interrupt::{Interrupt, InterruptError};
pub use log::{Log, LogError, LogEvery, LogFault};
pub use page::{
    BestModel, ClassScores, Mistake, ModelRuns, ParameterRow, Plot, Report, ReportError, Role,
    SeedRun, Shape, Subject, Word, contributions,
};
