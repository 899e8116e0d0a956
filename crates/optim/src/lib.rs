//! From gradients to better parameters.
//!
//! A gradient `g = ∂L/∂θ` says in which direction the loss `L` grows. An [`Optimizer`] takes a step
//! the other way, and the optimizers differ in what they remember of earlier gradients:
//!
//! ```text
//! Sgd             θ ← θ − η g                 nothing
//! with momentum   θ ← θ − η b                 b, a decaying sum of the gradients
//! RmsProp         θ ← θ − η g / (√v + ε)       v, a decaying mean of g²
//! Adam, AdamW     θ ← θ − η m̂ / (√v̂ + ε)      m and v, decaying means of g and of g²
//! Lion            θ ← θ − η sign(c)            m, a decaying mean of g; c is a mix of m and g
//! ```
//!
//! The learning rate `η` of each step comes from a [`Schedule`], and a [`Group`] scales it for some
//! parameters. [`clip_global_norm`] keeps one bad batch from throwing the parameters far away. An
//! optimizer of your own is an [`UpdateRule`]: its formula, in about ten lines.
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
//! Where to read on: [`Optimizer`] (what a step is), `rule.rs` (one from a formula), `lion.rs` (the
//! shortest of these), `adam.rs`, `moments.rs` (what is remembered, saved and restored), `pace.rs` (rate
//! and decay of each parameter), [`Schedule`].

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod adam;
mod adamw;
mod clip;
mod group;
#[cfg(all(debug_assertions, feature = "instances"))]
#[doc(hidden)]
pub mod instances;
mod lion;
mod moments;
mod optimizer;
mod overflow;
mod pace;
mod rmsprop;
mod rule;
mod schedule;
mod settings;
mod sgd;
mod state;

pub use adam::Adam;
pub use adamw::AdamW;
pub use clip::{clip_global_norm, global_norm};
pub use group::Group;
pub use lion::{Lion, LionRule};
pub use optimizer::{GradientError, Optimizer};
pub use rmsprop::{RmsProp, RmsPropRule};
pub use rule::{ParameterStep, RuleOptimizer, UpdateRule};
pub use schedule::Schedule;
pub use sgd::Sgd;
pub use state::{State, StateError, StateHeader};
