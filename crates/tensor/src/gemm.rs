//! The call into the matrix-product library: the only `unsafe` code of the project.
//!
//! The crate `gemm` would choose between six element types. This file calls the crates of the two
//! that are used, so that the others are not compiled.

#![allow(unsafe_code)]

use gemm_common::Parallelism;

use crate::matrix::Matrix;
use crate::parallel;

/// Writes `product = left · right`, for `f32`.
pub(crate) fn multiply_f32(left: Matrix<'_, f32>, right: Matrix<'_, f32>, product: &mut [f32]) {
    // SAFETY: the kernel is the library's for `f32`.
    unsafe { multiply(gemm_f32::gemm::f32::get_gemm_fn(), 1.0, left, right, product) }
}

/// Writes `product = left · right`, for `f64`.
pub(crate) fn multiply_f64(left: Matrix<'_, f64>, right: Matrix<'_, f64>, product: &mut [f64]) {
    // SAFETY: the kernel is the library's for `f64`.
    unsafe { multiply(gemm_f64::gemm::f64::get_gemm_fn(), 1.0, left, right, product) }
}

/// `dst = alpha · dst + beta · lhs · rhs`, with a column stride and a row stride behind each pointer.
type Kernel<T> = unsafe fn(
    m: usize,
    n: usize,
    k: usize,
    dst: *mut T,
    isize,
    isize,
    read_dst: bool,
    lhs: *const T,
    isize,
    isize,
    rhs: *const T,
    isize,
    isize,
    alpha: T,
    beta: T,
    conjugate_dst: bool,
    conjugate_lhs: bool,
    conjugate_rhs: bool,
    Parallelism,
);

/// Writes `product = left · right` by the kernel.
///
/// # Safety
/// The kernel must be one of the library's. It reads element (i, j) of a factor at
/// `i · row_stride + j · column_stride` for i < rows, j < columns, and writes `product` likewise.
unsafe fn multiply<T: Copy>(
    kernel: Kernel<T>,
    one: T,
    left: Matrix<'_, T>,
    right: Matrix<'_, T>,
    product: &mut [T],
) {
    let (m, k, n) = (left.rows, left.columns, right.columns);
    assert!(m > 0 && k > 0 && n > 0, "empty products need no kernel");
    assert!(k == right.rows, "the caller has checked the shapes");
    assert!(m.checked_mul(n) == Some(product.len()), "the caller has made room for the product");
    assert!(is_inside_buffer(&left), "the left factor is inside its buffer");
    assert!(is_inside_buffer(&right), "the right factor is inside its buffer");
    let parallelism = match parallel::threads_for_product(m * k * n) {
        1 => Parallelism::None,
        threads => Parallelism::Rayon(threads),
    };
    // The kernels write by columns: a product by rows is (Bᵀ·Aᵀ)ᵀ. A single column is both.
    let (lhs, rhs, column_stride, row_stride) = match n {
        1 => (left, right, 1, 1),
        _ if has_few_rows_by_transposed(&left, &right) => (left, right, 1, n),
        _ => (right.t(), left.t(), n, 1),
    };
    // SAFETY: The assertions above put the furthest element of each matrix inside its slice, all
    // strides are non-negative, and the borrow checker keeps `product` apart from the factors.
    unsafe {
        kernel(
            lhs.rows,
            rhs.columns,
            k,
            product.as_mut_ptr(),
            column_stride as isize,
            row_stride as isize,
            false,
            lhs.values.as_ptr(),
            lhs.column_stride as isize,
            lhs.row_stride as isize,
            rhs.values.as_ptr(),
            rhs.column_stride as isize,
            rhs.row_stride as isize,
            one,
            one,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Up to this many rows, writing a product by rows pays: see [`has_few_rows_by_transposed`].
const FEW_ROWS: usize = 64;

/// Returns `true` if few rows A are multiplied by a transposed matrix B, as in the backward pass of a dense layer.
/// Then A·B is faster than (Bᵀ·Aᵀ)ᵀ.
///
/// The kernels copy their left factor if its columns are not contiguous: all of Bᵀ in (Bᵀ·Aᵀ)ᵀ, but only the few
/// rows of A in A·B. The price is that A·B is written by rows, which the kernels do one number at a time. On a
/// Zen 4, 32 × 512 × 512 takes a quarter of the time (0.7 of it with AVX2 alone), 64 × 1024 × 1024 takes 0.6;
/// 128 rows take as long, and more rows longer.
fn has_few_rows_by_transposed<T>(left: &Matrix<'_, T>, right: &Matrix<'_, T>) -> bool {
    (2..=FEW_ROWS).contains(&left.rows) && right.row_stride == 1 && right.column_stride > 1
}

/// Returns `true` if the last element of a matrix that is not empty is inside its buffer, and with it
/// every other.
fn is_inside_buffer<T>(matrix: &Matrix<'_, T>) -> bool {
    let along = |count: usize, stride: usize| (count - 1).checked_mul(stride);
    let down = along(matrix.rows, matrix.row_stride);
    let right = along(matrix.columns, matrix.column_stride);
    let last = down.zip(right).and_then(|(down, right)| down.checked_add(right));
    last.is_some_and(|last| last < matrix.values.len())
}
