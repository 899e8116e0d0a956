//! Observers of training: progress bars, logs, checkpoints, and a user's own.
//!
//! Observers change nothing, so a run is the same with and without them. They can only end it, by
//! an error or by [`Observer::wants_stop`].

use std::any::Any;
use std::error::Error;

use autograd::Parameters;
use data::Dataset;
use optim::Optimizer;
use tensor::{Scalar, Tensor};

use crate::history::Score;
use crate::options::Fit;
use crate::progress::Progress;

/// The error of an observer. It ends training.
pub type ObserverError = Box<dyn Error + Send + Sync>;

/// Is called while a model trains. Each method does nothing by default.
///
/// ```
/// use train::{Context, Observer, ObserverError};
///
/// /// The largest loss of a batch in the whole run.
/// struct WorstBatch(f64);
///
/// impl Observer<f32> for WorstBatch {
///     fn step(&mut self, now: &Context<'_, f32>) -> Result<(), ObserverError> {
///         self.0 = now.batch.map_or(self.0, |batch| batch.loss.max(self.0));
///         Ok(())
///     }
/// }
/// ```
pub trait Observer<T: Scalar> {
    /// Called when training begins or resumes.
    fn begin(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Called after each step.
    fn step(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Called after each epoch, which is the last one of [`Progress::epochs`].
    fn epoch(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Returns `true` if training should stop. Called after [`begin`](Self::begin) and after each
    /// step and each epoch.
    fn wants_stop(&self) -> bool {
        false
    }

    /// Called when training stops early because an observer wants that.
    fn stop(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// The state of a run between two steps, for observers.
pub struct Context<'a, T: Scalar = f32> {
    /// The position of the run.
    pub progress: &'a Progress<T>,
    /// The weights.
    pub parameters: &'a Parameters<T>,
    /// The optimizer, with its memory and the rate of the next step.
    pub optimizer: &'a dyn Optimizer<T>,
    /// The options of the run.
    pub options: &'a Fit,
    /// The number of steps of an epoch.
    pub steps_per_epoch: usize,
    /// The score on the batch of the last step, before that step; `None` before the first step.
    pub batch: Option<Score>,
    /// The data set, with the samples for validation.
    pub dataset: &'a dyn AnyDataset,
}

impl<T: Scalar> Context<'_, T> {
    /// Returns the number of steps taken in all epochs.
    pub fn steps(&self) -> usize {
        self.progress.epochs.len() * self.steps_per_epoch + self.progress.step()
    }
}

/// A [`Dataset`] of any input type, for observers of runs on any type.
pub trait AnyDataset {
    /// Returns the shape of the inputs, `[n, …]`; for sequences `[n, longest]`.
    fn shape(&self) -> Vec<usize>;
    /// Returns the labels, `[n]`.
    fn labels(&self) -> &Tensor<u32>;
    /// Returns the data set itself, to be downcast to a [`Dataset`] of a known type.
    fn as_any(&self) -> &dyn Any;
}

impl<I: Copy + 'static> AnyDataset for Dataset<I> {
    fn shape(&self) -> Vec<usize> {
        match self.sequences() {
            Some(sequences) => vec![sequences.len(), sequences.longest()],
            None => self.inputs().shape().to_vec(),
        }
    }

    fn labels(&self) -> &Tensor<u32> {
        Dataset::labels(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
