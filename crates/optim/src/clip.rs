//! Gradient clipping: bounds the norm of all gradients together.

use autograd::Gradients;
use tensor::Scalar;

/// Returns the length of all gradients together, as one long vector: `√Σ g²` over every element of every
/// parameter's gradient. It is computed in `f64`. Squares that overflow or vanish there do not change it:
/// it is infinite only if an element is, or if it is itself beyond the largest number.
pub fn global_norm<T: Scalar>(gradients: &Gradients<T>) -> f64 {
    Length::of(gradients).norm()
}

/// Scales all gradients by one factor, so that their [`global_norm`] is at most `max`, and returns
/// the norm from before. Gradients within the bound are left as they are. Direction and proportions
/// stay the same (Pascanu, Mikolov and Bengio 2013).
///
/// The norm runs over all stores of parameters that the loss depends on. To clip one model of two by
/// its own norm, as PyTorch's `clip_grad_norm_(generator.parameters(), …)` does, take its gradients
/// out with [`Gradients::take`], or freeze the other model while this one is trained.
///
/// If a gradient is infinite or NaN, so is the norm, and no factor corrects that: the gradients are
/// left as they are, and the caller may skip the step.
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
    let length = Length::of(gradients);
    let norm = length.norm();
    if norm > max && length.root.is_finite() {
        // A factor this small would be rounded or vanish in f32.
        let is_exact = max / length.root > 1e-30;
        let Length { scale, root } = if is_exact { length } else { Length::scaled(gradients) };
        let factor = T::from_f64(max / root);
        for (_, gradient) in gradients.iter_mut() {
            let values = gradient.stored_mut().as_mut_slice();
            if scale != 1.0 {
                values.iter_mut().for_each(|g| *g = *g / T::from_f64(scale));
            }
            values.iter_mut().for_each(|g| *g = *g * factor);
        }
    }
    norm
}

/// The length of gradients as `scale · root`, because the length itself may be beyond the largest number. The
/// scale is 1 unless the squares are out of range.
struct Length {
    scale: f64,
    root: f64,
}

impl Length {
    /// Below this sum, squares that underflow to 0 may have been a significant part of it.
    const SMALLEST_SUM: f64 = f64::MIN_POSITIVE / f64::EPSILON;

    fn of<T: Scalar>(gradients: &Gradients<T>) -> Self {
        let sum = sum_of_squares(gradients, |g| g);
        let is_in_range = sum.is_finite() && sum >= Self::SMALLEST_SUM;
        match is_in_range || sum.is_nan() {
            true => Self { scale: 1.0, root: sum.sqrt() },
            false => Self::scaled(gradients),
        }
    }

    /// Returns the length with the largest element as scale.
    fn scaled<T: Scalar>(gradients: &Gradients<T>) -> Self {
        let largest = largest_magnitude(gradients);
        // If all elements are zero, or one is infinite, the largest cannot be the scale.
        let scale = if largest > 0.0 && largest.is_finite() { largest } else { 1.0 };
        Self { scale, root: sum_of_squares(gradients, |g| g / scale).sqrt() }
    }

    fn norm(&self) -> f64 {
        self.scale * self.root
    }
}

/// Returns the sum of the squares of all elements, each after `scaled`.
fn sum_of_squares<T: Scalar>(gradients: &Gradients<T>, scaled: impl Fn(f64) -> f64) -> f64 {
    let of_one = |values: &[T]| -> f64 {
        // In independent lanes, because a single sum would make each addition wait for the one before.
        let mut lanes = [0.0; 16];
        for chunk in values.chunks(lanes.len()) {
            for (lane, x) in lanes.iter_mut().zip(chunk) {
                let x = scaled(x.to_f64());
                *lane += x * x;
            }
        }
        lanes.iter().sum()
    };
    gradients.iter().map(|(_, gradient)| of_one(&gradient.stored().values())).sum()
}

fn largest_magnitude<T: Scalar>(gradients: &Gradients<T>) -> f64 {
    let of_one = |values: &[T]| values.iter().fold(0.0, |most: f64, x| most.max(x.to_f64().abs()));
    gradients.iter().map(|(_, gradient)| of_one(&gradient.stored().values())).fold(0.0, f64::max)
}
