//! The call into the matrix-product library: the only `unsafe` code of the project.

#![allow(unsafe_code)]

use crate::Scalar;
use crate::matmul::Matrix;
use crate::parallel;

/// `product = left · right`, for `f32` and `f64`.
pub(crate) fn multiply<T: Scalar>(left: Matrix<'_, T>, right: Matrix<'_, T>, product: &mut [T]) {
    let (m, k, n) = (left.rows, left.columns, right.columns);
    assert!(m > 0 && k > 0 && n > 0, "empty products need no kernel");
    assert!(k == right.rows, "the caller has checked the shapes");
    assert!(m.checked_mul(n) == Some(product.len()), "the caller has made room for the product");
    assert!(lies_inside(&left), "the left factor lies inside its buffer");
    assert!(lies_inside(&right), "the right factor lies inside its buffer");
    let parallelism = match parallel::threads_for_product(m * k * n) {
        1 => gemm::Parallelism::None,
        threads => gemm::Parallelism::Rayon(threads),
    };
    // SAFETY: `gemm` reads element (i, j) of a factor at `i · row_stride + j · column_stride` for
    // i < rows, j < columns, and writes `product` row-major. The assertions above put the furthest
    // of these inside the slices, all strides are non-negative, and the borrow checker keeps
    // `product` apart from the factors. `T` is `f32` or `f64`, the types that call this.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            product.as_mut_ptr(),
            1,
            n as isize,
            false,
            left.values.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.values.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Whether the last element of a matrix that is not empty is one of its buffer, and with it all.
fn lies_inside<T>(matrix: &Matrix<'_, T>) -> bool {
    let along = |count: usize, stride: usize| (count - 1).checked_mul(stride);
    let down = along(matrix.rows, matrix.row_stride);
    let right = along(matrix.columns, matrix.column_stride);
    let last = down.zip(right).and_then(|(down, right)| down.checked_add(right));
    last.is_some_and(|last| last < matrix.values.len())
}
