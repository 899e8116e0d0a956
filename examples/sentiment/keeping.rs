//! What is shown and kept of a run while it goes on: bars, a log, checkpoints, and Ctrl-C.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use nn::Model;
use serde::Serialize;
use serde_json::Value;
use train::{
    Checkpoints, Console, History, Interrupt, Log, LogEvery, Observer, Session, TrainError,
};

use crate::cli::positive;

/// What to keep of a run, and where.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Keeping")]
pub struct Keeping {
    /// Write a checkpoint into this folder at the end of each epoch, and when Ctrl-C is pressed, so
    /// that --resume can go on after an interruption. Each model has a subfolder with its newest
    /// checkpoint and the one before; `predict --model` takes such a file too.
    #[arg(long, value_name = "DIR", group = "folder", conflicts_with = "resume")]
    pub checkpoint: Option<PathBuf>,
    /// Also write one after every N steps.
    #[arg(long, value_name = "N", value_parser = positive, requires = "folder")]
    pub every: Option<usize>,
    /// Go on with the run that was interrupted while it wrote checkpoints into this folder. The other
    /// options must be what they were; only --epochs and --patience may change. The result is the
    /// same, bit by bit, as without the interruption.
    #[arg(long, value_name = "DIR", group = "folder")]
    pub resume: Option<PathBuf>,
    /// Write the run into this file as JSON Lines, while it goes on: `tail -f` shows it. After
    /// --resume, the file of the interrupted run is continued.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Whether the log has a record for each step or for each epoch only.
    #[arg(long, value_name = "WHAT", default_value = "epoch", requires = "log")]
    pub log_every: Every,
}

/// How often the log gets a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Every {
    Step,
    Epoch,
}

/// All options that decide the result, by name: a run is resumed with the same ones only.
pub type Settings = BTreeMap<&'static str, Value>;

/// Runs sessions, and keeps what was asked for.
pub struct Keeper {
    folder: Option<PathBuf>,
    every: Option<usize>,
    log: Option<Log>,
    is_quiet: bool,
    interrupt: Interrupt,
    settings: Settings,
}

impl Keeping {
    /// Opens the log, checks the folder, and takes over Ctrl-C.
    pub fn open(
        &self,
        is_quiet: bool,
        seed: u64,
        settings: Settings,
    ) -> Result<Keeper, Box<dyn Error>> {
        self.check_folder()?;
        let log = self.log.as_deref().map(|path| self.open_log(path, seed, &settings));
        Ok(Keeper {
            folder: self.checkpoint.clone().or_else(|| self.resume.clone()),
            every: self.every,
            log: log.transpose()?,
            is_quiet,
            interrupt: Interrupt::listen()?,
            settings,
        })
    }

    /// Checks that a new run overwrites none, and that there is one to go on with.
    fn check_folder(&self) -> Result<(), Box<dyn Error>> {
        if let Some(folder) = &self.checkpoint
            && folder.exists()
            && Checkpoints::are_below(folder)?
        {
            let folder = folder.display();
            return Err(format!(
                "--checkpoint {folder}: there are checkpoints of a run in this folder; --resume \
                 {folder} goes on with it, or give another folder to begin a new one"
            )
            .into());
        }
        if let Some(folder) = &self.resume
            && !Checkpoints::are_below(folder)?
        {
            let folder = folder.display();
            return Err(format!(
                "--resume {folder}: there is no checkpoint in this folder; --checkpoint {folder} \
                 begins a run"
            )
            .into());
        }
        Ok(())
    }

    fn open_log(&self, path: &Path, seed: u64, settings: &Settings) -> Result<Log, Box<dyn Error>> {
        let every = match self.log_every {
            Every::Step => LogEvery::Step,
            Every::Epoch => LogEvery::Epoch,
        };
        if self.resume.is_some() && path.exists() {
            return Ok(Log::resume(path, every)?);
        }
        let mut log = Log::create(path, every)?;
        log.start(&arguments(), seed, settings)?;
        Ok(log)
    }
}

impl Keeper {
    /// Whether nothing but final figures and errors is to be printed.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Trains the model of this name with this seed, from its newest checkpoint on if it has one.
    pub fn train<M: Model>(
        &mut self,
        name: &str,
        seed: u64,
        session: Session<'_, M, f32>,
        description: &impl Serialize,
    ) -> Result<History, Box<dyn Error>> {
        let run = format!("{name}-{seed}");
        let mut checkpoints = self.checkpoints(&run, description)?;
        let session = match &checkpoints {
            Some(checkpoints) => resumed(session, checkpoints)?,
            None => session,
        };
        let mut console = (!self.is_quiet).then(|| Console::new(name));
        let mut observers: Vec<&mut dyn Observer<f32>> = vec![&mut self.interrupt];
        observers.extend(console.as_mut().map(|console| console as _));
        observers.extend(self.log.as_mut().map(|log| log.of_run(&run) as _));
        observers.extend(checkpoints.as_mut().map(|checkpoints| checkpoints as _));
        session.run(&mut observers).map_err(|error| {
            let folder = self.folder.clone();
            let written = checkpoints.and_then(|all| all.written().map(Path::to_path_buf));
            match error {
                TrainError::Stopped { .. } => Interrupted { error, folder, written }.into(),
                error => error.into(),
            }
        })
    }

    fn checkpoints(
        &self,
        run: &str,
        description: &impl Serialize,
    ) -> Result<Option<Checkpoints>, Box<dyn Error>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let mut checkpoints = Checkpoints::new(folder.join(run), description)?;
        if let Some(steps) = self.every {
            checkpoints = checkpoints.every(steps);
        }
        for (name, value) in &self.settings {
            checkpoints = checkpoints.setting(name, value);
        }
        Ok(Some(checkpoints))
    }
}

/// The session from its newest checkpoint on, if it has one; what was passed over is told.
fn resumed<'a, M: Model>(
    session: Session<'a, M, f32>,
    checkpoints: &Checkpoints,
) -> Result<Session<'a, M, f32>, Box<dyn Error>> {
    let Some(checkpoint) = checkpoints.newest()? else { return Ok(session) };
    for damage in checkpoint.damaged() {
        eprintln!("warning: {damage}");
    }
    if !checkpoint.damaged().is_empty() {
        eprintln!("warning: going on from the one before, {}", checkpoint.path().display());
    }
    Ok(session.resume(checkpoint)?)
}

/// Training was stopped by Ctrl-C: what is left of it.
#[derive(Debug)]
struct Interrupted {
    error: TrainError,
    folder: Option<PathBuf>,
    written: Option<PathBuf>,
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. ", self.error)?;
        match (&self.folder, &self.written) {
            (Some(folder), Some(file)) => write!(
                f,
                "It is kept in {}; go on with\n\n    {}",
                file.display(),
                command_to_resume(arguments(), folder)
            ),
            _ => write!(f, "Nothing of it was kept; with --checkpoint DIR it could be resumed"),
        }
    }
}

impl Error for Interrupted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// How this program was called.
fn arguments() -> Vec<String> {
    env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// The same call with --resume in place of --checkpoint, quoted for a shell.
fn command_to_resume(arguments: Vec<String>, folder: &Path) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(word) = arguments.next() {
        match word.as_str() {
            "--checkpoint" | "--resume" => drop(arguments.next()),
            other if other.starts_with("--checkpoint=") || other.starts_with("--resume=") => {}
            _ => words.push(word),
        }
    }
    words.extend(["--resume".to_string(), folder.display().to_string()]);
    let quoted = words.iter().map(|word| shlex::try_quote(word).unwrap_or(word.as_str().into()));
    quoted.collect::<Vec<_>>().join(" ")
}
