//! Solution of exercise 24: the adjoint of LayerNorm.
//!
//! Each x has three paths to y. Directly: dy / σ. Through μ: ∂μ/∂x is 1 / n and each ∂y/∂μ is −1 / σ, which gives
//! −mean(dy) / σ. Through σ: ∂σ/∂x is y / n and each ∂y/∂σ is −y / σ, which gives −y mean(dy y) / σ. (σ depends
//! on μ as well, but ∂σ/∂μ = −mean(x − μ) / σ = 0.)

/// Returns dx.
pub fn layer_norm(x: &[f64], dy: &[f64]) -> Vec<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let center = mean(x);
    let squares: Vec<f64> = x.iter().map(|x| (x - center) * (x - center)).collect();
    let sigma = (mean(&squares) + 1e-5).sqrt();
    let y: Vec<f64> = x.iter().map(|x| (x - center) / sigma).collect();
    let products: Vec<f64> = y.iter().zip(dy).map(|(y, dy)| y * dy).collect();
    let (shift, along) = (mean(dy), mean(&products));
    y.iter().zip(dy).map(|(y, dy)| (dy - shift - y * along) / sigma).collect()
}
