//! Gradients that would destroy a parameter: those that are infinite or NaN, and those whose squares are beyond
//! the largest number of the scalar type.
//!
//! If one of them entered a moment, the parameter would become NaN for good, or never move again. So the step
//! is refused before it changes anything.

use autograd::{Gradient, ParameterId, Parameters};
use tensor::{Layout, Scalar, parallel, shape, vectorized};

use crate::optimizer::GradientError;

/// Refuses gradients that are not finite, or for which `factor · g²` is not. With a factor of 0, squares do not
/// matter.
pub(crate) fn check<T: Scalar>(
    parameters: &Parameters<T>,
    gradients: &[(ParameterId, &Gradient<T>)],
    factor: f64,
) -> Result<(), GradientError> {
    let factor = T::from_f64(factor);
    let is_square_finite = |g: T| ((factor * g) * g).is_finite();
    for &(id, gradient) in gradients {
        let values = gradient.stored().values();
        // Most gradients pass as a whole: if the sum of squares is finite, so is each square.
        if (factor.maximum(T::ONE) * sum_of_squares(&values)).is_finite() {
            continue;
        }
        if let Some(at) = values.iter().position(|&g| !is_square_finite(g)) {
            let name = parameters.name(id).to_string();
            let (position, value) = (position(gradient, at), format!("{:e}", values[at]));
            return Err(match values[at].is_finite() {
                true => GradientError::TooLarge { name, position, value },
                false => GradientError::NotFinite { name, position, value },
            });
        }
    }
    Ok(())
}

/// Returns the position in the parameter of a stored number.
fn position<T: Scalar>(gradient: &Gradient<T>, at: usize) -> usize {
    match gradient {
        Gradient::Sparse(rows) => {
            let width = shape::len(&gradient.shape()[1..]);
            rows.ids()[at / width] as usize * width + at % width
        }
        Gradient::Dense(_) => at,
    }
}

/// Fewer numbers than this are summed without [`parallel::divide`], whose call would cost more than the sum.
const ONE_CORE: usize = 1 << 13;

/// This many numbers are added at a time, so that the loop becomes vector instructions.
const LANES: usize = 16;

/// Returns Σ g², on several cores if there are many numbers. The sum is rounded, but is not finite if one of
/// the squares is not.
fn sum_of_squares<T: Scalar>(values: &[T]) -> T {
    if values.len() < ONE_CORE {
        return sum_of_part(values);
    }
    let all = Layout::contiguous(&[values.len()]);
    let kernel = |[part]: [&Layout; 1], []: [&mut [T]; 0]| {
        sum_of_part(&values[part.offset()..part.offset() + part.len()])
    };
    parallel::divide(parallel::LIGHT, [&all], [], &kernel, &|x, y| x + y)
}

/// Returns Σ g² of a part. It reads in several places at once, because a processor that reads from
/// one place alone waits for memory.
fn sum_of_part<T: Scalar>(values: &[T]) -> T {
    const PLACES: usize = 4;
    let (chunks, rest) = values.as_chunks::<LANES>();
    let length = chunks.len() / PLACES;
    let places: [_; PLACES] = std::array::from_fn(|place| &chunks[place * length..][..length]);
    let mut last = [T::ZERO; LANES];
    last[..rest.len()].copy_from_slice(rest);
    vectorized(
        #[inline(always)]
        || {
            let mut sums = [[T::ZERO; LANES]; PLACES];
            for at in 0..length {
                for (sums, place) in sums.iter_mut().zip(places) {
                    add_squares(sums, &place[at]);
                }
            }
            let [mut sum, others @ ..] = sums;
            for others in &others {
                sum.iter_mut().zip(others).for_each(|(sum, &x)| *sum += x);
            }
            chunks[PLACES * length..].iter().for_each(|chunk| add_squares(&mut sum, chunk));
            add_squares(&mut sum, &last);
            sum.into_iter().fold(T::ZERO, |sum, x| sum + x)
        },
    )
}

#[inline(always)]
fn add_squares<T: Scalar>(sums: &mut [T; LANES], numbers: &[T; LANES]) {
    for (sum, &x) in sums.iter_mut().zip(numbers) {
        *sum += x * x;
    }
}
