//! The rotation of pairs of features, by an angle for each step and pair.
//!
//! The features of a head are the pairs (a₀, b₀), (a₁, b₁), …: first all a, then all b. Pair i of step t
//! is a point of the plane, and turns by the angle φ[t, i]:
//!
//! ```text
//! a′ = a cos φ − b sin φ
//! b′ = b cos φ + a sin φ
//! ```

use crate::shape::expect;
use crate::vectorized::vectorized;
use crate::{Scalar, ShapeError, Tensor, buffer};

impl<T: Scalar> Tensor<T> {
    /// Returns this tensor, `[batch, time, heads · 2n]`, with all pairs rotated by the angles whose cosines
    /// and sines these are, `[time, n]` each. In every head, feature i and feature n + i are a pair.
    ///
    /// ```
    /// use tensor::Tensor;
    ///
    /// // One head of one pair: at step 1 a quarter turn.
    /// let x = Tensor::from([[1.0, 2.0], [1.0, 2.0]]).unsqueeze(0);
    /// let (cos, sin) = (Tensor::from([[1.0], [0.0]]), Tensor::from([[0.0], [1.0]]));
    /// assert_eq!(x.rotate_halves(&cos, &sin).to_vec(), [1.0, 2.0, -2.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn rotate_halves(&self, cos: &Self, sin: &Self) -> Self {
        expect("rotate_halves", check(self.shape(), cos.shape(), sin.shape()));
        let (values, cos, sin) = (self.values(), cos.values(), sin.values());
        let mut rotated = buffer::stale(self.len(), T::ZERO);
        if !rotated.is_empty() {
            let half = cos.len() / self.shape()[1];
            rotate(&values, [&cos, &sin], self.shape()[2], half, &mut rotated);
        }
        Self::from_buffer(self.shape(), rotated)
    }
}

fn check(x: &[usize], cos: &[usize], sin: &[usize]) -> Result<(), ShapeError> {
    match (x, cos) {
        (&[_, time, features], &[steps, half])
            if cos == sin && time == steps && half > 0 && features.is_multiple_of(2 * half) =>
        {
            Ok(())
        }
        _ => Err(ShapeError::new(format!(
            "x {x:?}, cosines {cos:?}, sines {sin:?} do not fit: they must be [batch, time, heads * 2n], \
             [time, n], [time, n]"
        ))),
    }
}

/// Writes the rotation of rows of `features` numbers; the tables have a row of `half` for each step.
fn rotate<T: Scalar>(
    x: &[T],
    [cos, sin]: [&[T]; 2],
    features: usize,
    half: usize,
    rotated: &mut [T],
) {
    vectorized(
        #[inline(always)]
        || {
            let steps = cos.chunks_exact(half).zip(sin.chunks_exact(half)).cycle();
            let rows = x.chunks_exact(features).zip(rotated.chunks_exact_mut(features));
            for ((x, y), (cos, sin)) in rows.zip(steps) {
                let heads = x.chunks_exact(2 * half).zip(y.chunks_exact_mut(2 * half));
                for (x, y) in heads {
                    let ((a, b), (first, second)) = (x.split_at(half), y.split_at_mut(half));
                    for i in 0..half {
                        first[i] = a[i] * cos[i] - part(b[i], sin[i]);
                        second[i] = b[i] * cos[i] + part(a[i], sin[i]);
                    }
                }
            }
        },
    );
}

/// Returns `x · sin`, but 0 if the sine is 0, as at position 0: then an infinite number does not affect the
/// other number of its pair.
#[inline(always)]
fn part<T: Scalar>(x: T, sin: T) -> T {
    if sin.is_zero() { T::ZERO } else { x * sin }
}
