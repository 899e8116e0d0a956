//! The matrix product, of single matrices and of batches.
//!
//! ```text
//! C[i, j] = Σₖ A[i, k] · B[k, j]
//! ```
//!
//! Factors may have any strides, so a transposed factor is never copied.

use crate::by_loops::{multiply_row_by_loops, multiply_triangular_by_loops};
use crate::layout::Layout;
use crate::matrix::{Matrix, MatrixKernel, Target, Triangle};
use crate::shape::{self, expect};
use crate::strided::for_each_run;
use crate::vectorized::vectorized;
use crate::{Scalar, Tensor, bf16, buffer, gemm, parallel, row_product, tiles};

impl<T: Scalar> Tensor<T> {
    /// Returns the matrix product over the last two axes, `[…, m, k] · […, k, n] = […, m, n]`; the axes
    /// before them broadcast.
    ///
    /// # Panics
    /// If a factor has fewer than two axes, the inner lengths differ, or the batch axes do not
    /// broadcast.
    #[track_caller]
    pub fn matmul(&self, other: &Self) -> Self {
        let shape = expect("matmul", shape::matmul(self.shape(), other.shape()));
        if self.is_empty() {
            return Self::zeros(shape);
        }
        let mut product = buffer::stale(shape::len(&shape), T::ZERO);
        multiply(self, other, &shape, &mut product);
        Self::from_buffer(&shape, product)
    }
}

/// Writes the product of this shape, matrix by matrix.
fn multiply<T: Scalar>(left: &Tensor<T>, right: &Tensor<T>, shape: &[usize], product: &mut [T]) {
    if product.is_empty() {
        return;
    }
    let batch = &shape[..shape.len() - 2];
    if batch.is_empty() {
        let (left, right) =
            (matrix_at(left, left.layout().offset()), matrix_at(right, right.layout().offset()));
        return multiply_matrices(left, right, product);
    }
    let mut targets: Vec<_> = product.chunks_exact_mut(shape::len(&shape[batch.len()..])).collect();
    let multiplications = targets[0].len() * left.shape()[left.rank() - 1];
    let worth = parallel::SMALLEST_PRODUCT / 2 / multiplications.max(1);
    let starts = [&starts(left, batch), &starts(right, batch)];
    parallel::write(worth.max(1), starts, [&mut targets], |starts, [targets]| {
        let mut targets = targets.iter_mut();
        for_each_run(starts, |[x, y], length| {
            for (i, target) in targets.by_ref().take(length).enumerate() {
                let left = matrix_at(left, x.offset + i * x.stride);
                let right = matrix_at(right, y.offset + i * y.stride);
                multiply_matrices(left, right, target);
            }
        });
    });
}

/// Sums longer than this are split in half.
const LONGEST_SUM: usize = 4096;

/// Writes the product of two matrices. The kernels add up one term after another, so the rounding error
/// of a sum grows with its length; the gradient of a weight over a large batch is such a sum. Halving
/// long sums prevents that, and the extra additions cost almost nothing.
fn multiply_matrices<T: Scalar>(left: Matrix<'_, T>, right: Matrix<'_, T>, product: &mut [T]) {
    if left.columns <= LONGEST_SUM {
        return T::multiply(left, right, product);
    }
    let half = left.columns / 2;
    let (first, second) = left.split_columns(half);
    let (upper, lower) = right.split_rows(half);
    multiply_matrices(first, upper, product);
    let mut rest = buffer::stale(product.len(), T::ZERO);
    multiply_matrices(second, lower, &mut rest);
    vectorized(|| product.iter_mut().zip(&*rest).for_each(|(sum, &x)| *sum += x));
}

/// Returns the matrix of a batch that begins at this position of the buffer.
fn matrix_at<T>(tensor: &Tensor<T>, start: usize) -> Matrix<'_, T> {
    let outer = tensor.rank() - 2;
    let (shape, strides) = (tensor.shape(), tensor.layout().strides());
    Matrix {
        values: &tensor.storage()[start..],
        rows: shape[outer],
        columns: shape[outer + 1],
        row_stride: strides[outer],
        column_stride: strides[outer + 1],
    }
}

/// Returns the position at which each matrix begins, after broadcasting to a batch of this shape.
fn starts<T>(tensor: &Tensor<T>, batch: &[usize]) -> Layout {
    expect("matmul", tensor.layout().outer_axes(tensor.rank() - 2).expand(batch))
}

/// A single row and small products have separate kernels. A product with a single column is computed as its transpose,
/// a row: a tile is as wide as a register, and most of it would be wasted.
impl MatrixKernel for f32 {
    fn multiply(left: Matrix<'_, f32>, right: Matrix<'_, f32>, product: &mut [f32]) {
        let (left, right) = if right.columns == 1 { (right.t(), left.t()) } else { (left, right) };
        let multiplications = left.rows * left.columns * right.columns;
        match multiplications <= tiles::MOST_MULTIPLICATIONS {
            _ if row_product::suits(&left, &right) => row_product::multiply(left, right, product),
            true => tiles::multiply(left, right, product),
            false => gemm::multiply_f32(left, right, product),
        }
    }

    fn multiply_triangular(
        left: Matrix<'_, f32>,
        right: Matrix<'_, f32>,
        triangle: Triangle,
        target: Target<'_, f32>,
    ) {
        tiles::multiply_triangular(left, right, triangle, target);
    }

    fn multiply_row_bf16(row: &[f32], words: &[u32], product: &mut [f32]) {
        bf16::multiply_row(row, words, product);
    }
}

impl MatrixKernel for f64 {
    fn multiply(left: Matrix<'_, f64>, right: Matrix<'_, f64>, product: &mut [f64]) {
        gemm::multiply_f64(left, right, product);
    }

    fn multiply_triangular(
        left: Matrix<'_, f64>,
        right: Matrix<'_, f64>,
        triangle: Triangle,
        target: Target<'_, f64>,
    ) {
        multiply_triangular_by_loops(left, right, triangle, target);
    }

    fn multiply_row_bf16(row: &[f64], words: &[u32], product: &mut [f64]) {
        multiply_row_by_loops(row, words, product);
    }
}
