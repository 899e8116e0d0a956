//! The observers of a run: bars, a log, checkpoints, and the handling of Ctrl-C. With checkpoints, its options are
//! kept, and a run that is interrupted says by which command it is resumed.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::mem;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use data::{
    Dataset, Samples, Source, beginning, printable, printable_path, read_weights, read_whole,
};
use nn::Model;
use report::{Interrupt, Log, LogEvery};
use serde::Serialize;
use serde_json::Value;
use store::{Checkpoint, Checkpoints, FolderLock};
use train::{History, Loss, Observer, Session, TrainError, Workers};

use crate::ending::tell;
use crate::interrupted::Interrupted;
use crate::notes::note;
use crate::places::make_folder;
use crate::processes::{self, World};
use crate::saying::console;
use crate::shell::{joined, with_option};
use crate::values::positive;

/// The checkpoints and the log of a run.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Checkpoints and log")]
pub struct Keeping {
    /// Write a checkpoint into this folder at the end of each epoch, and on Ctrl-C or SIGTERM, so that the
    /// run can be continued with --resume. Each model has a subfolder with its newest checkpoint and the
    /// one before; `predict --model` takes such a file, too.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, group = "folder", conflicts_with = "resume")]
    pub checkpoint: Option<PathBuf>,
    /// Also write a checkpoint after every N steps.
    #[arg(long, value_name = "N", value_parser = positive, requires = "folder")]
    pub every: Option<usize>,
    /// Resume the interrupted run whose checkpoints are in this folder, with the same options; only
    /// --epochs, --patience, --activation, --watch-layers and, for texts, --test may change. The result is bit for
    /// bit the same as an uninterrupted run's. Finished models are not trained again.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, group = "folder")]
    pub resume: Option<PathBuf>,
    /// Write the run into this file as JSON Lines while it runs: `tail -f` shows it. A resumed run
    /// appends to its file.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Write a record for each step, or for each epoch only.
    #[arg(long, value_name = "WHAT", default_value = "epoch", requires = "log")]
    pub log_every: Every,
}

/// The events that the log records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Every {
    Step,
    Epoch,
}

/// Options by name.
pub type Options = BTreeMap<String, Value>;

/// The file in the folder of checkpoints that holds the options of the run.
const OPTIONS: &str = "options.json";

/// The file beside it that holds the trials of a search so far.
pub const TRIALS: &str = "search.json";

/// Runs sessions with the requested observers.
pub struct Keeper {
    folder: Option<PathBuf>,
    resumes: bool,
    every: Option<usize>,
    log: Option<Log>,
    is_quiet: bool,
    /// `true` before the first session.
    is_new: bool,
    interrupt: Interrupt,
    /// Held until the end, so that no other run writes into the folder.
    _lock: Option<FolderLock>,
}

impl Keeping {
    /// Returns the files in the folder of the run that no output may replace, with the option that names it.
    pub fn files(&self) -> Vec<(&'static str, PathBuf)> {
        let folders = [("--checkpoint", &self.checkpoint), ("--resume", &self.resume)];
        let given =
            folders.into_iter().filter_map(|(option, folder)| Some((option, folder.as_ref()?)));
        given
            .flat_map(|(option, folder)| [OPTIONS, TRIALS].map(|name| (option, folder.join(name))))
            .collect()
    }

    /// Locks the folder, and opens the log. To resume a run, the `fixed` options must be the same;
    /// the `free` options may change.
    pub fn open(
        &self,
        interrupt: Interrupt,
        is_quiet: bool,
        seed: u64,
        fixed: Options,
        free: Options,
    ) -> Result<Keeper, Box<dyn Error>> {
        check_same_in_processes(&fixed)?;
        check_same_in_processes(&free)?;
        if !processes::is_first() {
            return Ok(Keeper::without_files(interrupt, self.resume.is_some()));
        }
        if let Some(folder) = &self.checkpoint {
            check_new(folder)?;
            make_folder("--checkpoint", folder)?;
        }
        if let Some(folder) = &self.resume {
            check_same_as_kept(folder, &fixed)?;
        }
        let lock = self.lock()?;
        let log =
            self.log.as_deref().map(|path| self.open_log(path, seed, &fixed, free)).transpose()?;
        if let Some(folder) = &self.checkpoint {
            begin(folder, &fixed)?;
        }
        Ok(Keeper {
            folder: self.checkpoint.clone().or_else(|| self.resume.clone()),
            resumes: self.resume.is_some(),
            every: self.every,
            log,
            is_quiet,
            is_new: true,
            interrupt,
            _lock: lock,
        })
    }

    /// Locks the folder, so that no other run writes into it.
    fn lock(&self) -> Result<Option<FolderLock>, String> {
        let (option, folder) = match (&self.checkpoint, &self.resume) {
            (Some(folder), _) => ("--checkpoint", folder),
            (_, Some(folder)) => ("--resume", folder),
            (None, None) => return Ok(None),
        };
        let lock = FolderLock::take(folder).map_err(|error| format!("{option} {error}"))?;
        // Another run may have begun here before the lock was taken.
        self.checkpoint.as_deref().map_or(Ok(()), check_new)?;
        Ok(Some(lock))
    }

    fn open_log(
        &self,
        path: &Path,
        seed: u64,
        fixed: &Options,
        free: Options,
    ) -> Result<Log, Box<dyn Error>> {
        let every = match self.log_every {
            Every::Step => LogEvery::Step,
            Every::Epoch => LogEvery::Epoch,
        };
        let mut log = match self.resume.is_some() && path.is_file() {
            true => Log::resume(path, every)?,
            false => Log::create(path, every)?,
        };
        match log.is_empty() {
            true => {
                let options: Options = fixed.clone().into_iter().chain(free).collect();
                log.start(&arguments(), seed, &options)?;
            }
            false => log.check_start(seed, fixed)?,
        }
        Ok(log)
    }
}

impl Keeper {
    /// Creates the keeper of a process that leaves files to another.
    fn without_files(interrupt: Interrupt, resumes: bool) -> Self {
        let (folder, every, log) = (None, None, None);
        Self { folder, resumes, every, log, is_quiet: true, is_new: true, interrupt, _lock: None }
    }

    /// Returns `true` if only final figures and errors should be printed.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Trains the model of this name with this seed. With --resume it starts from the model's
    /// newest checkpoint, if there is one.
    pub fn train<M: Model, L: Loss, X: Samples<Batch = M::Input>>(
        &mut self,
        name: &str,
        seed: u64,
        session: Session<'_, M, L, Dataset<X, L::Target>, f32>,
        description: &impl Serialize,
    ) -> Result<History, Box<dyn Error>> {
        self.train_before(&mut console(name), name, seed, session, description)
    }

    /// Trains like [`train`](Self::train), on samples of any kind. Unless only final figures are wanted, `console`
    /// observes the run.
    pub fn train_before<M: Model, L: Loss, S: Source + Clone>(
        &mut self,
        console: &mut dyn Observer<f32>,
        name: &str,
        seed: u64,
        session: Session<'_, M, L, S, f32>,
        description: &impl Serialize,
    ) -> Result<History, Box<dyn Error>>
    where
        S::Inputs: Samples<Batch = M::Input>,
        S::Targets: Samples<Batch = L::Target>,
    {
        let (run, shards) = (format!("{name}-{seed}"), session.options.shards);
        if shards < World.size() && mem::take(&mut self.is_new) {
            let size = World.size();
            note(&format!(
                "--shards {shards} gives work to {shards} of {size} processes; --shards {size} or more gives work to \
                 all (the result depends on it)"
            ));
        }
        let mut checkpoints = self.checkpoints(&run, description)?;
        let session = match self.resumes {
            true => resumed(session, checkpoints.as_ref())?,
            false => session,
        };
        let mut observers: Vec<&mut dyn Observer<f32>> = Vec::new();
        if !self.is_quiet {
            observers.push(console);
        }
        observers.extend(self.log.as_mut().map(|log| log.of_run(&run) as _));
        observers.extend(checkpoints.as_mut().map(|checkpoints| checkpoints as _));
        // It is the last to begin: checkpoints first read all samples, and until then a signal ends the program at once.
        observers.push(&mut self.interrupt);
        let ended = session.with_workers(&World).run(&mut observers);
        if let Some(path) = self.log.as_ref().map(Log::path).filter(|path| !path.exists()) {
            tell(format_args!(
                "warning: {}: the log is gone: it was removed or moved during the run",
                printable_path(path)
            ));
        }
        ended.map_err(|error| {
            // The folder may have been removed meanwhile.
            let written = checkpoints.as_ref().and_then(Checkpoints::written);
            let written = written.filter(|file| file.exists());
            let left = left(self.folder.as_deref(), written);
            match error {
                TrainError::Observer(_) | TrainError::Source(_) if written.is_some() => {
                    format!("{error}. That ended training. {left}").into()
                }
                error => Interrupted::by(&self.interrupt, error, left),
            }
        })
    }

    /// Returns the folder of the run, if it has one.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Trains a model that is only compared with others: without checkpoints, log or bars. Ctrl-C ends it.
    pub fn attempt<M: Model, L: Loss, S: Source + Clone>(
        &mut self,
        mut session: Session<'_, M, L, S, f32>,
    ) -> Result<History, Box<dyn Error>>
    where
        S::Inputs: Samples<Batch = M::Input>,
        S::Targets: Samples<Batch = L::Target>,
    {
        session.run(&mut [&mut self.interrupt]).map_err(|error| {
            let left = match &self.folder {
                Some(folder) => {
                    format!("The finished trials are kept; resume with\n\n    {}", resuming(folder))
                }
                None => left(None, None),
            };
            Interrupted::by(&self.interrupt, error, left)
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
        Ok(Some(checkpoints))
    }
}

/// Checks that a folder does not hold a run yet.
fn check_new(folder: &Path) -> Result<(), String> {
    let folder_name = printable_path(folder);
    if folder.join(OPTIONS).exists() {
        return Err(format!(
            "--checkpoint {folder_name}: there is already a run in this folder; resume it with {}, or \
             give another folder to begin a new one",
            with_folder("--resume", folder)
        ));
    }
    match has_checkpoints(folder) {
        false => Ok(()),
        true => Err(format!(
            "--checkpoint {folder_name}: there are checkpoints in this folder, but no {OPTIONS} to \
             resume them with; give another folder to begin a new run"
        )),
    }
}

/// Returns `true` if a subfolder holds a file with the name of a checkpoint.
fn has_checkpoints(folder: &Path) -> bool {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files = entries(folder).flat_map(|run| entries(&run.path()));
    files.any(|file| {
        let name = file.file_name();
        name.to_str()
            .is_some_and(|name| name.starts_with("step-") && name.ends_with(".safetensors"))
    })
}

/// Writes the options of a new run into its folder.
fn begin(folder: &Path, fixed: &Options) -> Result<(), Box<dyn Error>> {
    let file = folder.join(OPTIONS);
    let text = serde_json::to_string_pretty(fixed)?;
    Ok(files::write_whole(file, |file| writeln!(file, "{text}"))?)
}

/// Checks that all processes were started with the same options.
fn check_same_in_processes(options: &Options) -> Result<(), TrainError> {
    let values: Vec<(String, String)> =
        options.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    train::check_same(&World, &values)
}

/// Checks that a folder holds a run with these options.
fn check_same_as_kept(folder: &Path, fixed: &Options) -> Result<(), Box<dyn Error>> {
    let (file, begins) = (folder.join(OPTIONS), with_folder("--checkpoint", folder));
    let folder = printable_path(folder);
    let text = read_whole(&file).map_err(|error| {
        format!(
            "--resume {folder}: there is no run to resume, as {} cannot be read: {error}; \
             {begins} begins one",
            printable_path(&file)
        )
    })?;
    let begun: Options = serde_json::from_slice(&text).map_err(|error| {
        let error = error.to_string();
        let error = printable(&beginning(&error, 300)).into_owned();
        format!(
            "{}: these are not the options of a run: {error}; begin a new one",
            printable_path(&file)
        )
    })?;
    // Runs of the classifier from before this option use the last samples for validation.
    let split = fixed.contains_key("--split").then(|| ("--split".to_string(), "last".into()));
    let begun: Options = split.into_iter().chain(begun).collect();
    let nothing = Value::Null;
    let all: BTreeSet<&String> = begun.keys().chain(fixed.keys()).collect();
    for name in all {
        let (then, now) =
            (begun.get(name).unwrap_or(&nothing), fixed.get(name).unwrap_or(&nothing));
        if then != now || !fixed.contains_key(name) {
            let shown = |text: &str| printable(&beginning(text, 120)).into_owned();
            let (name, then, now) =
                (shown(name), shown(&then.to_string()), shown(&now.to_string()));
            return Err(format!(
                "--resume {folder}: this run was begun with {name} {then}, but now it is {now}; \
                 resume it with {name} {then}, or begin a new one with --checkpoint"
            )
            .into());
        }
    }
    Ok(())
}

/// Returns the session at its newest checkpoint, if there is one, and warns of skipped files. All processes
/// use the checkpoint of the first.
fn resumed<'a, M: Model, L, S: Source>(
    session: Session<'a, M, L, S, f32>,
    checkpoints: Option<&Checkpoints>,
) -> Result<Session<'a, M, L, S, f32>, Box<dyn Error>> {
    let newest = checkpoints.map(Checkpoints::newest).transpose()?.flatten();
    let newest = if World.size() == 1 { newest } else { shared(newest)? };
    let Some(checkpoint) = newest else { return Ok(session) };
    for damage in checkpoint.damaged() {
        tell(format_args!("warning: {damage}"));
    }
    if !checkpoint.damaged().is_empty() {
        let path = printable_path(checkpoint.path());
        tell(format_args!("warning: resuming from the one before, {path}"));
    }
    Ok(checkpoint.resume(session)?)
}

/// Sends the checkpoint of the first process to all, and returns it in each.
fn shared(newest: Option<Checkpoint>) -> Result<Option<Checkpoint>, Box<dyn Error>> {
    let file = newest.as_ref().map(|checkpoint| read_weights(checkpoint.path())).transpose()?;
    let file = World.broadcast(file.unwrap_or_default())?;
    match newest {
        None if !file.is_empty() => {
            Ok(Some(Checkpoint::from_bytes("the checkpoint of process 0", file)?))
        }
        newest => Ok(newest),
    }
}

/// Returns a message that says what is kept of a run that did not finish.
fn left(folder: Option<&Path>, written: Option<&Path>) -> String {
    match (folder, written) {
        (Some(folder), Some(file)) => format!(
            "It is kept in {}; resume with\n\n    {}",
            printable_path(file),
            resuming(folder)
        ),
        _ => "Nothing of it was kept; with --checkpoint DIR it could be resumed".to_string(),
    }
}

/// Returns an option with its folder, as it can be typed. A folder that begins with a hyphen would
/// otherwise be taken for an option.
fn with_folder(option: &str, folder: &Path) -> String {
    let name = printable_path(folder);
    match folder.as_os_str().as_encoded_bytes().starts_with(b"-") {
        true => format!("{option}={name}"),
        false => format!("{option} {name}"),
    }
}

/// Returns the call of this program for the log. JSON is UTF-8, but an argument may not be.
fn arguments() -> Vec<String> {
    env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect()
}

/// Returns the command that resumes a run from this folder on as many processes.
pub fn resuming(folder: &Path) -> String {
    let command = command_to_resume(env::args_os(), folder);
    match World.size() {
        1 => command,
        size => format!("mpirun -n {size} {command}"),
    }
}

/// Returns the same call with --resume in place of --checkpoint, quoted for a shell.
fn command_to_resume(mut arguments: impl Iterator<Item = OsString>, folder: &Path) -> String {
    let mut words: Vec<OsString> = Vec::new();
    while let Some(word) = arguments.next() {
        match word.as_encoded_bytes() {
            b"--checkpoint" | b"--resume" => drop(arguments.next()),
            other if other.starts_with(b"--checkpoint=") || other.starts_with(b"--resume=") => {}
            _ => words.push(word),
        }
    }
    with_option(words, vec![joined("--resume", folder.as_os_str())])
}
