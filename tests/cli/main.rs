//! The example programs on the command line: help, the same output twice, saved models, exchange
//! with other frameworks, readers that leave, and a hundred bad inputs.

#[path = "../programs/mod.rs"]
mod programs;

mod bad_inputs;
mod ending;
mod files;
mod hostile;
mod interop;
mod keeping;
mod outputs;
mod reading;
mod runs;
mod walks;
