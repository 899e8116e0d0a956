//! The product of a single row and a matrix, which a model computes for each token that it generates.
//!
//! Each element of the matrix is used once, so the product takes as long as reading the matrix, and nothing
//! is packed for the caches first. A matrix whose rows are side by side is read row by row, several rows at
//! once, and the sums stay in the nearest cache. One whose columns are side by side, such as a transposed
//! table, is read column by column.
//!
//! ```text
//! c += a₀ B[0, :] + a₁ B[1, :] + …            or            c[j] = a · B[:, j]
//! ```

use crate::matrix::Matrix;
use crate::reduce::{LANES, fold_lanes};
use crate::vectorized::vectorized;

/// From this many multiplications on, this product is faster than tiles.
const FEWEST_MULTIPLICATIONS: usize = 1 << 11;

/// The number of rows that are read at once.
const TOGETHER: usize = 4;

/// Returns `true` if [`multiply`] can compute this product, and is the fastest way to.
pub(crate) fn suits(left: &Matrix<'_, f32>, right: &Matrix<'_, f32>) -> bool {
    (left.rows, left.column_stride) == (1, 1)
        && (right.row_stride == 1 || right.column_stride == 1)
        && left.columns * right.columns >= FEWEST_MULTIPLICATIONS
}

/// Writes `product = left · right` for factors that [`suits`] accepts.
pub(crate) fn multiply(left: Matrix<'_, f32>, right: Matrix<'_, f32>, product: &mut [f32]) {
    let numbers = &left.values[..left.columns];
    match right.row_stride {
        1 => vectorized(
            #[inline(always)]
            || multiply_columns(numbers, right, product),
        ),
        _ => vectorized(
            #[inline(always)]
            || add_rows(numbers, right, product),
        ),
    }
}

/// Adds up the rows of the right factor, each times its number.
#[inline(always)]
fn add_rows(numbers: &[f32], right: Matrix<'_, f32>, product: &mut [f32]) {
    let row = |k: usize| &right.values[k * right.row_stride..][..right.columns];
    product.fill(0.0);
    let whole = numbers.len() - numbers.len() % TOGETHER;
    for k in (0..whole).step_by(TOGETHER) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| row(k + i));
        let [p, q, r, s] = [0, 1, 2, 3].map(|i| numbers[k + i]);
        for ((((sum, a), b), c), d) in product.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *sum += (p * a + q * b) + (r * c + s * d);
        }
    }
    for (k, &number) in numbers.iter().enumerate().skip(whole) {
        product.iter_mut().zip(row(k)).for_each(|(sum, x)| *sum += number * x);
    }
}

/// Writes the product of the numbers with each column of the right factor.
#[inline(always)]
fn multiply_columns(numbers: &[f32], right: Matrix<'_, f32>, product: &mut [f32]) {
    for (j, target) in product.iter_mut().enumerate() {
        let column = &right.values[j * right.column_stride..][..numbers.len()];
        let mut lanes = [0.0; LANES];
        let (blocks, rest) = numbers.as_chunks::<LANES>();
        let (column_blocks, column_rest) = column.as_chunks::<LANES>();
        for (x, y) in blocks.iter().zip(column_blocks) {
            for lane in 0..LANES {
                lanes[lane] += x[lane] * y[lane];
            }
        }
        let rest: f32 = rest.iter().zip(column_rest).map(|(x, y)| x * y).sum();
        *target = fold_lanes(lanes, |x, y| x + y) + rest;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::by_loops::multiply_by_loops;

    proptest! {
        #[test]
        fn a_row_times_a_matrix_is_the_product_by_its_definition(
            (k, n, left, right) in (1..70usize, 1..70usize).prop_flat_map(|(k, n)| {
                // Whole numbers, so that every order of additions gives the same.
                let numbers = |count| prop::collection::vec((-9..10i8).prop_map(f32::from), count);
                (Just(k), Just(n), numbers(k), numbers(k * n))
            }),
            by_columns: bool,
        ) {
            let left = Matrix { values: &left, rows: 1, columns: k, row_stride: k, column_stride: 1 };
            let (row_stride, column_stride) = if by_columns { (1, k) } else { (n, 1) };
            let right = Matrix { values: &right, rows: k, columns: n, row_stride, column_stride };
            let (mut found, mut defined) = (vec![f32::NAN; n], vec![f32::NAN; n]);
            multiply(left, right, &mut found);
            multiply_by_loops(left, right, &mut defined);
            prop_assert_eq!(found, defined);
        }
    }
}
