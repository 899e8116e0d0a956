//! Exercise 20, chapter 9: the adjoint of Swish.
//!
//! ```text
//! y = x σ(x)        σ(x) = 1 / (1 + exp(−x))        σ′ = σ (1 − σ)
//! ```
//!
//! For x = 0 and dy = 1 the answer is 0.5.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 20

/// Returns dx.
pub fn swish(x: f64, dy: f64) -> f64 {
    todo!()
}
