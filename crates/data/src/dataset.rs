//! Inputs with their labels, the validation split, and mini-batches.
//!
//! Texts have different lengths. A data set of texts keeps their token ids in one buffer, one text
//! after the other. Only a batch becomes a rectangle, as long as its own longest text. So one long
//! text costs the memory of its own words, not a longer row for every other text.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use rand::seq::SliceRandom;
use tensor::{Key, Tensor};
use thiserror::Error;

use crate::{Sequences, Split};

/// Inputs `[n, …]` of token ids (`u32`) or features (`f32`), with one class label each, `[n]`.
#[derive(Clone)]
pub struct Dataset<I: 'static> {
    inputs: Inputs<I>,
    labels: Tensor<u32>,
}

#[derive(Clone)]
enum Inputs<I: 'static> {
    Rows(Tensor<I>),
    Sequences {
        sequences: Sequences<I>,
        /// The sequences as a rectangle, computed on first use.
        padded: OnceLock<Tensor<I>>,
    },
}

/// A validation split that leaves one part without samples.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SplitError {
    /// The fraction is outside 0 .. 1.
    #[error("the validation fraction must be at least 0 and below 1, found {0}")]
    Fraction(f64),
    /// There are too few samples for this fraction.
    #[error(
        "{examples} samples with a validation fraction of {fraction} leave {training} for \
         training and {} for validation; both need at least one: give more data or another \
         fraction",
        examples - training
    )]
    TooFew {
        /// The number of samples.
        examples: usize,
        /// The fraction asked for.
        fraction: f64,
        /// The number of samples that would be left to train on.
        training: usize,
    },
}

impl<I: Copy + 'static> Dataset<I> {
    /// Pairs row `i` of the inputs with label `i`.
    ///
    /// # Panics
    ///
    /// If the labels are not `[n]`, where n is the length of the inputs' first axis.
    #[track_caller]
    pub fn new(inputs: Tensor<I>, labels: Tensor<u32>) -> Dataset<I> {
        assert!(
            !inputs.shape().is_empty() && labels.shape() == &inputs.shape()[..1],
            "Dataset::new: inputs of shape {:?} need labels of shape [n], one for each row; \
             found {:?}",
            inputs.shape(),
            labels.shape()
        );
        Dataset { inputs: Inputs::Rows(inputs), labels }
    }

    /// Pairs sequence `i` with label `i`. Each batch is filled up to its own longest sequence.
    ///
    /// ```
    /// use data::{Dataset, Sequences};
    /// use tensor::Tensor;
    ///
    /// let ids = Sequences::new([vec![5], vec![6, 7], vec![8, 9, 1, 2]], 0);
    /// let dataset = Dataset::of_sequences(ids, Tensor::from([0, 1, 0]));
    /// let shapes: Vec<_> = dataset.batches(2).map(|batch| batch.inputs().shape().to_vec()).collect();
    /// assert_eq!(shapes, [[2, 2], [1, 4]]);
    /// ```
    ///
    /// # Panics
    ///
    /// If the labels are not `[n]`, one for each sequence.
    #[track_caller]
    pub fn of_sequences(sequences: Sequences<I>, labels: Tensor<u32>) -> Dataset<I> {
        assert!(
            labels.shape() == [sequences.len()],
            "Dataset::of_sequences: {} sequences need labels of shape [n], one for each; found {:?}",
            sequences.len(),
            labels.shape()
        );
        Dataset { inputs: Inputs::of(sequences), labels }
    }

    /// Returns the inputs, `[n, …]`. Sequences are padded to the longest one, which may take much
    /// more memory than the sequences do: call this on a batch, not on a whole data set.
    pub fn inputs(&self) -> &Tensor<I> {
        match &self.inputs {
            Inputs::Rows(rows) => rows,
            Inputs::Sequences { sequences, padded } => padded.get_or_init(|| sequences.padded()),
        }
    }

    /// Returns the sequences, if the data set was created from sequences.
    pub fn sequences(&self) -> Option<&Sequences<I>> {
        match &self.inputs {
            Inputs::Rows(_) => None,
            Inputs::Sequences { sequences, .. } => Some(sequences),
        }
    }

    /// Returns the labels, `[n]`.
    pub fn labels(&self) -> &Tensor<u32> {
        &self.labels
    }

    /// Returns the number of samples, n.
    pub fn len(&self) -> usize {
        self.labels.shape()[0]
    }

    /// Returns `true` if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the samples at these positions, in this order. A position may occur twice.
    ///
    /// # Panics
    ///
    /// If a position is not below [`Dataset::len`].
    #[track_caller]
    pub fn select(&self, positions: &[u32]) -> Dataset<I> {
        let rows = Tensor::new([positions.len()], positions.to_vec());
        let inputs = match &self.inputs {
            Inputs::Rows(inputs) => Inputs::Rows(inputs.gather_rows(&rows)),
            Inputs::Sequences { sequences, .. } => {
                Inputs::of(sequences.select(positions.iter().map(|&position| position as usize)))
            }
        };
        Dataset { inputs, labels: self.labels.gather_rows(&rows) }
    }

    /// Returns the samples in this range of positions.
    ///
    /// # Panics
    ///
    /// If the range ends after [`Dataset::len`].
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> Dataset<I> {
        let inputs = match &self.inputs {
            Inputs::Rows(inputs) => Inputs::Rows(inputs.slice(0, range.clone())),
            Inputs::Sequences { sequences, .. } => Inputs::of(sequences.select(range.clone())),
        };
        Dataset { inputs, labels: self.labels.slice(0, range) }
    }

    /// Splits off the last `fraction` of the samples for validation: `(training, validation)`.
    ///
    /// This is Keras' `validation_split`, and [`Split::Last`] of [`Dataset::split`]. Nothing is
    /// shuffled first, so training may miss whole classes of a file that is sorted by label.
    ///
    /// # Errors
    ///
    /// If [`Dataset::split`] fails.
    pub fn split_validation(&self, fraction: f64) -> Result<(Dataset<I>, Dataset<I>), SplitError> {
        self.split(fraction, Split::Last, Key::new(0))
    }

    /// Splits off a `fraction` of the samples for validation: `(training, validation)`, each in the
    /// order of the data set. [`Split::Stratified`] and [`Split::Shuffled`] draw from `key`.
    ///
    /// The training part has ⌊n · (1 − fraction)⌋ samples. With a fraction of 0 the validation part
    /// is empty.
    ///
    /// # Errors
    ///
    /// If the fraction is not in 0 .. 1, or a part would be empty although the fraction is above
    /// 0.
    pub fn split(
        &self,
        fraction: f64,
        how: Split,
        key: Key,
    ) -> Result<(Dataset<I>, Dataset<I>), SplitError> {
        let validation = how.validation_positions(&self.labels, fraction, key)?;
        let is_validation = |position: &u32| validation.binary_search(position).is_ok();
        if how == Split::Last || validation.is_empty() {
            let training = self.len() - validation.len();
            return Ok((self.slice(0..training), self.slice(training..self.len())));
        }
        let training: Vec<u32> =
            (0..self.len() as u32).filter(|position| !is_validation(position)).collect();
        Ok((self.select(&training), self.select(&validation)))
    }

    /// Returns mini-batches of `size` samples in order. The last batch may be shorter.
    ///
    /// # Panics
    ///
    /// If `size` is 0.
    #[track_caller]
    pub fn batches(&self, size: usize) -> impl ExactSizeIterator<Item = Dataset<I>> {
        batch_ranges(self.len(), size).map(|range| self.slice(range))
    }

    /// Returns mini-batches of `size` samples in an order drawn from `key`. Each sample occurs
    /// once. The last batch may be shorter.
    ///
    /// # Panics
    ///
    /// If `size` is 0.
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
}

impl<I: Copy> Inputs<I> {
    fn of(sequences: Sequences<I>) -> Inputs<I> {
        Inputs::Sequences { sequences, padded: OnceLock::new() }
    }
}

/// Shows the shapes only; print [`Dataset::inputs`] to see the numbers.
impl<I: Copy + 'static> fmt::Debug for Dataset<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shapes = f.debug_struct("Dataset");
        match &self.inputs {
            Inputs::Rows(inputs) => shapes.field("inputs", &inputs.shape()),
            Inputs::Sequences { sequences, .. } => shapes.field("sequences", &sequences.len()),
        };
        shapes.field("labels", &self.labels.shape()).finish()
    }
}

#[track_caller]
fn batch_ranges(len: usize, size: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    assert!(size > 0, "a batch size of 0 was asked for; a batch needs at least one sample");
    (0..len).step_by(size).map(move |start| start..len.min(start + size))
}
