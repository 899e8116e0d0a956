//! Solution of exercise 23: RMSNorm of a row.
//!
//! The row is brought to the root mean square 1; ε keeps a row of zeros from 0 / 0.

/// Returns y.
pub fn rms_norm(x: &[f64], weight: &[f64], epsilon: f64) -> Vec<f64> {
    let mean = x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
    let size = (mean + epsilon).sqrt();
    x.iter().zip(weight).map(|(x, weight)| weight * x / size).collect()
}
