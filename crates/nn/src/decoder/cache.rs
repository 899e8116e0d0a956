//! Keys and values of the tokens that a decoder has read, so that the next token costs one place and not
//! the whole text.

use tensor::{Scalar, ShapeError, Tensor};

use super::attention::Past;

/// What a [`Decoder`](crate::Decoder) keeps of one text: for each block the keys and the values of all
/// tokens so far. It has room for one context.
#[derive(Clone, Debug)]
pub struct KeyValueCache<T: Scalar = f32> {
    /// Of each block the keys and the values, `[1, context, width]` each. Only the first `length` places are
    /// in use.
    layers: Vec<[Tensor<T>; 2]>,
    length: usize,
    context: usize,
}

impl<T: Scalar> KeyValueCache<T> {
    /// Creates an empty cache for `layers` blocks whose keys have `width` features.
    pub(super) fn new(layers: usize, context: usize, width: usize) -> Self {
        let layer = || [Tensor::zeros([1, context, width]), Tensor::zeros([1, context, width])];
        Self { layers: (0..layers).map(|_| layer()).collect(), length: 0, context }
    }

    /// Returns the number of tokens in the cache.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Returns `true` if there are no tokens in the cache.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns the number of tokens that there is still room for.
    pub fn room(&self) -> usize {
        self.context - self.length
    }

    /// Forgets all tokens but the first `length`.
    ///
    /// # Panics
    /// If there are fewer.
    #[track_caller]
    pub fn truncate(&mut self, length: usize) {
        assert!(
            length <= self.length,
            "KeyValueCache: {} tokens cannot be cut to {length}",
            self.length
        );
        self.length = length;
    }

    /// Checks that there is room for this many tokens, at least one.
    pub(super) fn check_room(&self, tokens: usize) -> Result<(), ShapeError> {
        match (1..=self.room()).contains(&tokens) {
            true => Ok(()),
            false => Err(ShapeError::new(format!(
                "{tokens} tokens cannot be added to a cache with {} of {}: it must be at least one, and \
                 they must fit the context",
                self.length, self.context
            ))),
        }
    }

    /// Returns the place of a block's keys and values.
    pub(super) fn layer(&mut self, number: usize) -> Past<'_, T> {
        Past { kept: &mut self.layers[number], length: self.length }
    }

    /// Counts tokens whose keys and values have been written.
    pub(super) fn add(&mut self, tokens: usize) {
        self.length += tokens;
    }
}
