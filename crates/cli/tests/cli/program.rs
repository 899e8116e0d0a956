//! The program, as these tests run it.

use std::path::Path;
use std::process::Command;

use programs::Outcome;

/// The path of the program.
pub const WENGERT: &str = env!("CARGO_BIN_EXE_wengert");

/// Runs the program in a folder, with arguments separated by spaces; `''` is an empty one.
pub fn wengert(folder: &Path, arguments: &str) -> Outcome {
    programs::run(WENGERT, folder, arguments)
}

/// Runs the program in a folder, with these arguments.
pub fn wengert_with(folder: &Path, arguments: &[&str]) -> Outcome {
    programs::run_with(WENGERT, folder, arguments)
}

/// Returns the command that runs the program in a folder, with nothing on its standard input.
pub fn command(folder: &Path) -> Command {
    programs::command(WENGERT, folder)
}
