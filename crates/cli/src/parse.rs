//! Parses the options of a call. Wrong options and `--help` end the program.

use std::process::ExitCode;

use clap::Parser;

use crate::ending::{code_for_unwritten, is_silent};

/// Returns the options of this call. The error is a message on wrong ones, or the help.
pub fn parse<P: Parser>() -> Result<P, clap::Error> {
    P::try_parse()
}

/// Prints such a message, and returns the exit code: 2, and for `--help` 0.
pub fn tell(message: &clap::Error) -> ExitCode {
    let printed = if is_silent() { Ok(()) } else { message.print() };
    ExitCode::from(match printed {
        // A message on a wrong option goes to standard error.
        Err(error) if !message.use_stderr() => code_for_unwritten(&error.to_string()),
        _ => message.exit_code() as u8,
    })
}
