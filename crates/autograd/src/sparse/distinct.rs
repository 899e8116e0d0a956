//! The distinct ids of a batch, in ascending order.
//!
//! A batch of texts names frequent words again and again, and padding most of all. One bit for each row
//! of the table says that the row is named. The position of an id among the distinct ones is then the
//! number of bits below its own:
//!
//! ```text
//! ids        5 2 5 2 9
//! bits       0 0 1 0 0 1 0 0 0 1
//! distinct   2 5 9
//! positions  1 0 1 0 2
//! ```
//!
//! Nothing is sorted: it takes two passes over the ids, and one over a bit for each row.

use tensor::vectorized;

/// The rows of a table that some ids name, each once.
pub(super) struct Distinct {
    /// Bit `id % 64` of word `id / 64` is 1 if the row is named.
    bits: Vec<u64>,
    count: usize,
}

impl Distinct {
    /// Returns the rows that these ids name, all below `rows`; `None` if they are half of all or more.
    pub(super) fn fewer_than_half(ids: &[u32], rows: usize) -> Option<Self> {
        let (mut bits, mut count) = (vec![0u64; rows.div_ceil(64)], 0);
        let mut before = None;
        for &id in ids {
            // Padding repeats one id, and its word would be waited for each time.
            if before.replace(id) == Some(id) {
                continue;
            }
            let word = &mut bits[(id / 64) as usize];
            count += usize::from(*word >> (id % 64) & 1 == 0);
            *word |= 1 << (id % 64);
            if 2 * count >= rows {
                return None;
            }
        }
        Some(Self { bits, count })
    }

    /// Returns the named rows, ascending.
    pub(super) fn ids(&self) -> Vec<u32> {
        let mut ids = Vec::with_capacity(self.count);
        for (&word, first) in self.bits.iter().zip((0..).step_by(64)) {
            let mut left = word;
            while left != 0 {
                ids.push(first + left.trailing_zeros());
                left &= left - 1;
            }
        }
        ids
    }

    /// Returns the position of each of these ids among the named rows. All of the ids must be named.
    pub(super) fn positions(&self, ids: &[u32]) -> Vec<u32> {
        let mut before = vec![0; self.bits.len()];
        let mut positions = vec![0; ids.len()];
        // Loops, because `collect` and `extend` are calls, which compile without the instruction that counts bits.
        vectorized(
            #[inline(always)]
            || {
                let mut count = 0;
                for (before, word) in before.iter_mut().zip(&self.bits) {
                    *before = count;
                    count += word.count_ones();
                }
                for (position, &id) in positions.iter_mut().zip(ids) {
                    let word = (id / 64) as usize;
                    let below = self.bits[word] & ((1 << (id % 64)) - 1);
                    *position = before[word] + below.count_ones();
                }
            },
        );
        positions
    }
}
