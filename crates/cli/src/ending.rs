//! Ends a program: with exit code 0, with 2 and its error, or when its output is no longer read.
//!
//! `println!` and `eprintln!` panic if they cannot write. For standard output [`run`] turns that
//! into an exit code. Only [`tell`] writes to standard error, and it ignores failures: the exit
//! code reports an error even if the message cannot be written.

#![allow(dead_code, reason = "each program takes what it needs")]

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::panic;
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a shell shows for a program that was ended by the signal PIPE (128 + 13).
const NO_ONE_READS: u8 = 141;

/// Runs a program. An error is printed on standard error and gives exit code 2.
pub fn run(program: impl FnOnce() -> Result<ExitCode, Box<dyn Error>>) -> ExitCode {
    quietly();
    let code = program().unwrap_or_else(|error| {
        tell(format_args!("error: {error}"));
        ExitCode::from(2)
    });
    match io::stdout().flush() {
        Ok(()) => code,
        Err(error) => ExitCode::from(code_for_unwritten(&error.to_string())),
    }
}

/// See [`is_silent`].
static IS_SILENT: AtomicBool = AtomicBool::new(false);

/// Makes [`tell`] say nothing from now on.
pub fn be_silent() {
    IS_SILENT.store(true, Ordering::Relaxed);
}

/// Returns `true` if another process says what this one would.
pub fn is_silent() -> bool {
    IS_SILENT.load(Ordering::Relaxed)
}

/// Writes a line to standard error, if that is possible.
pub fn tell(line: impl Display) {
    if !is_silent() {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// From now on, ends the program when its output cannot be written, where `println!` would panic: quietly
/// when it is no longer read, as with `| head`.
pub fn quietly() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| match panic.payload_as_str() {
        Some(words) if words.starts_with("failed printing to stdout") => {
            process::exit(code_for_unwritten(words).into());
        }
        _ => report(panic),
    }));
}

/// Returns the exit code for standard output that cannot be written. After a closed pipe, as with
/// `| head`, it prints nothing; otherwise (a full disk) it prints the error.
pub fn code_for_unwritten(reason: &str) -> u8 {
    if reason.contains("Broken pipe") {
        return NO_ONE_READS;
    }
    let what = "failed printing to stdout";
    match reason.starts_with(what) {
        true => tell(format_args!("error: {reason}")),
        false => tell(format_args!("error: {what}: {reason}")),
    }
    2
}
