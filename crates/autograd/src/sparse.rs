//! Sparse gradients and rows on demand, for tables from which a step reads only a few rows.
//!
//! A batch of texts reads a few hundred of an embedding's fifty thousand rows. The core of this
//! crate computes with dense tensors, so the cost of a step would depend on the whole table. This
//! module adds:
//!
//! - [`Pass::rows`](crate::Pass::rows) puts the rows that a batch reads on the tape, not the table.
//! - The [`Gradient`] of a table that was read in this way is a [`SparseGradient`]: only those rows.
//! - The [`Value`] of a parameter may be a [`RowSource`], which computes a row when it is read. So an
//!   optimizer can defer the updates of all other rows.
//!
//! The core meets this module in three places: a parameter's value ([`Value`]), the node that reads
//! it (`Read`), and the sum of its gradients ([`Gradient`]). The dense path is the reference: a
//! property test in `tests/autograd/sparse.rs` checks that both agree.

mod distinct;
mod gradient;
mod read;
mod rows;
mod store;
mod value;

pub use gradient::{Gradient, SparseGradient};
pub(crate) use read::Read;
pub use rows::RowsRead;
pub use value::{RowSource, Value};
