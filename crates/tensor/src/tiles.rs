//! The product of small matrices, in tiles that stay in registers.
//!
//! A matrix-product library packs both factors for the caches before it begins. For the layers of a
//! small model, that takes longer than the product. Small factors are in the cache anyway.
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
//! The columns of B that the tiles read, a *panel*, are copied side by side first. So the inner loop is
//! the same whatever the strides of B. A panel is made of whole registers: after its last column there may be
//! any numbers, whose sums are not kept.
//!
//! If one of the matrices is triangular, as in causal attention, a tile skips the terms that are zero for
//! all its rows; at the diagonal each row takes the terms that it has.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd, bytemuck};

use crate::buffer::{self, Buffer};
use crate::matrix::{Matrix, Target, Triangle};

/// Up to this many multiplications these tiles are faster than the library (measured).
pub(crate) const MOST_MULTIPLICATIONS: usize = 1 << 16;

/// With fewer rows than this, each number of the right factor is read so rarely that copying it does not pay.
const FEWEST_ROWS: usize = 4;

/// Writes `product = left · right`.
pub(crate) fn multiply(left: Matrix<'_, f32>, right: Matrix<'_, f32>, product: &mut [f32]) {
    let target = Target { values: product, row_stride: right.columns, adds: false };
    compute(TiledProduct { left, right, triangle: None, target });
}

/// Writes or adds a product that leaves out a triangle.
pub(crate) fn multiply_triangular(
    left: Matrix<'_, f32>,
    right: Matrix<'_, f32>,
    triangle: Triangle,
    target: Target<'_, f32>,
) {
    compute(TiledProduct { left, right, triangle: Some(triangle), target });
}

/// Computes a product. The left factor is copied first if its numbers are side by side neither in rows
/// nor in columns.
fn compute(product: TiledProduct<'_>) {
    let left = product.left;
    if left.is_of_rows() || left.t().is_of_rows() {
        return Arch::new().dispatch(product);
    }
    let mut values = Vec::with_capacity(left.rows * left.columns);
    for row in 0..left.rows {
        let row = &left.values[row * left.row_stride..];
        values.extend((0..left.columns).map(|k| row[k * left.column_stride]));
    }
    let left = Matrix { values: &values, row_stride: left.columns, column_stride: 1, ..left };
    Arch::new().dispatch(TiledProduct { left, ..product });
}

/// A product, to be compiled for each kind of vector registers.
struct TiledProduct<'a> {
    left: Matrix<'a, f32>,
    right: Matrix<'a, f32>,
    triangle: Option<Triangle>,
    target: Target<'a, f32>,
}

impl WithSimd for TiledProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        if self.left.rows < FEWEST_ROWS && self.is_of_dots() {
            return (0..self.left.rows).for_each(|row| self.row_of_dots(simd, row));
        }
        // From right to left and from top to bottom, because a whole register is written even where
        // a row ends within it. The sums of the row below overwrite the excess.
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

/// Some columns of the right factor, as rows of `VECTORS` registers, with any numbers after the last column.
type Panel<S, const VECTORS: usize> = Buffer<[<S as Simd>::f32s; VECTORS]>;

/// The rows that a tile multiplies by. A trait and not a closure, because a closure that is not inlined is
/// compiled without the vector instructions.
trait RightRows<S: Simd, const VECTORS: usize> {
    fn row(&self, k: usize) -> [S::f32s; VECTORS];
}

/// Rows of a panel.
impl<S: Simd, const VECTORS: usize> RightRows<S, VECTORS> for [[S::f32s; VECTORS]] {
    #[inline(always)]
    fn row(&self, k: usize) -> [S::f32s; VECTORS] {
        self[k]
    }
}

/// Rows read directly from the right factor.
struct InPlace<'a, S> {
    simd: S,
    values: &'a [f32],
    stride: usize,
}

impl<S: Simd, const VECTORS: usize> RightRows<S, VECTORS> for InPlace<'_, S> {
    #[inline(always)]
    fn row(&self, k: usize) -> [S::f32s; VECTORS] {
        let numbers = &self.values[k * self.stride..];
        let whole = S::as_simd_f32s(numbers).0.first_chunk();
        whole.copied().unwrap_or_else(|| short_row(self.simd, numbers))
    }
}

/// The numbers of A that a tile multiplies rows of B by: for a term k, one of each row of the tile.
trait Factors<const ROWS: usize> {
    fn term(&self, k: usize) -> [f32; ROWS];
}

/// Rows of A whose numbers are side by side. All have the same length, so that one comparison of k serves them all.
struct AlongRows<'a, const ROWS: usize>([&'a [f32]; ROWS]);

impl<const ROWS: usize> Factors<ROWS> for AlongRows<'_, ROWS> {
    #[inline(always)]
    fn term(&self, k: usize) -> [f32; ROWS] {
        // A loop, because `map` of a longer array is a call, which compiles without the vector instructions.
        let mut term = [0.0; ROWS];
        for (a, row) in term.iter_mut().zip(&self.0) {
            *a = row[k];
        }
        term
    }
}

/// Columns of A whose numbers are side by side, from the tile's first row on.
struct AlongColumns<'a> {
    values: &'a [f32],
    stride: usize,
}

impl<const ROWS: usize> Factors<ROWS> for AlongColumns<'_> {
    #[inline(always)]
    fn term(&self, k: usize) -> [f32; ROWS] {
        let column = &self.values[k * self.stride..][..ROWS];
        column.try_into().expect("a number of each row")
    }
}

impl TiledProduct<'_> {
    /// Returns `true` if each element is the dot product of two runs of adjacent numbers.
    fn is_of_dots(&self) -> bool {
        matches!(self.triangle, None | Some(Triangle::Product(_)))
            && (self.left.column_stride, self.right.row_stride) == (1, 1)
    }

    /// Computes one row, each element as the sum of the lanes of one register.
    #[inline(always)]
    fn row_of_dots<S: Simd>(&mut self, simd: S, row: usize) {
        let (left, right, length) = (self.left, self.right, self.left.columns);
        let a = &left.values[row * left.row_stride..][..length];
        let needed = match self.triangle {
            Some(Triangle::Product(n)) => right.columns.min(row + n + 1),
            _ => right.columns,
        };
        let target = &mut self.target.values[row * self.target.row_stride..][..needed];
        for (j, y) in target.iter_mut().enumerate() {
            let b = &right.values[j * right.column_stride..][..length];
            let mut sums = simd.splat_f32s(0.0);
            for (a, b) in a.chunks(S::F32_LANES).zip(b.chunks(S::F32_LANES)) {
                sums = simd.mul_add_e_f32s(load(simd, a), load(simd, b), sums);
            }
            let before = if self.target.adds { *y } else { 0.0 };
            *y = before + simd.reduce_sum_f32s(sums);
        }
    }

    /// Computes all rows of `width` columns, which are at most `VECTORS` registers, from `column` on.
    #[inline(always)]
    fn columns<S: Simd, const VECTORS: usize>(&mut self, simd: S, column: usize, width: usize) {
        let right = self.right;
        if self.left.rows < FEWEST_ROWS && right.column_stride == 1 {
            let values = &right.values[column..];
            let in_place = InPlace { simd, values, stride: right.row_stride };
            return self.few_rows::<S, VECTORS>(simd, self.first_row(column), column, &in_place);
        }
        let panel: Panel<S, VECTORS> = panel(simd, right, column, width);
        self.rows::<S, VECTORS>(simd, column, &panel[..]);
    }

    /// Computes all rows of the columns whose panel has the rows `b`.
    #[inline(always)]
    fn rows<S: Simd, const VECTORS: usize>(
        &mut self,
        simd: S,
        column: usize,
        b: &(impl RightRows<S, VECTORS> + ?Sized),
    ) {
        let mut row = self.first_row(column);
        while row + FEWEST_ROWS <= self.left.rows {
            row += match self.left.rows - row {
                // Besides the sums, there must be registers for a row of B, and one for a number of A.
                8.. if 8 * VECTORS + VECTORS < S::REGISTER_COUNT => {
                    self.tile::<S, 8, VECTORS>(simd, row, column, b)
                }
                _ => self.tile::<S, 4, VECTORS>(simd, row, column, b),
            };
        }
        self.few_rows::<S, VECTORS>(simd, row, column, b);
    }

    /// Computes the last rows, from `row` on, of the columns whose right factor has the rows `b`.
    #[inline(always)]
    fn few_rows<S: Simd, const VECTORS: usize>(
        &mut self,
        simd: S,
        mut row: usize,
        column: usize,
        b: &(impl RightRows<S, VECTORS> + ?Sized),
    ) {
        while row < self.left.rows {
            row += match self.left.rows - row {
                2.. => self.tile::<S, 2, VECTORS>(simd, row, column, b),
                _ => self.tile::<S, 1, VECTORS>(simd, row, column, b),
            };
        }
    }

    /// Returns the first row that has any term in these columns.
    fn first_row(&self, column: usize) -> usize {
        match self.triangle {
            Some(Triangle::Product(n)) => column.saturating_sub(n),
            _ => 0,
        }
    }

    /// Computes the tile that begins at `row` and `column`. Returns the number of its rows.
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        b: &(impl RightRows<S, VECTORS> + ?Sized),
    ) -> usize {
        let left = self.left;
        let values = &left.values[row * left.row_stride..];
        let sums: [_; ROWS] = match left.is_of_rows() {
            true => {
                let rows = |i| &values[i * left.row_stride..][..left.columns];
                self.sums(simd, row, &AlongRows(std::array::from_fn(rows)), b)
            }
            false => {
                let columns = AlongColumns { values, stride: left.column_stride };
                self.sums(simd, row, &columns, b)
            }
        };
        self.store(simd, row, column, &sums);
        ROWS
    }

    /// Returns the sums of the tile that begins at `row`.
    #[inline(always)]
    fn sums<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &self,
        simd: S,
        row: usize,
        a: &impl Factors<ROWS>,
        b: &(impl RightRows<S, VECTORS> + ?Sized),
    ) -> [[S::f32s; VECTORS]; ROWS] {
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        let (some, all) = self.terms(row, ROWS);
        for k in some.start..all.start {
            self.add_terms(simd, row, k, a.term(k), b.row(k), &mut sums);
        }
        for k in all.clone() {
            let (a, b) = (a.term(k), b.row(k));
            for (sums, a) in sums.iter_mut().zip(a) {
                let a = simd.splat_f32s(a);
                for v in 0..VECTORS {
                    sums[v] = simd.mul_add_e_f32s(a, b[v], sums[v]);
                }
            }
        }
        for k in all.end..some.end {
            self.add_terms(simd, row, k, a.term(k), b.row(k), &mut sums);
        }
        sums
    }

    /// Returns the range of terms k that some of these rows have, and the range that all have.
    #[inline(always)]
    fn terms(&self, row: usize, rows: usize) -> (Range<usize>, Range<usize>) {
        let (last, count) = (row + rows - 1, self.left.columns);
        match self.triangle {
            Some(Triangle::Left(n)) => (0..count.min(last + n + 1), 0..count.min(row + n + 1)),
            Some(Triangle::LeftTransposed(n)) => {
                let from = |row: usize| row.saturating_sub(n).min(count)..count;
                (from(row), from(last))
            }
            _ => (0..count, 0..count),
        }
    }

    /// Adds term k to the sums of the rows that have it.
    #[inline(always)]
    fn add_terms<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &self,
        simd: S,
        row: usize,
        k: usize,
        a: [f32; ROWS],
        b: [S::f32s; VECTORS],
        sums: &mut [[S::f32s; VECTORS]; ROWS],
    ) {
        for (i, (sums, a)) in sums.iter_mut().zip(a).enumerate() {
            if self.triangle.is_none_or(|triangle| triangle.counts(row + i, k)) {
                let a = simd.splat_f32s(a);
                for v in 0..VECTORS {
                    sums[v] = simd.mul_add_e_f32s(a, b[v], sums[v]);
                }
            }
        }
    }

    /// Writes or adds the sums of a tile.
    #[inline(always)]
    fn store<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
        sums: &[[S::f32s; VECTORS]; ROWS],
    ) {
        let Target { values, row_stride, adds } = &mut self.target;
        let (width, stride) = (VECTORS * S::F32_LANES, *row_stride);
        let values = &mut values[row * stride + column..];
        // Without a triangle a row may be written beyond its end: see `with_simd`.
        let room = match self.triangle {
            None => values.len() - (ROWS - 1) * stride,
            Some(_) => self.right.columns - column,
        };
        for (i, sums) in sums.iter().enumerate() {
            let target = &mut values[i * stride..];
            if room < width {
                let end = target.len().min(if self.triangle.is_none() { width } else { room });
                store_part(simd, &mut target[..end], *adds, sums);
                continue;
            }
            let (target, _) = S::as_mut_simd_f32s(&mut target[..width]);
            for (y, &sum) in target.iter_mut().zip(sums) {
                *y = if *adds { simd.add_f32s(*y, sum) } else { sum };
            }
        }
    }
}

/// Writes or adds sums where there is less room than they need.
#[inline(always)]
fn store_part<S: Simd>(simd: S, target: &mut [f32], adds: bool, sums: &[S::f32s]) {
    for (target, &sum) in target.chunks_mut(S::F32_LANES).zip(sums) {
        let sum = if adds { simd.add_f32s(load(simd, target), sum) } else { sum };
        simd.partial_store_f32s(target, sum);
    }
}

/// Copies `width` columns of a matrix from `column` on.
#[inline(always)]
fn panel<S: Simd, const VECTORS: usize>(
    simd: S,
    matrix: Matrix<'_, f32>,
    column: usize,
    width: usize,
) -> Panel<S, VECTORS> {
    let mut panel = buffer::stale(matrix.rows, [simd.splat_f32s(0.0); VECTORS]);
    let values = &matrix.values[column * matrix.column_stride..];
    if matrix.column_stride == 1 {
        for (k, row) in panel.iter_mut().enumerate() {
            let numbers = &values[k * matrix.row_stride..];
            match S::as_simd_f32s(numbers).0.first_chunk() {
                Some(whole) => *row = *whole,
                None => *row = short_row(simd, numbers),
            }
        }
        return panel;
    }
    let numbers: &mut [f32] = bytemuck::cast_slice_mut(panel.as_flattened_mut());
    let column =
        |j: usize| &values[j * matrix.column_stride..][..(matrix.rows - 1) * matrix.row_stride + 1];
    let length = VECTORS * S::F32_LANES;
    let whole = if matrix.row_stride == 1 { width - width % 4 } else { 0 };
    for j in (0..whole).step_by(4) {
        transpose([column(j), column(j + 1), column(j + 2), column(j + 3)], numbers, length, j);
    }
    for j in whole..width {
        let column = column(j);
        for (k, row) in numbers.chunks_exact_mut(length).enumerate() {
            row[j] = column[k * matrix.row_stride];
        }
    }
    panel
}

/// Writes four columns, whose numbers are side by side, into rows of this length, from position `at` on. Four at a time,
/// because the processor writes four adjacent numbers as quickly as one.
#[inline(always)]
fn transpose(columns: [&[f32]; 4], rows: &mut [f32], length: usize, at: usize) {
    let [a, b, c, d] = columns;
    let ((a, p), (b, q), (c, r), (d, s)) =
        (a.as_chunks::<4>(), b.as_chunks::<4>(), c.as_chunks::<4>(), d.as_chunks::<4>());
    let (whole, rest) = rows.split_at_mut(4 * a.len() * length);
    let blocks = a.iter().zip(b).zip(c).zip(d);
    for (rows, (((a, b), c), d)) in whole.chunks_exact_mut(4 * length).zip(blocks) {
        let block: [[f32; 4]; 4] = [
            [a[0], b[0], c[0], d[0]],
            [a[1], b[1], c[1], d[1]],
            [a[2], b[2], c[2], d[2]],
            [a[3], b[3], c[3], d[3]],
        ];
        rows[at..][..4].copy_from_slice(&block[0]);
        rows[length + at..][..4].copy_from_slice(&block[1]);
        rows[2 * length + at..][..4].copy_from_slice(&block[2]);
        rows[3 * length + at..][..4].copy_from_slice(&block[3]);
    }
    let terms = p.iter().zip(q).zip(r).zip(s);
    for (row, (((a, b), c), d)) in rest.chunks_exact_mut(length).zip(terms) {
        row[at..][..4].copy_from_slice(&[*a, *b, *c, *d]);
    }
}

/// Returns a row of a panel with these numbers, which do not fill it, followed by zeros.
#[inline(always)]
fn short_row<S: Simd, const VECTORS: usize>(simd: S, numbers: &[f32]) -> [S::f32s; VECTORS] {
    let mut row = [simd.splat_f32s(0.0); VECTORS];
    let parts = numbers.chunks(S::F32_LANES);
    row.iter_mut().zip(parts).for_each(|(target, part)| *target = simd.partial_load_f32s(part));
    row
}

/// Returns a register with these numbers, followed by zeros.
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
    use crate::by_loops::{multiply_by_loops, multiply_triangular_by_loops};

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
        fn triangular_tiles_are_the_product_by_its_definition(
            (m, k, n, left, right, gap) in (1..40usize, 1..40usize, 1..70usize, 0..20usize)
                .prop_flat_map(|(m, k, n, gap)| {
                    (Just(m), Just(k), Just(n), numbers(m * k), numbers(k * n), Just(gap))
                }),
            which in 0..3usize,
            (left_by_columns, right_by_columns, adds) in any::<(bool, bool, bool)>(),
        ) {
            let triangle = [Triangle::Product, Triangle::Left, Triangle::LeftTransposed][which](gap);
            let left = matrix(&left, m, k, left_by_columns);
            let right = matrix(&right, k, n, right_by_columns);
            let row_stride = n + gap;
            let mut tiled = vec![7.0; m * row_stride];
            let mut defined = tiled.clone();
            multiply_triangular(left, right, triangle, Target { values: &mut tiled, row_stride, adds });
            let target = Target { values: &mut defined, row_stride, adds };
            multiply_triangular_by_loops(left, right, triangle, target);
            for (at, (x, y)) in tiled.iter().zip(&defined).enumerate() {
                let (row, column) = (at / row_stride, at % row_stride);
                // Above the diagonal of a product may be anything; between its rows nothing is written.
                if which > 0 || column <= row + gap || column >= n {
                    prop_assert_eq!(x, y, "row {}, column {}", row, column);
                }
            }
        }

        #[test]
        fn what_is_between_the_numbers_of_a_factor_does_not_count(
            (m, k, n, left, right) in (1..20usize, 1..10usize, 1..40usize).prop_flat_map(
                |(m, k, n)| (Just(m), Just(k), Just(n), numbers(m * k), numbers(k * n))
            ),
            gap in 0..20usize,
        ) {
            let in_longer_rows = |values: &[f32], columns: usize| -> Vec<f32> {
                let rows = values.chunks(columns);
                rows.flat_map(|row| row.iter().copied().chain([f32::NAN].repeat(gap))).collect()
            };
            let apart: Vec<f32> = left.iter().flat_map(|&x| [x, f32::NAN]).collect();
            let wide = in_longer_rows(&right, n);
            let left_apart = Matrix {
                row_stride: 2 * k, column_stride: 2, ..matrix(&apart, m, k, false)
            };
            let right_wide = Matrix { row_stride: n + gap, ..matrix(&wide, k, n, false) };
            let (mut tiled, mut defined) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
            multiply(left_apart, right_wide, &mut tiled);
            multiply_by_loops(matrix(&left, m, k, false), matrix(&right, k, n, false), &mut defined);
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
