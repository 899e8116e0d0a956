//! Checkpoints: files from which training goes on, bit for bit as if it had not been interrupted.
//!
//! ```text
//! folder/step-00000500.safetensors     the one before, in case the newest is damaged
//! folder/step-00000750.safetensors     the newest: after 750 steps
//! folder/lock                          held while a run writes here, so that no other one does
//! ```
//!
//! Each file is one safetensors archive, written beside its place and then renamed, so that a crash at
//! any moment leaves whole files only. It holds:
//!
//! ```text
//! hidden.weight              the weights that a saved model would have now: the best epoch's
//! training/hidden.weight     the weights that training goes on with, where they are others
//! optimizer/m.hidden.weight  the optimizer's memory
//! metadata  wengert          the description of the model, as `save` writes it
//!           checkpoint       a `Record`: position, history, options, as JSON
//!           crc32            the checksum of the file, computed with zeros in this place
//! ```
//!
//! So a checkpoint is a saved model too, and [`Saved`](crate::Saved) reads it. The position of the
//! random numbers is the seed, the epoch and the step: see [`Progress`](crate::Progress).

mod error;
mod file;
mod lock;
mod record;
mod resume;

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::{Dataset, LittleEndian, Sequences};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tensor::Tensor;

pub use error::{CheckpointError, CheckpointFault};
pub(crate) use file::is_memory;
pub use lock::FolderLock;
pub(crate) use record::RECORD;
pub use resume::Checkpoint;

use crate::{Moment, Observer, ObserverError};
use file::Contents;

/// How many checkpoints stay in the folder: the newest, and the one before.
const KEPT: usize = 2;

/// An observer that writes checkpoints into a folder: at the end of each epoch, when training is
/// stopped, and in between [`every`](Self::every) so many steps.
///
/// ```
/// # use autograd::Parameters;
/// # use data::Dataset;
/// # use nn::{Dense, Features, Model};
/// # use optim::Adam;
/// # use tensor::Tensor;
/// use train::{Checkpoints, Fit, Loss, Trainer};
///
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path().join("run");
/// # let inputs = Tensor::from([[0.0], [1.0], [2.0], [3.0], [4.0]]);
/// # let dataset = Dataset::new(inputs, Tensor::from([0, 1, 0, 1, 0]));
/// # let mut train = |options: &Fit| -> Result<_, Box<dyn std::error::Error>> {
/// # let mut parameters = Parameters::new(1);
/// # let model = Features::new(1).then(Dense::new(&mut parameters, "dense", 1, 2));
/// # let trainer = Trainer::new(&model, Loss::SoftmaxCrossEntropy);
/// # let mut adam = Adam::new(0.01);
/// // Run this again after a crash: it goes on where the newest checkpoint is.
/// let mut checkpoints = Checkpoints::new(&folder, &"a dense layer")?.every(100);
/// let mut session = trainer.session(&mut parameters, &mut adam, &dataset, options)?;
/// if let Some(checkpoint) = checkpoints.newest()? {
///     session = session.resume(checkpoint)?;
/// }
/// let history = session.run(&mut [&mut checkpoints])?;
/// # Ok((history, train::Saved::read(checkpoints.written().unwrap())?)) };
/// # let (whole, _) = train(&Fit { epochs: 3, ..Fit::default() })?;
/// # let (resumed, saved) = train(&Fit { epochs: 5, ..Fit::default() })?;
/// # assert_eq!((whole.epochs.len(), resumed.epochs.len()), (3, 5));
/// # assert_eq!(saved.description::<String>()?, "a dense layer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    every: Option<usize>,
    description: Value,
    settings: BTreeMap<String, Value>,
    /// The step that this run has come to and can be resumed from: files of later steps are not its.
    reached: usize,
    written: Option<(usize, PathBuf)>,
    /// Held while the run goes on.
    lock: Option<Arc<FolderLock>>,
}

impl Checkpoints {
    /// Checkpoints of one run, in a folder that is made if it is missing. A run that begins in the
    /// folder of another one replaces that one's files, and a run that goes on with a checkpoint
    /// replaces those of later steps, which were damaged or not wanted. The description is what it
    /// takes to use the model, as for [`save`](crate::save); a checkpoint with another one is not
    /// resumed.
    ///
    /// While the run goes on, no other one can write into the folder; see [`FolderLock`].
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    ///
    /// # Panics
    /// When the description cannot be written as JSON.
    #[track_caller]
    pub fn new(
        folder: impl AsRef<Path>,
        description: &impl Serialize,
    ) -> Result<Self, CheckpointError> {
        let folder = folder.as_ref().to_path_buf();
        let ready = fs::create_dir_all(&folder).and_then(|()| remove_old_leftovers(&folder));
        ready.map_err(|error| CheckpointFault::Folder(error).of(&folder))?;
        data::remove_leftovers(&folder);
        Ok(Self {
            folder,
            every: None,
            description: json(description),
            settings: BTreeMap::new(),
            reached: 0,
            written: None,
            lock: None,
        })
    }

    /// Also writes one after each so many steps of the run.
    ///
    /// # Panics
    /// When that is 0.
    #[track_caller]
    pub fn every(mut self, steps: usize) -> Self {
        assert!(steps > 0, "Checkpoints::every: a checkpoint after every 0 steps was asked for");
        self.every = Some(steps);
        self
    }

    /// Names something else that the result depends on, such as the learning rate: a checkpoint with
    /// another value is not resumed. Messages use the name: that of an option is best.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    #[track_caller]
    pub fn setting(mut self, name: &str, value: impl Serialize) -> Self {
        self.settings.insert(name.to_string(), json(&value));
        self
    }

    /// The file that this has written last.
    pub fn written(&self) -> Option<&Path> {
        self.written.as_ref().map(|(_, path)| path.as_path())
    }

    fn write(&mut self, now: &Moment<'_>) -> Result<(), ObserverError> {
        let path = self.folder.join(file_name(now.steps()));
        let contents = Contents::of(now, &self.description, &self.settings);
        let bytes = contents.encode()?;
        data::write_whole(&path, |file| io::Write::write_all(file, &bytes))?;
        self.remove_others(now.steps())?;
        self.reached = now.steps();
        self.written = Some((now.steps(), path));
        Ok(())
    }

    /// Removes all but the checkpoint of this step and the newest ones before it of the same run.
    fn remove_others(&self, written: usize) -> Result<(), CheckpointError> {
        let fault = |error| CheckpointFault::Folder(error).of(&self.folder);
        let mut others = files(&self.folder).map_err(fault)?;
        others.retain(|&(steps, _)| steps != written);
        let (own, foreign): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|&(steps, _)| steps <= self.reached);
        let old = own.into_iter().skip(KEPT - 1);
        old.chain(foreign).try_for_each(|(_, path)| fs::remove_file(path)).map_err(fault)
    }
}

impl Observer<f32> for Checkpoints {
    fn begin(&mut self, now: &Moment<'_>) -> Result<(), ObserverError> {
        self.lock = Some(Arc::new(FolderLock::take(&self.folder)?));
        self.reached = now.steps();
        Ok(())
    }

    fn step(&mut self, now: &Moment<'_>) -> Result<(), ObserverError> {
        let is_due = self.every.is_some_and(|every| now.steps().is_multiple_of(every));
        // The end of the epoch will write the last step's.
        match is_due && now.progress.step() < now.steps_per_epoch {
            true => self.write(now),
            false => Ok(()),
        }
    }

    fn epoch(&mut self, now: &Moment<'_>) -> Result<(), ObserverError> {
        self.write(now)?;
        if now.progress.is_over(now.options) {
            self.lock = None;
        }
        Ok(())
    }

    fn stop(&mut self, now: &Moment<'_>) -> Result<(), ObserverError> {
        match self.written {
            Some((steps, _)) if steps == now.steps() => {}
            _ => self.write(now)?,
        }
        self.lock = None;
        Ok(())
    }
}

/// What tells one data set from another: its shape, and checksums of labels and inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    shape: Vec<usize>,
    labels: u32,
    /// None where inputs are neither features nor token ids.
    inputs: Option<u32>,
}

impl Fingerprint {
    /// The number of samples.
    pub(crate) fn samples(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    pub(crate) fn of<I: Copy>(dataset: &Dataset<I>) -> Self {
        if let Some(sequences) = dataset.sequences() {
            return Self::of_sequences(sequences, dataset.labels());
        }
        let inputs: &dyn Any = dataset.inputs();
        Self {
            shape: dataset.inputs().shape().to_vec(),
            labels: checksum(dataset.labels()),
            inputs: (inputs.downcast_ref::<Tensor<f32>>().map(checksum))
                .or_else(|| inputs.downcast_ref::<Tensor<u32>>().map(checksum)),
        }
    }
}

impl Fingerprint {
    fn of_sequences<I: Copy + 'static>(sequences: &Sequences<I>, labels: &Tensor<u32>) -> Self {
        let any: &dyn Any = sequences;
        let ids = any.downcast_ref::<Sequences<u32>>();
        Self {
            shape: vec![sequences.len(), sequences.longest()],
            labels: checksum(labels),
            inputs: ids.map(|ids| {
                let mut hasher = crc32fast::Hasher::new();
                for sequence in ids.iter() {
                    hasher.update(&(sequence.len() as u64).to_le_bytes());
                    sequence.iter().for_each(|id| hasher.update(&id.to_le_bytes()));
                }
                hasher.finalize()
            }),
        }
    }
}

fn checksum<T: LittleEndian>(tensor: &Tensor<T>) -> u32 {
    crc32fast::hash(&data::little_endian(tensor))
}

/// The name of the checkpoint after so many steps of the run.
fn file_name(steps: usize) -> String {
    format!("step-{steps:08}.safetensors")
}

/// The steps of each checkpoint in a folder, and its path; the newest first.
fn files(folder: &Path) -> io::Result<Vec<(usize, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let steps = name.to_str().and_then(|name| {
            name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse::<usize>().ok()
        });
        found.extend(steps.map(|steps| (steps, entry.path())));
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Removes the temporary files of earlier versions of this library, left behind by runs that were
/// killed.
fn remove_old_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_leftover =
            name.to_str().is_some_and(|name| name.starts_with("step-") && name.ends_with(".tmp"));
        if is_leftover {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[track_caller]
fn json(value: &impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(value) => value,
        Err(error) => panic!("Checkpoints: this cannot be written as JSON: {error}"),
    }
}
