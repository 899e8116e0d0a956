//! Token sequences of different lengths, in one buffer or as one rectangular tensor.

use std::ops::Range;
use std::sync::Arc;

use tensor::Tensor;

use crate::samples::{Item, Samples, digest_items};

/// Sequences of different lengths in one buffer, which all selections share. The length of the
/// longest sequence does not change the memory of the others.
#[derive(Clone, Debug)]
pub struct Sequences<I> {
    items: Arc<Vec<I>>,
    /// The part of `items` that is sequence `i`.
    places: Vec<Range<usize>>,
    fill: I,
}

impl<I: Copy> Sequences<I> {
    /// Creates a buffer of these sequences. [`padded`](Self::padded) extends short ones with
    /// `fill`.
    pub fn new(sequences: impl IntoIterator<Item = impl AsRef<[I]>>, fill: I) -> Sequences<I> {
        let (mut items, mut places) = (Vec::new(), Vec::new());
        for sequence in sequences {
            let start = items.len();
            items.extend_from_slice(sequence.as_ref());
            places.push(start..items.len());
        }
        Sequences { items: Arc::new(items), places, fill }
    }

    /// Returns the number of sequences.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns `true` if there are no sequences.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Returns the sequences, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[I]> {
        self.places.iter().map(|place| &self.items[place.clone()])
    }

    /// Returns the length of the longest sequence; 0 if there are no sequences.
    pub fn longest(&self) -> usize {
        self.places.iter().map(Range::len).max().unwrap_or(0)
    }

    /// Returns the number of items in all sequences.
    pub fn total(&self) -> usize {
        self.places.iter().map(Range::len).sum()
    }

    /// Returns the sequences, each shortened to its first `longest` items.
    pub fn cut_to(&self, longest: usize) -> Sequences<I> {
        let cut = |place: &Range<usize>| place.start..place.end.min(place.start + longest);
        let places = self.places.iter().map(cut).collect();
        Sequences { items: Arc::clone(&self.items), places, fill: self.fill }
    }

    /// Returns the sequences at these positions, in this order.
    ///
    /// # Panics
    ///
    /// If a position is not below [`Sequences::len`].
    #[track_caller]
    pub fn select(&self, positions: impl IntoIterator<Item = usize>) -> Sequences<I> {
        let places = positions.into_iter().map(|position| self.places[position].clone()).collect();
        Sequences { items: Arc::clone(&self.items), places, fill: self.fill }
    }

    /// Returns the sequences as one rectangle `[n, longest]`, short ones padded at their end.
    pub fn padded(&self) -> Tensor<I>
    where
        I: 'static,
    {
        let longest = self.longest();
        let mut items = Vec::with_capacity(self.len() * longest);
        for sequence in self.iter() {
            items.extend_from_slice(sequence);
            items.resize(items.len() + longest - sequence.len(), self.fill);
        }
        Tensor::new([self.len(), longest], items)
    }
}

/// A batch is filled up to its own longest sequence.
impl<I: Item> Samples for Sequences<I> {
    type Batch = Tensor<I>;

    fn batch(&self) -> Tensor<I> {
        self.padded()
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn describe(&self) -> String {
        format!("[{}, up to {}]", self.len(), self.longest())
    }

    #[track_caller]
    fn select(&self, positions: &[u32]) -> Self {
        Sequences::select(self, positions.iter().map(|&position| position as usize))
    }

    #[track_caller]
    fn range(&self, range: Range<usize>) -> Self {
        Sequences::select(self, range)
    }

    #[track_caller]
    fn concat(parts: &[&Self]) -> Self {
        let Some(first) = parts.first() else { panic!("concat: there are no sequences to join") };
        Sequences::new(parts.iter().flat_map(|part| part.iter()), first.fill)
    }

    /// Each sequence follows its length, so the same items cut into different sequences give different bytes.
    fn digest(&self, sink: &mut dyn FnMut(&[u8])) {
        for sequence in self.iter() {
            sink(&(sequence.len() as u64).to_le_bytes());
            digest_items(sequence, sink);
        }
    }

    fn highest(&self) -> Vec<usize> {
        let highest = |sample: &usize| {
            let ids = self.items[self.places[*sample].clone()].iter().map(|item| item.id());
            ids.max().flatten()
        };
        (0..self.len()).rev().max_by_key(highest).into_iter().collect()
    }

    fn length(&self, sample: usize) -> Option<usize> {
        self.places.get(sample).map(Range::len)
    }
}

/// The end of a sequence at which tokens are added or cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Before the first token.
    Pre,
    /// After the last token.
    Post,
}

/// The options of [`pad_sequences`], which brings sequences to one length. The defaults are the same as in Keras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Padding {
    /// The length of every row; `None` for the length of the longest sequence.
    pub maxlen: Option<usize>,
    /// The end at which short sequences are padded.
    pub padding: Side,
    /// The end at which long sequences are cut.
    pub truncating: Side,
    /// The id to pad with. The tokenizer reserves 0 for this.
    pub value: u32,
}

impl Default for Padding {
    fn default() -> Padding {
        Padding { maxlen: None, padding: Side::Pre, truncating: Side::Pre, value: 0 }
    }
}

/// Pads or cuts each sequence to one length, as Keras' `pad_sequences` does. The result is
/// `[sequences.len(), maxlen]`.
///
/// ```
/// use data::{Padding, Side, pad_sequences};
///
/// let sequences = [vec![1], vec![2, 3, 4]];
/// let keras = Padding { maxlen: Some(2), ..Padding::default() };
/// assert_eq!(pad_sequences(&sequences, keras).to_vec(), [0, 1, 3, 4]);
///
/// let post = Padding { padding: Side::Post, truncating: Side::Post, ..keras };
/// assert_eq!(pad_sequences(&sequences, post).to_vec(), [1, 0, 2, 3]);
/// ```
pub fn pad_sequences(sequences: &[Vec<u32>], how: Padding) -> Tensor<u32> {
    let longest = sequences.iter().map(Vec::len).max().unwrap_or(0);
    let maxlen = how.maxlen.unwrap_or(longest);
    let mut ids = Vec::with_capacity(sequences.len() * maxlen);
    for sequence in sequences {
        let kept = sequence.len().min(maxlen);
        let tokens = match how.truncating {
            Side::Pre => &sequence[sequence.len() - kept..],
            Side::Post => &sequence[..kept],
        };
        let fill = std::iter::repeat_n(how.value, maxlen - kept);
        match how.padding {
            Side::Pre => ids.extend(fill.chain(tokens.iter().copied())),
            Side::Post => ids.extend(tokens.iter().copied().chain(fill)),
        }
    }
    Tensor::new([sequences.len(), maxlen], ids)
}
