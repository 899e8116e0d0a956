//! Solution of exercise 21: the adjoints of SwiGLU, with β and γ.
//!
//! Inside the gate is β x + γ: its derivative is β with respect to x, x to β, and 1 to γ.
//! β and γ were broadcast over all elements, so they collect from all.

use tensor::Tensor;

/// Returns (dx, dβ, dγ).
pub fn swiglu(x: &Tensor<f64>, beta: f64, gamma: f64, dy: &Tensor<f64>) -> (Tensor<f64>, f64, f64) {
    let gate = |x: f64| 1.0 / (1.0 + (-(beta * x + gamma)).exp());
    let slope = |x: f64| gate(x) * (1.0 - gate(x));
    let dx = x.zip_map(dy, |x, dy| dy * (gate(x) + x * slope(x) * beta));
    let dbeta = x.zip_map(dy, |x, dy| dy * x * slope(x) * x).sum_all().item();
    let dgamma = x.zip_map(dy, |x, dy| dy * x * slope(x)).sum_all().item();
    (dx, dbeta, dgamma)
}
