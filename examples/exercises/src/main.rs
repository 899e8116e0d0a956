//! The program of the exercises: `cargo run -p exercises -- --help`.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match exercises::program::run(&arguments) {
        // A reader of the first lines only, such as `head`, is not a reason to panic.
        Ok(text) => {
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(message) => {
            let _ = io::stderr().write_all(format!("{message}\n").as_bytes());
            ExitCode::from(2)
        }
    }
}
