//! The products by their definitions: the reference that faster kernels must agree with, and the kernels of scalars that
//! have no faster ones.

use crate::Scalar;
use crate::bf16::{lower_half, upper_half};
use crate::matrix::{Matrix, Target, Triangle};

/// Writes `product = left · right` by its definition.
pub fn multiply_by_loops<T: Scalar>(left: Matrix<'_, T>, right: Matrix<'_, T>, product: &mut [T]) {
    product.fill(T::ZERO);
    for i in 0..left.rows {
        for k in 0..left.columns {
            let a = left.values[i * left.row_stride + k * left.column_stride];
            for j in 0..right.columns {
                let b = right.values[k * right.row_stride + j * right.column_stride];
                product[i * right.columns + j] += a * b;
            }
        }
    }
}

/// Writes or adds a product that leaves out a triangle, by its definition.
pub fn multiply_triangular_by_loops<T: Scalar>(
    left: Matrix<'_, T>,
    right: Matrix<'_, T>,
    triangle: Triangle,
    target: Target<'_, T>,
) {
    let Target { values, row_stride, adds } = target;
    let columns = right.columns;
    for i in 0..left.rows {
        let row = &mut values[i * row_stride..][..columns];
        if !adds {
            row.fill(T::ZERO);
        }
        let needed = match triangle {
            Triangle::Product(n) => columns.min(i + n + 1),
            _ => columns,
        };
        for k in (0..left.columns).filter(|&k| triangle.counts(i, k)) {
            let a = left.values[i * left.row_stride + k * left.column_stride];
            for (j, sum) in row[..needed].iter_mut().enumerate() {
                *sum += a * right.values[k * right.row_stride + j * right.column_stride];
            }
        }
    }
}

/// Writes the products of x, of n numbers, with rows of ⌈n / 2⌉ words in bf16, by their definition. The lower halves of a
/// row's words are its first ⌈n / 2⌉ numbers, and the upper halves the others.
///
/// # Panics
/// If x is empty.
#[track_caller]
pub fn multiply_row_by_loops<T: Scalar>(x: &[T], words: &[u32], product: &mut [T]) {
    let half = x.len().div_ceil(2);
    let (lower, upper) = x.split_at(half);
    for (target, words) in product.iter_mut().zip(words.chunks_exact(half)) {
        *target = T::ZERO;
        lower.iter().zip(words).for_each(|(&x, &word)| *target += x * lower_half(word));
        upper.iter().zip(words).for_each(|(&x, &word)| *target += x * upper_half(word));
    }
}
