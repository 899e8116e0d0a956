//! The options of a call, or its end where they are wrong or ask for help.

use std::process;

use clap::Parser;

use crate::ending::code_for_unwritten;

/// The options of this call. A wrong one ends the program with exit code 2, `--help` with 0.
pub fn parse<P: Parser>() -> P {
    P::try_parse().unwrap_or_else(|message| {
        let code = match message.print() {
            // It is for standard error where it is about a wrong option.
            Err(error) if !message.use_stderr() => code_for_unwritten(&error.to_string()),
            _ => message.exit_code() as u8,
        };
        process::exit(code.into())
    })
}
