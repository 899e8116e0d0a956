//! Solution of exercise 8: the adjoints of a matrix product.
//!
//! dA = dY Bᵀ and dB = Aᵀ dY: the shapes leave no other choice, unless A, B or dY is square.

use tensor::Tensor;

/// Returns [dA, dB].
pub fn matmul(a: &Tensor<f64>, b: &Tensor<f64>, dy: &Tensor<f64>) -> [Tensor<f64>; 2] {
    [dy.matmul(&b.t()), a.t().matmul(dy)]
}
