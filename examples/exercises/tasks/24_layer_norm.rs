//! Exercise 24, chapter 10: the adjoint of LayerNorm.
//!
//! ```text
//! y = (x − μ) / σ        μ = mean of x,  σ = √( mean of (x − μ)² + 1e-5 )
//! ```
//!
//! for a row x of n numbers. μ and σ depend on *all* of x, so x has three paths to y:
//!
//! ```text
//! dx = ( dy − … − … ) / σ
//! ```
//!
//! One of the missing terms is there because μ moves, the other because σ moves.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 24

/// Returns dx.
pub fn layer_norm(x: &[f64], dy: &[f64]) -> Vec<f64> {
    todo!()
}
