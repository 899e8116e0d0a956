//! How an example ends: as the program `wengert` does.

#[path = "../crates/cli/src/ending.rs"]
mod program;

pub use program::run;
