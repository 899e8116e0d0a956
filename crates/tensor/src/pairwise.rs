//! Sums of many terms whose rounding errors do not grow with their number.
//!
//! Terms added one by one to a growing sum are rounded to its digits: ten million times 0.1 in `f32`
//! miss a million by 9 %. Here only [`GROUP`] terms are added one by one. The sums of the groups
//! are combined two by two, then the sums of two groups, and so on:
//!
//! ```text
//!             Σ
//!       ┌─────┴─────┐
//!    ┌──┴──┐     ┌──┴──┐
//!   g₀     g₁   g₂     g₃      groups of 16 terms
//! ```
//!
//! So a term passes through 16 + log₂(n/16) additions instead of n. The order depends on the number
//! of terms alone.

/// This many terms are added one by one.
pub(crate) const GROUP: usize = 16;

/// The groups that have been combined so far, each a row of numbers: at most one for each power of two.
#[derive(Debug)]
pub(crate) struct Pairwise<T> {
    width: usize,
    /// The number of groups so far.
    groups: usize,
    /// Sums of 2ᵏ groups, from the largest k to the smallest.
    sums: Vec<T>,
}

impl<T: Copy> Pairwise<T> {
    /// Creates an empty set of groups, which will be rows of `width` numbers.
    pub(crate) fn new(width: usize) -> Self {
        Self { width, groups: 0, sums: Vec::new() }
    }

    /// Forgets all groups; the next ones are rows of `width` numbers.
    pub(crate) fn clear(&mut self, width: usize) {
        self.width = width;
        self.groups = 0;
        self.sums.clear();
    }

    /// Adds a group. `write` gets its row, filled with `fill`, and writes its numbers.
    #[inline(always)]
    pub(crate) fn push(
        &mut self,
        fill: T,
        write: impl FnOnce(&mut [T]),
        combine: impl Fn(T, T) -> T + Copy,
    ) {
        let start = self.begin();
        self.sums.resize(start + self.width, fill);
        write(&mut self.sums[start..]);
        self.combine_full(combine);
    }

    /// Adds a group whose row is there already.
    #[inline(always)]
    pub(crate) fn push_row(&mut self, row: &[T], combine: impl Fn(T, T) -> T + Copy) {
        self.begin();
        self.sums.extend_from_slice(row);
        self.combine_full(combine);
    }

    /// Makes room, and returns where the next row begins.
    #[inline(always)]
    fn begin(&mut self) -> usize {
        if self.sums.is_empty() {
            // For up to 2⁴ − 1 groups, so that the vector need not grow step by step.
            self.sums.reserve(4 * self.width);
        }
        self.sums.len()
    }

    /// Counts the last row, and combines sums of the same number of groups, like the carries of a binary counter.
    #[inline(always)]
    fn combine_full(&mut self, combine: impl Fn(T, T) -> T + Copy) {
        self.groups += 1;
        for _ in 0..self.groups.trailing_zeros() {
            self.combine_last_two(combine);
        }
    }

    /// Returns all groups combined; `None` if there are none.
    #[inline(always)]
    pub(crate) fn total(&mut self, combine: impl Fn(T, T) -> T + Copy) -> Option<&[T]> {
        while self.sums.len() > self.width {
            self.combine_last_two(combine);
        }
        (self.groups > 0).then_some(&self.sums[..])
    }

    #[inline(always)]
    fn combine_last_two(&mut self, combine: impl Fn(T, T) -> T) {
        let kept = self.sums.len() - self.width;
        let (before, last) = self.sums.split_at_mut(kept);
        let target = &mut before[kept - self.width..];
        target.iter_mut().zip(last).for_each(|(x, &mut y)| *x = combine(*x, y));
        self.sums.truncate(kept);
    }
}
