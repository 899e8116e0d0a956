//! A run as a file of JSON Lines: one record a line, for plots and scripts, and for `tail -f`.
//!
//! ```text
//! {"record":"start","command":["wengert","train"],"seed":0,"options":{…}}
//! {"record":"step","run":"swiglu","epoch":1,"step":1,"loss":2.08,"accuracy":0.125,"rate":0.001}
//! {"record":"epoch","run":"swiglu","number":1,"of":10,"rate":0.001,"training":{"loss":1.6,…},…}
//! {"record":"resume","run":"swiglu","epoch":2,"step":37}
//! {"record":"stop","run":"swiglu","epoch":2,"step":118}
//! ```
//!
//! | field | of | |
//! |---|---|---|
//! | `record` | all | which kind of record it is |
//! | `command`, `seed`, `options` | start | how the program was called, and what follows from it |
//! | `run` | the others | the name of the run: a program may train several models |
//! | `epoch` | step, resume, stop | the number of the running epoch, counted from 1 |
//! | `step` | step, resume, stop | how many of its steps are taken |
//! | `loss`, `accuracy` | step | of that step's batch, before the step, in nats and as a fraction |
//! | `rate` | step, epoch | the learning rate of the step that comes next |
//! | `number`, `of`, `training`, `validation`, `tracked`, `seconds` | epoch | see [`Epoch`] |

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use data::{FileError, beginning, read_line};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tensor::Scalar;
use thiserror::Error;
use train::{Context, Epoch, Observer, ObserverError, Score};

/// A line of the file; the table above says what the fields are.
#[derive(Serialize)]
#[serde(tag = "record", rename_all = "lowercase")]
enum LogRecord<'a> {
    Start {
        command: &'a [String],
        seed: u64,
        options: Value,
    },
    Step {
        run: String,
        epoch: usize,
        step: usize,
        loss: f64,
        accuracy: f64,
        rate: f64,
    },
    Epoch {
        run: String,
        #[serde(flatten)]
        epoch: &'a Epoch,
    },
    Resume {
        run: String,
        epoch: usize,
        step: usize,
    },
    Stop {
        run: String,
        epoch: usize,
        step: usize,
    },
}

/// How often a [`Log`] gets a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogEvery {
    /// After each step, and after each epoch.
    Step,
    /// After each epoch.
    #[default]
    Epoch,
}

/// Why a log cannot be written: the file, and what is wrong.
pub type LogError = FileError<LogFault>;

/// What can be wrong with a log.
#[derive(Debug, Error)]
pub enum LogFault {
    /// It cannot be read or written.
    #[error("the log cannot be written: {0}; give a file in a directory that you may write to")]
    Io(#[from] io::Error),
    /// A log that is to be continued has a line of another kind.
    #[error("line {line} is no record of a log ({found}); give another file, or remove this one")]
    Record {
        /// Its number, counted from 1.
        line: usize,
        /// What is wrong with it.
        found: String,
    },
    /// A log that is to be continued is of another run.
    #[error(
        "the log is of another run: {what} was {saved} and is now {now}; give another file, or remove \
         this one"
    )]
    OtherRun {
        /// The seed, or the name of an option.
        what: String,
        /// What it was in the run that the log is of.
        saved: String,
        /// What it is now.
        now: String,
    },
    /// A log that is to be continued does not say which run it is of.
    #[error("the log has no record `start`; give another file, or remove this one")]
    NoStart,
}

/// An observer that writes a record after each epoch, or each step, at once.
///
/// The records of a resumed run are those of a run that was not interrupted, but for `start`,
/// `resume` and `stop`: what an earlier attempt has written is not written again.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    every: LogEvery,
    run: String,
    /// For each run the last epoch and step that the file knows of.
    written: HashMap<String, Position>,
    start: Option<Start>,
    is_empty: bool,
}

/// The seed and options with which the run of a log was begun.
#[derive(Debug)]
struct Start {
    seed: u64,
    options: Value,
}

/// The number of an epoch and of a step in it; the end of an epoch comes after all its steps.
type Position = (usize, usize);

/// The step of an epoch's end.
const END: usize = usize::MAX;

impl Log {
    /// A new file, in place of one that there may be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: impl AsRef<Path>, every: LogEvery) -> Result<Self, LogError> {
        let path = path.as_ref().to_path_buf();
        match File::create(&path) {
            Ok(file) => Ok(Self::with(path, file, every, Found::default())),
            Err(error) => Err(FileError::new(path, error.into())),
        }
    }

    /// The file of an earlier attempt, to be continued; a new one if there is none. A last line that
    /// is not whole is cut off.
    ///
    /// # Errors
    /// When it cannot be read or written, or is no log.
    pub fn resume(path: impl AsRef<Path>, every: LogEvery) -> Result<Self, LogError> {
        let path = path.as_ref().to_path_buf();
        let open = || -> Result<_, LogFault> {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(&path)?;
            let found = read(&file)?;
            file.set_len(found.end)?;
            file.seek(SeekFrom::End(0))?;
            Ok((file, found))
        };
        match open() {
            Ok((file, found)) => Ok(Self::with(path, file, every, found)),
            Err(fault) => Err(FileError::new(path, fault)),
        }
    }

    fn with(path: PathBuf, file: File, every: LogEvery, found: Found) -> Self {
        let Found { written, start, end } = found;
        Self { path, file, every, run: String::new(), written, start, is_empty: end == 0 }
    }

    /// Returns `true` if there was no record when it was opened.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Checks that a log to be continued is of this run: that its record `start` has this seed, and
    /// the same values of these options. Others may differ. Without this check the records of another
    /// run would be taken for those of this one, and left out.
    ///
    /// # Errors
    /// When it is of another run, or has no such record.
    pub fn check_start(&self, seed: u64, options: &impl Serialize) -> Result<(), LogError> {
        let options = serde_json::to_value(options).map_err(|error| self.error(error))?;
        self.difference(seed, &options)
            .map_or(Ok(()), |fault| Err(FileError::new(&self.path, fault)))
    }

    /// What tells this seed and these options from those that the log was begun with.
    fn difference(&self, seed: u64, options: &Value) -> Option<LogFault> {
        let Some(start) = &self.start else { return Some(LogFault::NoStart) };
        let differs = |what: &str, saved: &Value, now: &Value| {
            let (saved, now) = (saved.to_string(), now.to_string());
            (saved != now).then(|| LogFault::OtherRun { what: what.to_string(), saved, now })
        };
        let mut options = options.as_object().into_iter().flatten();
        differs("the seed", &start.seed.into(), &seed.into())
            .or_else(|| options.find_map(|(name, now)| differs(name, &start.options[name], now)))
    }

    /// Names the run of the records to come.
    pub fn of_run(&mut self, name: impl Into<String>) -> &mut Self {
        self.run = name.into();
        self
    }

    /// Writes the record `start`: the command with its arguments, the seed, and all options.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn start(
        &mut self,
        command: &[String],
        seed: u64,
        options: &impl Serialize,
    ) -> Result<(), LogError> {
        let options = serde_json::to_value(options).map_err(|error| self.error(error))?;
        self.write(&LogRecord::Start { command, seed, options })
    }

    fn write(&mut self, record: &LogRecord<'_>) -> Result<(), LogError> {
        let line = serde_json::to_string(record).map_err(|error| self.error(error))?;
        let done = self.file.write_all(format!("{line}\n").as_bytes());
        done.map_err(|error| self.error(error))
    }

    fn error(&self, error: impl Into<io::Error>) -> LogError {
        FileError::new(&self.path, error.into().into())
    }

    /// Whether a record of this position is still to be written; from now on it is not.
    fn is_new(&mut self, position: Position) -> bool {
        let known = self.written.get(&self.run).is_some_and(|&last| position <= last);
        if !known {
            self.written.insert(self.run.clone(), position);
        }
        !known
    }
}

impl<T: Scalar> Observer<T> for Log {
    fn begin(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        let (run, epoch, step) = (self.run.clone(), now.progress.epoch(), now.progress.step());
        match now.steps() {
            0 => Ok(()),
            _ => Ok(self.write(&LogRecord::Resume { run, epoch, step })?),
        }
    }

    fn step(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        let (run, epoch, step) = (self.run.clone(), now.progress.epoch(), now.progress.step());
        match now.batch {
            Some(Score { loss, accuracy })
                if self.every == LogEvery::Step && self.is_new((epoch, step)) =>
            {
                let rate = now.optimizer.rate();
                Ok(self.write(&LogRecord::Step { run, epoch, step, loss, accuracy, rate })?)
            }
            _ => Ok(()),
        }
    }

    fn epoch(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        match now.progress.epochs.last() {
            Some(epoch) if self.is_new((epoch.number, END)) => {
                Ok(self.write(&LogRecord::Epoch { run: self.run.clone(), epoch })?)
            }
            _ => Ok(()),
        }
    }

    fn stop(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        let (run, epoch, step) = (self.run.clone(), now.progress.epoch(), now.progress.step());
        Ok(self.write(&LogRecord::Stop { run, epoch, step })?)
    }
}

/// What a log holds that is to be continued.
#[derive(Default)]
struct Found {
    /// The last position of each run.
    written: HashMap<String, Position>,
    start: Option<Start>,
    /// Where the last whole line ends.
    end: u64,
}

fn read(file: &File) -> Result<Found, LogFault> {
    let (mut found, size) = (Found::default(), file.metadata()?.len());
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    for number in 1.. {
        // One byte is the line feed; a line that is cut off within has none.
        let is_line = read_line(&mut reader, &mut line)?;
        let length = line.len() as u64 + 1;
        if !is_line || found.end + length > size {
            break;
        }
        let mut record =
            serde_json::from_slice::<LogLine>(&line).map_err(|error| LogFault::Record {
                line: number,
                found: beginning(&error.to_string(), 300).into_owned(),
            })?;
        if found.start.is_none() {
            found.start = record.start();
        }
        if let Some((run, position)) = record.position() {
            let last = found.written.entry(run).or_insert(position);
            *last = position.max(*last);
        }
        found.end += length;
    }
    Ok(found)
}

/// What must be known of a line to continue a log.
#[derive(Deserialize)]
struct LogLine {
    record: String,
    run: Option<String>,
    epoch: Option<usize>,
    step: Option<usize>,
    number: Option<usize>,
    seed: Option<u64>,
    options: Option<Value>,
}

impl LogLine {
    /// What a record `start` says.
    fn start(&mut self) -> Option<Start> {
        (self.record == "start").then_some(())?;
        Some(Start { seed: self.seed?, options: self.options.take().unwrap_or_default() })
    }

    /// The run and the position that a record belongs to, if it is not to be written twice.
    fn position(self) -> Option<(String, Position)> {
        match self.record.as_str() {
            "step" => Some((self.run?, (self.epoch?, self.step?))),
            "epoch" => Some((self.run?, (self.number?, END))),
            _ => None,
        }
    }
}
