//! Observers of training: progress bars, logs, checkpoints, and a user's own.
//!
//! Observers change nothing, so a run is the same with and without them. They can only end it, by
//! an error or by [`Observer::wants_stop`].

use std::error::Error;
use std::fmt;

use autograd::Parameters;
use data::{Sink, Source, SourceError};
use optim::Optimizer;
use tensor::Scalar;

use crate::options::Fit;
use crate::progress::Progress;
use crate::score::Score;

/// The error of an observer. It ends training.
pub type ObserverError = Box<dyn Error + Send + Sync>;

/// Observes a run: its methods are called while a model trains. By default each does nothing.
///
/// ```
/// use train::{Context, Observer, ObserverError};
///
/// /// The largest loss of a batch in the whole run.
/// struct WorstBatch(f64);
///
/// impl Observer<f32> for WorstBatch {
///     fn step(&mut self, now: &Context<'_, f32>) -> Result<(), ObserverError> {
///         self.0 = now.batch.as_ref().map_or(self.0, |batch| batch.loss.max(self.0));
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
    /// The number of steps of the epoch that runs, if it is known before the samples are read.
    pub steps_in_epoch: Option<usize>,
    /// In [`Observer::step`], the score on the batch of the step, before that step; `None` otherwise.
    pub batch: Option<Score>,
    /// In [`Observer::step`], the norm of all gradients of the step together, before they were clipped;
    /// `None` otherwise, and without [`Fit::clip_norm`].
    pub gradient_norm: Option<f64>,
    /// The samples to train on, and those for validation if they were split off.
    pub source: &'a dyn AnySource,
    /// The samples to evaluate on after each epoch, if there are any.
    pub validation: Option<&'a dyn AnySource>,
}

/// Writes where the run is, without its weights and samples.
impl<T: Scalar> fmt::Debug for Context<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("epoch", &self.progress.epoch())
            .field("step", &self.progress.step())
            .field("steps_in_epoch", &self.steps_in_epoch)
            .field("batch", &self.batch)
            .field("gradient_norm", &self.gradient_norm)
            .field("options", self.options)
            .finish_non_exhaustive()
    }
}

impl<T: Scalar> Context<'_, T> {
    /// Returns the number of steps taken in all epochs.
    pub fn steps(&self) -> usize {
        self.progress.steps()
    }

    /// Returns `true` if the last step was the last of its epoch, as far as that is known.
    pub fn is_end_of_epoch(&self) -> bool {
        self.steps_in_epoch == Some(self.progress.step())
    }
}

/// A [`Source`] of any type, for observers that compare the samples of two runs.
pub trait AnySource {
    /// Returns the shapes of inputs and targets of some samples, and gives their bytes to sinks: see
    /// [`Source::digest`].
    ///
    /// # Errors
    /// If the samples cannot be read.
    fn digest(&self, inputs: Sink<'_>, targets: Sink<'_>) -> Result<[String; 2], SourceError>;

    /// Returns an error if a run on these samples cannot be resumed.
    ///
    /// # Errors
    /// If the samples cannot be read a second time.
    fn check_resume(&self) -> Result<(), SourceError>;
}

impl<S: Source> AnySource for S {
    fn digest(&self, inputs: Sink<'_>, targets: Sink<'_>) -> Result<[String; 2], SourceError> {
        Source::digest(self, inputs, targets)
    }

    fn check_resume(&self) -> Result<(), SourceError> {
        self.check_rewind("resuming")
    }
}
