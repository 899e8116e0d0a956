//! Exercise 14, chapter 6: the gradient of the cross-entropy.
//!
//! A batch of logits `[batch, classes]` and the true class of each sample:
//!
//! ```text
//! p    = softmax of each row of the logits
//! loss = mean over the batch of  −ln p[i, label of i]
//! ```
//!
//! What is the gradient of the loss with respect to the logits? Softmax and logarithm combine into something short.
//! `logits.get([i, j])` is an element, `Tensor::new([batch, classes], numbers)` makes a tensor of a `Vec<f64>`, row
//! by row. Logits are small here; you need not worry about overflow.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 14

use tensor::Tensor;

/// Returns the gradient, `[batch, classes]`.
pub fn cross_entropy(logits: &Tensor<f64>, labels: &[usize]) -> Tensor<f64> {
    todo!()
}
