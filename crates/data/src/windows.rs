//! Windows of a long text: what a language model is trained on.
//!
//! All windows have one length, and share one list of tokens. The targets of a window are its tokens one
//! place later:
//!
//! ```text
//! tokens    t₀ t₁ t₂ t₃ t₄ t₅ t₆ …
//! inputs       t₁ t₂ t₃ t₄            the window of 4 tokens at place 1
//! targets         t₂ t₃ t₄ t₅         what comes next at each of its places
//! ```
//!
//! If a window is longer than its text, its inputs are filled up with the token 0 and its targets with
//! [`NO_TARGET`], which a loss must leave out.

use std::ops::Range;
use std::sync::Arc;

use rand::RngExt;
use tensor::{Key, Tensor};

use crate::samples::digest_items;
use crate::{Dataset, Samples};

/// The target of a place that has none. `nn::TokenCrossEntropy` leaves it out.
pub const NO_TARGET: u32 = u32::MAX;

/// Windows of one list of tokens; a batch of them is `[n, length]`.
///
/// ```
/// use data::{Samples, Windows};
/// use tensor::Tensor;
///
/// let windows = Windows::consecutive(&[10, 11, 12, 13, 14, 15], 3);
/// assert_eq!(windows.inputs().batch(), Tensor::from([[10, 11, 12], [13, 14, 0]]));
/// assert_eq!(windows.targets().batch(), Tensor::from([[11, 12, 13], [14, 15, data::NO_TARGET]]));
/// ```
#[derive(Clone, Debug)]
pub struct Windows {
    tokens: Arc<[u32]>,
    /// The tokens of each window. One that has fewer than `length` is filled up.
    windows: Vec<Range<usize>>,
    length: usize,
    fill: u32,
}

impl Windows {
    /// Returns the consecutive windows of `length` tokens, so that each token but the first is a target once.
    ///
    /// # Panics
    /// If `length` is 0.
    #[track_caller]
    pub fn consecutive(tokens: &[u32], length: usize) -> Dataset<Windows, Windows> {
        check_length(length);
        let last = tokens.len().saturating_sub(1);
        let window = |start: usize| start..last.min(start + length);
        Self::dataset(tokens, length, (0..last).step_by(length).map(window).collect())
    }

    /// Returns `count` windows of `length` tokens at places drawn from `key`.
    ///
    /// # Panics
    /// If `length` is 0, or there are not more than `length` tokens.
    #[track_caller]
    pub fn drawn(
        tokens: &[u32],
        length: usize,
        count: usize,
        key: Key,
    ) -> Dataset<Windows, Windows> {
        Self::check_drawn(tokens.len(), length);
        let mut rng = key.rng();
        let mut window = |_| {
            let start = rng.random_range(0..tokens.len() - length);
            start..start + length
        };
        Self::dataset(tokens, length, (0..count).map(&mut window).collect())
    }

    /// Returns windows that begin where a document does. `starts` has the place of each document's first
    /// token, in ascending order; the first is 0.
    ///
    /// A window holds as many whole documents as fit into `length`. A document longer than `length` is cut into
    /// several windows of its own; those after the first do not see its beginning. Each token but the first is a
    /// target once: the first token of a document is a target at the end of the one before.
    ///
    /// All windows are as long as the fullest of them, which may be shorter than `length`, so that short documents
    /// are not filled up in vain; the others are filled up after their documents.
    ///
    /// # Panics
    /// If `length` is 0, or `starts` is not as described.
    #[track_caller]
    pub fn of_documents(
        tokens: &[u32],
        starts: &[usize],
        length: usize,
    ) -> Dataset<Windows, Windows> {
        check_length(length);
        let last = tokens.len().saturating_sub(1);
        assert!(
            starts.first() == Some(&0) && starts.is_sorted() && starts[starts.len() - 1] <= last,
            "Windows: documents must start at 0 and then at ascending places below {}",
            tokens.len()
        );
        let mut windows: Vec<Range<usize>> = Vec::new();
        let mut is_whole = false;
        let ends = starts[1..].iter().copied().chain([last]);
        for (&start, end) in starts.iter().zip(ends) {
            match windows.last_mut() {
                Some(window) if is_whole && end - window.start <= length => window.end = end,
                _ => {
                    is_whole = end - start <= length;
                    let parts = (start..end).step_by(length);
                    windows.extend(parts.map(|start| start..end.min(start + length)));
                }
            }
        }
        let fullest = windows.iter().map(Range::len).max().unwrap_or(length);
        Self::dataset(tokens, fullest, windows)
    }

    /// Checks that a window of this length can be drawn from this number of tokens.
    #[track_caller]
    pub(crate) fn check_drawn(tokens: usize, length: usize) {
        check_length(length);
        assert!(
            tokens > length,
            "Windows: {tokens} tokens are too few for a window of {length} and the token after it"
        );
    }

    /// Returns whole windows of the tokens of `others` that begin at these places.
    pub(crate) fn beginning_at(
        others: &Dataset<Windows, Windows>,
        starts: impl Iterator<Item = usize>,
    ) -> Dataset<Windows, Windows> {
        let (inputs, targets) = (others.inputs(), others.targets());
        let windows: Vec<_> = starts.map(|start| start..start + inputs.length).collect();
        let next = windows.iter().map(next).collect();
        Dataset::with_targets(inputs.with(windows), targets.with(next))
    }

    /// Returns windows that share no tokens: `tokens` has, for each window, its `length` tokens and the next one.
    pub(crate) fn apart(tokens: &[u32], length: usize) -> Dataset<Windows, Windows> {
        let starts = (0..tokens.len()).step_by(length + 1);
        Self::dataset(tokens, length, starts.map(|start| start..start + length).collect())
    }

    fn dataset(
        tokens: &[u32],
        length: usize,
        windows: Vec<Range<usize>>,
    ) -> Dataset<Windows, Windows> {
        let inputs = Self { tokens: tokens.into(), windows, length, fill: 0 };
        let targets = Self {
            tokens: inputs.tokens.clone(),
            windows: inputs.windows.iter().map(next).collect(),
            length,
            fill: NO_TARGET,
        };
        Dataset::with_targets(inputs, targets)
    }

    /// Returns the number of tokens of a window.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Returns the place in the list of tokens of each item of a window that is not filled up.
    ///
    /// # Panics
    /// If there is no such window.
    #[track_caller]
    pub fn places(&self, window: usize) -> Range<usize> {
        self.windows[window].clone()
    }

    /// Returns the tokens of a window, without what fills it up.
    fn tokens_of(&self, window: &Range<usize>) -> &[u32] {
        &self.tokens[window.clone()]
    }

    /// Gives the bytes of these windows to `sink` as [`digest`](Samples::digest) does, but without their length first.
    /// So the windows of a text can be given in parts.
    pub(crate) fn digest_each(&self, sink: &mut dyn FnMut(&[u8])) {
        for window in &self.windows {
            let tokens = self.tokens_of(window);
            sink(&(tokens.len() as u64).to_le_bytes());
            digest_items(tokens, sink);
        }
    }

    /// Returns these windows of the same tokens.
    fn with(&self, windows: Vec<Range<usize>>) -> Self {
        Self { tokens: self.tokens.clone(), windows, length: self.length, fill: self.fill }
    }
}

/// Returns the shape of windows, for a message.
pub(crate) fn described(count: usize, length: usize) -> String {
    format!("{count} windows of {length} tokens")
}

/// Returns the targets of a window.
fn next(window: &Range<usize>) -> Range<usize> {
    window.start + 1..window.end + 1
}

#[track_caller]
fn check_length(length: usize) {
    assert!(length > 0, "Windows: a window has at least one token, not 0");
}

impl Samples for Windows {
    type Batch = Tensor<u32>;

    fn batch(&self) -> Tensor<u32> {
        let mut items = Vec::with_capacity(self.windows.len() * self.length);
        for (number, window) in self.windows.iter().enumerate() {
            items.extend_from_slice(self.tokens_of(window));
            items.resize((number + 1) * self.length, self.fill);
        }
        Tensor::new([self.windows.len(), self.length], items)
    }

    fn count(&self) -> usize {
        self.windows.len()
    }

    fn describe(&self) -> String {
        described(self.windows.len(), self.length)
    }

    #[track_caller]
    fn select(&self, positions: &[u32]) -> Self {
        self.with(
            positions.iter().map(|&position| self.windows[position as usize].clone()).collect(),
        )
    }

    #[track_caller]
    fn range(&self, range: Range<usize>) -> Self {
        self.with(self.windows[range].to_vec())
    }

    #[track_caller]
    fn concat(parts: &[&Self]) -> Self {
        let first = parts.first().expect("there must be parts to put together");
        assert!(
            parts.iter().all(|part| (part.length, part.fill) == (first.length, first.fill)),
            "Windows: windows of different lengths, or of inputs and of targets, cannot be put together"
        );
        if parts.iter().all(|part| Arc::ptr_eq(&part.tokens, &first.tokens)) {
            return first.with(parts.iter().flat_map(|part| part.windows.clone()).collect());
        }
        let (mut tokens, mut windows) = (Vec::new(), Vec::new());
        for part in parts {
            let before = tokens.len();
            let moved = |window: &Range<usize>| window.start + before..window.end + before;
            windows.extend(part.windows.iter().map(moved));
            tokens.extend_from_slice(&part.tokens);
        }
        Self { tokens: tokens.into(), windows, ..(*first).clone() }
    }

    fn digest(&self, sink: &mut dyn FnMut(&[u8])) {
        sink(&(self.length as u64).to_le_bytes());
        self.digest_each(sink);
    }

    fn length(&self, _: usize) -> Option<usize> {
        Some(self.length)
    }

    fn highest(&self) -> Vec<usize> {
        let highest = |window: &Range<usize>| self.tokens_of(window).iter().copied().max();
        let windows = 0..self.windows.len();
        windows.max_by_key(|&number| highest(&self.windows[number])).into_iter().collect()
    }
}
