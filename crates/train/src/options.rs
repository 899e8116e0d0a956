//! The options of a training run.

use std::fmt;

use data::{Dataset, Samples, Split, SplitError, SplitParts};
use serde::{Deserialize, Serialize};
use tensor::Key;

use crate::criterion::Criterion;

/// The options of a training run.
///
/// ```
/// use train::Fit;
///
/// // Stops when five epochs in a row have not been better, and ends with the weights of the best one.
/// let options = Fit { epochs: 100, patience: Some(5), seed: 1, ..Fit::default() };
/// assert_eq!((options.batch_size, options.validation_split), (32, 0.2));
/// ```
///
/// The default is 10 epochs, batches of 32 and a fifth of the samples
/// for validation. It also keeps the weights of the best epoch
/// in validation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The largest number of passes over the training samples, at least 1.
    pub epochs: usize,
    /// The number of samples of a step.
    pub batch_size: usize,
    /// The share of samples that are used for validation after each epoch instead of training.
    pub validation_split: f64,
    /// The way of choosing samples for validation. (Checkpoints from before this option used the
    /// last ones.)
    #[serde(default = "last")]
    pub split: Split,
    /// The number of shards of a batch, at least 1. Each shard can run on a thread of its own.
    /// The result depends on the number of shards, but not on the number of threads. See
    /// [`Shards`](crate::Shards).
    pub shards: usize,
    /// `true` to draw a new order of the training samples for each epoch.
    pub shuffle: bool,
    /// The seed of the order and of dropout.
    pub seed: u64,
    /// Training stops after this many epochs in a row, at least 1, without a new best one; `None` for no limit. Without
    /// validation samples epochs are compared by their training scores.
    pub patience: Option<usize>,
    /// `true` to end with the weights of the best epoch in validation instead of the last epoch's. Without validation
    /// samples the last epoch's weights are kept, because nothing has judged the weights at the end of an epoch.
    pub keep_best: bool,
    /// The figure that says which epoch is best, for `keep_best`, `patience` and `plateau`.
    #[serde(default)]
    pub criterion: Criterion,
    /// Lowers the learning rate when epochs stop getting better; `None` to leave it to the optimizer.
    #[serde(default)]
    pub plateau: Option<Plateau>,
    /// The largest global norm of the gradients. Larger gradients are scaled down to it.
    pub clip_norm: Option<f64>,
    /// `true` to record in each [`Epoch`](crate::Epoch) how large the outputs and the gradients of the
    /// model's layers are, on the last batch of the epoch. It takes one more pass an epoch.
    #[serde(default)]
    pub watch_layers: bool,
    /// The names of parameters of one number, whose values each [`Epoch`](crate::Epoch) records. A
    /// name that the model does not have is left out, so one list serves several models.
    pub track: Vec<String>,
}

/// Lowers the learning rate when epochs stop getting better. (Keras calls it `ReduceLROnPlateau`.)
///
/// The lowered rate takes the place of the optimizer's schedule, as [`Optimizer::set_rate`](optim::Optimizer::set_rate)
/// says.
///
/// ```
/// use train::{Fit, Plateau};
///
/// // A tenth of the rate after each 3 epochs without a new best one; the run ends after 10 of them.
/// let plateau = Plateau { patience: 3, factor: 0.1, ..Plateau::default() };
/// let options = Fit { epochs: 100, patience: Some(10), plateau: Some(plateau), ..Fit::default() };
/// # assert_eq!(options.plateau.unwrap().least, 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    /// The rate is lowered after each run of this many epochs without a new best one, at least 1.
    pub patience: usize,
    /// The factor by which the rate is multiplied, above 0 and below 1.
    pub factor: f64,
    /// The rate below which it is not lowered.
    pub least: f64,
}

impl Default for Plateau {
    /// Halves the rate after 5 epochs.
    fn default() -> Self {
        Self { patience: 5, factor: 0.5, least: 0.0 }
    }
}

/// Writes `factor 0.5, patience 5, least rate 0`.
impl fmt::Display for Plateau {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { patience, factor, least } = self;
        write!(f, "factor {factor}, patience {patience}, least rate {least}")
    }
}

impl Plateau {
    /// Returns the next rate after `waited` epochs without a new best one.
    pub(crate) fn rate(&self, rate: f64, waited: usize) -> f64 {
        match waited > 0 && waited.is_multiple_of(self.patience) {
            true => (rate * self.factor).max(self.least).min(rate),
            false => rate,
        }
    }
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 32,
            validation_split: 0.2,
            split: Split::Stratified,
            shards: 1,
            shuffle: true,
            seed: 0,
            patience: None,
            keep_best: true,
            criterion: Criterion::Usual,
            plateau: None,
            clip_norm: None,
            watch_layers: false,
            track: Vec::new(),
        }
    }
}

fn last() -> Split {
    Split::Last
}

impl Fit {
    /// Returns the number of steps of a run on this many samples to train on, if it does not end early. A
    /// [`Schedule`](optim::Schedule) counts in steps. [`fit`](crate::Trainer::fit) holds some samples back for validation;
    /// [`split`](Self::split) tells how many are left.
    ///
    /// ```
    /// use optim::Schedule;
    /// use train::Fit;
    ///
    /// let options = Fit { epochs: 3, batch_size: 32, ..Fit::default() };
    /// assert_eq!(options.steps(100), 12); // Four in an epoch, the last with four samples.
    /// let rate = Schedule::cosine(0.01, options.steps(100));
    /// ```
    ///
    /// # Panics
    /// If the batch size is 0.
    #[track_caller]
    pub fn steps(&self, training: usize) -> u64 {
        assert!(self.batch_size > 0, "steps: the batch size is 0");
        (self.epochs as u64).saturating_mul(training.div_ceil(self.batch_size) as u64)
    }

    /// Returns the samples for training and for validation, `(training, validation)`. The draw
    /// depends on the seed only.
    ///
    /// # Errors
    /// If [`Dataset::split`] fails: the fraction is not in 0 .. 1, or a part would be empty.
    pub fn split<X: Samples, Y: Samples>(
        &self,
        dataset: &Dataset<X, Y>,
    ) -> Result<SplitParts<X, Y>, SplitError> {
        let key = Key::new(self.seed).stream("fit").stream("split");
        dataset.split(self.validation_split, self.split, key)
    }
}
