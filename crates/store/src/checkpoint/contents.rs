//! A checkpoint as bytes.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tensor::Tensor;
use train::Context;

use super::error::CheckpointFault;
use super::fingerprint::Fingerprints;
use super::record::{CheckpointRecord, VERSION, frozen, read_json};
use crate::archive::{self, Archive, ArchiveError, DESCRIPTION, OPTIMIZER, RECORD, TRAINING};

/// The metadata entry of the checksum.
const CHECKSUM: &str = "crc32";

/// The value of that entry while the checksum is computed.
const NO_CHECKSUM: &str = "00000000";

/// The contents of a checkpoint.
pub(super) struct Contents {
    pub(super) description: Value,
    pub(super) record: CheckpointRecord,
    /// The weights that a saved model would have now.
    pub(super) weights: HashMap<String, Tensor>,
    /// The weights that training continues with; empty if they are the same.
    pub(super) training: HashMap<String, Tensor>,
    /// The optimizer's memory.
    pub(super) moments: BTreeMap<String, Tensor>,
}

impl Contents {
    pub(super) fn of(
        now: &Context<'_>,
        description: &Value,
        settings: &BTreeMap<String, Value>,
        samples: &Fingerprints,
    ) -> Self {
        let progress = now.progress;
        let state = now.optimizer.state(now.parameters);
        let named = |parameters: &autograd::Parameters| {
            parameters.iter().map(|(_, name, value)| (name.to_string(), value.clone())).collect()
        };
        let is_best = progress.best == progress.epochs.len() && progress.running.steps == 0;
        let is_apart = progress.best_weights.is_some() && !is_best;
        Self {
            description: description.clone(),
            weights: named(progress.weights(now.parameters)),
            training: if is_apart { named(now.parameters) } else { HashMap::new() },
            moments: state.tensors,
            record: CheckpointRecord {
                version: VERSION,
                epochs: progress.epochs.clone(),
                current: progress.running.clone(),
                best: progress.best,
                earlier_steps: state.header.steps.saturating_sub(now.steps() as u64),
                optimizer: state.header,
                rate: now.optimizer.rate(),
                frozen: frozen(now.parameters),
                options: now.options.clone(),
                settings: settings.clone(),
                data: samples.training.clone(),
                validation: samples.validation.clone(),
            },
        }
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, String> {
        let record = serde_json::to_string(&self.record).map_err(|error| error.to_string())?;
        let texts = [
            (DESCRIPTION, self.description.to_string()),
            (RECORD, record),
            (CHECKSUM, NO_CHECKSUM.to_string()),
        ];
        let texts = texts.map(|(name, text)| (name.to_string(), text)).into_iter().collect();
        let weights = self.weights.iter().map(|(name, value)| (name.clone(), value));
        let training =
            self.training.iter().map(|(name, value)| (format!("{TRAINING}{name}"), value));
        let moments =
            self.moments.iter().map(|(name, value)| (format!("{OPTIMIZER}{name}"), value));
        let mut bytes = archive::encode(weights.chain(training).chain(moments), texts)?;
        let checksum = format!("{:08x}", crc32fast::hash(&bytes));
        let place = checksum_place(&bytes).ok_or("the place of the checksum is missing")?;
        bytes[place..place + checksum.len()].copy_from_slice(checksum.as_bytes());
        Ok(bytes)
    }

    pub(super) fn decode(mut bytes: Vec<u8>) -> Result<Self, CheckpointFault> {
        let Archive { mut texts, tensors } = Archive::decode(&bytes).map_err(|error| {
            CheckpointFault::Damaged(match error {
                ArchiveError::Format(why) => format!("it is not a whole safetensors file ({why})"),
                ArchiveError::Tensor(what) => format!("the tensor {what}"),
            })
        })?;
        let mut text = |name: &str| {
            let missing = || CheckpointFault::Foreign(format!("the metadata `{name}` is missing"));
            texts.remove(name).ok_or_else(missing)
        };
        check(&mut bytes, &text(CHECKSUM)?)?;
        let (record, description) = (text(RECORD)?, text(DESCRIPTION)?);
        let mut contents = Self {
            description: read_json(DESCRIPTION, &description)?,
            record: CheckpointRecord::read(&record)?,
            weights: HashMap::new(),
            training: HashMap::new(),
            moments: BTreeMap::new(),
        };
        for (name, tensor) in tensors {
            if let Some(name) = name.strip_prefix(TRAINING) {
                contents.training.insert(name.to_string(), tensor);
            } else if let Some(name) = name.strip_prefix(OPTIMIZER) {
                contents.moments.insert(name.to_string(), tensor);
            } else {
                contents.weights.insert(name, tensor);
            }
        }
        Ok(contents)
    }
}

/// Returns the offset of the checksum. In another text a backslash would precede each quote, so
/// the pattern is unique.
fn checksum_place(bytes: &[u8]) -> Option<usize> {
    let before = format!("\"{CHECKSUM}\":\"");
    let start = bytes.windows(before.len()).position(|window| window == before.as_bytes())?;
    Some(start + before.len())
}

/// Compares the checksum in the file with the checksum of the bytes with zeros in its place.
fn check(bytes: &mut [u8], stated: &str) -> Result<(), CheckpointFault> {
    let place = checksum_place(bytes).and_then(|at| bytes.get_mut(at..at + NO_CHECKSUM.len()));
    if let Some(place) = place {
        place.copy_from_slice(NO_CHECKSUM.as_bytes());
    }
    let found = format!("{:08x}", crc32fast::hash(bytes));
    match found == stated {
        true => Ok(()),
        false => {
            let what = format!("its checksum is {found}, but should be {stated}");
            Err(CheckpointFault::Damaged(what))
        }
    }
}
