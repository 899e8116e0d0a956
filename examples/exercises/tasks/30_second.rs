//! Exercise 30, chapter 12: the adjoints of an adjoint.
//!
//! The VJP of tanh is a function like any other:
//!
//! ```text
//! g(x, dy) = dy · (1 − tanh² x)
//! ```
//!
//! so it has adjoints itself. (That is how a framework differentiates twice.) dg is the adjoint of g:
//!
//! ```text
//! adjoint of x = dg · ∂g/∂x        adjoint of dy = dg · ∂g/∂dy
//! ```
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 30

/// Returns the adjoints [of x, of dy].
pub fn second(x: f64, dy: f64, dg: f64) -> [f64; 2] {
    todo!()
}
