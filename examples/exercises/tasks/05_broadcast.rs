//! Exercise 5, chapter 3: the shape of a broadcast.
//!
//! Two arrays of different shapes may be added if their shapes broadcast (NumPy's rule). Write the shapes one below
//! the other, aligned at their *last* axes. Where a shape lacks an axis, take 1. Two lengths fit if they are equal, or
//! one of them is 1, and then the result has the other one.
//!
//! ```text
//!       [4, 1]                 [2]
//!    [3, 1, 5]              [2, 3]
//!    ---------              ------
//!    [3, 4, 5]        2 and 3: None
//! ```
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 5

/// Returns the shape of the result; `None` if the shapes do not fit.
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    todo!()
}
