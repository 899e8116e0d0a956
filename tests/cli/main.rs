//! The example programs on the command line: help, the same output twice, saved models, and a
//! hundred bad inputs.

#[path = "../programs/mod.rs"]
mod programs;

mod bad_inputs;
mod files;
mod keeping;
mod runs;
mod walks;
