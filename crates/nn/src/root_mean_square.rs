//! The root mean square by which a norm divides: the ε in it, and squares that overflow.

use tensor::{Scalar, sum};

/// Returns the ε of a norm in its scalar type.
///
/// # Panics
/// If ε is negative or not finite, or the scalar type makes it 0: a row of zeros would become NaN.
#[track_caller]
pub(crate) fn epsilon<T: Scalar>(norm: &str, epsilon: f64) -> T {
    assert!(
        epsilon >= 0.0 && epsilon.is_finite(),
        "{norm}: ε is {epsilon}: it must be at least 0 and finite"
    );
    let rounded = T::from_f64(epsilon);
    assert!(
        epsilon == 0.0 || rounded != T::ZERO,
        "{norm}: ε is {epsilon:e}, which would be 0 in this scalar type: choose a larger one, or compute in f64"
    );
    rounded
}

/// Returns √(mean x²) of a row whose squares overflow, which in `f32` needs numbers above 1.8e19. It is m √(mean
/// (x/m)²), where m is the largest magnitude. Compared with such squares, ε would be rounded away. The result is NaN if
/// a number of the row is infinite or NaN.
#[cold]
pub(crate) fn root_mean_square_of_huge<T: Scalar>(row: &[T]) -> T {
    let largest = row.iter().fold(T::ZERO, |largest, x| largest.maximum(x.abs()));
    let squares: Vec<T> = row.iter().map(|&x| (x / largest) * (x / largest)).collect();
    largest * (sum(&squares) / T::from_f64(row.len() as f64)).sqrt()
}
