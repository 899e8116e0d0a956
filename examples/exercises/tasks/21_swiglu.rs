//! Exercise 21, chapter 9: the adjoints of SwiGLU, with β and γ.
//!
//! The unit of the article, with two numbers that are learned:
//!
//! ```text
//! y = x σ(β x + γ)        for each element of x; β and γ are the same for all
//! ```
//!
//! `x.zip_map(dy, |x, dy| …)` makes a tensor of two, element by element; `.sum_all().item()` adds all elements up.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 21

use tensor::Tensor;

/// Returns (dx, dβ, dγ).
pub fn swiglu(x: &Tensor<f64>, beta: f64, gamma: f64, dy: &Tensor<f64>) -> (Tensor<f64>, f64, f64) {
    todo!()
}
