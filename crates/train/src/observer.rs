//! Who may look on while a model trains: progress bars, logs, checkpoints, whatever a user adds.
//!
//! Observers change nothing, so a run is the same with and without them. All they can do is to end
//! it, by an error or by [`Observer::wants_stop`].

use std::any::Any;
use std::error::Error;

use autograd::Parameters;
use data::Dataset;
use optim::Optimizer;
use tensor::{Scalar, Tensor};

use crate::history::Score;
use crate::options::Fit;
use crate::progress::Progress;

/// Why an observer could not do its part. It ends training.
pub type ObserverError = Box<dyn Error + Send + Sync>;

/// Is told what happens in training. A method that is not written does nothing.
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
    /// Training begins, or goes on where a checkpoint left it.
    fn begin(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// A step has been taken.
    fn step(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// An epoch has ended: the last one of [`Progress::epochs`].
    fn epoch(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }

    /// Whether training shall stop; asked after [`begin`](Self::begin) and after
    /// each step and each epoch.
    fn wants_stop(&self) -> bool {
        false
    }

    /// Training stops before its end because an observer wants it to.
    fn stop(&mut self, _now: &Context<'_, T>) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// What an observer is told: the run as it is between two steps.
pub struct Context<'a, T: Scalar = f32> {
    /// How far it has come.
    pub progress: &'a Progress<T>,
    /// The weights.
    pub parameters: &'a Parameters<T>,
    /// The optimizer, with its memory and the rate of the next step.
    pub optimizer: &'a dyn Optimizer<T>,
    /// How it is trained.
    pub options: &'a Fit,
    /// How many steps an epoch has.
    pub steps_per_epoch: usize,
    /// The score of the batch of the last step, before that step; `None` if none was taken yet.
    pub batch: Option<Score>,
    /// The data set, with the samples for validation.
    pub dataset: &'a dyn AnyDataset,
}

impl<T: Scalar> Context<'_, T> {
    /// How many steps have been taken in all epochs.
    pub fn steps(&self) -> usize {
        self.progress.epochs.len() * self.steps_per_epoch + self.progress.step()
    }
}

/// A [`Dataset`] whose type of input is not known, for observers of runs on any type.
pub trait AnyDataset {
    /// The shape of the inputs, `[n, …]`; of sequences, `[n, longest]`.
    fn shape(&self) -> Vec<usize>;
    /// The labels, `[n]`.
    fn labels(&self) -> &Tensor<u32>;
    /// The data set itself, to be downcast to a [`Dataset`] of a known type.
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
