//! Solution of exercise 22: an interval for a paired difference.
//!
//! What a seed does to both models cancels in the difference: that is why runs are paired.

/// Returns [low, high].
pub fn interval(a: &[f64], b: &[f64], t: f64) -> [f64; 2] {
    let n = a.len() as f64;
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|d| (d - mean) * (d - mean)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    [mean - t * error, mean + t * error]
}
