//! Resumes a run from a checkpoint.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use data::{Source, beginning, printable, read_weights};
use nn::Model;
use optim::State;
use serde_json::Value;
use tensor::Tensor;
use train::{AnySource, Fit, Progress, Session};

use super::contents::Contents;
use super::error::{CheckpointError, CheckpointFault};
use super::fingerprint::{Fingerprint, Fingerprints};
use super::folder::files;
use super::observer::Checkpoints;
use super::record::{CheckpointRecord, ResumedRun, frozen};
use crate::saved::replace_values;

/// A checkpoint that has been read, to [`resume`](Self::resume) a run with.
pub struct Checkpoint {
    path: PathBuf,
    contents: Contents,
    damaged: Vec<CheckpointError>,
}

/// Writes the file and the position, without the weights.
impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("path", &self.path)
            .field("position", &self.position())
            .field("damaged", &self.damaged)
            .finish_non_exhaustive()
    }
}

impl Checkpoint {
    /// Reads a checkpoint from the bytes of its file, which another process may have sent. Errors call it by
    /// `path`. Settings and description are not compared: the process that chose the file has done it.
    ///
    /// # Errors
    /// If the bytes are not a whole checkpoint.
    pub fn from_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Result<Self, CheckpointError> {
        let path = path.into();
        match Contents::decode(&bytes) {
            Ok(contents) => Ok(Self { path, contents, damaged: Vec::new() }),
            Err(fault) => Err(fault.of(&path)),
        }
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the errors of newer files that were skipped because they cannot be read. A program
    /// should show them to the user.
    pub fn damaged(&self) -> &[CheckpointError] {
        &self.damaged
    }

    /// Returns the epoch, counted from 1, in which training continues, and the number of its steps
    /// taken.
    pub fn position(&self) -> (usize, usize) {
        let CheckpointRecord { epochs, current, .. } = &self.contents.record;
        (epochs.len() + 1, current.steps)
    }

    /// Sets the session to the position of the checkpoint. Parameters (and which of them are frozen),
    /// optimizer, samples and options must be the same as in the run. Only [`Fit::epochs`],
    /// [`Fit::patience`], [`Fit::track`] and [`Fit::watch_layers`] may have changed; the last two hold for
    /// the epochs to come. Samples are compared by their shapes and checksums; of a stream these are the
    /// first ones. [`Portions`](data::Portions) and [`DrawnWindows`](data::DrawnWindows) are also compared by their key,
    /// but may have more samples in all. The result then equals, bit for bit, the result of a run without an
    /// interruption.
    ///
    /// The loss and an optimizer's own settings, such as Adam's β, are not compared; a program that can
    /// change them names them with [`Checkpoints::setting`].
    ///
    /// # Errors
    /// If one of them differs, more epochs are completed than requested, or the samples cannot be read
    /// a second time. Then parameters and optimizer are as before.
    pub fn resume<'a, M: Model, L, S: Source>(
        self,
        mut session: Session<'a, M, L, S, f32>,
    ) -> Result<Session<'a, M, L, S, f32>, CheckpointError> {
        match restore(self.contents, &mut session) {
            Ok(()) => Ok(session),
            Err(fault) => Err(fault.of(&self.path)),
        }
    }
}

impl Checkpoints {
    /// Returns the newest checkpoint that can be read; `None` if the folder has no checkpoint.
    ///
    /// # Errors
    /// If no checkpoint can be read, or the newest readable one has another version, description or
    /// [`setting`](Checkpoints::setting).
    pub fn newest(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        let files =
            files(&self.folder).map_err(|error| CheckpointFault::Folder(error).of(&self.folder))?;
        let mut damaged = Vec::new();
        for (_, path) in files {
            let bytes = read_weights(&path).map_err(CheckpointFault::Read);
            match bytes
                .and_then(|bytes| Contents::decode(&bytes))
                .and_then(|found| self.check(found))
            {
                Ok(contents) => return Ok(Some(Checkpoint { path, contents, damaged })),
                Err(fault) if fault.is_unreadable() => damaged.push(fault.of(&path)),
                Err(fault) => return Err(fault.of(&path)),
            }
        }
        damaged.into_iter().next().map_or(Ok(None), Err)
    }

    /// Checks that a checkpoint has the settings and the description of this run.
    fn check(&self, contents: Contents) -> Result<Contents, CheckpointFault> {
        let object = |settings: &BTreeMap<String, Value>| {
            Value::Object(
                settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            )
        };
        let settings = (object(&contents.record.settings), object(&self.settings));
        let descriptions = (&contents.description, &self.description);
        let difference = difference("", &settings.0, &settings.1)
            .or_else(|| difference("the model's description", descriptions.0, descriptions.1));
        match difference {
            None => Ok(contents),
            Some(fault) => Err(fault),
        }
    }
}

fn restore<M: Model, L, S: Source>(
    contents: Contents,
    session: &mut Session<'_, M, L, S, f32>,
) -> Result<(), CheckpointFault> {
    let Contents { record, weights, training, moments, .. } = contents;
    check(&record, session)?;
    let filled = |tensors: &HashMap<String, Tensor>, parameters: &Parameters| {
        let mut parameters = parameters.clone();
        replace_values(&mut parameters, tensors).map_err(CheckpointFault::OtherModel)?;
        Ok::<_, CheckpointFault>(parameters)
    };
    let best = filled(&weights, session.parameters)?;
    let present = match training.is_empty() {
        true => best.clone(),
        false => filled(&training, session.parameters)?,
    };
    let state = State { header: record.optimizer, tensors: moments };
    restore_optimizer(session, &present, state, record.rate)?;
    *session.parameters = present;
    let is_judged = session.options.keep_best && session.validation.is_some();
    let has_best = is_judged && record.best > 0;
    session.progress = Progress {
        epochs: record.epochs,
        running: record.current,
        best: record.best,
        best_weights: has_best.then_some(best),
    };
    for epoch in &mut session.progress.epochs {
        epoch.of = session.options.epochs;
    }
    Ok(())
}

/// Restores the state of the optimizer: its memory and its step. If its learning rate would then differ from the
/// checkpoint's, it returns an error and leaves the optimizer as it was.
fn restore_optimizer<M: Model, L, S: Source>(
    session: &mut Session<'_, M, L, S, f32>,
    weights: &Parameters,
    state: State,
    rate: f64,
) -> Result<(), CheckpointFault> {
    let before = session.optimizer.state(session.parameters);
    session.optimizer.restore(weights, state)?;
    let compared = same("the learning rate of the next step", &rate, &session.optimizer.rate());
    if compared.is_err() {
        session.optimizer.restore(session.parameters, before)?;
    }
    compared
}

/// Checks that options and samples are the same as in the run.
fn check<M: Model, L, S: Source>(
    record: &CheckpointRecord,
    session: &Session<'_, M, L, S, f32>,
) -> Result<(), CheckpointFault> {
    session.source.check_resume().map_err(CheckpointFault::Samples)?;
    let validation = session.validation.as_ref().map(|samples| samples as &dyn AnySource);
    let samples =
        Fingerprints::new(session.source, validation).map_err(CheckpointFault::Samples)?;
    let Fit { epochs, batch_size, validation_split, shuffle, seed, .. } = session.options;
    let saved = &record.options;
    same("the batch size", &saved.batch_size, batch_size)?;
    same("the number of shards", &saved.shards, &session.options.shards)?;
    same("the validation split", &saved.validation_split, validation_split)?;
    same("how validation samples are chosen", &saved.split, &session.options.split)?;
    same("shuffling", &saved.shuffle, shuffle)?;
    same("the seed", &saved.seed, seed)?;
    same("keeping the best epoch", &saved.keep_best, &session.options.keep_best)?;
    let criterion = |options: &Fit| printable(&options.criterion.to_string()).into_owned();
    same_text("the criterion of the best epoch", &criterion(saved), &criterion(session.options))?;
    let plateau = |options: &Fit| options.plateau.map_or("none".to_string(), |it| it.to_string());
    same_text("the plateau", &plateau(saved), &plateau(session.options))?;
    // JSON has no infinity, so a checkpoint has no norm where the run has an infinite one. Neither clips.
    let clip_norm = session.options.clip_norm.filter(|norm| norm.is_finite());
    same("the clipping norm", &saved.clip_norm, &clip_norm)?;
    same("the list of frozen parameters", &record.frozen, &frozen(session.parameters))?;
    same_samples("training", &record.data, &samples.training)?;
    match (&record.validation, &samples.validation) {
        (Some(saved), Some(now)) => same_samples("validation", saved, now)?,
        (Some(saved), None) => {
            same_text("the shape of the validation inputs", &saved.inputs, "that of no samples")?;
        }
        // The run has none, or an earlier version of the program did not write them.
        (None, _) => {}
    }
    record.check_run(&ResumedRun {
        samples: session.training.samples_in(record.epochs.len() + 1),
        steps_in: &|epoch| session.steps_in(epoch),
        has_validation: session.validation.is_some(),
    })?;
    let done = record.epochs.len();
    match done <= *epochs {
        true => Ok(()),
        false => Err(CheckpointFault::Epochs { done, wanted: *epochs }),
    }
}

/// Checks that the samples of a part, training or validation, are the same.
fn same_samples(part: &str, saved: &Fingerprint, now: &Fingerprint) -> Result<(), CheckpointFault> {
    same_text(&format!("the shape of the {part} inputs"), &saved.inputs, &now.inputs)?;
    same_text(&format!("the shape of the {part} targets"), &saved.targets, &now.targets)?;
    let checksum = |what: &str| format!("the checksum of the {part} {what}");
    same(&checksum("targets"), &saved.targets_crc32, &now.targets_crc32)?;
    same(&checksum("inputs"), &saved.inputs_crc32, &now.inputs_crc32)
}

fn same<V: PartialEq + std::fmt::Debug>(
    what: &str,
    saved: &V,
    now: &V,
) -> Result<(), CheckpointFault> {
    match saved == now {
        true => Ok(()),
        false => Err(CheckpointFault::OtherRun {
            what: what.to_string(),
            saved: format!("{saved:?}"),
            now: format!("{now:?}"),
        }),
    }
}

fn same_text(what: &str, saved: &str, now: &str) -> Result<(), CheckpointFault> {
    match saved == now {
        true => Ok(()),
        false => Err(CheckpointFault::OtherRun {
            what: what.to_string(),
            saved: saved.to_string(),
            now: now.to_string(),
        }),
    }
}

/// Returns the first place at which two values differ, as a fault: a path of names below `what`.
fn difference(what: &str, saved: &Value, now: &Value) -> Option<CheckpointFault> {
    if saved == now {
        return None;
    }
    let (Value::Object(before), Value::Object(after)) = (saved, now) else {
        let (saved, now) = (excerpt(saved), excerpt(now));
        return Some(CheckpointFault::OtherRun { what: what.to_string(), saved, now });
    };
    let below =
        |name: &String| if what.is_empty() { name.clone() } else { format!("{what}, {name}") };
    let nothing = Value::Null;
    let names = before.keys().chain(after.keys());
    names
        .map(|name| {
            (name, before.get(name).unwrap_or(&nothing), after.get(name).unwrap_or(&nothing))
        })
        .find_map(|(name, saved, now)| difference(&below(name), saved, now))
}

/// Returns the beginning of a value as JSON.
fn excerpt(value: &Value) -> String {
    beginning(&value.to_string(), 60).into_owned()
}
