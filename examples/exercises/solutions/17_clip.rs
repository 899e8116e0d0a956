//! Solution of exercise 17: gradients of a bounded length.
//!
//! One factor for all, so that the direction stays. (0 / 0 does not happen: max / 0 is ∞, and ∞ is cut to 1.)

use tensor::Tensor;

/// Returns the gradients, scaled if they are too long.
pub fn clip(gradients: &[Tensor<f64>], max: f64) -> Vec<Tensor<f64>> {
    let squares: f64 = gradients.iter().map(|g| (g * g).sum_all().item()).sum();
    let factor = (max / squares.sqrt()).min(1.0);
    gradients.iter().map(|g| g * factor).collect()
}
