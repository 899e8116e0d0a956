//! Solution of exercise 28: deferred updates of a row.
//!
//! Momentum moves the row without a gradient. Skipping the row would be another algorithm.

/// Returns [w, m, v] after step t + k.
pub fn deferred([w, m, v]: [f64; 3], t: i32, k: i32, rate: f64) -> [f64; 3] {
    let (mut w, mut m, mut v) = (w, m, v);
    for t in t + 1..=t + k {
        m *= 0.9;
        v *= 0.999;
        let mean = m / (1.0 - 0.9f64.powi(t));
        let square: f64 = v / (1.0 - 0.999f64.powi(t));
        w -= rate * mean / (square.sqrt() + 1e-8);
    }
    [w, m, v]
}
