//! Inputs with their targets, the validation split, and mini-batches.
//!
//! Inputs and targets are any [`Samples`]: rows of a tensor, sequences of different lengths, or pairs
//! of these. Texts are kept as sequences, and only a batch becomes a rectangle, as long as its own
//! longest text. So one long text costs the memory of its own words, not a longer row for every other
//! text.

use std::fmt;
use std::ops::Range;

use rand::seq::SliceRandom;
use tensor::{Key, Tensor};

use crate::{Samples, Split, SplitError};

/// Samples: inputs `[n, …]`, each with its target. By default a target is a class, `[n]`.
///
/// ```
/// use data::Dataset;
/// use tensor::Tensor;
///
/// // The price of a house from its size and its district, and in which year it was sold.
/// let sizes = Tensor::from([[1.2], [0.7], [0.9]]);
/// let districts = Tensor::from([3, 0, 3]);
/// let prices = Tensor::from([[4.1], [1.5], [2.9]]);
/// let houses = Dataset::with_targets((sizes, districts), prices);
/// assert_eq!(houses.select(&[2]).targets().to_vec(), [2.9]);
/// ```
#[derive(Clone)]
pub struct Dataset<X, Y = Tensor<u32>> {
    inputs: X,
    targets: Y,
}

/// The samples for training and those for validation.
pub type SplitParts<X, Y> = (Dataset<X, Y>, Dataset<X, Y>);

impl<X: Samples> Dataset<X> {
    /// Pairs sample `i` of the inputs with class `i`.
    ///
    /// # Panics
    ///
    /// If there are more inputs than classes, or fewer, or the classes are not `[n]`.
    #[track_caller]
    pub fn new(inputs: X, classes: Tensor<u32>) -> Dataset<X> {
        assert!(
            classes.shape() == [inputs.count()],
            "Dataset::new: inputs of shape {} need classes of shape [n], one for each sample; \
             found {:?}",
            inputs.describe(),
            classes.shape()
        );
        Dataset { inputs, targets: classes }
    }
}

impl<X: Samples, Y: Samples> Dataset<X, Y> {
    /// Pairs sample `i` of the inputs with target `i`, which can be of any kind.
    ///
    /// # Panics
    ///
    /// If there are more inputs than targets, or fewer.
    #[track_caller]
    pub fn with_targets(inputs: X, targets: Y) -> Dataset<X, Y> {
        assert!(
            inputs.count() == targets.count(),
            "Dataset::with_targets: inputs of shape {} need as many targets, one for each sample; \
             found targets of shape {}",
            inputs.describe(),
            targets.describe()
        );
        Dataset { inputs, targets }
    }

    /// Returns the inputs.
    pub fn inputs(&self) -> &X {
        &self.inputs
    }

    /// Returns the targets.
    pub fn targets(&self) -> &Y {
        &self.targets
    }

    /// Returns the number of samples, n.
    pub fn len(&self) -> usize {
        self.targets.count()
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
    pub fn select(&self, positions: &[u32]) -> Dataset<X, Y> {
        Dataset { inputs: self.inputs.select(positions), targets: self.targets.select(positions) }
    }

    /// Returns the samples in this range of positions.
    ///
    /// # Panics
    ///
    /// If the range ends after [`Dataset::len`].
    #[track_caller]
    pub fn slice(&self, range: Range<usize>) -> Dataset<X, Y> {
        Dataset { inputs: self.inputs.range(range.clone()), targets: self.targets.range(range) }
    }

    /// Returns the samples of all parts, one part after the other.
    ///
    /// # Panics
    ///
    /// If there are no parts, or their samples differ in shape.
    #[track_caller]
    pub fn concat(parts: &[&Dataset<X, Y>]) -> Dataset<X, Y> {
        let inputs: Vec<&X> = parts.iter().map(|part| &part.inputs).collect();
        let targets: Vec<&Y> = parts.iter().map(|part| &part.targets).collect();
        Dataset { inputs: X::concat(&inputs), targets: Y::concat(&targets) }
    }

    /// Splits off the last `fraction` of the samples for validation: `(training, validation)`.
    ///
    /// This is Keras' `validation_split`, and [`Split::Last`] of [`Dataset::split`]. Nothing is
    /// shuffled first, so training may miss whole classes of a file that is sorted by label.
    ///
    /// # Errors
    ///
    /// If [`Dataset::split`] fails.
    pub fn split_validation(&self, fraction: f64) -> Result<SplitParts<X, Y>, SplitError> {
        self.split(fraction, Split::Last, Key::new(0))
    }

    /// Splits off a `fraction` of the samples for validation: `(training, validation)`, each in the
    /// order of the data set. [`Split::Stratified`] and [`Split::Shuffled`] draw from `key`. Targets
    /// that are not classes have no strata; for them [`Split::Stratified`] is [`Split::Shuffled`].
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
    ) -> Result<SplitParts<X, Y>, SplitError> {
        let classes = self.targets.classes();
        let validation = how.validation_positions(self.len(), classes, fraction, key)?;
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
    pub fn batches(&self, size: usize) -> impl ExactSizeIterator<Item = Dataset<X, Y>> {
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
    /// let classes = Tensor::new([5], vec![0, 1, 2, 3, 4]);
    /// let dataset = Dataset::new(Tensor::new([5, 1], vec![0.0; 5]), classes);
    /// let epoch = Key::new(7).stream("shuffle").fold_in(1);
    /// let sizes: Vec<_> = dataset.shuffled_batches(2, epoch).map(|batch| batch.len()).collect();
    /// assert_eq!(sizes, [2, 2, 1]);
    /// ```
    #[track_caller]
    pub fn shuffled_batches(
        &self,
        size: usize,
        key: Key,
    ) -> impl ExactSizeIterator<Item = Dataset<X, Y>> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.shuffle(&mut key.rng());
        batch_ranges(self.len(), size).map(move |range| self.select(&order[range]))
    }
}

/// Shows the shapes only; print [`Dataset::inputs`] to see the numbers.
impl<X: Samples, Y: Samples> fmt::Debug for Dataset<X, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("inputs", &format_args!("{}", self.inputs.describe()))
            .field("targets", &format_args!("{}", self.targets.describe()))
            .finish()
    }
}

#[track_caller]
fn batch_ranges(len: usize, size: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    assert!(size > 0, "a batch size of 0 was asked for; a batch needs at least one sample");
    (0..len).step_by(size).map(move |start| start..len.min(start + size))
}
