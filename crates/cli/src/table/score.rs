//! Evaluates a model of a table, in the unit of its answers.

use std::fmt::Write;

use autograd::Parameters;
use data::{Mixed, Samples, TargetEncoder, Targets, beginning, printable};
use nn::Model;
use report::statistics::wilson_interval;
use serde_json::{Value, json};
use tensor::Tensor;
use train::metrics::{Calibration, ConfusionMatrix, Reliability, Scores, roc_auc};
use train::{Evaluation, NotFinite, Score, Trainer};

use super::model::TableLoss;
use super::parts::TableSamples;
use super::saved::TableModel;
use crate::calibrating::{self, calibration};

/// The figures of a model on rows with answers.
pub struct TableScore {
    /// The loss, and the metrics by which models are compared.
    pub score: Score,
    pub rows: usize,
    pub answers: TargetScore,
    /// The calibration of the probabilities of classes or labels.
    pub calibration: Option<Calibration>,
}

/// The figures of each kind of answer.
pub enum TargetScore {
    Classes(Evaluation),
    Labels {
        /// The figures of each label, and the number of rows that have it.
        each: Vec<(Scores, usize)>,
    },
    Number {
        /// The mean and the root of the mean squared error, in the unit of the column.
        mae: f64,
        rmse: f64,
        /// The same errors if the answer to each row were the mean of these rows.
        mean_mae: f64,
        mean_rmse: f64,
        /// The true and the predicted number of each row.
        rows: Vec<(f64, f64)>,
    },
}

impl TableScore {
    /// Evaluates a model on rows. `numbers` are their true numbers as in the file. Without them, the numbers of the
    /// samples are taken, which have 32 bits.
    pub fn of<M: Model<Input = Mixed<Tensor<u32>>>>(
        model: &M,
        parameters: &Parameters,
        samples: &TableSamples,
        numbers: Option<&[f64]>,
        about: &TableModel,
    ) -> Result<Self, NotFinite> {
        let (trainer, target) = (Trainer::new(model, about.loss()), &about.target);
        let predictions = trainer.predict_finite(parameters, samples.inputs())?;
        let mut score = trainer.score(parameters, samples);
        if !score.loss.is_finite() {
            return Err(NotFinite { what: "the mean loss".to_string(), value: score.loss });
        }
        let outputs = trainer.outputs(parameters, samples.inputs());
        let answers = match (target, samples.targets()) {
            (TargetEncoder::Classes { .. }, Targets::Classes(classes)) => {
                TargetScore::Classes(evaluation(&predictions, &outputs, classes, score.loss))
            }
            (TargetEncoder::Number { scale, .. }, Targets::Numbers(scaled)) => {
                let found = scale.inverse_transform(&predictions).to_vec();
                match numbers {
                    Some(numbers) => numbers_score(&found, numbers),
                    None => numbers_score(&found, &scale.inverse_transform(scaled).to_vec()),
                }
            }
            (_, Targets::Numbers(answers)) => label_scores(&predictions, answers),
            (_, Targets::Classes(_)) => panic!("classes are the answers to classes only"),
        };
        if let TargetScore::Number { mae, rmse, mean_rmse, .. } = answers {
            // These have the digits of 64 bits. The share of the variance is undefined where there is none.
            score.metrics.extend([("mae".to_owned(), mae), ("rmse".to_owned(), rmse)]);
            if mean_rmse > 0.0 {
                score.metrics.insert("r2".to_owned(), 1.0 - (rmse / mean_rmse).powi(2));
            }
        }
        let calibrated = |reliability: &dyn Fn(&Tensor<f32>) -> Reliability| {
            let plain = TableLoss::of_target(target);
            calibration(about.temperature, &outputs, reliability, &plain, &about.loss())
        };
        let calibration = match (target, samples.targets()) {
            (TargetEncoder::Classes { .. }, Targets::Classes(classes)) => {
                let classes = classes.to_vec();
                Some(calibrated(&|p| Reliability::of_classes(p, &classes)))
            }
            (TargetEncoder::Labels { .. }, Targets::Numbers(answers)) => {
                Some(calibrated(&|p| Reliability::of_labels(p, answers)))
            }
            _ => None,
        };
        Ok(Self { score, rows: samples.targets().count(), answers, calibration })
    }

    /// Returns the decisive figure in a few words.
    pub fn in_short(&self) -> String {
        match &self.answers {
            TargetScore::Classes(evaluation) => format!(
                "accuracy {:.1} %, macro F1 {:.1} %",
                evaluation.accuracy() * 100.0,
                evaluation.confusion.macro_average().f1 * 100.0
            ),
            TargetScore::Labels { .. } => format!(
                "micro F1 {}, macro F1 {}",
                self.metric("micro_f1", |f1| format!("{:.1} %", f1 * 100.0)),
                self.metric("macro_f1", |f1| format!("{:.1} %", f1 * 100.0))
            ),
            TargetScore::Number { mae, rmse, .. } => format!(
                "mean error {}, root mean squared error {}, R² {}",
                four_digits(*mae),
                four_digits(*rmse),
                self.metric("r2", |r2| format!("{r2:.3}"))
            ),
        }
    }

    /// Returns all figures as text. `names` are the names of the classes or labels.
    pub fn describe(&self, names: &[String]) -> String {
        let mut text = self.in_short();
        match &self.answers {
            TargetScore::Classes(evaluation) => {
                let confusion = &evaluation.confusion;
                let (low, high) = wilson_interval(confusion.correct(), self.rows);
                let largest = (0..confusion.classes()).map(|class| confusion.support(class)).max();
                let _ = write!(
                    text,
                    " ({} of {} rows; 95 % interval of the accuracy {:.1} to {:.1} %)\nThe most frequent \
                     class alone: accuracy {:.1} %\n\n{}\n{}{}\n",
                    confusion.correct(),
                    self.rows,
                    low * 100.0,
                    high * 100.0,
                    largest.unwrap_or(0) as f64 / self.rows as f64 * 100.0,
                    confusion.table(names),
                    confusion.report(names),
                    confusion.macro_classes()
                );
            }
            TargetScore::Labels { each } => {
                let _ = writeln!(text, " ({} rows)\n", self.rows);
                let head = "label";
                let _ = writeln!(text, "{head:<16}  precision %  recall %    F1 %     rows");
                for (name, (scores, rows)) in names.iter().zip(each) {
                    let [precision, recall, f1] =
                        [scores.precision, scores.recall, scores.f1].map(|share| share * 100.0);
                    let name = printable(&beginning(name, 15)).into_owned();
                    let _ = writeln!(
                        text,
                        "{name:<16}{precision:>13.1}{recall:>10.1}{f1:>8.1}{rows:>9}"
                    );
                }
            }
            TargetScore::Number { mean_mae, mean_rmse, .. } => {
                let _ = writeln!(
                    text,
                    " ({} rows)\nThe mean of these rows alone: mean error {}, root mean squared error {}",
                    self.rows,
                    four_digits(*mean_mae),
                    four_digits(*mean_rmse)
                );
            }
        }
        if let Some(calibration) = &self.calibration {
            let _ = writeln!(text, "\n{}", calibrating::describe(calibration));
        }
        text
    }

    /// Returns the figures as JSON.
    pub fn to_json(&self, names: &[String]) -> Value {
        let mut figures = json!({ "loss": self.score.loss, "rows": self.rows });
        if let Some(calibration) = &self.calibration {
            figures["expected_calibration_error"] =
                json!(calibration.after.expected_calibration_error);
        }
        match &self.answers {
            TargetScore::Classes(evaluation) => {
                let confusion = &evaluation.confusion;
                figures["accuracy"] = json!(evaluation.accuracy());
                figures["macro_f1"] = json!(confusion.macro_average().f1);
                figures["weighted_f1"] = json!(confusion.weighted_average().f1);
                let classes = names.iter().enumerate().map(|(class, name)| {
                    let scores = json!(confusion.scores(class));
                    (name.clone(), scores)
                });
                figures["classes"] = Value::Object(classes.collect());
            }
            TargetScore::Labels { each } => {
                figures["micro_f1"] = json!(self.score.metric("micro_f1"));
                figures["macro_f1"] = json!(self.score.metric("macro_f1"));
                let labels = names.iter().zip(each);
                let labels = labels.map(|(name, (scores, _))| (name.clone(), json!(scores)));
                figures["labels"] = Value::Object(labels.collect());
            }
            TargetScore::Number { mae, rmse, .. } => {
                figures["mae"] = json!(mae);
                figures["rmse"] = json!(rmse);
                figures["r2"] = json!(self.score.metric("r2"));
            }
        }
        figures
    }

    /// Returns the mean error of numbers, in the unit of the column.
    pub fn mean_error(&self) -> Option<f64> {
        match self.answers {
            TargetScore::Number { mae, .. } => Some(mae),
            _ => None,
        }
    }

    /// Returns a metric as text. R² of equal numbers, for one, is undefined.
    fn metric(&self, name: &str, write: fn(f64) -> String) -> String {
        self.score.metric(name).map_or("undefined".to_owned(), write)
    }
}

/// Counts the classes that were predicted, by the probabilities and the logits, both `[n, classes]`.
fn evaluation(
    probabilities: &Tensor<f32>,
    logits: &Tensor<f32>,
    classes: &Tensor<u32>,
    loss: f64,
) -> Evaluation {
    let labels = classes.to_vec();
    let count = probabilities.shape()[1];
    let auc = (count == 2).then(|| {
        let is_second: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        // Not the probabilities: those near 1 are rounded to 1, and tell no difference.
        let difference = |pair: &[f32]| f64::from(pair[1]) - f64::from(pair[0]);
        let evidence: Vec<f64> = logits.to_vec().chunks(2).map(difference).collect();
        roc_auc(&is_second, &evidence)
    });
    Evaluation {
        loss,
        confusion: ConfusionMatrix::new(count, &labels, &probabilities.argmax(-1).to_vec()),
        roc_auc: auc.flatten(),
    }
}

/// Counts for each label the rows that have it and those for which it is predicted, by the probabilities
/// and the answers, `[n, labels]`.
fn label_scores(probabilities: &Tensor<f32>, answers: &Tensor<f32>) -> TargetScore {
    let labels = answers.shape()[1];
    let (probabilities, answers) = (probabilities.to_vec(), answers.to_vec());
    let score = |label: usize| {
        let column = |cells: &[f32]| {
            let cells = cells.iter().skip(label).step_by(labels);
            cells.map(|&cell| u32::from(cell > 0.5)).collect::<Vec<u32>>()
        };
        let confusion = ConfusionMatrix::new(2, &column(&answers), &column(&probabilities));
        (confusion.scores(1), confusion.support(1))
    };
    TargetScore::Labels { each: (0..labels).map(score).collect() }
}

fn numbers_score(found: &[f64], right: &[f64]) -> TargetScore {
    let count = right.len() as f64;
    // From the first number on, so that the mean of equal numbers is that number, whatever its binary digits.
    let first = right.first().copied().unwrap_or(0.0);
    let mean = first + right.iter().map(|number| number - first).sum::<f64>() / count;
    let errors = |of: &dyn Fn(usize) -> f64| {
        let errors: Vec<f64> = (0..right.len()).map(|row| of(row) - right[row]).collect();
        let absolute = errors.iter().map(|error| error.abs()).sum::<f64>() / count;
        let squared = errors.iter().map(|error| error * error).sum::<f64>() / count;
        (absolute, squared.sqrt())
    };
    let ((mae, rmse), (mean_mae, mean_rmse)) = (errors(&|row| found[row]), errors(&|_| mean));
    let rows = right.iter().copied().zip(found.iter().copied()).collect();
    TargetScore::Number { mae, rmse, mean_mae, mean_rmse, rows }
}

/// Returns a number with four digits that count, or without decimals if it is large.
pub fn four_digits(number: f64) -> String {
    let size = number.abs().log10().floor();
    match number == 0.0 || !number.is_finite() {
        true => number.to_string(),
        false if size.abs() > 12.0 => format!("{number:.3e}"),
        false => format!("{number:.*}", (3.0 - size).max(0.0) as usize),
    }
}
