//! Solution of exercise 3: a quotient of dual numbers.
//!
//! ẏ = ȧ / b − a ḃ / b², which is (ȧ − y ḃ) / b.

/// Returns the quotient as [value, tangent].
pub fn quotient_of_duals(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    let value = a[0] / b[0];
    [value, (a[1] - value * b[1]) / b[0]]
}
