//! Exercise 8, chapter 4: the adjoints of a matrix product.
//!
//! Y = A B with A `[m, k]` and B `[k, n]`; so dY is `[m, n]`.
//!
//! ```text
//! Y[i, j] = Σₖ A[i, k] B[k, j]
//! dA[i, k] = Σⱼ dY[i, j] · ∂Y[i, j]/∂A[i, k]        dB[k, j] = Σᵢ …
//! ```
//!
//! Both are matrix products. `a.matmul(b)` multiplies, `a.t()` transposes: `a.matmul(&b.t())`.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 8

use tensor::Tensor;

/// Returns [dA, dB].
pub fn matmul(a: &Tensor<f64>, b: &Tensor<f64>, dy: &Tensor<f64>) -> [Tensor<f64>; 2] {
    todo!()
}
