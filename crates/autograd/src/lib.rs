//! Reverse-mode automatic differentiation, on a tape.
//!
//! A program that computes numbers is a list of elementary operations. [`Tape`] records that list
//! while the program runs; [`Var::backward`] walks it from the end, and by the chain rule turns the
//! derivative of the result with respect to each node into the derivatives with respect to the nodes
//! it read:
//!
//! ```text
//! forward    y = op(x₁, …, xₙ)             one node of the tape
//! backward   x̄ᵢ += (∂y/∂xᵢ)ᵀ ȳ             its vector–Jacobian product (VJP)
//! ```
//!
//! where `v̄`, the *adjoint* of `v`, is the derivative of the result with respect to `v`. The list is
//! called a Wengert list after R. E. Wengert (1964); the backward walk is due to Linnainmaa (1970).
//!
//! ```
//! use autograd::Tape;
//! use tensor::Tensor;
//!
//! let tape = Tape::new();
//! let x = tape.variable(Tensor::scalar(3.0));
//! let y = x * x + x.sin();
//! let gradients = y.backward();
//! assert_eq!(gradients.of(x).item(), 2.0 * 3.0 + 3f32.cos());
//! println!("{tape}");
//! ```
//!
//! # The source
//!
//! The core is seven files, from `op.rs` to `pass.rs`. "Where to start reading" in the repository's
//! `ARCHITECTURE.md` lists them in reading order, and says how the other modules use them. The core
//! computes with dense tensors. Sparse rows appear in three of its types: [`Value`], `Read` and
//! [`Gradient`]. It contains nothing about files, printing or timing.

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

pub mod backward;
mod behind_pointers;
mod by_hand;
pub mod check;
mod copies;
mod formulas;
mod freeing;
pub mod functional;
mod gradients;
mod identity;
#[cfg(all(debug_assertions, feature = "instances"))]
#[doc(hidden)]
pub mod instances;
mod layer_name;
mod mistakes;
pub mod op;
mod ops;
mod parameters;
mod pass;
mod patterns;
mod print;
pub mod sparse;
pub mod tape;
mod var;
mod view;

pub use formulas::{FormulaSymbol, Formulas};
pub use gradients::Gradients;
pub use identity::{NodeId, ParameterId, StoreId};
pub use op::{Adjoints, Op};
pub use ops::VarOrNumber;
pub use parameters::Parameters;
pub use pass::Pass;
pub use patterns::{Pattern, PatternError};
pub use sparse::{Gradient, RowSource, RowsRead, SparseGradient, Value};
pub use tape::Tape;
pub use var::Var;
pub use view::{NodeKind, NodeView, Nodes};
