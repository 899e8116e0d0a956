//! Solution of exercise 4: a matrix product, forward.
//!
//! The product rule, in which the order of the factors matters.

use tensor::Tensor;

/// Returns how Y moves: the Jacobian–vector product.
pub fn matmul_forward(
    a: &Tensor<f64>,
    b: &Tensor<f64>,
    da: &Tensor<f64>,
    db: &Tensor<f64>,
) -> Tensor<f64> {
    da.matmul(b) + a.matmul(db)
}
