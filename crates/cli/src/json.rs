//! The option `--json`, which means the same in every command that has it.
//!
//! `--json` prints JSON on standard output, which then holds nothing else: whatever a command says to a person goes to
//! standard error (see `saying.rs`). `--json=FILE` writes the same into a file, whole or not at all, and standard
//! output holds what it holds without the option. It is one document on one line, or for `predict` a line for each
//! answer.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use data::printable_json;
use files::{WriteError, write_whole};

use crate::places::check_places;

/// Where JSON goes, if it is asked for.
#[derive(Args, Clone, Debug, Default)]
pub struct JsonOutput {
    /// Print the figures as JSON, one document on one line; shares are from 0 to 1. Standard output then holds
    /// nothing else: all other output goes to standard error. With `--json=FILE` the figures are written into FILE
    /// instead.
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = STANDARD_OUTPUT,
        value_hint = ValueHint::FilePath
    )]
    json: Option<PathBuf>,
}

/// The name of standard output.
const STANDARD_OUTPUT: &str = "-";

/// Writes a line of JSON.
pub type WriteLine<'a> = dyn FnMut(&str) -> io::Result<()> + 'a;

impl JsonOutput {
    /// Returns `true` if JSON is printed or written.
    pub fn is_wanted(&self) -> bool {
        self.json.is_some()
    }

    /// Returns `true` if standard output is for JSON alone.
    pub fn is_printed(&self) -> bool {
        self.json.as_deref() == Some(Path::new(STANDARD_OUTPUT))
    }

    /// Returns the file to write.
    pub fn file(&self) -> Option<&Path> {
        self.json.as_deref().filter(|_| !self.is_printed())
    }

    /// Checks that the file can be written, and is not one of the files that are read. Each comes with its option.
    pub fn check(&self, read: &[(&'static str, PathBuf)]) -> Result<(), String> {
        check_places(read, &[("--json", self.file())], &[])
    }

    /// Prints or writes a document.
    pub fn write(&self, document: &str) -> Result<(), WriteError> {
        let document = printable_json(document);
        if self.is_printed() {
            println!("{document}");
        }
        match self.file() {
            Some(path) => write_whole(path, |file| writeln!(file, "{document}")),
            None => Ok(()),
        }
    }

    /// Runs `answer`, which calls its argument with each line. After an error there is no file.
    pub fn write_lines(
        &self,
        answer: impl FnOnce(&mut WriteLine) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        if self.is_printed() {
            return answer(&mut |line| {
                println!("{}", printable_json(line));
                Ok(())
            });
        }
        let Some(path) = self.file() else { return answer(&mut |_| Ok(())) };
        let mut failure = None;
        let written = write_whole(path, |file| {
            let answered = answer(&mut |line| writeln!(file, "{}", printable_json(line)));
            // An error of the file is told with its path.
            answered.map_err(|error| match error.downcast::<io::Error>() {
                Ok(error) => *error,
                Err(error) => {
                    failure = Some(error);
                    io::Error::other("there are not all answers")
                }
            })
        });
        match failure {
            Some(error) => Err(error),
            None => Ok(written?),
        }
    }
}
