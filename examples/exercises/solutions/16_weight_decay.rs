//! Solution of exercise 16: weight decay beside Adam.
//!
//! In the gradient the decay would be divided by √v̂, and weights with large gradients would decay less.

/// Returns the weight after all steps.
pub fn weight_decay(w: f64, gradients: &[f64], rate: f64, decay: f64) -> f64 {
    let (mut w, mut m, mut v) = (w, 0.0, 0.0);
    for (t, g) in (1..).zip(gradients) {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        let mean = m / (1.0 - 0.9f64.powi(t));
        let square: f64 = v / (1.0 - 0.999f64.powi(t));
        w -= rate * (mean / (square.sqrt() + 1e-8) + decay * w);
    }
    w
}
