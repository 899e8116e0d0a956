//! The tape: reverse-mode automatic differentiation.
//!
//! A program that computes numbers is a list of elementary operations. [`Tape`] writes that list
//! down while the program runs; [`Var::backward`] walks it from the end, and by the chain rule
//! turns the derivative of the result with respect to each line into that with respect to the
//! lines it read:
//!
//! ```text
//! forward    y = op(x₁, …, xₙ)             one line of the tape
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
//! Where to read on: [`op`] (what an operation is), `ops/mul.rs` (one of them), [`tape`] (how it is
//! recorded), [`backward`] (how the walk goes), [`draw`] (the tape as a picture), [`check`] (how to trust it), [`functional`] (derivatives
//! of functions, first and second).

#![forbid(unsafe_code)]

pub mod backward;
pub mod check;
pub mod draw;
mod formulas;
pub mod functional;
pub mod gradient;
pub mod op;
mod ops;
mod parameters;
mod pass;
pub mod tape;
mod var;

pub use backward::Gradients;
pub use formulas::Formulas;
pub use gradient::{Gradient, Rows};
pub use op::{Adjoints, Op};
pub use parameters::{Deferred, ParameterId, Parameters, StoreId};
pub use pass::Pass;
pub use tape::Tape;
pub use var::Var;
