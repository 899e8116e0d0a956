//! Exercise 29, chapter 11: a sum that is the same for any number of threads.
//!
//! Sum x with several threads so that the result has the same bits for 1 thread and for 8. Floating-point addition is
//! not associative, so the order of additions must not depend on the number of threads: divide x into blocks of 4
//! numbers (`x.chunks(4)`), let threads add up blocks, and add the sums of the blocks in their order.
//!
//! `exercises::in_threads(threads, &blocks, f)` is a `Vec` of f of each block, in order, computed by that many threads;
//! blocks is a `Vec<&[f64]>`, and f may be `|block| block.iter().sum()`.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 29

/// Returns the sum.
pub fn sum(x: &[f64], threads: usize) -> f64 {
    todo!()
}
