//! What a data set is made of: n samples that can be counted, chosen and put together.
//!
//! A tensor `[n, …]` holds n samples, one in each row. [`Sequences`](crate::Sequences) hold samples of
//! different lengths. A pair holds samples of two parts, for a model with several inputs or a task with
//! several targets; for more parts, a part can itself be a pair.

use std::any::type_name;
use std::ops::Range;

use tensor::{Tensor, shape};

/// Several samples of inputs, or of targets.
///
/// Samples can be stored in another form than a model reads: each sequence is stored at its own
/// length, and a model reads a rectangle. [`batch`](Self::batch) converts them.
pub trait Samples: Clone + Send + Sync + 'static {
    /// The form in which a model or a loss reads a batch.
    type Batch: Samples<Batch = Self::Batch>;

    /// Returns these samples as a model or a loss gets them.
    fn batch(&self) -> Self::Batch;

    /// Returns the number of samples.
    ///
    /// # Panics
    /// If parts differ in their number of samples.
    #[track_caller]
    fn count(&self) -> usize;

    /// Returns the shape of these samples, for a message, such as `[100, 3]`.
    fn describe(&self) -> String;

    /// Returns the samples at these positions, in this order. A position may occur twice.
    ///
    /// # Panics
    /// If a position is not below [`count`](Self::count).
    #[track_caller]
    fn select(&self, positions: &[u32]) -> Self;

    /// Returns the samples in this range of positions.
    ///
    /// # Panics
    /// If the range ends after [`count`](Self::count).
    #[track_caller]
    fn range(&self, range: Range<usize>) -> Self;

    /// Returns the samples of all parts, one part after the other.
    ///
    /// # Panics
    /// If there are no parts, or their samples differ in shape.
    #[track_caller]
    fn concat(parts: &[&Self]) -> Self;

    /// Gives the bytes of all samples to `sink`, so that two data sets can be told apart by a checksum.
    fn digest(&self, sink: &mut dyn FnMut(&[u8]));

    /// Returns the class of each sample, `[n]`, if that is what these samples are.
    fn classes(&self) -> Option<&Tensor<u32>> {
        None
    }

    /// Returns the position of the sample with the highest id or class in each part. If a model refuses
    /// any sample, it refuses one of these.
    fn highest(&self) -> Vec<usize> {
        Vec::new()
    }

    /// Returns the number of items of a sample that is a sequence, such as its tokens; a batch fills it up to the longest
    /// one. `None` for other samples.
    fn length(&self, sample: usize) -> Option<usize> {
        let _ = sample;
        None
    }
}

/// One number of a sample: `f32`, `f64`, `u32` or `u8`.
pub trait Item: Copy + PartialOrd + Send + Sync + 'static {
    /// Appends the number as bytes, the lowest first.
    fn append(self, bytes: &mut Vec<u8>);

    /// Returns the number, if it is an id or a class.
    fn id(self) -> Option<u32> {
        None
    }
}

impl Item for f32 {
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
}

impl Item for f64 {
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
}

impl Item for u32 {
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn id(self) -> Option<u32> {
        Some(self)
    }
}

impl Item for u8 {
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.push(self);
    }
}

/// The number of items whose bytes go to a sink at once.
const CHUNK: usize = 1 << 14;

/// Gives the bytes of these items to `sink`.
pub(crate) fn digest_items<I: Item>(items: &[I], sink: &mut dyn FnMut(&[u8])) {
    let mut bytes = Vec::new();
    for chunk in items.chunks(CHUNK) {
        bytes.clear();
        chunk.iter().for_each(|item| item.append(&mut bytes));
        sink(&bytes);
    }
}

/// Rows of a tensor `[n, …]`, one for each sample.
impl<I: Item> Samples for Tensor<I> {
    type Batch = Tensor<I>;

    fn batch(&self) -> Tensor<I> {
        self.clone()
    }

    #[track_caller]
    fn count(&self) -> usize {
        match self.shape().first() {
            Some(&count) => count,
            None => panic!(
                "samples: a tensor of {} must have shape [n, …], one row for each sample; found []",
                type_name::<I>()
            ),
        }
    }

    fn describe(&self) -> String {
        format!("{:?}", self.shape())
    }

    #[track_caller]
    fn select(&self, positions: &[u32]) -> Self {
        self.gather_rows(&Tensor::from(positions))
    }

    #[track_caller]
    fn range(&self, range: Range<usize>) -> Self {
        self.slice(0, range)
    }

    #[track_caller]
    fn concat(parts: &[&Self]) -> Self {
        Tensor::concat(parts, 0)
    }

    fn digest(&self, sink: &mut dyn FnMut(&[u8])) {
        digest_items(&self.values(), sink);
    }

    fn classes(&self) -> Option<&Tensor<u32>> {
        let this: &dyn std::any::Any = self;
        this.downcast_ref::<Tensor<u32>>().filter(|classes| classes.rank() == 1)
    }

    fn highest(&self) -> Vec<usize> {
        let width = shape::len(&self.shape()[1..]);
        let ids = self.values();
        let is_id = ids.first().is_some_and(|item| item.id().is_some());
        let places = if is_id { 0..ids.len() } else { 0..0 };
        let highest = places.rev().max_by_key(|&place| ids[place].id());
        highest.map(|place| place / width).into_iter().collect()
    }

    /// Rows of ids `[n, time]` are sequences.
    fn length(&self, _: usize) -> Option<usize> {
        let this: &dyn std::any::Any = self;
        let ids = this.downcast_ref::<Tensor<u32>>()?;
        (ids.rank() == 2).then(|| ids.shape()[1])
    }
}

/// Samples of two parts.
impl<A: Samples, B: Samples> Samples for (A, B) {
    type Batch = (A::Batch, B::Batch);

    fn batch(&self) -> Self::Batch {
        (self.0.batch(), self.1.batch())
    }

    #[track_caller]
    fn count(&self) -> usize {
        let (first, second) = (self.0.count(), self.1.count());
        assert!(
            first == second,
            "samples: both parts must have the same number of samples; found {}",
            self.describe()
        );
        first
    }

    fn describe(&self) -> String {
        format!("({}, {})", self.0.describe(), self.1.describe())
    }

    #[track_caller]
    fn select(&self, positions: &[u32]) -> Self {
        (self.0.select(positions), self.1.select(positions))
    }

    #[track_caller]
    fn range(&self, range: Range<usize>) -> Self {
        (self.0.range(range.clone()), self.1.range(range))
    }

    #[track_caller]
    fn concat(parts: &[&Self]) -> Self {
        let first: Vec<&A> = parts.iter().map(|part| &part.0).collect();
        let second: Vec<&B> = parts.iter().map(|part| &part.1).collect();
        (A::concat(&first), B::concat(&second))
    }

    fn digest(&self, sink: &mut dyn FnMut(&[u8])) {
        self.0.digest(sink);
        self.1.digest(sink);
    }

    fn highest(&self) -> Vec<usize> {
        [self.0.highest(), self.1.highest()].concat()
    }

    fn length(&self, sample: usize) -> Option<usize> {
        self.0.length(sample).max(self.1.length(sample))
    }
}
