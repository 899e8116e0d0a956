//! The end of an example: exit codes and errors like in the program `wengert`.

#![allow(unused_imports, reason = "each example takes what it needs")]

#[path = "../crates/cli/src/ending.rs"]
mod program;

pub use program::{quietly, run};
