//! The tape as a picture, and as a page on which the walk is gone step by step.
//!
//! [`to_dot`] draws the graph for Graphviz. [`to_html`] writes one page that needs
//! nothing else: it shows the list and the graph, and walks through both directions with the arrow
//! keys. What the page shows is a [`Walk`]: a recording of each step with its numbers, which other
//! programs show in their own way (`examples/stepper` does in a terminal).
//!
//! ```
//! use autograd::Tape;
//! use tensor::Tensor;
//!
//! let tape = Tape::new();
//! let x = tape.variable(Tensor::scalar(2.0));
//! let y = x * x.sin();
//! let page = tape.to_html(y);
//! assert!(page.starts_with("<!doctype html>"));
//! assert!(tape.to_dot().contains("sin"));
//! ```
//!
//! Both draw a layer as one box, by the names of its parameters: see [`Walk::scopes`].
//!
//! [`to_dot`]: crate::Tape::to_dot
//! [`to_html`]: crate::Tape::to_html

mod dot;
mod html;
mod plain;
mod reading;
mod scopes;
mod walk;

pub use reading::{Detail, Reading, Shown, number};
pub use walk::{Contribution, Line, Role, Step, Walk};
