//! The end of an example: exit codes and errors as in the program `wengert`.

#[path = "../crates/cli/src/ending.rs"]
mod program;

pub use program::*;
