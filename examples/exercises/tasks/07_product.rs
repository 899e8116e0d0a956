//! Exercise 7, chapter 4: the adjoints of a product that broadcasts.
//!
//! y = a · b, element by element, and one of them may have been broadcast: a `[4, 3]` and b `[3]`, say.
//!
//! ```text
//! da = Σ dy · b      db = Σ dy · a      each summed over the elements that were repeated
//! ```
//!
//! An adjoint has the shape of what it belongs to. `x.sum_to(shape)` is what you wrote in exercise 6; `a.shape()` is
//! the shape of a.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 7

use tensor::Tensor;

/// Returns [da, db].
pub fn product(a: &Tensor<f64>, b: &Tensor<f64>, dy: &Tensor<f64>) -> [Tensor<f64>; 2] {
    todo!()
}
