//! A checkpoint as bytes.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use tensor::Tensor;
use train::Context;

use super::error::CheckpointFault;
use super::fingerprint::Fingerprints;
use super::record::{CheckpointRecord, VERSION, frozen, read_json};
use crate::archive::{self, Archive, CHECKSUM, DESCRIPTION, OPTIMIZER, RECORD, TRAINING};
use crate::saved::not_finite;

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
        let texts = [(DESCRIPTION, self.description.to_string()), (RECORD, record)];
        let texts = texts.map(|(name, text)| (name.to_string(), text)).into_iter().collect();
        let weights = self.weights.iter().map(|(name, value)| (name.clone(), value));
        let training =
            self.training.iter().map(|(name, value)| (format!("{TRAINING}{name}"), value));
        let moments =
            self.moments.iter().map(|(name, value)| (format!("{OPTIMIZER}{name}"), value));
        archive::encode_with_checksum(weights.chain(training).chain(moments), texts)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, CheckpointFault> {
        let Archive { mut texts, tensors } = Archive::decode(bytes)?;
        let mut text = |name: &str| {
            let missing = || CheckpointFault::Foreign(format!("the metadata `{name}` is missing"));
            texts.remove(name).ok_or_else(missing)
        };
        text(CHECKSUM)?;
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
        let weights = contents.weights.iter().chain(&contents.training);
        // The first by name, so that the same one is told each time.
        match weights.filter(|(_, value)| !value.is_finite()).map(|(name, _)| name).min() {
            None => Ok(contents),
            Some(name) => Err(CheckpointFault::Damaged(not_finite(name))),
        }
    }
}
