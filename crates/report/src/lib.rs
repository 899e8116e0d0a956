//! What people see of a training run.
//!
//! While it goes on, observers show it: [`Console`] draws bars, [`Log`] writes a file, and
//! [`Interrupt`] ends it after Ctrl-C or SIGTERM. Afterwards [`ModelComparison`] puts several models side by
//! side, [`statistics`] tells whether one is really better than another, and [`TrainingReport`] draws a page of
//! it all.

#![forbid(unsafe_code)]

mod comparison;
mod console;
mod interrupt;
mod log;
mod page;
pub mod statistics;

pub use comparison::{Difference, ModelComparison, RunResult, Verdict};
pub use console::Console;
pub use files::WriteError;
pub use interrupt::{Interrupt, InterruptError};
pub use log::{Log, LogError, LogEvery, LogFault};
pub use page::{
    ActivationCurve, BestModel, ClassScores, CurveRole, ModelRuns, ParameterRow, Plot, PlotSubject,
    ReportError, SeedRun, TrainingReport, Word, WrongPrediction, contributions,
};
