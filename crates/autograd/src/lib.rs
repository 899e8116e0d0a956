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
//! # Where to read
//!
//! The core is seven files, to be read in this order: `op.rs` (what an operation is; `ops/mul.rs` is
//! one), `tape.rs` (how operations are recorded), `var.rs` (a value on the tape), `backward.rs` (the
//! walk), `gradients.rs` (what it returns), `parameters.rs` (the numbers that training changes) and
//! `pass.rs` (what a layer is given). The core computes with dense tensors. It meets sparse rows in
//! three types, `Value`, `Read` and `Gradient`, and knows nothing of files, printing or timing.
//!
//! Beside it stand `ops/` (the operations), `by_hand.rs` (gradients without a walk), `formulas.rs` (an op's formulas as text), [`sparse`] (gradients of a few rows of a table), [`check`] (how a gradient is
//! trusted), [`functional`] (derivatives of functions, first and second), `freeing.rs` (the walk that
//! frees the tape as it goes), `patterns.rs` (parameters by patterns of their names, to freeze them),
//! `view.rs` (a look at a tape from outside), `behind_pointers.rs` (what layers behind pointers need of a
//! tape), `print.rs`, `identity.rs`
//! and `copies.rs` (tapes, stores and their copies told apart) and `mistakes.rs` (what is said when a
//! program is wrong).

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
