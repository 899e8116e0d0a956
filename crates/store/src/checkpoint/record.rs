//! The record of a checkpoint (all of it except tensors), and the checks of its fields.
//!
//! A checksum shows that a file is as it was written, not that its values make sense: a person who
//! edits a record can correct the checksum too. Training counts with these numbers and uses them as
//! indices, so each is compared with the others before it is used.

use std::collections::BTreeMap;
use std::fmt::Debug;

use autograd::Parameters;
use data::{beginning, quoted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use train::{Criterion, Epoch, Fit, Plateau, RunningEpoch, Score, Tally, is_share};

use super::error::CheckpointFault;
use super::fingerprint::Fingerprint;
use crate::archive::RECORD;

/// The version of the format that this program writes and reads.
pub(super) const VERSION: u64 = 4;

/// The longest accepted duration of an epoch, in seconds: about three hundred years.
const LONGEST: f64 = 1e10;

/// The most steps that the formulas of schedules and optimizers count exactly.
const MOST_STEPS: u64 = 1 << 53;

/// The most samples or tokens that metrics count exactly.
const MOST_COUNTED: u64 = 1 << 53;

/// The content of a checkpoint except its tensors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointRecord {
    pub(super) version: u64,
    pub(super) epochs: Vec<Epoch>,
    pub(super) current: RunningEpoch,
    pub(super) best: usize,
    pub(super) optimizer: optim::StateHeader,
    /// The number of steps that the optimizer had taken before the run.
    pub(super) earlier_steps: u64,
    /// The learning rate of the next step.
    pub(super) rate: f64,
    /// The names of the frozen parameters, in the model's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) frozen: Vec<String>,
    pub(super) options: Fit,
    pub(super) settings: BTreeMap<String, Value>,
    pub(super) data: Fingerprint,
    /// The samples to evaluate on, if there are any. Earlier versions of the program did not write them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) validation: Option<Fingerprint>,
}

/// Facts that only the resumed run knows.
pub(super) struct ResumedRun<'a> {
    /// The number of samples that the running epoch trains on, if it is known.
    pub(super) samples: Option<usize>,
    /// The number of steps of the epoch of a number, if it is known.
    pub(super) steps_in: &'a dyn Fn(usize) -> Option<usize>,
    pub(super) has_validation: bool,
}

/// Nothing, or the field with an impossible value.
type Checked = Result<(), CheckpointFault>;

impl CheckpointRecord {
    /// Reads a record, and checks that its fields agree.
    pub(super) fn read(text: &str) -> Result<Self, CheckpointFault> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let Versioned { version } = read_json(RECORD, text)?;
        if version != VERSION {
            return Err(CheckpointFault::Version { expected: VERSION, found: version });
        }
        let record: Self = read_json(RECORD, text)?;
        record.check()?;
        Ok(record)
    }

    fn check(&self) -> Checked {
        self.check_options()?;
        self.check_epochs()?;
        self.check_current()?;
        let best = best_of(&self.epochs, &self.options.criterion);
        equal("best", self.best, best, "the number of the epoch with the best score")?;
        demand("rate", self.rate, is_at_least_0(self.rate), "a number of at least 0")?;
        let steps = self.optimizer.steps;
        demand(
            "optimizer.steps",
            steps,
            (self.earlier_steps..=MOST_STEPS).contains(&steps),
            &format!("from {} (those before the run) to {MOST_STEPS}", self.earlier_steps),
        )?;
        self.optimizer.updates.iter().try_for_each(|(name, &updates)| {
            let field = format!("optimizer.updates.{name}");
            demand(&field, updates, updates <= steps, &format!("at most the {steps} steps"))
        })
    }

    fn check_options(&self) -> Checked {
        let Fit { epochs, batch_size, validation_split, shards, plateau, clip_norm, .. } =
            &self.options;
        let one = "at least 1";
        demand("options.epochs", epochs, *epochs >= 1, one)?;
        demand("options.batch_size", batch_size, *batch_size >= 1, one)?;
        demand("options.shards", shards, *shards >= 1, one)?;
        let is_share = (0.0..1.0).contains(validation_split);
        demand("options.validation_split", validation_split, is_share, "from 0 to below 1")?;
        if let Some(Plateau { patience, factor, least }) = plateau {
            demand("options.plateau.patience", patience, *patience >= 1, one)?;
            let is_lower = 0.0 < *factor && *factor < 1.0;
            demand("options.plateau.factor", factor, is_lower, "above 0 and below 1")?;
            let is_rate = *least >= 0.0 && least.is_finite();
            demand("options.plateau.least", least, is_rate, "a number of at least 0")?;
        }
        match clip_norm {
            Some(norm) => demand("options.clip_norm", norm, *norm > 0.0, "a number above 0"),
            None => Ok(()),
        }
    }

    fn check_epochs(&self) -> Checked {
        let wanted = self.options.epochs;
        let done = self.epochs.len();
        let most = format!("at most the {wanted} epochs of the options");
        demand("epochs", format_args!("a list of {done}"), done <= wanted, &most)?;
        for (index, epoch) in self.epochs.iter().enumerate() {
            let field = |name: &str| format!("epochs[{index}].{name}");
            equal(&field("number"), epoch.number, index + 1, "its place in the list")?;
            equal(&field("of"), epoch.of, wanted, "the epochs of the options")?;
            demand(
                &field("rate"),
                epoch.rate,
                is_at_least_0(epoch.rate),
                "a number of at least 0",
            )?;
            check_score(&field("training"), &epoch.training)?;
            epoch.validation.iter().try_for_each(|s| check_score(&field("validation"), s))?;
            check_seconds(&field("seconds"), epoch.seconds)?;
            for (name, &value) in &epoch.tracked {
                let is_single = value.abs() <= f64::from(f32::MAX);
                demand(&field(&format!("tracked.{name}")), value, is_single, "a number of an f32")?;
            }
        }
        Ok(())
    }

    /// Checks the sums over the steps of the running epoch. All its steps but the last are on whole
    /// batches.
    fn check_current(&self) -> Checked {
        let RunningEpoch { steps, samples, weight, loss, seconds, .. } = self.current;
        let size = self.options.batch_size;
        let most = steps.saturating_mul(size);
        let fewest = match steps {
            0 => 0,
            _ => (steps - 1).saturating_mul(size).saturating_add(1),
        };
        let expected = format!("from {fewest} to {most}, for {steps} steps of {size}");
        demand("current.samples", samples, (fewest..=most).contains(&samples), &expected)?;
        demand("current.weight", weight, is_at_least_0(weight), "a number of at least 0")?;
        let largest = weight * f64::from(f32::MAX);
        let is_sum = loss.abs() <= largest;
        demand(
            "current.loss",
            loss,
            is_sum,
            &format!("the sum of losses of an f32 by weight {weight}"),
        )?;
        self.check_tally()?;
        check_seconds("current.seconds", seconds)?;
        let is_before = steps == 0 || self.epochs.len() < self.options.epochs;
        demand("current.steps", steps, is_before, "0 after the last epoch")
    }

    /// Checks that a classifier's figures agree. A text has a target at each token, which may weigh less than 1, so there
    /// may be more targets than samples, and more targets than their total weight.
    fn check_tally(&self) -> Checked {
        let Tally::Classes { samples, correct } = self.current.tally else { return Ok(()) };
        let most = format!("at most {MOST_COUNTED}");
        demand("current.tally.classes.samples", samples, samples <= MOST_COUNTED, &most)?;
        let most = format!("at most the {samples} samples");
        demand("current.tally.classes.correct", correct, correct <= samples, &most)
    }

    /// Checks the record against the run to be resumed.
    pub(super) fn check_run(&self, run: &ResumedRun<'_>) -> Checked {
        let ResumedRun { samples, steps_in, has_validation } = *run;
        let steps = self.current.steps;
        if let Some(all) = steps_in(self.epochs.len() + 1) {
            let most = format!("at most the {all} of an epoch");
            demand("current.steps", steps, steps <= all, &most)?;
        }
        // The last batch of a stream may be smaller, wherever it comes.
        if let Some(samples) = samples {
            let seen = steps.saturating_mul(self.options.batch_size).min(samples);
            equal("current.samples", self.current.samples, seen, "the samples of the steps")?;
        }
        for (index, epoch) in self.epochs.iter().enumerate() {
            let field = format!("epochs[{index}].validation");
            let (found, expected) = match has_validation {
                true => (format_args!("null"), "a score, as some samples are for validation"),
                false => (format_args!("a score"), "null, as no sample is for validation"),
            };
            demand(&field, found, epoch.validation.is_some() == has_validation, expected)?;
            if let Some(steps) = steps_in(index + 1) {
                let field = format!("epochs[{index}].steps");
                equal(&field, epoch.steps, steps, "the steps of an epoch")?;
            }
        }
        let taken: u64 = self.epochs.iter().map(|epoch| epoch.steps as u64).sum();
        let expected = self.earlier_steps.saturating_add(taken).saturating_add(steps as u64);
        equal("optimizer.steps", self.optimizer.steps, expected, "as many as were taken")
    }
}

/// Returns the names of the frozen parameters, in order.
pub(super) fn frozen(parameters: &Parameters) -> Vec<String> {
    let ids = parameters.ids().filter(|&id| !parameters.is_trainable(id));
    ids.map(|id| parameters.name(id).to_string()).collect()
}

/// Returns the number of the epoch with the best score; 0 if there are no epochs.
fn best_of(epochs: &[Epoch], criterion: &Criterion) -> usize {
    let mut best: Option<&Epoch> = None;
    for epoch in epochs {
        if best.is_none_or(|best| criterion.prefers(epoch.score(), best.score())) {
            best = Some(epoch);
        }
    }
    best.map_or(0, |epoch| epoch.number)
}

fn check_score(field: &str, score: &Score) -> Checked {
    let is_loss = score.loss.abs() <= f64::from(f32::MAX);
    demand(&format!("{field}.loss"), score.loss, is_loss, "a loss of an f32")?;
    score.metrics.iter().try_for_each(|(name, &value)| {
        let field = format!("{field}.{name}");
        demand(&field, value, value.is_finite(), "a finite number")?;
        let is_possible = !is_share(name) || (0.0..=1.0).contains(&value);
        demand(&field, value, is_possible, "from 0 to 1")
    })
}

fn check_seconds(field: &str, seconds: f64) -> Checked {
    let expected = format!("from 0 to {LONGEST:e}");
    demand(field, seconds, (0.0..=LONGEST).contains(&seconds), &expected)
}

fn is_at_least_0(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

fn equal<V: Debug + PartialEq>(field: &str, found: V, expected: V, why: &str) -> Checked {
    let is_equal = found == expected;
    demand(field, found, is_equal, &format!("{expected:?}, {why}"))
}

fn demand(field: &str, found: impl Debug, holds: bool, expected: &str) -> Checked {
    match holds {
        true => Ok(()),
        false => Err(CheckpointFault::Field {
            field: quoted(field),
            found: format!("{found:?}"),
            expected: expected.to_string(),
        }),
    }
}

/// Reads JSON; the error names the field that cannot be read.
pub(super) fn read_json<D: serde::de::DeserializeOwned>(
    name: &str,
    text: &str,
) -> Result<D, CheckpointFault> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let foreign = |error: String| {
        CheckpointFault::Foreign(format!("the metadata `{name}`: {}", beginning(&error, 300)))
    };
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = quoted(&error.path().to_string());
        foreign(format!("{field}: {}", error.into_inner()))
    })?;
    reader.end().map_err(|error| foreign(error.to_string()))?;
    Ok(value)
}
