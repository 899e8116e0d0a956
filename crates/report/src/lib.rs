//! Shows training runs.
//!
//! Observers show a run while it trains: [`Console`] draws bars, [`Log`] writes a file, and
//! [`Interrupt`] ends it after Ctrl-C or SIGTERM. Afterwards [`ModelComparison`] compares
//! several models, [`statistics`] tells a real difference from luck, and [`TrainingReport`] draws a
//! page with all figures. A [`LanguageReport`] is the page of a language model.

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod comparison;
mod console;
mod interrupt;
mod log;
mod metric_list;
mod page;
pub mod statistics;

pub use comparison::{Difference, ModelComparison, RunResult, Verdict};
pub use console::Console;
pub use files::WriteError;
pub use interrupt::{Interrupt, InterruptError};
pub use log::{Log, LogError, LogEvery, LogFault};
pub use metric_list::MetricList;
pub use page::{
    ActivationCurve, AttentionHead, AttentionMaps, BestModel, ClassDetails, ClassScores,
    ColumnDependence, ColumnImportance, ColumnValues, ColumnsReport, CountingModel, CurveRole,
    GateRow, LanguageReport, LossPoint, ModelRuns, ParameterRow, Plot, PlotSubject, ReportError,
    ResidualBin, ResidualReport, ResultRow, SearchReport, SearchTrial, SeedRun, SurpriseToken,
    TrainingReport, Word, WrongPrediction, contributions,
};
