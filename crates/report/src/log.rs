//! Writes a run to a file of JSON Lines: one record per line, for plots, scripts and `tail -f`.
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
//! | `record` | all | the kind of record |
//! | `command`, `seed`, `options` | start | the command line and the options it sets |
//! | `run` | the others | the name of the run: a program may train several models |
//! | `epoch` | step, resume, stop | the number of the running epoch, counted from 1 |
//! | `step` | step, resume, stop | the number of its steps taken |
//! | `loss`, and each metric by its name, such as `accuracy` | step | on that step's batch, before the step; shares from 0 to 1 |
//! | `rate` | step, epoch | the learning rate of the next step |
//! | `number`, `of`, `steps`, `training`, `validation`, `tracked`, `activity`, `seconds` | epoch | see [`Epoch`] |

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use data::{FileError, beginning, read_line};
use files::advice;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tensor::Scalar;
use thiserror::Error;
use train::{Context, Epoch, Observer, ObserverError, Score};

/// A line of the file. The table above explains the fields.
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
        #[serde(flatten)]
        score: &'a Score,
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

/// When a [`Log`] writes a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogEvery {
    /// After each step, and after each epoch.
    Step,
    /// After each epoch.
    #[default]
    Epoch,
}

/// A log cannot be written: the file, and its fault.
pub type LogError = FileError<LogFault>;

/// The faults of a log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogFault {
    /// It cannot be read or written.
    #[error("the log cannot be written: {0}; {advice}", advice = advice(.0))]
    Io(#[from] io::Error),
    /// A log to be continued has a line that is not a record.
    #[error(
        "line {line} is not a record of a log ({found}); give another file, or remove this one"
    )]
    Record {
        /// Its number, counted from 1.
        line: usize,
        /// What is wrong with it.
        found: String,
    },
    /// A log to be continued belongs to another run.
    #[error(
        "the log is of another run: {what} was {saved} and is now {now}; give another file, or remove \
         this one"
    )]
    OtherRun {
        /// The seed, or the name of an option.
        what: String,
        /// Its value in the run of the log.
        saved: String,
        /// Its value now.
        now: String,
    },
    /// A log to be continued does not say which run it belongs to.
    #[error("the log has no record `start`; give another file, or remove this one")]
    NoStart,
}

/// An observer that writes a record immediately after each epoch, or each step.
///
/// A resumed run has the same records as a run without an interruption, except for `start`,
/// `resume` and `stop`: records of an earlier attempt are not written again.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    every: LogEvery,
    run: String,
    /// The last epoch and step of each run in the file.
    written: HashMap<String, Position>,
    start: Option<Start>,
    is_empty: bool,
}

/// The seed and options at the beginning of a log's run.
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
    /// Creates a new file and replaces an existing one.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn create(path: impl AsRef<Path>, every: LogEvery) -> Result<Self, LogError> {
        let path = path.as_ref().to_path_buf();
        match File::create(&path) {
            Ok(file) => Ok(Self::with(path, file, every, Found::default())),
            Err(error) => Err(FileError::new(path, error.into())),
        }
    }

    /// Opens the file of an earlier attempt to continue it, or creates a new one. An incomplete
    /// last line is cut off.
    ///
    /// # Errors
    /// If the file cannot be read or written, or is not a log.
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

    /// Returns the path of the file. It may have been removed since it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns `true` if the file had no record when it was opened.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Checks that a log to be continued belongs to this run: its record `start` must have this
    /// seed and the same values of these options. Other options may differ. Without this check,
    /// records of this run would be left out because another run has already written theirs.
    ///
    /// # Errors
    /// If the log belongs to another run, or has no record `start`.
    pub fn check_start(&self, seed: u64, options: &impl Serialize) -> Result<(), LogError> {
        let options = serde_json::to_value(options).map_err(|error| self.error(error))?;
        self.difference(seed, &options)
            .map_or(Ok(()), |fault| Err(FileError::new(&self.path, fault)))
    }

    /// Returns the first difference of this seed and these options from the log's record `start`.
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

    /// Sets the run of the following records.
    pub fn of_run(&mut self, name: impl Into<String>) -> &mut Self {
        self.run = name.into();
        self
    }

    /// Writes the record `start`: the command with its arguments, the seed, and all options.
    ///
    /// # Errors
    /// If the file cannot be written.
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

    /// Returns `true` if the record of this position must be written, and marks it as written.
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
        match &now.batch {
            Some(score) if self.every == LogEvery::Step && self.is_new((epoch, step)) => {
                let rate = now.optimizer.rate();
                Ok(self.write(&LogRecord::Step { run, epoch, step, score, rate })?)
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

/// The content of a log to be continued.
#[derive(Default)]
struct Found {
    /// The last position of each run.
    written: HashMap<String, Position>,
    start: Option<Start>,
    /// The offset of the end of the last complete line.
    end: u64,
}

fn read(file: &File) -> Result<Found, LogFault> {
    let (mut found, size) = (Found::default(), file.metadata()?.len());
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    for number in 1.. {
        // An incomplete line has no line feed.
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

/// The fields of a line that are needed to continue a log.
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
    /// Returns the seed and options of a record `start`.
    fn start(&mut self) -> Option<Start> {
        (self.record == "start").then_some(())?;
        Some(Start { seed: self.seed?, options: self.options.take().unwrap_or_default() })
    }

    /// Returns the run and the position of a record that must not be written twice.
    fn position(self) -> Option<(String, Position)> {
        match self.record.as_str() {
            "step" => Some((self.run?, (self.epoch?, self.step?))),
            "epoch" => Some((self.run?, (self.number?, END))),
            _ => None,
        }
    }
}
