//! Exercise 1, chapter 1: the adjoints of a division.
//!
//! y = a / b, and dy is the adjoint of y: if y moves a little, the result of the whole program moves dy times as far.
//! If a moves, how many times as far does the result move? And if b moves?
//!
//! ```text
//! da = dy · ∂y/∂a        db = dy · ∂y/∂b
//! ```
//!
//! For a = 1, b = 4 and dy = 1 the answer is [0.25, -0.0625].
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 1

/// Returns [da, db].
pub fn division(a: f64, b: f64, dy: f64) -> [f64; 2] {
    todo!()
}
