//! Strided n-dimensional arrays over any scalar: the numbers, without gradients.
//!
//! A [`Tensor`] is a shared buffer and a [`Layout`] that says where in it each element is:
//!
//! ```text
//! element (i₀, …, iₙ₋₁)  =  storage[offset + Σₖ iₖ · strideₖ]
//! ```
//!
//! Transposing, slicing and expanding only compute a new layout, so they cost nothing however
//! large the tensor is. Everything else is built on one loop, [`strided`], which walks several
//! layouts of one shape side by side.
//!
//! ```
//! use tensor::Tensor;
//!
//! let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
//! let column_means = x.mean(&[0]);
//! assert_eq!((&x - column_means).to_vec(), [-1.5, -1.5, -1.5, 1.5, 1.5, 1.5]);
//! assert_eq!(x.matmul(&x.t()), Tensor::from([[14.0, 32.0], [32.0, 77.0]]));
//! ```
//!
//! Where to read on: [`shape`] (broadcasting), [`layout`] (views), [`strided`] (the loop), then
//! the operations in any order: `conversions`, `elementwise`, `arithmetic`, `functions`, `compare`, `select`, `reduce`,
//! `statistics`, `along` (sorting, running sums, picking), `matmul`, `rows`, `rotate`, `unfold`, [`attention`], `bf16`.
//! See [`parallel`] for how large operations use several cores.

#![warn(missing_debug_implementations)]

mod along;
#[cfg(feature = "approx")]
mod approximate;
mod arithmetic;
mod array;
pub mod attention;
mod bf16;
mod buffer;
mod by_loops;
mod compare;
mod concat;
mod conversions;
mod create;
mod display;
mod elementary;
mod elementwise;
mod functions;
pub mod fused;
mod gemm;
#[cfg(all(debug_assertions, feature = "instances"))]
#[doc(hidden)]
pub mod instances;
pub mod layout;
mod matmul;
mod matrix;
mod operand;
mod pairwise;
pub mod parallel;
mod random;
mod reduce;
mod rotate;
mod row_product;
mod rows;
mod scalar;
mod select;
pub mod shape;
mod statistics;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod strided;
mod tiles;
mod unfold;
mod vectorized;
mod views;

pub use array::Tensor;
pub use bf16::{Bf16Matrix, Bf16Overflow};
pub use by_loops::{multiply_by_loops, multiply_row_by_loops, multiply_triangular_by_loops};
pub use conversions::Element;
pub use layout::Layout;
pub use matrix::{Matrix, MatrixKernel, Target, Triangle};
pub use operand::TensorOrNumber;
pub use random::Key;
pub use reduce::sum;
pub use rows::RowSums;
pub use scalar::Scalar;
pub use shape::{Shape, ShapeError};
pub use unfold::Window;
pub use vectorized::{instruction_set, vectorized};
