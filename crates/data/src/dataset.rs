//! Inputs with their labels, the validation split, and mini-batches.

use std::fmt;
use std::ops::Range;

use rand::seq::SliceRandom;
use tensor::{Key, Tensor};
use thiserror::Error;

/// Inputs `[n, …]` of token ids (`u32`) or features (`f32`), with one class label each, `[n]`.
#[derive(Clone)]
pub struct Dataset<I: 'static> {
    inputs: Tensor<I>,
    labels: Tensor<u32>,
}

/// A validation split that leaves one half without examples.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SplitError {
    /// The fraction is not a share.
    #[error("the validation fraction must be at least 0 and below 1, found {0}")]
    Fraction(f64),
    /// Too few examples for this fraction.
    #[error(
        "{examples} examples with a validation fraction of {fraction} leave {training} for \
         training and {} for validation; both need at least one: give more data or another \
         fraction",
        examples - training
    )]
    TooFew {
        /// Examples there are.
        examples: usize,
        /// The fraction asked for.
        fraction: f64,
        /// Examples that would be left to train on.
        training: usize,
    },
}

impl<I: Copy + 'static> Dataset<I> {
    /// Pairs row `i` of the inputs with label `i`.
    ///
    /// # Panics
    ///
    /// When the labels are not one axis as long as the inputs' first.
    #[track_caller]
    pub fn new(inputs: Tensor<I>, labels: Tensor<u32>) -> Dataset<I> {
        assert!(
            !inputs.shape().is_empty() && labels.shape() == &inputs.shape()[..1],
            "Dataset::new: inputs of shape {:?} need labels of shape [n], one for each row; \
             found {:?}",
            inputs.shape(),
            labels.shape()
        );
        Dataset { inputs, labels }
    }

    /// The inputs, `[n, …]`.
    pub fn inputs(&self) -> &Tensor<I> {
        &self.inputs
    }

    /// The labels, `[n]`.
    pub fn labels(&self) -> &Tensor<u32> {
        &self.labels
    }

    /// The number of examples, n.
    pub fn len(&self) -> usize {
        self.labels.shape()[0]
    }

    /// Whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The examples at these positions, in this order; a position may come twice.
    ///
    /// # Panics
    ///
    /// When a position is not below [`Dataset::len`].
    #[track_caller]
    pub fn select(&self, positions: &[u32]) -> Dataset<I> {
        let rows = Tensor::new([positions.len()], positions.to_vec());
        Dataset { inputs: self.inputs.gather_rows(&rows), labels: self.labels.gather_rows(&rows) }
    }

    /// Splits off the last `fraction` of the examples for validation: `(training, validation)`.
    ///
    /// This is Keras' `validation_split`: the training part has ⌊n · (1 − fraction)⌋ examples, and
    /// nothing is shuffled first, so a file sorted by label must be shuffled before. With a
    /// fraction of 0 the validation part is empty.
    ///
    /// # Errors
    ///
    /// When the fraction is not in 0 .. 1, or a part would be empty although the fraction is above
    /// 0.
    pub fn split_validation(&self, fraction: f64) -> Result<(Dataset<I>, Dataset<I>), SplitError> {
        if !(0.0..1.0).contains(&fraction) {
            return Err(SplitError::Fraction(fraction));
        }
        let examples = self.len();
        let training = (examples as f64 * (1.0 - fraction)).floor() as usize;
        if fraction > 0.0 && (training == 0 || training == examples) {
            return Err(SplitError::TooFew { examples, fraction, training });
        }
        Ok((self.slice(0..training), self.slice(training..examples)))
    }

    /// Mini-batches of `size` examples in order. The last one holds what is left.
    ///
    /// # Panics
    ///
    /// When `size` is 0.
    #[track_caller]
    pub fn batches(&self, size: usize) -> impl ExactSizeIterator<Item = Dataset<I>> {
        batch_ranges(self.len(), size).map(|range| self.slice(range))
    }

    /// Mini-batches of `size` examples in an order drawn from `key`: each example once, the last
    /// batch short if need be.
    ///
    /// # Panics
    ///
    /// When `size` is 0.
    ///
    /// ```
    /// use data::Dataset;
    /// use tensor::{Key, Tensor};
    ///
    /// let labels = Tensor::new([5], vec![0, 1, 2, 3, 4]);
    /// let dataset = Dataset::new(Tensor::new([5, 1], vec![0.0; 5]), labels);
    /// let epoch = Key::new(7).stream("shuffle").fold_in(1);
    /// let sizes: Vec<_> = dataset.shuffled_batches(2, epoch).map(|batch| batch.len()).collect();
    /// assert_eq!(sizes, [2, 2, 1]);
    /// ```
    #[track_caller]
    pub fn shuffled_batches(
        &self,
        size: usize,
        key: Key,
    ) -> impl ExactSizeIterator<Item = Dataset<I>> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.shuffle(&mut key.rng());
        batch_ranges(self.len(), size).map(move |range| self.select(&order[range]))
    }

    fn slice(&self, range: Range<usize>) -> Dataset<I> {
        Dataset { inputs: self.inputs.slice(0, range.clone()), labels: self.labels.slice(0, range) }
    }
}

/// The shapes only; print [`Dataset::inputs`] to see the numbers.
impl<I: 'static> fmt::Debug for Dataset<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes = [self.inputs.shape(), self.labels.shape()];
        f.debug_struct("Dataset").field("inputs", &shapes[0]).field("labels", &shapes[1]).finish()
    }
}

#[track_caller]
fn batch_ranges(len: usize, size: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    assert!(size > 0, "a batch size of 0 was asked for; a batch needs at least one example");
    (0..len).step_by(size).map(move |start| start..len.min(start + size))
}
