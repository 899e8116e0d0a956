//! A matrix inside a buffer, and the kernel that an element type brings for the product of two.
//!
//! See `matmul.rs` for the kernels of this crate's element types.

/// A matrix inside a buffer: element (i, j) is at `i · row_stride + j · column_stride`.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, T> {
    /// The buffer, from the matrix's first element on.
    pub values: &'a [T],
    /// The number of rows.
    pub rows: usize,
    /// The number of columns.
    pub columns: usize,
    /// The distance between rows.
    pub row_stride: usize,
    /// The distance between columns.
    pub column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// Returns the transpose.
    pub(crate) fn t(self) -> Self {
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// Returns the first `at` columns, and the others.
    pub(crate) fn split_columns(self, at: usize) -> (Self, Self) {
        let others = &self.values[at * self.column_stride..];
        let columns = self.columns - at;
        (Self { columns: at, ..self }, Self { values: others, columns, ..self })
    }

    /// Returns the first `at` rows, and the others.
    pub(crate) fn split_rows(self, at: usize) -> (Self, Self) {
        let others = &self.values[at * self.row_stride..];
        (Self { rows: at, ..self }, Self { values: others, rows: self.rows - at, ..self })
    }
}

/// An element type's kernel for the product of two matrices.
///
/// Every [`Scalar`](crate::Scalar) has one. A type without a faster one calls [`multiply_by_loops`](crate::multiply_by_loops).
pub trait MatrixKernel: Sized {
    /// Writes `product = left · right`. The product is row-major, and no factor is empty.
    fn multiply(left: Matrix<'_, Self>, right: Matrix<'_, Self>, product: &mut [Self]);
}
