//! The program on the command line: help, the same output twice, saved models, readers that leave,
//! manners toward shells and scripts, and a hundred bad inputs.

mod bad_inputs;
mod columns;
mod ending;
mod files;
mod hostile;
mod keeping;
mod lm;
mod lm_exchange;
mod lm_from_disk;
mod looking;
mod manners;
mod outputs;
mod program;
mod reading;
mod runs;
mod search;
mod serve;
mod table;
mod trust;
