//! Writes checkpoints while a run trains.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use train::{Context, Observer, ObserverError};

use super::contents::Contents;
use super::error::{CheckpointError, CheckpointFault};
use super::fingerprint::Fingerprints;
use super::folder::{FolderLock, file_name, files, remove_old_leftovers};
use crate::archive::{OPTIMIZER, TRAINING, is_memory};

/// The number of checkpoints that stay in the folder: the newest, and the one before.
const KEPT: usize = 2;

/// An observer that writes checkpoints into a folder: at the end of each epoch, when training is
/// stopped, and with [`every`](Self::every) also within epochs.
///
/// ```
/// # use autograd::Parameters;
/// # use data::Dataset;
/// # use nn::{Dense, Features, Model, SoftmaxCrossEntropy};
/// # use optim::Adam;
/// # use tensor::Tensor;
/// use store::Checkpoints;
/// use train::{Fit, Trainer};
///
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path().join("run");
/// # let inputs = Tensor::from([[0.0], [1.0], [2.0], [3.0], [4.0]]);
/// # let dataset = Dataset::new(inputs, Tensor::from([0, 1, 0, 1, 0]));
/// # let mut train = |options: &Fit| -> Result<_, Box<dyn std::error::Error>> {
/// # let mut parameters = Parameters::new(1);
/// # let model = Features::new(1).then(Dense::new(&mut parameters, "dense", 1, 2));
/// # let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
/// # let mut adam = Adam::new(0.01);
/// // Run this again after a crash: it resumes from the newest checkpoint.
/// let mut checkpoints = Checkpoints::new(&folder, &"a dense layer")?.every(100);
/// let mut session = trainer.session(&mut parameters, &mut adam, &dataset, options)?;
/// if let Some(checkpoint) = checkpoints.newest()? {
///     session = checkpoint.resume(session)?;
/// }
/// let history = session.run(&mut [&mut checkpoints])?;
/// # Ok((history, store::Saved::read(checkpoints.written().unwrap())?)) };
/// # let (whole, _) = train(&Fit { epochs: 3, ..Fit::default() })?;
/// # let (resumed, saved) = train(&Fit { epochs: 5, ..Fit::default() })?;
/// # assert_eq!((whole.epochs.len(), resumed.epochs.len()), (3, 5));
/// # assert_eq!(saved.description::<String>()?, "a dense layer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    pub(super) folder: PathBuf,
    every: Option<usize>,
    pub(super) description: Value,
    pub(super) settings: BTreeMap<String, Value>,
    /// The last step of this run that has a checkpoint. Files of later steps belong to another run.
    reached: usize,
    /// The fingerprints of the samples, once the run has begun.
    samples: Option<Fingerprints>,
    written: Option<PathBuf>,
    /// The step of the last checkpoint that was written since the run has begun.
    in_this_run: Option<usize>,
    /// Held while the run trains.
    lock: Option<Arc<FolderLock>>,
}

impl Checkpoints {
    /// Creates an observer that writes the checkpoints of one run into a folder, which is created
    /// if it is missing. A new run replaces the files of another run in the folder. A resumed run
    /// replaces the files of later steps, which were damaged or unwanted. The description contains
    /// what a program needs to use the model, as for [`save`](crate::save); a checkpoint with
    /// another description is not resumed.
    ///
    /// While the run trains, no other run can write into the folder; see [`FolderLock`].
    ///
    /// # Errors
    /// If the folder cannot be created or read.
    ///
    /// # Panics
    /// If the description cannot be written as JSON.
    #[track_caller]
    pub fn new(
        folder: impl AsRef<Path>,
        description: &impl Serialize,
    ) -> Result<Self, CheckpointError> {
        let folder = folder.as_ref().to_path_buf();
        let ready = fs::create_dir_all(&folder).and_then(|()| remove_old_leftovers(&folder));
        ready.map_err(|error| CheckpointFault::Folder(error).of(&folder))?;
        files::remove_leftovers(&folder);
        Ok(Self {
            folder,
            every: None,
            description: json(description),
            settings: BTreeMap::new(),
            reached: 0,
            samples: None,
            written: None,
            in_this_run: None,
            lock: None,
        })
    }

    /// Also writes a checkpoint after every `steps` steps of the run.
    ///
    /// # Panics
    /// If `steps` is 0.
    #[track_caller]
    pub fn every(mut self, steps: usize) -> Self {
        assert!(steps > 0, "Checkpoints::every: a checkpoint after every 0 steps was asked for");
        self.every = Some(steps);
        self
    }

    /// Adds a value that the result depends on, such as the learning rate. A checkpoint with
    /// another value is not resumed. Messages use `name`, so the name of a program's option is
    /// best.
    ///
    /// # Panics
    /// If the value cannot be written as JSON.
    #[track_caller]
    pub fn setting(mut self, name: &str, value: impl Serialize) -> Self {
        self.settings.insert(name.to_string(), json(&value));
        self
    }

    /// Returns the file that this observer wrote last.
    pub fn written(&self) -> Option<&Path> {
        self.written.as_deref()
    }

    fn write(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        let path = self.folder.join(file_name(now.steps()));
        let samples = match &self.samples {
            Some(samples) => samples,
            None => self.samples.insert(Fingerprints::new(now.source, now.validation)?),
        };
        let contents = Contents::of(now, &self.description, &self.settings, samples);
        let bytes = contents.encode()?;
        files::write_whole(&path, |file| io::Write::write_all(file, &bytes))?;
        self.remove_others(now.steps())?;
        self.reached = now.steps();
        self.in_this_run = Some(now.steps());
        self.written = Some(path);
        Ok(())
    }

    fn end_if_over(&mut self, now: &Context<'_>) {
        if now.progress.is_over(now.options) {
            self.lock = None;
        }
    }

    /// Removes all but the checkpoint of this step and the newest ones before it of the same run.
    fn remove_others(&self, written: usize) -> Result<(), CheckpointError> {
        let fault = |error| CheckpointFault::Folder(error).of(&self.folder);
        // If the whole folder was removed meanwhile, the next checkpoint says so, with its file.
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let mut others = match files(&self.folder) {
            Err(error) if is_gone(&error) => return Ok(()),
            others => others.map_err(fault)?,
        };
        others.retain(|&(steps, _)| steps != written);
        let (own, foreign): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|&(steps, _)| steps <= self.reached);
        let old = own.into_iter().skip(KEPT - 1);
        let remove = |(_, path)| match fs::remove_file(path) {
            Err(error) if is_gone(&error) => Ok(()),
            removed => removed,
        };
        old.chain(foreign).try_for_each(remove).map_err(fault)
    }
}

impl Observer<f32> for Checkpoints {
    fn begin(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        // A run before that ended in an error holds it still.
        self.lock = None;
        check_names(now)?;
        self.lock = Some(Arc::new(FolderLock::take(&self.folder)?));
        self.reached = now.steps();
        self.in_this_run = None;
        self.samples = Some(Fingerprints::new(now.source, now.validation)?);
        self.end_if_over(now);
        Ok(())
    }

    fn step(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        let is_due = self.every.is_some_and(|every| now.steps().is_multiple_of(every));
        // The end of the epoch writes the checkpoint of its last step.
        match is_due && !now.is_end_of_epoch() {
            true => self.write(now),
            false => Ok(()),
        }
    }

    fn epoch(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        self.write(now)?;
        self.end_if_over(now);
        Ok(())
    }

    fn stop(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        if self.in_this_run != Some(now.steps()) {
            self.write(now)?;
        }
        self.lock = None;
        Ok(())
    }
}

/// Refuses a parameter named like the tensors that a checkpoint keeps to continue with.
fn check_names(now: &Context<'_>) -> Result<(), String> {
    match now.parameters.iter().find(|(_, name, _)| is_memory(name)) {
        None => Ok(()),
        Some((_, name, _)) => Err(format!(
            "the parameter `{name}` cannot be in a checkpoint, which has names that begin with {TRAINING} or \
             {OPTIMIZER} for itself: give it another name"
        )),
    }
}

#[track_caller]
fn json(value: &impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(value) => value,
        Err(error) => panic!("Checkpoints: this cannot be written as JSON: {error}"),
    }
}
