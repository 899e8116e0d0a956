//! The content of the report page on several networks.

use autograd::Parameters;
use report::{BestModel, ModelRuns, TrainingReport};

use super::TRACKED;
use super::options::Options;
use super::table::Halves;
use crate::output::numbers;
use crate::shell::command;
use crate::trained::{Outcome, Trained};

/// Returns the figures of all runs, and the details of the best.
pub fn report(outcome: &Outcome, halves: &Halves, options: &Options) -> TrainingReport {
    let Outcome { comparison, histories, .. } = outcome;
    let mut models = ModelRuns::of(comparison, histories);
    for (model, &activation) in models.iter_mut().zip(&options.activation) {
        let mut parameters = Parameters::new(options.training.seed);
        super::build(&mut parameters, activation, halves.features());
        model.start = numbers(&parameters, &TRACKED);
    }
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    let Trained { activation, seed, parameters, evaluation, .. } = outcome.best();
    TrainingReport {
        title: format!("A network for tables with {}", names.join(", ")),
        command: command(),
        data: format!(
            "{} rows of {} features to train on, {}, and {} to test on.",
            halves.train.len(),
            halves.features(),
            options.training.describe_split(),
            halves.test.len()
        ),
        differences: comparison.differences(),
        loss_unit: Some("nats".to_string()),
        shapes: Vec::new(),
        best: BestModel::new(
            &activation.to_string(),
            *seed,
            parameters,
            evaluation,
            &halves.classes,
        ),
        models,
    }
}
