//! The root mean square of numbers whose squares overflow. In `f32` these are numbers above 1.8e19.

use tensor::{Scalar, sum};

/// Returns √(mean x²) of a row, computed as m √(mean (x/m)²), where m is its largest magnitude. An ε in the root would
/// be rounded away beside such squares. A row with a number that is infinite or NaN gives NaN.
#[cold]
pub(crate) fn root_mean_square_of_huge<T: Scalar>(row: &[T]) -> T {
    let largest = row.iter().fold(T::ZERO, |largest, x| largest.maximum(x.abs()));
    let squares: Vec<T> = row.iter().map(|&x| (x / largest) * (x / largest)).collect();
    largest * (sum(&squares) / T::from_f64(row.len() as f64)).sqrt()
}
