//! Solution of exercise 25: rotary positions.
//!
//! A dot product of two rotated rows depends on the difference of their angles: on the distance.

/// Returns y.
pub fn rope(x: &[f64], position: usize) -> Vec<f64> {
    let half = x.len() / 2;
    let mut y = x.to_vec();
    for i in 0..half {
        let frequency = 10_000f64.powf(-2.0 * i as f64 / x.len() as f64);
        let (sin, cos) = (position as f64 * frequency).sin_cos();
        y[i] = x[i] * cos - x[i + half] * sin;
        y[i + half] = x[i] * sin + x[i + half] * cos;
    }
    y
}
