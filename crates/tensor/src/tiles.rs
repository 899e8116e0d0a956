//! The product of small matrices, in tiles that stay in registers.
//!
//! A matrix-product library arranges both factors for the caches before it begins, which for the
//! layers of a small model takes longer than the product. Small factors are in the cache anyway.
//!
//! The product is made tile by tile: some rows of C by one or two vector registers of columns. Each
//! step k multiplies a row of B by one number of each row of A; the sums stay in registers to the end:
//!
//! ```text
//!              B[k, j …]
//!              ┌───────────────┐
//!  A[i,   k] · │               │ ──▶ C[i,   j …]
//!  A[i+1, k] · │               │ ──▶ C[i+1, j …]
//! ```
//!
//! The columns of B that the tiles read, a *panel*, are copied side by side first, with zeros behind
//! the last one. So the inner loop is the same whatever the strides of B and however many columns
//! are left.

use pulp::{Arch, Simd, WithSimd, bytemuck};

use crate::buffer::{self, Buffer};
use crate::matrix::Matrix;

/// Up to this many multiplications these tiles are faster than the library (measured).
pub(crate) const MOST_MULTIPLICATIONS: usize = 1 << 16;

/// `product = left · right`.
pub(crate) fn multiply(left: Matrix<'_, f32>, right: Matrix<'_, f32>, product: &mut [f32]) {
    Arch::new().dispatch(Product { left, right, product });
}

/// The work, to be compiled for each kind of vector registers.
struct Product<'a> {
    left: Matrix<'a, f32>,
    right: Matrix<'a, f32>,
    product: &'a mut [f32],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // From right to left and from top to bottom: whole registers are written, also where a row
        // ends within one. What the row below gets by this is overwritten by its own sums.
        let mut end = self.right.columns;
        while end > 0 {
            let widest = 2 * S::F32_LANES;
            let width = (end - 1) % widest + 1;
            end -= width;
            match width > S::F32_LANES {
                true => self.columns::<S, 2>(simd, end, width),
                false => self.columns::<S, 1>(simd, end, width),
            }
        }
    }
}

/// Some columns of the right factor, as rows of `VECTORS` registers; zeros behind the last column.
type Panel<S, const VECTORS: usize> = Buffer<[<S as Simd>::f32s; VECTORS]>;

impl Product<'_> {
    /// Makes all rows of `width` columns, which are at most `VECTORS` registers, from `column` on.
    #[inline(always)]
    fn columns<S: Simd, const VECTORS: usize>(&mut self, simd: S, column: usize, width: usize) {
        let panel = panel(simd, self.right, column, width);
        let mut row = 0;
        while row < self.left.rows {
            row += match self.left.rows - row {
                8.. => self.tile::<S, 8, VECTORS>(simd, row, column, &panel),
                4.. => self.tile::<S, 4, VECTORS>(simd, row, column, &panel),
                2.. => self.tile::<S, 2, VECTORS>(simd, row, column, &panel),
                _ => self.tile::<S, 1, VECTORS>(simd, row, column, &panel),
            };
        }
    }

    /// Makes the tile that begins at `row` and `column`. Gives the number of its rows.
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        panel: &Panel<S, VECTORS>,
    ) -> usize {
        let left = self.left;
        let zero = simd.splat_f32s(0.0);
        let mut sums = [[zero; VECTORS]; ROWS];
        for (k, b) in panel.iter().enumerate() {
            let start = row * left.row_stride + k * left.column_stride;
            for (i, sums) in sums.iter_mut().enumerate() {
                let a = simd.splat_f32s(left.values[start + i * left.row_stride]);
                for v in 0..VECTORS {
                    sums[v] = simd.mul_add_e_f32s(a, b[v], sums[v]);
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            let start = (row + i) * self.right.columns + column;
            for (v, &sum) in sums.iter().enumerate() {
                let at = self.product.len().min(start + v * S::F32_LANES);
                store(simd, sum, &mut self.product[at..]);
            }
        }
        ROWS
    }
}

/// `width` columns of a matrix from `column` on.
#[inline(always)]
fn panel<S: Simd, const VECTORS: usize>(
    simd: S,
    matrix: Matrix<'_, f32>,
    column: usize,
    width: usize,
) -> Panel<S, VECTORS> {
    let zeros = [simd.splat_f32s(0.0); VECTORS];
    let values = &matrix.values[column * matrix.column_stride..];
    if matrix.column_stride == 1 {
        let mut panel = buffer::stale(matrix.rows, zeros);
        for (k, row) in panel.iter_mut().enumerate() {
            let source = &values[k * matrix.row_stride..][..width];
            for (v, target) in row.iter_mut().enumerate() {
                let part = v * S::F32_LANES..width.min((v + 1) * S::F32_LANES);
                *target = load(simd, &source[part]);
            }
        }
        return panel;
    }
    let mut panel = buffer::filled(matrix.rows, zeros);
    let numbers: &mut [f32] = bytemuck::cast_slice_mut(panel.as_flattened_mut());
    for j in 0..width {
        let column = &values[j * matrix.column_stride..];
        for (k, row) in numbers.chunks_exact_mut(VECTORS * S::F32_LANES).enumerate() {
            row[j] = column[k * matrix.row_stride];
        }
    }
    panel
}

/// Writes these sums, as far as there is room.
#[inline(always)]
fn store<S: Simd>(simd: S, sums: S::f32s, target: &mut [f32]) {
    let room = target.len().min(S::F32_LANES);
    match S::as_mut_simd_f32s(&mut target[..room]) {
        ([full], []) => *full = sums,
        (_, part) => simd.partial_store_f32s(part, sums),
    }
}

/// A register with these numbers; behind them come zeros.
#[inline(always)]
fn load<S: Simd>(simd: S, numbers: &[f32]) -> S::f32s {
    match S::as_simd_f32s(numbers) {
        ([full], []) => *full,
        (_, part) => simd.partial_load_f32s(part),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matmul::multiply_by_loops;

    /// Whole numbers, so that every order of additions gives the same.
    fn numbers(count: usize) -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec((-9..10i8).prop_map(f32::from), count)
    }

    fn matrix(values: &[f32], rows: usize, columns: usize, by_columns: bool) -> Matrix<'_, f32> {
        let (row_stride, column_stride) = if by_columns { (1, rows) } else { (columns, 1) };
        Matrix { values, rows, columns, row_stride, column_stride }
    }

    proptest! {
        #[test]
        fn tiles_are_the_product_by_its_definition(
            (m, k, n, left, right) in (1..40usize, 1..10usize, 1..70usize).prop_flat_map(
                |(m, k, n)| (Just(m), Just(k), Just(n), numbers(m * k), numbers(k * n))
            ),
            left_by_columns: bool,
            right_by_columns: bool,
        ) {
            let left = matrix(&left, m, k, left_by_columns);
            let right = matrix(&right, k, n, right_by_columns);
            let (mut tiled, mut defined) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
            multiply(left, right, &mut tiled);
            multiply_by_loops(left, right, &mut defined);
            prop_assert_eq!(tiled, defined);
        }

        #[test]
        fn infinity_stays_in_its_row(m in 2..20usize, n in 1..70usize) {
            let mut left = vec![1.0; m];
            left[m / 2] = f32::INFINITY;
            let mut product = vec![0.0; m * n];
            let right = vec![1.0; n];
            multiply(matrix(&left, m, 1, false), matrix(&right, 1, n, false), &mut product);
            for (row, x) in product.chunks(n).zip(left) {
                prop_assert_eq!(row, vec![x; n]);
            }
        }
    }
}
