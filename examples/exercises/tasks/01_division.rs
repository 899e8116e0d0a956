//! Exercise 1, chapter 1: the adjoints of a division.
//!
//! y = a / b. The adjoint dy says how many times as far the result of the whole program moves as y does.
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
