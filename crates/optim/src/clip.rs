//! Gradients of a bounded size.

use autograd::Gradients;
use tensor::Scalar;

/// The length of all gradients together, as one long vector: `√Σ g²` over every element of every
/// parameter's gradient. It is computed in `f64`, so squares of `f32` neither overflow nor vanish.
pub fn global_norm<T: Scalar>(gradients: &Gradients<T>) -> f64 {
    gradients
        .iter()
        .map(|(_, gradient)| sum_of_squares(&gradient.stored().values()))
        .sum::<f64>()
        .sqrt()
}

/// Scales all gradients by one factor, such that their [`global_norm`] is at most `max`, and
/// returns what it was before. Gradients within the bound are left as they are. Direction and
/// proportions stay the same (Pascanu, Mikolov and Bengio 2013).
///
/// The norm runs over all stores of parameters that the loss depends on. To clip one model of two by
/// its own norm, as PyTorch's `clip_grad_norm_(generator.parameters(), …)` does, take its gradients
/// out with [`Gradients::take`], or freeze the other model while this one is trained.
///
/// Where a gradient is infinite or NaN, so is the norm, and no factor mends that: the gradients are
/// left as they are, and the caller may leave out the step.
///
/// ```
/// use autograd::{Parameters, Tape};
/// use optim::{clip_global_norm, global_norm};
/// use tensor::Tensor;
///
/// let mut parameters = Parameters::<f64>::with_seed(0);
/// let x = parameters.add("x", Tensor::from([0.0, 0.0]));
/// let tape = Tape::default();
/// let slopes = tape.constant(Tensor::from([30.0, 40.0]));
/// let mut gradients = (tape.parameter(&parameters, x) * slopes).sum_all().backward();
///
/// assert_eq!(clip_global_norm(&mut gradients, 5.0), 50.0);
/// assert_eq!(gradients.get(x), Some(&Tensor::from([3.0, 4.0])));
/// assert_eq!(global_norm(&gradients), 5.0);
/// ```
///
/// # Panics
/// If `max` is not positive.
#[track_caller]
pub fn clip_global_norm<T: Scalar>(gradients: &mut Gradients<T>, max: f64) -> f64 {
    assert!(max > 0.0, "clip_global_norm: the largest norm must be positive, but it is {max}");
    let norm = global_norm(gradients);
    if norm > max && norm.is_finite() {
        let factor = T::from_f64(max / norm);
        for (_, gradient) in gradients.iter_mut() {
            for g in gradient.stored_mut().as_mut_slice() {
                *g = *g * factor;
            }
        }
    }
    norm
}

/// In independent lanes, for one sum would make each addition wait for the one before.
fn sum_of_squares<T: Scalar>(values: &[T]) -> f64 {
    let mut lanes = [0.0; 16];
    for chunk in values.chunks(lanes.len()) {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x.to_f64() * x.to_f64();
        }
    }
    lanes.iter().sum()
}
