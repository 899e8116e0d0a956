//! The end of a run that a signal has stopped.

use std::error::Error;
use std::fmt::{self, Display};
use std::process::ExitCode;

use report::Interrupt;
use train::TrainError;

use crate::ending;
use crate::parse;

/// Runs a program: exit code 0, 2 with the error or what is wrong with the options on standard
/// error, or after Ctrl-C 130 and after SIGTERM 143.
pub fn run(program: impl FnOnce() -> Result<(), Box<dyn Error>>) -> ExitCode {
    ending::run(|| match program() {
        Err(error) => {
            let error = match error.downcast::<clap::Error>() {
                Ok(message) => return Ok(parse::tell(&message)),
                Err(error) => error,
            };
            let interrupted: Box<Interrupted> = error.downcast()?;
            // The terminal shows ^C on this line.
            ending::tell(format_args!("\ninterrupted: {interrupted}"));
            Ok(ExitCode::from(interrupted.code))
        }
        Ok(()) => Ok(ExitCode::SUCCESS),
    })
}

/// Training was stopped by a signal.
#[derive(Debug)]
pub struct Interrupted {
    message: String,
    code: u8,
}

impl Interrupted {
    /// Returns an error of training. If a signal was the reason, it says what remains of the run.
    pub fn by(interrupt: &Interrupt, error: TrainError, left: impl Display) -> Box<dyn Error> {
        match error {
            TrainError::Stopped { .. } => {
                Box::new(Self { message: format!("{error}. {left}"), code: interrupt.exit_code() })
            }
            error => error.into(),
        }
    }
}

impl Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Interrupted {}
