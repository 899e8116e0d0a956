//! How an example program ends: with exit code 0, with 2 and its error, or once nobody reads on.

use std::error::Error;
use std::panic;
use std::process::{self, ExitCode};

/// What a shell shows for a program that was ended by the signal PIPE (128 + 13).
const NOBODY_READS: i32 = 141;

/// Runs a program; an error is told on standard error and gives exit code 2.
pub fn run(program: impl FnOnce() -> Result<ExitCode, Box<dyn Error>>) -> ExitCode {
    end_with_the_reader();
    program().unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}

/// Ends the program when its output cannot be written: quietly behind `| head`, where nobody reads
/// it any more, else (a full disk) with an error. `println!` would panic.
fn end_with_the_reader() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| match panic.payload_as_str() {
        Some(words) if words.starts_with("failed printing to stdout") => {
            if words.contains("Broken pipe") {
                process::exit(NOBODY_READS);
            }
            eprintln!("error: {words}");
            process::exit(2);
        }
        _ => report(panic),
    }));
}
