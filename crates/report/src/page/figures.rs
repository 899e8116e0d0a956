//! The figures of a report, which the page shows and programs read as JSON.

use std::collections::BTreeMap;

use autograd::Parameters;
use serde::Serialize;
use tensor::Scalar;
use train::metrics::Scores;
use train::{Evaluation, History, Score};

use super::error::ReportError;
use crate::comparison::{Difference, ModelComparison, RunResult};
use crate::statistics::Estimate;

/// Figures of one or several training runs. Accuracies and other shares are from 0 to 1.
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
    /// The mean test accuracy.
    pub accuracy: Estimate,
    /// The mean of the macro F1 on the test samples.
    pub macro_f1: Estimate,
    /// The mean of the F1 weighted by class size, on the test samples.
    pub weighted_f1: Estimate,
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
    /// Loss and accuracy.
    pub test: Score,
    /// For each true class, the number of samples predicted as each class.
    pub confusion: Vec<Vec<usize>>,
    /// The figures of each class.
    pub classes: Vec<ClassScores>,
    /// Their plain mean.
    pub macro_average: Scores,
    /// Their mean, weighted by class size.
    pub weighted_average: Scores,
    /// Its parameters.
    pub parameters: Vec<ParameterRow>,
    /// Wrong predictions, the most confident first.
    pub mistakes: Vec<WrongPrediction>,
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
    /// The class it is labelled with.
    pub label: String,
    /// The class it was taken for.
    pub predicted: String,
    /// The probability of that class, by the model.
    pub probability: f64,
    /// The probability of the class it is labelled with, by the model.
    pub label_probability: f64,
}

/// A piece of a text.
#[derive(Clone, Debug, Serialize)]
pub struct Word {
    /// The piece exactly as in the text.
    pub text: String,
    /// Its push towards the prediction and away from the label, in units of the logit; see
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
            let estimate = |figure: fn(&RunResult) -> f64| {
                Estimate::of(&tests.iter().map(figure).collect::<Vec<_>>())
            };
            let own: Vec<_> = histories.iter().filter(|(model, ..)| model == name).collect();
            assert!(own.len() == tests.len(), "{name}: a history for each run is needed");
            let run = |(&(_, seed, history), &test): (&&(String, u64, History), &RunResult)| {
                SeedRun { seed: *seed, history: history.clone(), test }
            };
            Self {
                name: name.clone(),
                accuracy: estimate(|run| run.accuracy),
                macro_f1: estimate(|run| run.macro_f1),
                weighted_f1: estimate(|run| run.weighted_f1),
                start: BTreeMap::new(),
                runs: own.iter().zip(tests).map(run).collect(),
            }
        });
        models.collect()
    }
}

impl BestModel {
    /// Creates the details of a model, without its mistakes.
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
        let confusion = &evaluation.confusion;
        assert!(classes.len() == confusion.classes(), "a name for each class is needed");
        let all = 0..classes.len();
        Self {
            name: name.to_string(),
            seed,
            test: evaluation.score(),
            confusion: all
                .clone()
                .map(|truth| all.clone().map(|found| confusion.count(truth, found)).collect())
                .collect(),
            classes: all
                .map(|class| ClassScores {
                    name: classes[class].clone(),
                    scores: confusion.scores(class),
                    samples: confusion.support(class),
                })
                .collect(),
            macro_average: confusion.macro_average(),
            weighted_average: confusion.weighted_average(),
            parameters: parameters
                .iter()
                .map(|(_, name, value)| ParameterRow {
                    name: name.to_string(),
                    shape: value.shape().to_vec(),
                    count: value.len(),
                    value: (value.len() == 1).then(|| value.sum_all().item().to_f64()),
                })
                .collect(),
            mistakes: Vec::new(),
        }
    }
}

impl TrainingReport {
    /// Returns the figures as JSON, on one line.
    ///
    /// # Errors
    /// If JSON cannot hold the figures.
    pub fn to_json(&self) -> Result<String, ReportError> {
        serde_json::to_string(self).map_err(|error| ReportError::Make(error.to_string()))
    }
}
