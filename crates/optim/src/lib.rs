//! From gradients to better parameters.
//!
//! A gradient `g = ∂L/∂θ` says in which direction the loss `L` grows. An [`Optimizer`] takes a step
//! the other way, and the optimizers differ in what they remember of the gradients before:
//!
//! ```text
//! Sgd             θ ← θ − η g                 nothing
//! with momentum   θ ← θ − η b                 b, a decaying sum of the gradients
//! Adam, AdamW     θ ← θ − η m̂ / (√v̂ + ε)      m and v, decaying means of g and of g²
//! ```
//!
//! The learning rate `η` of each step comes from a [`Schedule`]. [`clip_global_norm`] keeps one bad
//! batch from throwing the parameters far away.
//!
//! ```
//! use autograd::{Parameters, Tape};
//! use optim::{Adam, Optimizer, Schedule, clip_global_norm};
//! use tensor::Tensor;
//!
//! // The x that makes (x − 3)² smallest.
//! let mut parameters = Parameters::<f64>::with_seed(0);
//! let x = parameters.add("x", Tensor::scalar(0.0));
//! let mut adam = Adam::new(Schedule::cosine(0.1, 200).warm_up(10));
//! for _ in 0..210 {
//!     let mut gradients = {
//!         let tape = Tape::default();
//!         let error = tape.parameter(&parameters, x) - 3.0;
//!         (error * error).backward()
//!     };
//!     clip_global_norm(&mut gradients, 1.0);
//!     adam.step(&mut parameters, &gradients);
//! }
//! assert!((parameters.get(x).item() - 3.0).abs() < 1e-3);
//! ```
//!
//! Where to read on: [`Optimizer`] (what a step is), `sgd.rs` (the simplest), `adam.rs`,
//! `moments.rs` (what is remembered, saved and restored), [`Schedule`].

#![forbid(unsafe_code)]

mod adam;
mod adamw;
mod clip;
mod moments;
mod optimizer;
mod schedule;
mod sgd;
mod state;

pub use adam::Adam;
pub use adamw::AdamW;
pub use clip::{clip_global_norm, global_norm};
pub use optimizer::{GradientError, Optimizer};
pub use schedule::Schedule;
pub use sgd::Sgd;
pub use state::{State, StateError, StateHeader};
