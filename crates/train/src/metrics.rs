//! Measures of a classifier's predictions.
//!
//! Accuracy alone misleads when classes are unequal: on data that is 90 % one class, a model that
//! always answers that class is 90 % accurate and has learned nothing. So every figure here is
//! derived from the [`ConfusionMatrix`], which counts each true class against each predicted one.
//! For one class `c`, with
//!
//! - `TP` the samples of `c` predicted as `c` (true positives),
//! - `FP` the samples of other classes predicted as `c` (false positives),
//! - `FN` the samples of `c` predicted as another class (false negatives),
//!
//! ```text
//! precision = TP / (TP + FP)          the share of samples predicted as c that are c
//! recall    = TP / (TP + FN)          the share of samples of c that are predicted as c
//! F1        = 2 TP / (2 TP + FP + FN) the harmonic mean of the two
//! ```
//!
//! [`roc_auc`] judges the scores of a binary classifier before any threshold turns them into
//! classes. [`Reliability`] says how well probabilities are calibrated, and [`fit_temperature`] calibrates
//! them.
//!
//! All figures are fractions from 0 to 1. The printed tables show percent.

mod calibration;
mod confusion;
mod roc;
mod table;

pub use calibration::{
    Calibration, RELIABILITY_BINS, Reliability, ReliabilityBin, fit_label_temperature,
    fit_temperature,
};
pub use confusion::{ConfusionMatrix, Scores};
pub use roc::roc_auc;
