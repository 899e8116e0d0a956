//! Drawings of a tape: a page to step through, a graph for Graphviz, and text.
//!
//! [`to_dot`] draws the graph for Graphviz. [`to_html`] writes one page that needs nothing else: it
//! shows the list and the graph, and steps through both directions with the arrow keys. The page
//! shows a [`Walk`]: a recording of each step with its numbers, which other programs show in their
//! own way (`examples/stepper` does in a terminal).
//!
//! ```
//! use autograd::Tape;
//! use tensor::Tensor;
//!
//! let tape = Tape::new();
//! let x = tape.variable(Tensor::scalar(2.0));
//! let y = x * x.sin();
//! assert!(inspect::to_html(y).starts_with("<!doctype html>"));
//! assert!(inspect::to_dot(&tape).contains("sin"));
//! ```
//!
//! An [`Expression`] is parsed from a text such as `x*y + sin(x)` and recorded on a tape; [`RULES`]
//! exports its ops to programs in other languages.
//!
//! Page and graph draw a layer as one box, by the names of its parameters: see [`Walk::scopes`]. All of this
//! reads a tape through [`Tape::nodes`](autograd::Tape::nodes).

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod dot;
mod expression;
mod html;
mod plain;
mod reading;
mod rules;
mod scopes;
mod walk;

pub use dot::to_dot;
pub use expression::{
    Expression, ExpressionError, FunctionTable, ListEntry, NumberComparison, ScalarFunction,
    function_names, function_table,
};
pub use html::{PAGE_SCRIPT, PAGE_STYLE, fill_page, to_html};
pub use reading::{Detail, Reading, Shown, number};
pub use rules::{OpRule, RULES};
pub use walk::{Contribution, NodeRecord, Step, Walk};
