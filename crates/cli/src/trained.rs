//! The results of training several models, one after the other.

use autograd::Parameters;
use nn::ActivationKind;
use report::{ModelComparison, RunResult};
use train::metrics::Calibration;
use train::{Evaluation, History};

use crate::calibrating::UNCALIBRATED;

/// A model after training, and its figures on the test samples.
pub struct Trained {
    pub activation: ActivationKind,
    pub seed: u64,
    pub parameters: Parameters,
    pub history: History,
    pub evaluation: Evaluation,
    /// The calibration of its probabilities; `None` for a model that has no temperature.
    pub calibration: Option<Calibration>,
}

impl Trained {
    /// Returns the number by which its logits are divided.
    pub fn temperature(&self) -> f64 {
        self.calibration.as_ref().map_or(UNCALIBRATED, |found| found.temperature)
    }
}

/// The runs so far, and the best model among them.
#[derive(Default)]
pub struct Outcome {
    pub comparison: ModelComparison,
    /// Name, seed and history of each run.
    pub histories: Vec<(String, u64, History)>,
    best: Option<Trained>,
}

impl Outcome {
    /// Adds a model. The model with the best validation score is kept, or without validation the
    /// one with the best training score.
    pub fn add(&mut self, trained: Trained) {
        let Trained { activation, seed, parameters, history, evaluation, .. } = &trained;
        let run = RunResult::new(evaluation, history, parameters.count());
        self.add_run(&activation.to_string(), *seed, run, history.clone());
        if self.best.as_ref().is_none_or(|best| trained.history.is_better_than(&best.history)) {
            self.best = Some(trained);
        }
    }

    /// Adds a run for comparison only, such as a baseline's run.
    pub fn add_run(&mut self, name: &str, seed: u64, run: RunResult, history: History) {
        self.comparison.add(name, run);
        self.histories.push((name.to_string(), seed, history));
    }

    /// Returns the best model.
    ///
    /// # Panics
    ///
    /// If no model was added.
    pub fn best(&self) -> &Trained {
        self.best.as_ref().expect("at least one model was trained")
    }
}
