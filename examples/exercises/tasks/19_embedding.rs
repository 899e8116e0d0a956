//! Exercise 19, chapter 8: the gradient of an embedding.
//!
//! An embedding takes rows of a table: row i of y is row `ids[i]` of the table. The gradient of the table has `rows`
//! rows. Most are zero. A row that was taken several times gets the sum of what comes back.
//!
//! ```text
//! dtable[r] = Σ over all i with ids[i] = r:  dy[i]
//! ```
//!
//! `dy.get([i, j])` is an element, `dy.shape()` the shape, and `Tensor::new([rows, width], numbers)` makes a tensor of
//! a `Vec<f64>`, row by row.
//!
//! Write the function in place of `todo!()`. Then: cargo run -p exercises -- 19

use tensor::Tensor;

/// Returns the gradient of the table.
pub fn embedding(ids: &[usize], rows: usize, dy: &Tensor<f64>) -> Tensor<f64> {
    todo!()
}
