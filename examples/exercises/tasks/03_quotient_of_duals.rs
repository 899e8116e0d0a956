//! Exercise 3, chapter 2: a quotient of dual numbers.
//!
//! A dual number is a value and a tangent: how far the value moves. Here it is the pair [value, tangent].
//! y = a / b, and both move:
//!
//! ```text
//! ẏ = ∂y/∂a · ȧ + ∂y/∂b · ḃ
//! ```
//!
//! (A dot is a tangent, as a bar is an adjoint.) For [6, 1] / [2, 0] the answer is [3, 0.5].
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 3

/// Returns the quotient as [value, tangent].
pub fn quotient_of_duals(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    todo!()
}
