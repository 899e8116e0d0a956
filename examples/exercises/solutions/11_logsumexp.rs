//! Solution of exercise 11: the logarithm of a sum of exponentials.
//!
//! With the largest for m the largest summand is 1, and what underflows to 0 does not matter beside it.

/// Returns ln Σ exp(xᵢ).
pub fn logsumexp(x: &[f64]) -> f64 {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - largest).exp()).sum();
    largest + sum.ln()
}
