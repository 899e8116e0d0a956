//! Solution of exercise 15: Adam with its bias correction.
//!
//! After the first step both corrections take back what the zeros at the beginning did: m̂ = g, v̂ = g².

/// Returns the weight after all steps.
pub fn adam(w: f64, gradients: &[f64], rate: f64) -> f64 {
    let (mut w, mut m, mut v) = (w, 0.0, 0.0);
    for (t, g) in (1..).zip(gradients) {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        let mean = m / (1.0 - 0.9f64.powi(t));
        let square: f64 = v / (1.0 - 0.999f64.powi(t));
        w -= rate * mean / (square.sqrt() + 1e-8);
    }
    w
}
