//! Solution of exercise 29: a sum that is the same for any number of threads.
//!
//! The blocks depend only on the length of x.

use exercises::in_threads;

/// Returns the sum.
pub fn sum(x: &[f64], threads: usize) -> f64 {
    let blocks: Vec<&[f64]> = x.chunks(4).collect();
    in_threads(threads, &blocks, |block| block.iter().sum()).iter().sum()
}
