//! Samples whose columns can be replaced by the columns of other samples. This makes it possible to measure how
//! a model uses each column.

use std::ops::Range;

use tensor::Tensor;

use crate::samples::{Item, Samples};

/// Samples that have columns. A column may be several features, which are exchanged together.
pub trait Columns: Samples {
    /// The place of a column in a sample.
    type Column;

    /// Returns these samples, each with the column of the sample of `others` at the same position.
    ///
    /// # Panics
    /// If there are more or fewer `others`, or the samples do not have this column.
    #[track_caller]
    fn with_column(&self, column: &Self::Column, others: &Self) -> Self;
}

/// Features `[n, features]`. A column is a range of them.
///
/// ```
/// use data::Columns;
/// use tensor::Tensor;
///
/// let (x, y) = (Tensor::from([[1, 2, 3], [4, 5, 6]]), Tensor::from([[0, 7, 8], [0, 9, 9]]));
/// assert_eq!(x.with_column(&(1..3), &y), Tensor::from([[1, 7, 8], [4, 9, 9]]));
/// ```
impl<I: Item> Columns for Tensor<I> {
    type Column = Range<usize>;

    #[track_caller]
    fn with_column(&self, column: &Range<usize>, others: &Self) -> Self {
        assert!(
            self.shape() == others.shape() && self.rank() == 2,
            "with_column: both samples must have one shape [n, features]; found {} and {}",
            self.describe(),
            others.describe()
        );
        let before = self.slice(1, ..column.start);
        let behind = self.slice(1, column.end..);
        Tensor::concat(&[before, others.slice(1, column.clone()), behind], 1)
    }
}
