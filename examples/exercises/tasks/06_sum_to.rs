//! Exercise 6, chapter 3: the reverse of a broadcast.
//!
//! A tensor was expanded from `shape` to the shape of x: its numbers were repeated. The reverse adds up the
//! repetitions, so that the result has the shape `shape` again.
//!
//! - An axis that x has and `shape` lacks (they are missing at the front) is summed and goes away.
//! - An axis that has the length 1 in `shape` is summed and stays, with the length 1.
//!
//! `x.sum(&[0])` sums over axis 0, which goes away; in `x.sum_keepdim(&[0])` it stays. (`x.sum_to(shape)` would be
//! the whole answer. Do it without.) For x = [[1, 2], [3, 4]] and the shape [2] the answer is [4, 6].
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 6

use tensor::Tensor;

/// Returns x, summed to this shape.
pub fn sum_to(x: &Tensor<f64>, shape: &[usize]) -> Tensor<f64> {
    todo!()
}
