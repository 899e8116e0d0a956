//! Exercise 12, chapter 5: a derivative from two values.
//!
//! Find f′(x) only from values of f, to eight digits. Take the central difference
//!
//! ```text
//! ( f(x + h) − f(x − h) ) / 2h
//! ```
//!
//! The chapter says how large h must be, and why neither larger nor smaller. x may be large, too: then a step of
//! 10⁻⁵ is too small for the digits that x has, and h should grow with |x|. Check: d/dx x³ at 2 is 12.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 12

/// Returns f′(x).
pub fn difference(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    todo!()
}
