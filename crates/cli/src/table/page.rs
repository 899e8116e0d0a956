//! The content of the report page on a model of a table.

use data::TargetEncoder;
use report::{BestModel, ModelComparison, ModelRuns, RunResult, TrainingReport};

use super::options::TrainCommand;
use super::parts::TableParts;
use super::score::TargetScore;
use super::train::TrainedTable;
use crate::output::command;

/// Returns the figures of all runs, and the details of the best.
pub fn report(
    runs: &[TrainedTable],
    best: &TrainedTable,
    parts: &TableParts,
    options: &TrainCommand,
) -> TrainingReport {
    let mut comparison = ModelComparison::default();
    let mut histories = Vec::new();
    for run in runs {
        let (name, count) = (run.activation.to_string(), run.parameters.count());
        let result = match &run.score.answers {
            TargetScore::Classes(evaluation) => RunResult::new(evaluation, &run.history, count),
            _ => RunResult::of_score(&run.score.score, run.score.rows, &run.history, count),
        };
        comparison.add(&name, result);
        histories.push((name, run.seed, run.history.clone()));
    }
    let name = best.activation.to_string();
    let best = match &best.score.answers {
        TargetScore::Classes(evaluation) => {
            BestModel::new(&name, best.seed, &best.parameters, evaluation, best.model.names())
        }
        _ => BestModel::of_score(&name, best.seed, &best.parameters, best.score.score.clone()),
    };
    let target = options.table.target.as_deref().unwrap_or_default();
    let (loss_unit, units) = match &parts.target {
        TargetEncoder::Number { .. } => {
            ("squared standard deviations", format!(" MAE and RMSE are in the unit of {target}."))
        }
        _ => ("nats", String::new()),
    };
    TrainingReport {
        title: format!("A model of {}", target),
        command: command(),
        data: format!(
            "{} rows to train on, {} to choose the best epoch by and {} to test on; the model gets {}.{units}",
            parts.training.len(),
            parts.validation.as_ref().map_or(0, |rows| rows.len()),
            parts.test.len(),
            parts.encoder.describe()
        ),
        differences: comparison.differences(),
        loss_unit: Some(loss_unit.to_owned()),
        shapes: Vec::new(),
        best,
        models: ModelRuns::of(&comparison, &histories),
    }
}
