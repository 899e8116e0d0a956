//! Exercise 15, chapter 7: Adam with its bias correction.
//!
//! One weight, and its gradient in each step t = 1, 2, 3, …:
//!
//! ```text
//! m ← 0.9 m + 0.1 g                 m and v begin at 0
//! v ← 0.999 v + 0.001 g²
//! w ← w − rate · m̂ / (√v̂ + 1e-8)    m̂ = m / (1 − 0.9ᵗ),  v̂ = v / (1 − 0.999ᵗ)
//! ```
//!
//! `x.powi(t)` is a power of a whole number of type `i32`, `x.sqrt()` a root.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 15

/// Returns the weight after all steps.
pub fn adam(w: f64, gradients: &[f64], rate: f64) -> f64 {
    todo!()
}
