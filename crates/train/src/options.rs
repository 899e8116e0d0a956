//! How to train.

use data::{Dataset, Split, SplitError};
use serde::{Deserialize, Serialize};
use tensor::Key;

/// How to train. The default is the article's: 10 epochs, batches of 32, a fifth of the samples for
/// validation; and the weights of the best epoch are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// How many times to go over the training samples, at most; at least once.
    pub epochs: usize,
    /// How many samples make one step.
    pub batch_size: usize,
    /// The share of samples that are not trained on but evaluated after each epoch.
    pub validation_split: f64,
    /// The way in which these are chosen. (Checkpoints from before this was a choice have the last ones.)
    #[serde(default = "last")]
    pub split: Split,
    /// How many shards each batch is cut into, to be worked on by as many threads; at least one. The
    /// result depends on the number of shards, but not on that of threads. See
    /// [`Shards`](crate::Shards).
    pub shards: usize,
    /// Whether to draw a new order of the training samples for each epoch.
    pub shuffle: bool,
    /// Where the order and dropout come from.
    pub seed: u64,
    /// Stop when so many epochs in a row were not better than the best; `None` for never.
    pub patience: Option<usize>,
    /// Whether to end with the weights of the epoch with the highest validation accuracy (of
    /// equals, the lowest validation loss) instead of those of the last.
    pub keep_best: bool,
    /// Scale gradients down to this global norm where theirs is larger.
    pub clip_norm: Option<f64>,
    /// The names of parameters, of one number each, whose value each [`Epoch`](crate::Epoch) is to note. A name
    /// that the model has not is left out, so one list serves several models.
    pub track: Vec<String>,
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
            clip_norm: None,
            track: Vec::new(),
        }
    }
}

fn last() -> Split {
    Split::Last
}

impl Fit {
    /// The samples to train on and those to validate on: `(training, validation)`. The draw depends on
    /// the seed only.
    ///
    /// # Errors
    /// When one of the two would be empty.
    pub fn split<I: Copy>(
        &self,
        dataset: &Dataset<I>,
    ) -> Result<(Dataset<I>, Dataset<I>), SplitError> {
        let key = Key::new(self.seed).stream("fit").stream("split");
        dataset.split(self.validation_split, self.split, key)
    }
}
