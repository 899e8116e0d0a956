//! Exercise 22, chapter 9: an interval for a paired difference.
//!
//! Two models were trained from the same n seeds: a[i] and b[i] are their scores with seed i. The interval of the mean
//! difference dᵢ = bᵢ − aᵢ is
//!
//! ```text
//! mean(d) ± t · s / √n        s² = Σ (dᵢ − mean(d))² / (n − 1)
//! ```
//!
//! t is Student's t for n − 1 degrees of freedom, and given.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 22

/// Returns [low, high].
pub fn interval(a: &[f64], b: &[f64], t: f64) -> [f64; 2] {
    todo!()
}
