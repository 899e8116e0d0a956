//! Exercise 13, chapter 6: the adjoints of a dense layer.
//!
//! Y = X W + b for a batch X `[batch, in]`, W `[in, out]` and b `[out]`. You have both parts: the matrix product of
//! exercise 8, and a bias that is broadcast over the batch.
//!
//! `x.sum(&[0])` sums over axis 0.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 13

use tensor::Tensor;

/// Returns [dX, dW, db].
pub fn dense(x: &Tensor<f64>, w: &Tensor<f64>, dy: &Tensor<f64>) -> [Tensor<f64>; 3] {
    todo!()
}
