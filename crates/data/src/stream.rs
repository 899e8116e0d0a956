//! Samples that are read while training, for data larger than memory or without an end.
//!
//! A stream comes in parts of any size. It is cut into batches, and with shuffling the samples of a
//! window are mixed:
//!
//! ```text
//! parts    [a b c d e] [f g h] [i j]
//! window   a b c d e f │ g h i j          mixed within each window
//! batches  [d a] [f c] [b e] [h g] [j i]
//! ```
//!
//! What is held in memory is the window and the part that was read last. The larger the window, the
//! better the samples are mixed.

use std::cell::RefCell;
use std::fmt;

use rand::seq::SliceRandom;
use tensor::Key;

use crate::source::{Batches, Source};
use crate::{Dataset, LazyBatch, Samples, SourceError};

/// The parts of an epoch as they are read.
type Parts<X, Y> = Box<dyn Iterator<Item = Result<Dataset<X, Y>, SourceError>>>;

/// Opens the parts of the epoch of this number, counted from 1.
type Open<X, Y> = Box<dyn Fn(usize) -> Parts<X, Y>>;

/// Samples that are read part by part, while a model trains on them.
///
/// ```
/// use data::{Dataset, Source, Stream};
/// use tensor::Tensor;
///
/// // Endless points of a line, a hundred to an epoch.
/// let points = Stream::new(|epoch| {
///     (0..10).map(move |part| {
///         let x: Vec<f32> = (0..10).map(|k| (part * 10 + k) as f32 + epoch as f32).collect();
///         let y = x.iter().map(|x| 2.0 * x + 1.0).collect();
///         Ok(Dataset::with_targets(Tensor::new([10, 1], x), Tensor::new([10, 1], y)))
///     })
/// });
/// let points = points.window(50).length(100);
/// let sizes: Vec<usize> = points.epoch(1, 32, None).map(|batch| batch.unwrap().len()).collect();
/// assert_eq!(sizes, [32, 32, 32, 4]);
/// ```
pub struct Stream<X, Y> {
    parts: Origin<X, Y>,
    window: usize,
    length: Option<usize>,
}

impl<X, Y> fmt::Debug for Stream<X, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { window, length, .. } = self;
        f.debug_struct("Stream")
            .field("window", window)
            .field("length", length)
            .finish_non_exhaustive()
    }
}

enum Origin<X, Y> {
    /// Each epoch opens the parts again.
    Again(Open<X, Y>),
    /// The parts can be read once; `None` when they have been.
    Once(RefCell<Option<Parts<X, Y>>>),
}

/// The size of the window unless [`Stream::window`] sets another.
const WINDOW: usize = 4096;

impl<X: Samples, Y: Samples> Stream<X, Y> {
    /// Creates a stream from a function that opens the parts of an epoch, given its number from 1.
    /// If it gives the same parts for the same number each time, a run on them can be resumed, bit
    /// for bit.
    pub fn new<I>(open: impl Fn(usize) -> I + 'static) -> Self
    where
        I: Iterator<Item = Result<Dataset<X, Y>, SourceError>> + 'static,
    {
        let open: Open<X, Y> = Box::new(move |epoch| Box::new(open(epoch)));
        Self { parts: Origin::Again(open), window: WINDOW, length: None }
    }

    /// Creates a stream from parts that can be read only once, such as a pipe. It serves one epoch,
    /// and a run on it cannot be resumed.
    pub fn once(parts: impl Iterator<Item = Result<Dataset<X, Y>, SourceError>> + 'static) -> Self {
        let parts: Parts<X, Y> = Box::new(parts);
        Self { parts: Origin::Once(RefCell::new(Some(parts))), window: WINDOW, length: None }
    }

    /// Sets the number of samples that are held in memory and mixed with each other; 4,096 unless
    /// set. At least a batch is held.
    ///
    /// # Panics
    /// If it is 0.
    #[track_caller]
    pub fn window(mut self, samples: usize) -> Self {
        assert!(samples > 0, "Stream::window: a window of 0 samples was asked for");
        self.window = samples;
        self
    }

    /// Sets the number of samples of an epoch, if it is known, so that progress can be shown as a
    /// share. It must be exact: an epoch ends where its parts end, and a run whose epochs had another
    /// length cannot be resumed.
    pub fn length(mut self, samples: usize) -> Self {
        self.length = Some(samples);
        self
    }

    fn open(&self, epoch: usize) -> Parts<X, Y> {
        match &self.parts {
            Origin::Again(open) => open(epoch),
            Origin::Once(parts) => parts.borrow_mut().take().unwrap_or_else(|| {
                let again: SourceError = READ_ONCE.into();
                Box::new(std::iter::once(Err(again)))
            }),
        }
    }
}

const READ_ONCE: &str = "the stream can be read only once, and it has been: make it with Stream::new, \
                         which opens it again for each epoch";

const EMPTY: &str = "the stream has no samples";

impl<X: Samples, Y: Samples> Source for Stream<X, Y> {
    type Inputs = X;
    type Targets = Y;

    #[track_caller]
    fn epoch(&self, number: usize, size: usize, key: Option<Key>) -> Batches<'_, X, Y> {
        assert!(size > 0, "a batch size of 0 was asked for; a batch needs at least one sample");
        let batches = MixedWindows {
            parts: self.open(number),
            // Whole batches, so that only the last one of the epoch is smaller.
            window: self.window.max(size).next_multiple_of(size),
            size,
            key,
            rest: None,
            mixed: None,
            start: 0,
            number: 0,
        };
        Box::new(batches.map(|batch| batch.map(LazyBatch::from)))
    }

    fn samples(&self) -> Option<usize> {
        self.length
    }

    fn check_rewind(&self, purpose: &str) -> Result<(), SourceError> {
        match self.parts {
            Origin::Again(_) => Ok(()),
            Origin::Once(_) => Err(format!(
                "the stream can be read only once, so there is no {purpose}: make it with \
                 Stream::new, which opens it again for each epoch"
            )
            .into()),
        }
    }

    fn sketch(&self) -> Result<Dataset<X, Y>, SourceError> {
        match &self.parts {
            Origin::Again(open) => open(1).find(has_samples).unwrap_or_else(|| Err(EMPTY.into())),
            Origin::Once(parts) => first_of(&mut parts.borrow_mut()),
        }
    }
}

/// Returns `true` for a part with samples, and for an error.
fn has_samples<X: Samples, Y: Samples>(part: &Result<Dataset<X, Y>, SourceError>) -> bool {
    part.as_ref().map_or(true, |part| !part.is_empty())
}

/// Returns the first part with samples and puts it back.
fn first_of<X: Samples, Y: Samples>(
    parts: &mut Option<Parts<X, Y>>,
) -> Result<Dataset<X, Y>, SourceError> {
    let mut others = parts.take().ok_or(READ_ONCE)?;
    let first = others.find(has_samples).ok_or(EMPTY)??;
    let again = first.clone();
    *parts = Some(Box::new(std::iter::once(Ok(again)).chain(others)));
    Ok(first)
}

/// The batches of an epoch of a stream, cut from one window after the other.
struct MixedWindows<X, Y> {
    parts: Parts<X, Y>,
    window: usize,
    size: usize,
    key: Option<Key>,
    /// Samples that have been read and belong to the next window.
    rest: Option<Dataset<X, Y>>,
    /// The samples of the window, in the order of their batches.
    mixed: Option<Dataset<X, Y>>,
    /// The first sample of the next batch.
    start: usize,
    /// The number of windows so far.
    number: u64,
}

impl<X: Samples, Y: Samples> MixedWindows<X, Y> {
    /// Reads and mixes the next window; `None` at the end of the stream.
    fn next_window(&mut self) -> Result<Option<Dataset<X, Y>>, SourceError> {
        let mut read: Vec<Dataset<X, Y>> = self.rest.take().into_iter().collect();
        let mut count: usize = read.iter().map(Dataset::len).sum();
        while count < self.window {
            let Some(part) = self.parts.next() else { break };
            let part = part?;
            count += part.len();
            read.push(part);
        }
        if count == 0 {
            return Ok(None);
        }
        let read = match &read[..] {
            [only] => only.clone(),
            several => Dataset::concat(&several.iter().collect::<Vec<_>>()),
        };
        let end = count.min(self.window);
        self.rest = (end < count).then(|| read.slice(end..count));
        self.number += 1;
        Ok(Some(match self.key {
            None => read.slice(0..end),
            Some(key) => {
                let mut order: Vec<u32> = (0..end as u32).collect();
                order.shuffle(&mut key.fold_in(self.number).rng());
                read.select(&order)
            }
        }))
    }
}

impl<X: Samples, Y: Samples> Iterator for MixedWindows<X, Y> {
    type Item = Result<Dataset<X, Y>, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.mixed.as_ref().is_none_or(|window| self.start >= window.len()) {
            // After an error there is no window, so that the one before does not come again.
            (self.start, self.mixed) = (0, None);
            match self.next_window() {
                Ok(window) => self.mixed = window,
                Err(error) => return Some(Err(error)),
            }
        }
        let window = self.mixed.as_ref()?;
        let range = self.start..window.len().min(self.start + self.size);
        self.start = range.end;
        Some(Ok(window.slice(range)))
    }
}
