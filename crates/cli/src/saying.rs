//! Prints what a command says to a person: on standard output or, if that is for JSON only, on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

use data::printable_lines;
use report::Console;

use crate::ending::tell;

static IS_OUTPUT_FOR_JSON: AtomicBool = AtomicBool::new(false);

/// Leaves standard output to JSON from now on.
pub fn leave_output_to_json() {
    IS_OUTPUT_FOR_JSON.store(true, Ordering::Relaxed);
}

/// Prints a line for a person.
pub fn say(line: impl Display) {
    match IS_OUTPUT_FOR_JSON.load(Ordering::Relaxed) {
        true => tell(line),
        false => println!("{line}"),
    }
}

/// Prints a text that may come from anywhere: as it is, but on a terminal with its control characters made visible.
pub fn print_text(text: &str) {
    match io::stdout().is_terminal() {
        true => print!("{}", printable_lines(text)),
        false => print!("{text}"),
    }
}

/// Returns the observer that shows the progress of training.
pub fn console(name: &str) -> Console {
    Console::new(name).with_lines(|line| say(line))
}
