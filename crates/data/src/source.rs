//! Where the batches of an epoch come from: a data set in memory, a stream, or a file that is read in parts.

use tensor::Key;

use crate::{Dataset, LazyBatch, Samples, SourceError};

/// The batches of an epoch, one after the other.
pub type Batches<'s, X, Y> =
    Box<dyn Iterator<Item = Result<LazyBatch<'s, X, Y>, SourceError>> + 's>;

/// A function that takes bytes, such as a checksum.
pub type Sink<'s> = &'s mut dyn FnMut(&[u8]);

/// Samples to train on, which come in batches, epoch by epoch.
///
/// A [`Dataset`] is one, and so is a [`Stream`](crate::Stream).
pub trait Source {
    /// The inputs of some samples.
    type Inputs: Samples;
    /// Their targets.
    type Targets: Samples;

    /// Returns the batches of `size` samples of the epoch of this number, counted from 1. The last
    /// batch may be smaller. With a key the order of the samples is drawn from it, without one they
    /// come in their own order.
    ///
    /// # Panics
    /// If `size` is 0.
    #[track_caller]
    fn epoch(
        &self,
        number: usize,
        size: usize,
        key: Option<Key>,
    ) -> Batches<'_, Self::Inputs, Self::Targets>;

    /// Returns the number of samples of an epoch, if it is known before they are read.
    fn samples(&self) -> Option<usize>;

    /// Returns the number of samples of the epoch of this number, if it is known before they are read. All epochs have
    /// the same number, unless the source ends: then the last one may have fewer, and those after it have none.
    fn samples_in(&self, epoch: usize) -> Option<usize> {
        let _ = epoch;
        self.samples()
    }

    /// Returns an error if an epoch cannot be read a second time. `purpose` says what for, such as
    /// `"a second epoch"`.
    ///
    /// # Errors
    /// If it cannot.
    fn check_rewind(&self, purpose: &str) -> Result<(), SourceError> {
        let _ = purpose;
        Ok(())
    }

    /// Returns some samples that tell this source from another: all samples of a data set, the first
    /// ones of a stream.
    ///
    /// # Errors
    /// If the samples cannot be read.
    fn sketch(&self) -> Result<Dataset<Self::Inputs, Self::Targets>, SourceError>;

    /// Returns the shapes of inputs and targets by which this source can be told from another, and gives their bytes
    /// to sinks. They are the samples of [`sketch`](Self::sketch), unless the source has too many to keep in memory at
    /// once. A source that draws its samples by a key of its own adds the key to the shape of the inputs.
    ///
    /// # Errors
    /// If the samples cannot be read.
    fn digest(&self, inputs: Sink<'_>, targets: Sink<'_>) -> Result<[String; 2], SourceError> {
        let samples = self.sketch()?;
        samples.inputs().digest(inputs);
        samples.targets().digest(targets);
        Ok([samples.inputs().describe(), samples.targets().describe()])
    }
}

impl<X: Samples, Y: Samples> Source for Dataset<X, Y> {
    type Inputs = X;
    type Targets = Y;

    #[track_caller]
    fn epoch(&self, _: usize, size: usize, key: Option<Key>) -> Batches<'_, X, Y> {
        match key {
            Some(key) => Box::new(self.shuffled_batches(size, key).map(|batch| Ok(batch.into()))),
            None => Box::new(self.batches(size).map(|batch| Ok(batch.into()))),
        }
    }

    fn samples(&self) -> Option<usize> {
        Some(self.len())
    }

    fn sketch(&self) -> Result<Dataset<X, Y>, SourceError> {
        Ok(self.clone())
    }
}

/// A borrowed source is a source.
impl<S: Source> Source for &S {
    type Inputs = S::Inputs;
    type Targets = S::Targets;

    #[track_caller]
    fn epoch(
        &self,
        number: usize,
        size: usize,
        key: Option<Key>,
    ) -> Batches<'_, S::Inputs, S::Targets> {
        S::epoch(self, number, size, key)
    }

    fn samples(&self) -> Option<usize> {
        S::samples(self)
    }

    fn samples_in(&self, epoch: usize) -> Option<usize> {
        S::samples_in(self, epoch)
    }

    fn check_rewind(&self, purpose: &str) -> Result<(), SourceError> {
        S::check_rewind(self, purpose)
    }

    fn sketch(&self) -> Result<Dataset<S::Inputs, S::Targets>, SourceError> {
        S::sketch(self)
    }

    fn digest(&self, inputs: Sink<'_>, targets: Sink<'_>) -> Result<[String; 2], SourceError> {
        S::digest(self, inputs, targets)
    }
}
