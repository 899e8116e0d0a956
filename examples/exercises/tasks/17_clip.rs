//! Exercise 17, chapter 7: gradients of a bounded length.
//!
//! Take the gradients of all parameters as one long vector. If it is longer than `max`, scale it to the length `max`,
//! so that its direction stays; otherwise leave it as it is.
//!
//! ```text
//! length = √( Σ g² over all elements of all gradients )
//! ```
//!
//! `g * 2.0` scales a tensor, `(g * g).sum_all().item()` is the sum of its squares.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 17

use tensor::Tensor;

/// Returns the gradients, scaled if they are too long.
pub fn clip(gradients: &[Tensor<f64>], max: f64) -> Vec<Tensor<f64>> {
    todo!()
}
