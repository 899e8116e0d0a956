//! Solution of exercise 7: the adjoints of a product that broadcasts.
//!
//! The adjoint of a factor is dy times the other factor. Repeated elements collect from all places.

use tensor::Tensor;

/// Returns [da, db].
pub fn product(a: &Tensor<f64>, b: &Tensor<f64>, dy: &Tensor<f64>) -> [Tensor<f64>; 2] {
    [(dy * b).sum_to(a.shape()), (dy * a).sum_to(b.shape())]
}
