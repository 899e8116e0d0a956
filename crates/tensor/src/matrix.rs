//! A matrix inside a buffer, and the kernel with which an element type multiplies two of them.
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

    /// Returns `true` if the numbers of each row are side by side.
    pub(crate) fn is_of_rows(&self) -> bool {
        self.column_stride == 1 || self.columns == 1
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
/// Every [`Scalar`](crate::Scalar) has one. A type without a faster one calls
/// [`multiply_by_loops`](crate::multiply_by_loops), [`multiply_triangular_by_loops`](crate::multiply_triangular_by_loops) and
/// [`multiply_row_by_loops`](crate::multiply_row_by_loops).
pub trait MatrixKernel: Sized {
    /// Writes `product = left · right`. The product is row-major, and no factor is empty.
    fn multiply(left: Matrix<'_, Self>, right: Matrix<'_, Self>, product: &mut [Self]);

    /// Writes or adds a product that leaves out a [`Triangle`]. No factor is empty.
    fn multiply_triangular(
        left: Matrix<'_, Self>,
        right: Matrix<'_, Self>,
        triangle: Triangle,
        target: Target<'_, Self>,
    );

    /// Writes the product of a row, which is not empty, with each row of a matrix in bf16. The words are laid out as in
    /// [`Bf16Matrix`](crate::Bf16Matrix): ⌈n / 2⌉ for each row of n numbers.
    fn multiply_row_bf16(row: &[Self], words: &[u32], product: &mut [Self]);
}

/// Where a product goes: rows of a buffer, which may be parts of longer rows.
#[derive(Debug)]
pub struct Target<'a, T> {
    /// The buffer, from the first element of the product on.
    pub values: &'a mut [T],
    /// The distance between rows.
    pub row_stride: usize,
    /// `true` if the product is added to what is there.
    pub adds: bool,
}

/// The matrix of a product that is lower triangular, and its n: only its elements with
/// `column ≤ row + n` count. Elements above that diagonal are not read.
#[derive(Clone, Copy, Debug)]
pub enum Triangle {
    /// The product: above the diagonal any numbers may be written.
    Product(usize),
    /// The left factor.
    Left(usize),
    /// The transpose of the left factor.
    LeftTransposed(usize),
}

impl Triangle {
    /// Returns `true` if element (i, k) of the left factor counts.
    #[inline(always)]
    pub(crate) fn counts(self, i: usize, k: usize) -> bool {
        match self {
            Self::Product(_) => true,
            Self::Left(n) => k <= i + n,
            Self::LeftTransposed(n) => i <= k + n,
        }
    }
}
