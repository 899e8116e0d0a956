//! Solution of exercise 10: the adjoint of softmax.
//!
//! dxⱼ = yⱼ (dyⱼ − Σᵢ yᵢ dyᵢ).

/// Returns dx.
pub fn softmax(y: &[f64], dy: &[f64]) -> Vec<f64> {
    let average: f64 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
    y.iter().zip(dy).map(|(y, dy)| y * (dy - average)).collect()
}
