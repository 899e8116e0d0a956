//! The figures of a report, which the page shows and programs read as JSON.

use std::collections::BTreeMap;

use autograd::Parameters;
use serde::Serialize;
use tensor::{Scalar, Tensor};
use train::metrics::{Calibration, Scores};
use train::{Evaluation, History, Score};

use super::columns::ColumnsReport;
use super::error::ReportError;
use super::residuals::ResidualReport;
use super::writing::json;
use crate::comparison::{Difference, ModelComparison, ROC_AUC, RunResult};
use crate::metric_list::MetricList;
use crate::statistics::Estimate;

/// Figures of one or several training runs, of any task. Accuracies and other shares are from 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct TrainingReport {
    /// The subject of the page, in a few words.
    pub title: String,
    /// The command that created the report, as typed.
    pub command: String,
    /// The data, in a sentence.
    pub data: String,
    /// Each model with its runs. The others are compared with the first.
    pub models: Vec<ModelRuns>,
    /// The unit of the loss, if it has one: `nats` of a cross-entropy.
    pub loss_unit: Option<String>,
    /// The results of the paired tests, with two seeds or more.
    pub differences: Vec<Difference>,
    /// Activation functions to draw in one plot.
    pub shapes: Vec<ActivationCurve>,
    /// The model to show in detail.
    pub best: BestModel,
}

/// One model, trained with one or several seeds.
#[derive(Clone, Debug, Serialize)]
pub struct ModelRuns {
    /// Its name.
    pub name: String,
    /// The means of the metrics on the test samples over the runs, without the area under the ROC curve;
    /// `None` if a run has no such metric. Models are compared by the first.
    #[serde(flatten)]
    pub metrics: MetricList<Option<Estimate>>,
    /// The tracked parameters before the first step, by name.
    pub start: BTreeMap<String, f64>,
    /// A run for each seed.
    pub runs: Vec<SeedRun>,
}

/// One training run.
#[derive(Clone, Debug, Serialize)]
pub struct SeedRun {
    /// The seed of initial weights, order and dropout.
    pub seed: u64,
    /// The history of training.
    pub history: History,
    /// The result on the test samples.
    pub test: RunResult,
}

/// An activation function, as points to draw.
#[derive(Clone, Debug, Serialize)]
pub struct ActivationCurve {
    /// The name in the legend.
    pub label: String,
    /// Its role in the plot.
    pub role: CurveRole,
    /// Input and output.
    pub points: Vec<(f64, f64)>,
}

/// The role of an activation function in a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CurveRole {
    /// To compare with.
    Reference,
    /// The function before training.
    Start,
    /// The function after training.
    Learned,
}

/// The model to show in detail, on the test samples.
#[derive(Clone, Debug, Serialize)]
pub struct BestModel {
    /// Its name.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// The loss and the metrics.
    pub test: Score,
    /// The details of a classifier; other models have none.
    #[serde(flatten)]
    pub by_class: Option<ClassDetails>,
    /// The calibration of its probabilities, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// The search for its settings, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchReport>,
    /// What it makes of the columns of a table, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<ColumnsReport>,
    /// The residuals of its predictions, if it predicts numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residuals: Option<ResidualReport>,
    /// Its parameters.
    pub parameters: Vec<ParameterRow>,
}

/// The settings that were tried for a model.
#[derive(Clone, Debug, Serialize)]
pub struct SearchReport {
    /// The name of the figure that they are compared by: a metric, or `loss`.
    pub metric: String,
    /// The number of the setting that was chosen.
    pub best: usize,
    /// The number of epochs that was best for it.
    pub epochs: usize,
    /// The settings, in the order in which they were first tried.
    pub trials: Vec<SearchTrial>,
}

/// A setting that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct SearchTrial {
    /// Its number, counted from 1.
    pub number: usize,
    /// The setting, in words.
    pub setting: String,
    /// The most epochs of each round that it came to, and its figure on the samples for validation.
    pub scores: Vec<(usize, f64)>,
}

/// The predictions of a classifier, class by class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassDetails {
    /// For each true class, the number of samples predicted as each class.
    pub confusion: Vec<Vec<usize>>,
    /// The figures of each class.
    pub classes: Vec<ClassScores>,
    /// Their plain mean.
    pub macro_average: Scores,
    /// Their mean, weighted by class size.
    pub weighted_average: Scores,
    /// Wrong predictions, the most confident first.
    pub mistakes: Vec<WrongPrediction>,
    /// What a reader of the mistakes should know of the labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caution: Option<String>,
}

/// The figures of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassScores {
    /// Its name.
    pub name: String,
    /// Precision, recall and F1.
    #[serde(flatten)]
    pub scores: Scores,
    /// The number of test samples of the class.
    pub samples: usize,
}

/// One parameter tensor.
#[derive(Clone, Debug, Serialize)]
pub struct ParameterRow {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The number of numbers in it.
    pub count: usize,
    /// Its value, if it is a single number.
    pub value: Option<f64>,
}

/// A text that was taken for another class.
#[derive(Clone, Debug, Serialize)]
pub struct WrongPrediction {
    /// The text, cut into words and the text between them. Joined, they are the text.
    pub text: Vec<Word>,
    /// The class it is labeled with.
    pub label: String,
    /// The class it was taken for.
    pub predicted: String,
    /// The probability of that class, by the model.
    pub probability: f64,
    /// The probability of the class it is labeled with, by the model.
    pub label_probability: f64,
}

/// A piece of a text.
#[derive(Clone, Debug, Serialize)]
pub struct Word {
    /// The piece exactly as in the text.
    pub text: String,
    /// Its push toward the prediction and away from the label, in units of the logit; see
    /// [`contributions`](crate::contributions). `None` for text that the model does not see.
    pub push: Option<f64>,
}

impl ModelRuns {
    /// Returns each model of a comparison with its runs. `histories` has name, seed and history of
    /// each run, in the order of the comparison.
    ///
    /// # Panics
    /// If a run of the comparison has no history.
    #[track_caller]
    pub fn of(comparison: &ModelComparison, histories: &[(String, u64, History)]) -> Vec<Self> {
        let models = comparison.models().iter().map(|(name, tests)| {
            let own: Vec<_> = histories.iter().filter(|(model, ..)| model == name).collect();
            assert!(own.len() == tests.len(), "{name}: a history for each run is needed");
            let run = |(&(_, seed, history), test): (&&(String, u64, History), &RunResult)| {
                SeedRun { seed: *seed, history: history.clone(), test: test.clone() }
            };
            Self {
                name: name.clone(),
                metrics: means(tests),
                start: BTreeMap::new(),
                runs: own.iter().zip(tests).map(run).collect(),
            }
        });
        models.collect()
    }
}

/// Returns the mean of each metric over some runs.
fn means(runs: &[RunResult]) -> MetricList<Option<Estimate>> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in runs.iter().flat_map(|run| run.metrics.iter()) {
        if name != ROC_AUC && !names.contains(&name) {
            names.push(name);
        }
    }
    let mean = |name: &str| {
        let values = runs.iter().map(|run| run.metrics.get(name).copied().flatten());
        let values: Option<Vec<f64>> = values.collect();
        (name.to_string(), values.map(|values| Estimate::of(&values)))
    };
    names.into_iter().map(mean).collect()
}

impl BestModel {
    /// Creates the details of a classifier, without its mistakes.
    ///
    /// # Panics
    /// If there is not one name for each class.
    #[track_caller]
    pub fn new<T: Scalar>(
        name: &str,
        seed: u64,
        parameters: &Parameters<T>,
        evaluation: &Evaluation,
        classes: &[String],
    ) -> Self {
        let by_class = Some(ClassDetails::of(evaluation, classes));
        Self { by_class, ..Self::of_score(name, seed, parameters, evaluation.score()) }
    }

    /// Creates the details of any model, whose score on the test samples is `test`.
    pub fn of_score<T: Scalar>(
        name: &str,
        seed: u64,
        parameters: &Parameters<T>,
        test: Score,
    ) -> Self {
        let row = |name: &str, value: &Tensor<T>| ParameterRow {
            name: name.to_string(),
            shape: value.shape().to_vec(),
            count: value.len(),
            value: (value.len() == 1).then(|| value.sum_all().item().to_f64()),
        };
        Self {
            name: name.to_string(),
            seed,
            test,
            by_class: None,
            calibration: None,
            search: None,
            columns: None,
            residuals: None,
            parameters: parameters.iter().map(|(_, name, value)| row(name, value)).collect(),
        }
    }

    /// Sets how reliable its probabilities are.
    pub fn with_calibration(self, calibration: Option<Calibration>) -> Self {
        Self { calibration, ..self }
    }

    /// Sets how its settings were found.
    pub fn with_search(self, search: Option<SearchReport>) -> Self {
        Self { search, ..self }
    }

    /// Sets what it makes of the columns of a table.
    pub fn with_columns(self, columns: Option<ColumnsReport>) -> Self {
        Self { columns, ..self }
    }

    /// Sets how far its predictions of numbers are off.
    pub fn with_residuals(self, residuals: Option<ResidualReport>) -> Self {
        Self { residuals, ..self }
    }

    /// Sets the mistakes to show, the most confident first, and what a reader should know of their labels.
    ///
    /// # Panics
    /// If the model is not a classifier.
    #[track_caller]
    pub fn with_mistakes(
        mut self,
        mistakes: Vec<WrongPrediction>,
        caution: Option<String>,
    ) -> Self {
        match &mut self.by_class {
            Some(classes) => (classes.mistakes, classes.caution) = (mistakes, caution),
            None => panic!(
                "BestModel::with_mistakes: the model `{}` has no classes; create it with \
                 BestModel::new",
                self.name
            ),
        }
        self
    }
}

impl ClassDetails {
    #[track_caller]
    fn of(evaluation: &Evaluation, classes: &[String]) -> Self {
        let confusion = &evaluation.confusion;
        assert!(classes.len() == confusion.classes(), "a name for each class is needed");
        let all = 0..classes.len();
        let row = |truth| all.clone().map(|found| confusion.count(truth, found)).collect();
        let scores = |class: usize| ClassScores {
            name: classes[class].clone(),
            scores: confusion.scores(class),
            samples: confusion.support(class),
        };
        Self {
            confusion: all.clone().map(row).collect(),
            classes: all.clone().map(scores).collect(),
            macro_average: confusion.macro_average(),
            weighted_average: confusion.weighted_average(),
            mistakes: Vec::new(),
            caution: None,
        }
    }
}

impl TrainingReport {
    /// Returns the place among the runs of the model that is shown in detail, as the index of its name
    /// and of its seed; `None` if it is not among them.
    pub(super) fn best_run(&self) -> Option<(usize, usize)> {
        let model = self.models.iter().position(|model| model.name == self.best.name)?;
        let runs = &self.models[model].runs;
        Some((model, runs.iter().position(|run| run.seed == self.best.seed)?))
    }

    /// Returns the figures as JSON, on one line.
    ///
    /// # Errors
    /// If JSON cannot hold the figures.
    pub fn to_json(&self) -> Result<String, ReportError> {
        json(self)
    }
}
