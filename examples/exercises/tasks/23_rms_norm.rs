//! Exercise 23, chapter 10: RMSNorm of a row.
//!
//! ```text
//! yᵢ = weightᵢ · xᵢ / √( mean of x² + epsilon )
//! ```
//!
//! The mean is over the row x. Nothing is subtracted.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 23

/// Returns y.
pub fn rms_norm(x: &[f64], weight: &[f64], epsilon: f64) -> Vec<f64> {
    todo!()
}
