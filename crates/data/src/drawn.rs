//! Windows of a long text at places drawn by chance, which are made when their batch is.
//!
//! A run of many steps reads more windows than fit into memory. So a window has a number, from the first of
//! the run to the last, and its place is drawn from a key of this number: none has to be kept, and a run that
//! is resumed at any step draws the windows that it would have drawn.

use rand::RngExt;
use tensor::Key;

use crate::{Batches, Dataset, Source, SourceError, Windows};

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
    /// The text, cut into windows one behind the other.
    text: Dataset<Windows, Windows>,
    /// The number of places where a window may begin.
    places: usize,
    count: usize,
    total: usize,
    key: Key,
}

impl DrawnWindows {
    /// Creates epochs of `count` windows of `length` tokens, `total` in all.
    ///
    /// # Panics
    /// If `length`, `count` or `total` is 0, or there are not more than `length` tokens.
    #[track_caller]
    pub fn new(tokens: &[u32], length: usize, count: usize, total: usize, key: Key) -> Self {
        Windows::check_drawn(tokens, length);
        assert!(
            count > 0 && total > 0,
            "DrawnWindows: epochs of {count} windows, {total} in all: neither number may be 0"
        );
        let text = Windows::consecutive(tokens, length);
        Self { text, places: tokens.len() - length, count, total, key }
    }

    /// Returns the place where the window of this number begins.
    fn start(&self, number: usize) -> usize {
        self.key.fold_in(number as u64).rng().random_range(0..self.places)
    }
}

/// With a key or without one, the windows of an epoch are the same: their places are drawn already.
impl Source for DrawnWindows {
    type Inputs = Windows;
    type Targets = Windows;

    #[track_caller]
    fn epoch(&self, number: usize, size: usize, _: Option<Key>) -> Batches<'_, Windows, Windows> {
        assert!(size > 0, "DrawnWindows: a batch needs at least one window, not 0");
        let (first, last) = ((number - 1) * self.count, self.total.min(number * self.count));
        Box::new((first..last).step_by(size).map(move |batch| {
            let numbers = batch..last.min(batch + size);
            Ok(Windows::beginning_at(&self.text, numbers.map(|number| self.start(number))))
        }))
    }

    fn samples(&self) -> Option<usize> {
        Some(self.count.min(self.total))
    }

    fn sketch(&self) -> Result<Dataset<Windows, Windows>, SourceError> {
        Ok(self.text.clone())
    }
}
