//! Parses the options of a call. Wrong options and `--help` end the program.

use std::process;

use clap::Parser;

use crate::ending::code_for_unwritten;

/// Returns the options of this call. A wrong one ends the program with exit code 2, `--help` with
/// 0.
pub fn parse<P: Parser>() -> P {
    P::try_parse().unwrap_or_else(|message| {
        let code = match message.print() {
            // A message on a wrong option goes to standard error.
            Err(error) if !message.use_stderr() => code_for_unwritten(&error.to_string()),
            _ => message.exit_code() as u8,
        };
        process::exit(code.into())
    })
}
