//! Exercise 10, chapter 4: the adjoint of softmax.
//!
//! y is the softmax of a row x: yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ). You are given y, not x; that is enough, because
//!
//! ```text
//! ∂yᵢ/∂xⱼ = yᵢ ([i = j] − yⱼ)
//! dxⱼ = Σᵢ dyᵢ · ∂yᵢ/∂xⱼ
//! ```
//!
//! Work the sum out on paper first: what is left is a formula with one dot product.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 10

/// Returns dx.
pub fn softmax(y: &[f64], dy: &[f64]) -> Vec<f64> {
    todo!()
}
