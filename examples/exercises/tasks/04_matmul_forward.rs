//! Exercise 4, chapter 2: a matrix product, forward.
//!
//! Y = A B for matrices A and B. A moves along Ȧ (here `da`; a dot is a tangent) and B along Ḃ (`db`), both at
//! once. Along what does Y move?
//!
//! ```text
//! (A + h Ȧ)(B + h Ḃ) = A B + h ( … ) + h² Ȧ Ḃ
//! ```
//!
//! `a.matmul(b)` is the matrix product. Tensors are added with `+`.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 4

use tensor::Tensor;

/// Returns how Y moves: the Jacobian–vector product.
pub fn matmul_forward(
    a: &Tensor<f64>,
    b: &Tensor<f64>,
    da: &Tensor<f64>,
    db: &Tensor<f64>,
) -> Tensor<f64> {
    todo!()
}
