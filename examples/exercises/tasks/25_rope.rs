//! Exercise 25, chapter 10: rotary positions.
//!
//! A query of d numbers (d is even) at a position p of the text. Its first half and its second half make d / 2 pairs
//! (xᵢ, xᵢ₊ₕ) with h = d / 2, and pair i is turned by the angle
//!
//! ```text
//! a = p · 10000^(−2i / d)
//!
//! yᵢ   = xᵢ cos a − xᵢ₊ₕ sin a
//! yᵢ₊ₕ = xᵢ sin a + xᵢ₊ₕ cos a
//! ```
//!
//! `10_000f64.powf(e)` is a power; `a.sin_cos()` is the pair (sin a, cos a). Position 0 turns nothing.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 25

/// Returns y.
pub fn rope(x: &[f64], position: usize) -> Vec<f64> {
    todo!()
}
