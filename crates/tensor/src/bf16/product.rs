//! The product of a row of `f32` and each row of a matrix in bf16.
//!
//! Four rows of the matrix are read at once. So eight sums are under way, and the row of numbers is loaded once for four
//! rows:
//!
//! ```text
//! x[..h]   · lower halves of the words  ──▶ sum ┐
//! x[h..]   · upper halves of the words  ──▶ sum ┴▶ + ──▶ product[j]
//! ```

use pulp::{Arch, Simd, WithSimd};

/// The number of rows that are read at once.
pub(super) const TOGETHER: usize = 4;

/// Writes the products of x with rows of words.
pub(crate) fn multiply_row(x: &[f32], words: &[u32], product: &mut [f32]) {
    if x.len() % 2 == 1 {
        let x = &[x, &[0.0]].concat();
        return Arch::new().dispatch(Bf16Product { x, words, product });
    }
    Arch::new().dispatch(Bf16Product { x, words, product });
}

/// A product, to be compiled for each kind of vector registers.
struct Bf16Product<'a> {
    /// Two halves of equal length.
    x: &'a [f32],
    words: &'a [u32],
    product: &'a mut [f32],
}

impl WithSimd for Bf16Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let half = self.x.len() / 2;
        let (groups, rest) = self.product.as_chunks_mut::<TOGETHER>();
        let (words, rest_words) = self.words.split_at(groups.len() * TOGETHER * half);
        for (words, target) in words.chunks_exact(TOGETHER * half).zip(groups) {
            *target = dots(simd, self.x, words);
        }
        for (words, target) in rest_words.chunks_exact(half).zip(rest) {
            [*target] = dots(simd, self.x, words);
        }
    }
}

/// Returns the products of x and these rows.
#[inline(always)]
fn dots<S: Simd, const ROWS: usize>(simd: S, x: &[f32], words: &[u32]) -> [f32; ROWS] {
    let half = x.len() / 2;
    let (lower, lower_end) = S::as_simd_f32s(&x[..half]);
    let (upper, upper_end) = S::as_simd_f32s(&x[half..]);
    let mut rows = [(&[][..], &[][..]); ROWS];
    for (row, words) in rows.iter_mut().zip(words.chunks_exact(half)) {
        *row = S::as_simd_u32s(words);
    }
    let mut sums = [[simd.splat_f32s(0.0); 2]; ROWS];
    for k in 0..lower.len() {
        for (sums, (words, _)) in sums.iter_mut().zip(&rows) {
            add_products(simd, [lower[k], upper[k]], words[k], sums);
        }
    }
    if !lower_end.is_empty() {
        let x = [simd.partial_load_f32s(lower_end), simd.partial_load_f32s(upper_end)];
        for (sums, (_, words)) in sums.iter_mut().zip(&rows) {
            add_products(simd, x, simd.partial_load_u32s(words), sums);
        }
    }
    // A loop: `map` of an array is not inlined, and so compiled without the vector instructions.
    let mut products = [0.0; ROWS];
    for (product, [lower, upper]) in products.iter_mut().zip(sums) {
        *product = simd.reduce_sum_f32s(simd.add_f32s(lower, upper));
    }
    products
}

/// Adds the products with the lower and with the upper halves of these words.
#[inline(always)]
fn add_products<S: Simd>(simd: S, x: [S::f32s; 2], words: S::u32s, sums: &mut [S::f32s; 2]) {
    let lower = simd.wrapping_dyn_shl_u32s(words, simd.splat_u32s(16));
    let upper = simd.and_u32s(words, simd.splat_u32s(0xffff_0000));
    sums[0] = simd.mul_add_e_f32s(x[0], simd.transmute_f32s_u32s(lower), sums[0]);
    sums[1] = simd.mul_add_e_f32s(x[1], simd.transmute_f32s_u32s(upper), sums[1]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Bf16Matrix, Tensor, multiply_row_by_loops};

    proptest! {
        #[test]
        fn a_row_times_rows_is_the_product_by_its_definition(
            (rows, columns, x, values) in (0..11usize, 1..140usize).prop_flat_map(|(rows, columns)| {
                // Whole numbers, so that nothing is rounded and every order of additions gives the same.
                let numbers = |count| prop::collection::vec((-9..10i8).prop_map(f32::from), count);
                (Just(rows), Just(columns), numbers(columns), numbers(rows * columns))
            }),
        ) {
            let matrix = Bf16Matrix::round(&Tensor::new([rows, columns], values)).unwrap();
            let (mut found, mut defined) = (vec![f32::NAN; rows], vec![f32::NAN; rows]);
            multiply_row(&x, &matrix.words, &mut found);
            multiply_row_by_loops(&x, &matrix.words, &mut defined);
            prop_assert_eq!(found, defined);
        }
    }
}
