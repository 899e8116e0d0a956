//! The merges of byte-pair encoding with a heap, so that a text of n tokens takes n log n steps even if it
//! is one long word.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// For each pair of tokens that can be merged its rank and the merged token.
pub(super) type Merges = HashMap<(u32, u32), (u32, u32)>;

/// A pair that may be merged: its rank, the place of its first token, and the merged token. A heap of them
/// in reverse gives the lowest rank first, and of equal ranks the first place.
type Candidate = Reverse<(u32, usize, u32)>;

/// The tokens of a word. Those that are left form a list.
struct Word {
    tokens: Vec<u32>,
    /// The places before and after each place, and `tokens.len()` where there is none.
    before: Vec<usize>,
    after: Vec<usize>,
    is_left: Vec<bool>,
}

/// Merges pairs of neighbors, the one of the lowest rank first, as long as there is one.
pub(super) fn merge(tokens: Vec<u32>, merges: &Merges) -> Vec<u32> {
    let mut word = Word::new(tokens);
    let places = 0..word.tokens.len();
    let mut heap: BinaryHeap<Candidate> =
        places.filter_map(|place| word.candidate(place, merges)).collect();
    while let Some(Reverse((_, place, merged))) = heap.pop() {
        // Since it was found, a token of the pair may have been merged with another.
        let is_still = word.candidate(place, merges).is_some_and(|Reverse(now)| now.2 == merged);
        if is_still {
            word.join(place, merged);
            heap.extend(word.candidate(word.before[place], merges));
            heap.extend(word.candidate(place, merges));
        }
    }
    let Word { tokens, is_left, .. } = word;
    tokens.into_iter().zip(is_left).filter_map(|(token, left)| left.then_some(token)).collect()
}

impl Word {
    fn new(tokens: Vec<u32>) -> Self {
        let count = tokens.len();
        let before = (0..count).map(|place| place.checked_sub(1).unwrap_or(count)).collect();
        Self { before, after: (1..=count).collect(), is_left: vec![true; count], tokens }
    }

    /// Returns the pair that begins at a place, if it can be merged.
    fn candidate(&self, place: usize, merges: &Merges) -> Option<Candidate> {
        if !*self.is_left.get(place)? {
            return None;
        }
        let next = self.tokens.get(self.after[place])?;
        let (rank, merged) = merges.get(&(self.tokens[place], *next))?;
        Some(Reverse((*rank, place, *merged)))
    }

    /// Replaces the pair that begins at a place.
    fn join(&mut self, place: usize, merged: u32) {
        let second = self.after[place];
        self.tokens[place] = merged;
        self.is_left[second] = false;
        self.after[place] = self.after[second];
        if let Some(before) = self.before.get_mut(self.after[second]) {
            *before = place;
        }
    }
}
