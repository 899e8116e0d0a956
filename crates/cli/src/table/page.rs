//! The content of the report page on a model of a table.

use data::TargetEncoder;
use report::{
    BestModel, ColumnsReport, ModelComparison, ModelRuns, ResidualReport, RunResult, SearchReport,
    SearchTrial, TrainingReport,
};
use train::History;

use super::parts::TableParts;
use super::run::{TRACKED, TrainedTable};
use super::score::TargetScore;
use super::search::{Search, Trial};
use crate::output::numbers;
use crate::shell::command;

/// Returns the figures of all runs, and the details of the best.
pub fn report(
    runs: &[TrainedTable],
    best: &TrainedTable,
    parts: &TableParts,
    target: Option<&str>,
    search: Option<SearchReport>,
    columns: Option<ColumnsReport>,
) -> TrainingReport {
    let (comparison, histories) = compared(runs);
    let name = best.activation.to_string();
    let details = match &best.score.answers {
        TargetScore::Classes(evaluation) => {
            BestModel::new(&name, best.seed, &best.parameters, evaluation, best.model.names())
        }
        _ => BestModel::of_score(&name, best.seed, &best.parameters, best.score.score.clone()),
    };
    let residuals = match &best.score.answers {
        TargetScore::Number { rows, .. } => Some(ResidualReport::of(&best.model.answers, rows)),
        _ => None,
    };
    let details = details
        .with_calibration(best.score.calibration.clone())
        .with_search(search)
        .with_residuals(residuals)
        .with_columns(columns);
    let target = target.unwrap_or_default();
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
        best: details,
        models: models_of(runs, &comparison, &histories),
    }
}

/// Returns each model with its runs, and the learned numbers of its activation before training.
fn models_of(
    runs: &[TrainedTable],
    comparison: &ModelComparison,
    histories: &[(String, u64, History)],
) -> Vec<ModelRuns> {
    let start = |model: &ModelRuns| {
        let run = runs.iter().find(|run| run.activation.to_string() == model.name)?;
        Some(numbers(&run.model.network(run.activation).1, &TRACKED))
    };
    let mut models = ModelRuns::of(comparison, histories);
    for model in &mut models {
        model.start = start(model).unwrap_or_default();
    }
    models
}

/// Returns the trials of a search, as the page shows them.
pub fn search_report(search: &Search, best: &Trial, has_texts: bool) -> SearchReport {
    let mut trials: Vec<SearchTrial> = Vec::new();
    for trial in search.trials() {
        let point = (trial.epochs, trial.score.loss);
        match trials.iter_mut().find(|shown| shown.number == trial.number) {
            Some(shown) => shown.scores.push(point),
            None => trials.push(SearchTrial {
                number: trial.number,
                setting: trial.setting.describe(has_texts),
                scores: vec![point],
            }),
        }
    }
    SearchReport { metric: "loss".to_owned(), best: best.number, epochs: best.kept, trials }
}

/// Returns the figures of runs side by side, and the name, the seed and the history of each.
pub fn compared(runs: &[TrainedTable]) -> (ModelComparison, Vec<(String, u64, History)>) {
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
    (comparison, histories)
}
