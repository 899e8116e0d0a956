//! Keys and values of the tokens that a decoder has read, so that the next token costs one place and not
//! the whole text.
//!
//! Memory grows with the text, doubling whenever it is full, because a context may be far longer than the text.

use autograd::ParameterId;
use tensor::{Scalar, ShapeError, Tensor};

use super::attention::Past;

/// What a [`Decoder`](crate::Decoder) keeps of one text: for each block the keys and the values of all
/// tokens so far. It has room for one context, and its memory grows with the tokens in it.
#[derive(Clone, Debug)]
pub struct KeyValueCache<T: Scalar = f32> {
    /// The keys and the values of each block, `[1, places, width]` each. Only the first `length` places are
    /// in use.
    layers: Vec<[Tensor<T>; 2]>,
    length: usize,
    context: usize,
    /// The table of the model that it belongs to, which tells models apart.
    table: ParameterId,
}

impl<T: Scalar> KeyValueCache<T> {
    /// Creates an empty cache for `layers` blocks whose keys have `width` features, of the model with this table.
    pub(super) fn new(layers: usize, context: usize, width: usize, table: ParameterId) -> Self {
        let layer = || [Tensor::zeros([1, 0, width]), Tensor::zeros([1, 0, width])];
        Self { layers: (0..layers).map(|_| layer()).collect(), length: 0, context, table }
    }

    /// Checks that this is a cache of the model with this table. The keys of another model may have the same shapes,
    /// and then would be read as this one's.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub(super) fn check_model(&self, table: ParameterId) {
        assert!(
            self.table == table,
            "decoder: the cache was made by another model: use one of this model's own `cache`"
        );
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

    /// Reserves memory for this many more tokens.
    ///
    /// # Errors
    /// If `tokens` is 0, or the tokens do not fit the context.
    pub(super) fn make_room(&mut self, tokens: usize) -> Result<(), ShapeError> {
        if !(1..=self.room()).contains(&tokens) {
            return Err(ShapeError::new(format!(
                "{tokens} tokens cannot be added to a cache with {} of {}: it must be at least one, and \
                 they must fit the context",
                self.length, self.context
            )));
        }
        self.grow(self.length + tokens);
        Ok(())
    }

    /// Grows to places for at least this many tokens. Within the context their number at least doubles,
    /// so that each token is copied about once on average.
    fn grow(&mut self, tokens: usize) {
        for kept in self.layers.iter_mut().flatten() {
            let [_, places, width] = [0, 1, 2].map(|axis| kept.shape()[axis]);
            if places < tokens {
                let grown = tokens.max(2 * places).min(self.context);
                let mut values = kept.slice(1, ..self.length).to_vec();
                values.resize(grown * width, T::ZERO);
                *kept = Tensor::new([1, grown, width], values);
            }
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
