//! Solution of exercise 20: the adjoint of Swish.
//!
//! The product rule: x is in both factors.

/// Returns dx.
pub fn swish(x: f64, dy: f64) -> f64 {
    let gate = 1.0 / (1.0 + (-x).exp());
    dy * (gate + x * gate * (1.0 - gate))
}
