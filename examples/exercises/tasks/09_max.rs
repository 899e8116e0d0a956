//! Exercise 9, chapter 4: the maximum of a row, with ties.
//!
//! y is the largest number of the row x. Only the largest number moves y, so it alone gets dy. If several are equally
//! large, there is no derivative; the convention of this library shares dy evenly among them.
//!
//! For x = [1, 5, 2, 5] and dy = 1 the answer is [0, 0.5, 0, 0.5].
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 9

/// Returns dx.
pub fn max(x: &[f64], dy: f64) -> Vec<f64> {
    todo!()
}
