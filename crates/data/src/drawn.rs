//! Windows at random places of a long text, made only when their batch is read.
//!
//! A run of many steps reads more windows than fit into memory. So the windows of a run are numbered, and the
//! place of a window is drawn from a key of its number. No window has to be kept, and a run that is resumed at
//! any step draws the same windows as a run without an interruption. The text may stay in its file: then the
//! tokens of a window are read when they are needed.

use std::ops::Range;
use std::sync::Arc;

use rand::RngExt;
use tensor::Key;

use crate::windows::described;
use crate::{Batches, Dataset, LazyBatch, Sink, Source, SourceError, StoredText, Windows};

/// A [`Source`] of windows of one list of tokens at drawn places. Its epochs have `count` windows each, up to `total`
/// in all: then the last epoch has fewer.
///
/// ```
/// use data::{DrawnWindows, Source};
/// use tensor::Key;
///
/// let tokens: Vec<u32> = (0..100).collect();
/// let windows = DrawnWindows::new(&tokens, 5, 4, 10, Key::new(7));
/// let sizes = |epoch| windows.epoch(epoch, 3, None).map(|batch| batch.unwrap().len()).collect::<Vec<_>>();
/// assert_eq!([sizes(1), sizes(2), sizes(3)], [vec![3, 1], vec![3, 1], vec![2]]);
/// ```
#[derive(Clone, Debug)]
pub struct DrawnWindows {
    text: Text,
    /// The number of places where a window may begin.
    places: usize,
    count: usize,
    total: usize,
    key: Key,
}

/// Where the tokens are.
#[derive(Clone, Debug)]
enum Text {
    /// In memory, cut into consecutive windows.
    Memory(Dataset<Windows, Windows>),
    /// In a file, with the length of a window.
    File(Arc<StoredText>, usize),
}

/// The number of tokens that are read at once for [`Source::digest`], unless a window has more.
const PIECE: usize = 1 << 18;

impl DrawnWindows {
    /// Creates epochs of `count` windows of `length` tokens, `total` in all.
    ///
    /// # Panics
    /// If `length`, `count` or `total` is 0, or there are not more than `length` tokens.
    #[track_caller]
    pub fn new(tokens: &[u32], length: usize, count: usize, total: usize, key: Key) -> Self {
        Windows::check_drawn(tokens.len(), length);
        let text = Text::Memory(Windows::consecutive(tokens, length));
        Self::of(text, tokens.len() - length, count, total, key)
    }

    /// Creates epochs of the same windows as [`new`](Self::new) with the tokens of this text. They are read from its
    /// file window by window.
    ///
    /// # Panics
    /// In the cases in which [`new`](Self::new) panics.
    #[track_caller]
    pub fn stored(
        text: Arc<StoredText>,
        length: usize,
        count: usize,
        total: usize,
        key: Key,
    ) -> Self {
        Windows::check_drawn(text.len(), length);
        let places = text.len() - length;
        Self::of(Text::File(text, length), places, count, total, key)
    }

    #[track_caller]
    fn of(text: Text, places: usize, count: usize, total: usize, key: Key) -> Self {
        assert!(
            count > 0 && total > 0,
            "DrawnWindows: epochs of {count} windows, {total} in all: neither number may be 0"
        );
        Self { text, places, count, total, key }
    }

    /// Returns the numbers of the windows of an epoch.
    fn numbers(&self, epoch: usize) -> Range<usize> {
        let before = |epoch: usize| self.total.min(epoch.saturating_mul(self.count));
        before(epoch - 1)..before(epoch)
    }

    /// Returns the place where the window of this number begins.
    fn start(&self, number: usize) -> usize {
        self.key.fold_in(number as u64).rng().random_range(0..self.places)
    }

    /// Returns the windows of these numbers.
    fn windows(&self, numbers: Range<usize>) -> Result<Dataset<Windows, Windows>, SourceError> {
        let starts = numbers.map(|number| self.start(number));
        match &self.text {
            Text::Memory(text) => Ok(Windows::beginning_at(text, starts)),
            Text::File(text, length) => {
                let mut tokens = Vec::new();
                for start in starts {
                    tokens.extend(text.read(start..start + length + 1)?);
                }
                Ok(Windows::apart(&tokens, *length))
            }
        }
    }
}

/// With a key or without one, the windows of an epoch are the same: their places are drawn already.
impl Source for DrawnWindows {
    type Inputs = Windows;
    type Targets = Windows;

    #[track_caller]
    fn epoch(&self, number: usize, size: usize, _: Option<Key>) -> Batches<'_, Windows, Windows> {
        assert!(size > 0, "DrawnWindows: a batch needs at least one window, not 0");
        let epoch = self.numbers(number);
        let last = epoch.end;
        Box::new(epoch.step_by(size).map(move |start| {
            let read =
                move |range: Range<usize>| self.windows(start + range.start..start + range.end);
            Ok(LazyBatch::new(last.min(start + size) - start, read))
        }))
    }

    fn samples(&self) -> Option<usize> {
        Some(self.count.min(self.total))
    }

    fn samples_in(&self, epoch: usize) -> Option<usize> {
        Some(self.numbers(epoch).len())
    }

    fn sketch(&self) -> Result<Dataset<Windows, Windows>, SourceError> {
        match &self.text {
            Text::Memory(text) => Ok(text.clone()),
            Text::File(text, length) => Ok(Windows::apart(&text.read(0..length + 1)?, *length)),
        }
    }

    fn digest(&self, inputs: Sink<'_>, targets: Sink<'_>) -> Result<[String; 2], SourceError> {
        let [of_inputs, of_targets] = match &self.text {
            Text::Memory(text) => text.digest(inputs, targets)?,
            Text::File(text, length) => digest_stored(text, *length, inputs, targets)?,
        };
        Ok([format!("{of_inputs}, drawn by {:?}", self.key), of_targets])
    }
}

/// Gives the bytes of the consecutive windows of a text to sinks, piece by piece: the same bytes as from a text in
/// memory.
fn digest_stored(
    text: &StoredText,
    length: usize,
    inputs: Sink<'_>,
    targets: Sink<'_>,
) -> Result<[String; 2], SourceError> {
    inputs(&(length as u64).to_le_bytes());
    targets(&(length as u64).to_le_bytes());
    let (last, piece) = (text.len() - 1, length * (PIECE / length).max(1));
    for start in (0..last).step_by(piece) {
        let tokens = text.read(start..last.min(start + piece) + 1)?;
        let windows = Windows::consecutive(&tokens, length);
        windows.inputs().digest_each(inputs);
        windows.targets().digest_each(targets);
    }
    Ok([(); 2].map(|()| described(last.div_ceil(length), length)))
}
