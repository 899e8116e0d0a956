//! A batch whose samples are read on demand.
//!
//! If several processes train together, each needs only the samples of its own part of a batch; and a resumed run skips
//! batches. So a source that reads from a file reads only the samples that are requested.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use crate::{Dataset, Samples};

/// The error of a source that cannot give its next samples.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// Reads the samples at these places of a batch.
type Read<'s, X, Y> = Box<dyn Fn(Range<usize>) -> Result<Dataset<X, Y>, SourceError> + 's>;

/// A batch of a [`Source`](crate::Source).
///
/// ```
/// use data::{Dataset, LazyBatch};
/// use tensor::Tensor;
///
/// let batch = Dataset::new(Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([7, 8, 9]));
/// let batch = LazyBatch::from(batch);
/// assert_eq!(batch.len(), 3);
/// assert_eq!(batch.read(1..3)?.targets().to_vec(), [8, 9]);
/// # Ok::<(), data::SourceError>(())
/// ```
pub struct LazyBatch<'s, X, Y> {
    len: usize,
    read: Read<'s, X, Y>,
}

impl<'s, X: Samples, Y: Samples> LazyBatch<'s, X, Y> {
    /// Creates a batch of `len` samples. `read` returns those in a range of places; it may be called several times, or
    /// never.
    pub fn new(
        len: usize,
        read: impl Fn(Range<usize>) -> Result<Dataset<X, Y>, SourceError> + 's,
    ) -> Self {
        Self { len, read: Box::new(read) }
    }

    /// Returns the number of samples, without reading them.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns `true` if there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the samples in a range of places of the batch.
    ///
    /// # Errors
    /// If they cannot be read.
    ///
    /// # Panics
    /// If the range ends after [`len`](Self::len).
    #[track_caller]
    pub fn read(&self, range: Range<usize>) -> Result<Dataset<X, Y>, SourceError> {
        assert!(
            range.start <= range.end && range.end <= self.len,
            "LazyBatch: a batch of {} samples has none at {range:?}",
            self.len
        );
        (self.read)(range)
    }

    /// Returns all samples.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read_all(&self) -> Result<Dataset<X, Y>, SourceError> {
        self.read(0..self.len)
    }
}

/// A batch that is in memory.
impl<'s, X: Samples, Y: Samples> From<Dataset<X, Y>> for LazyBatch<'s, X, Y> {
    fn from(samples: Dataset<X, Y>) -> Self {
        Self::new(samples.len(), move |range| {
            Ok(match range.len() == samples.len() {
                true => samples.clone(),
                false => samples.slice(range),
            })
        })
    }
}

impl<X, Y> fmt::Debug for LazyBatch<'_, X, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyBatch").field("len", &self.len).finish_non_exhaustive()
    }
}
