//! Solution of exercise 1: the adjoints of a division.
//!
//! ∂(a / b)/∂a = 1 / b, and ∂(a / b)/∂b = −a / b².

/// Returns [da, db].
pub fn division(a: f64, b: f64, dy: f64) -> [f64; 2] {
    [dy / b, -dy * a / (b * b)]
}
