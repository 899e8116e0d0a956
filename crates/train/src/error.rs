//! Why training could not begin or continue.

use data::{SourceError, SplitError};
use optim::GradientError;
use thiserror::Error;

use crate::observer::ObserverError;

/// Another process has ended its part in the common work.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("process {rank} of {size} has ended: {reason}")]
pub struct WorkerEnded {
    /// The number of that process, from 0.
    pub rank: usize,
    /// The number of processes.
    pub size: usize,
    /// The reason that it gave.
    pub reason: String,
}

/// Why training could not begin or continue.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// There are no samples.
    #[error("there is nothing to train on: the data set has no samples")]
    NoSamples,
    /// No sample of a part counts in the loss.
    #[error("{}", none_counts(.number, .samples))]
    NoneCounts {
        /// The number of samples.
        number: usize,
        /// What they are: `training samples` or `validation samples`.
        samples: &'static str,
    },
    /// The source has samples for fewer epochs.
    #[error(
        "{wanted} epochs were asked for, but the samples are enough for {enough}; ask for no more, or give the \
         source more samples"
    )]
    TooManyEpochs {
        /// The number of epochs asked for.
        wanted: usize,
        /// The number of epochs that have samples.
        enough: usize,
    },
    /// The validation split leaves nothing to train or to validate on.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The source of the samples failed, or cannot give as many epochs as were asked for.
    #[error("the samples cannot be read: {0}")]
    Source(SourceError),
    /// A batch of sequences, padded to the longest one, is too large.
    #[error(
        "a batch of {batch} samples, each filled up to the longest one of {longest} items, is too large; \
         cut the longest samples, or make smaller batches"
    )]
    TooLong {
        /// The number of samples in a batch.
        batch: usize,
        /// The length of the longest sample.
        longest: usize,
    },
    /// The loss is infinite or NaN.
    #[error(
        "the loss is {loss} in epoch {epoch}, step {step}. The first value that is not finite is \
         {first}. A lower learning rate or clipping the gradients may help, or the data hold such a \
         value"
    )]
    NotFinite {
        /// The loss.
        loss: f64,
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step within the epoch, counted from 1.
        step: usize,
        /// The first node on the way to the loss whose value is not finite.
        first: String,
    },
    /// The optimizer refuses a gradient. The parameters are those before the step.
    #[error("in epoch {epoch}, step {step}: {error}")]
    Gradient {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step within the epoch, counted from 1.
        step: usize,
        /// The gradient and its fault.
        error: GradientError,
    },
    /// The score does not have the metric by which epochs are to be compared.
    #[error("Fit::criterion: the first epoch has no metric `{metric}`, because the loss has none or it is undefined there; {}", metrics(.known))]
    NoMetric {
        /// The metric that [`Fit::criterion`](crate::Fit::criterion) names.
        metric: String,
        /// The metrics that the loss has.
        known: Vec<String>,
    },
    /// A parameter or the validation loss is not finite after an epoch.
    #[error(
        "after epoch {epoch} {what} is infinite or NaN. A lower learning rate or clipping the \
         gradients may help, or the data hold such a value"
    )]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The parameter, or the validation loss.
        what: String,
    },
    /// An observer, such as one that waits for Ctrl-C, wanted training to stop.
    #[error("training was stopped in epoch {epoch} after step {step}{}", of(.steps))]
    Stopped {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The number of steps taken in it.
        step: usize,
        /// The number of steps of that epoch, if it is known.
        steps: Option<usize>,
    },
    /// Another process of the run has ended.
    #[error(transparent)]
    Worker(WorkerEnded),
    /// Another process of the run has other samples, options or weights, or is of another version.
    #[error(
        "process {rank} of {size} has another run: {what} is {found} there, but {expected} in process 0; start \
         all processes with the same program, options and files"
    )]
    OtherWorker {
        /// The number of that process, from 0.
        rank: usize,
        /// The number of processes.
        size: usize,
        /// The option, or a property of the run.
        what: String,
        /// Its value in that process.
        found: String,
        /// Its value in process 0.
        expected: String,
    },
    /// An observer failed.
    #[error(transparent)]
    Observer(ObserverError),
}

/// Returns the message that no sample counts in the loss.
pub(crate) fn none_counts(number: &usize, samples: &str) -> String {
    format!(
        "none of the {number} {samples} counts in the loss, which ignores their targets or gives them the weight \
         0; give samples whose targets count"
    )
}

/// Returns what epochs can be compared by.
fn metrics(known: &[String]) -> String {
    match known.is_empty() {
        true => "compare epochs by Criterion::Loss".to_string(),
        false => {
            format!("it has {}, and Criterion::Loss compares epochs by the loss", known.join(", "))
        }
    }
}

/// Returns ` of 20`, or nothing if the number of steps is not known.
fn of(steps: &Option<usize>) -> String {
    steps.map_or_else(String::new, |steps| format!(" of {steps}"))
}
