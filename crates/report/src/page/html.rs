//! Writes the figures on the page. Its text is in `templates/report.html`.
//!
//! Each number has its place in the JSON (RFC 6901) as `data-figure`, so that a test, or a curious
//! reader, can compare the two.

mod columns;

use std::fmt::{self, Display, Formatter};

use askama::Template;
use askama::filters::HtmlSafe;

use super::canvas::{Plot, PlotSubject};
use super::error::ReportError;
use super::figures::{
    ClassScores, ModelRuns, SearchReport, SearchTrial, TrainingReport, WrongPrediction,
};
use super::inside::{Inside, name};
use super::writing::{embedded, rendered};
use crate::comparison::{Difference, LOSS, is_error};
use crate::metric_list::{heading, scale, three_digits, with_minus, written};
use crate::statistics::Estimate;
use train::metrics::Scores;
use train::{Activity, metric_label};

/// The values of the template. The template engine escapes every text but [`Figure`]s, plots
/// and the JSON.
#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    report: &'a TrainingReport,
    plots: Vec<Plot>,
    json: String,
}

impl TrainingReport {
    /// Returns the page: one file with its style, its plots and the figures as JSON.
    ///
    /// # Errors
    /// If the page cannot be drawn.
    pub fn to_html(&self) -> Result<String, ReportError> {
        let (plots, json) = (self.plots()?, embedded(&self.to_json()?));
        rendered(&ReportPage { report: self, plots, json })
    }
}

/// A number of the JSON, as the page shows it.
struct Figure {
    path: String,
    text: String,
    /// The factor from the number in the JSON to the number on the page.
    scale: u32,
}

impl Figure {
    fn per_cent(path: impl Into<String>, share: f64) -> Self {
        let text = with_minus(format!("{:.1}", share * 100.0));
        // A share that is lost in rounding has no sign.
        let text = if text == "−0.0" { "0.0".to_string() } else { text };
        Self { path: path.into(), text, scale: 100 }
    }

    fn decimal(path: impl Into<String>, number: f64) -> Self {
        let text = match number.abs() < 0.001 {
            true => three_digits(number),
            false => format!("{number:.4}"),
        };
        Self { path: path.into(), text: with_minus(text), scale: 1 }
    }

    /// Returns the metric of this name: a share in percent, another one as it is.
    fn metric(path: impl Into<String>, name: &str, value: f64) -> Self {
        let scale = scale(name);
        let text = with_minus(written(name, value * f64::from(scale)));
        Self { path: path.into(), text, scale }
    }

    /// Returns the size of outputs or gradients, with at least three digits.
    fn size(path: impl Into<String>, size: f64) -> Self {
        Self { path: path.into(), text: with_minus(three_digits(size)), scale: 1 }
    }

    fn count(path: impl Into<String>, count: usize) -> Self {
        Self { path: path.into(), text: with_thousands(count), scale: 1 }
    }
}

impl HtmlSafe for Figure {}

impl Display for Figure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { path, text, scale } = self;
        // A metric of a custom loss may have any name.
        let path = path.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
        write!(f, r#"<span class="n" data-figure="{path}" data-scale="{scale}">{text}</span>"#)
    }
}

/// A mean and, where there is one, its interval.
struct Interval {
    mean: Figure,
    half_width: Option<Figure>,
}

impl HtmlSafe for Interval {}

impl Display for Interval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.mean)?;
        match &self.half_width {
            Some(half_width) => write!(f, "\u{a0}±\u{a0}{half_width}"),
            None => Ok(()),
        }
    }
}

impl Interval {
    fn of(path: &str, name: &str, estimate: Estimate) -> Self {
        let half_width = |size| Figure::metric(format!("{path}/half_width"), name, size);
        Self {
            mean: Figure::metric(format!("{path}/mean"), name, estimate.mean),
            half_width: estimate.half_width.map(half_width),
        }
    }
}

/// Returns a name as a part of a JSON pointer (RFC 6901).
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl ReportPage<'_> {
    /// Returns the number of seeds that the first model was trained with.
    fn seeds(&self) -> usize {
        self.report.models.first().map_or(0, |model| model.runs.len())
    }

    /// Returns what a single run can and cannot say; `None` with several seeds.
    fn caution(&self) -> Option<String> {
        let model = self.report.models.first().filter(|_| self.seeds() == 1)?;
        let test = &model.runs.first()?.test;
        let samples = with_thousands(test.samples);
        Some(match test.accuracy_interval() {
            Some((low, high)) => format!(
                "With one seed and {samples} test samples the 95 % interval of {}’s accuracy alone is \
                 {:.1} to {:.1} %: several seeds tell a real difference from luck.",
                model.name,
                low * 100.0,
                high * 100.0
            ),
            None => format!(
                "One seed and {samples} test samples: several seeds tell a real difference from luck."
            ),
        })
    }

    /// Returns the subject of the sentence on the paired tests.
    fn compared(&self) -> String {
        let first = self.report.models.first().and_then(|model| model.runs.first());
        match first.map_or(LOSS, |run| run.test.decisive()) {
            "accuracy" => "Accuracies".to_string(),
            LOSS => "Losses (lower is better)".to_string(),
            error if is_error(error) => {
                format!("Values of {} (lower is better)", metric_label(error))
            }
            other => format!("Values of {}", metric_label(other)),
        }
    }

    /// Returns the conclusion of a paired test.
    fn difference(&self, difference: &Difference) -> String {
        with_minus(difference.to_string())
    }

    /// Returns the names of the metrics in the table of results, in their order.
    fn metrics(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (name, mean) in self.report.models.iter().flat_map(|model| model.metrics.iter()) {
            if mean.is_some() && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Returns the headings of the metrics in the table of results.
    fn headings(&self) -> Vec<String> {
        let heading =
            |name: &str| heading(name).replace(" F1 ", "\u{a0}F1 ").replace(" %", "\u{a0}%");
        self.metrics().into_iter().map(heading).collect()
    }

    /// Returns the row of a model in the table of results; `None` where it has no such metric.
    fn model_row(&self, index: &usize, model: &ModelRuns) -> Vec<Option<Interval>> {
        let interval = |name: &str| {
            let estimate = model.metrics.get(name).copied().flatten()?;
            Some(Interval::of(&format!("/models/{index}/{}", pointer(name)), name, estimate))
        };
        self.metrics().into_iter().map(interval).collect()
    }

    fn parameter_count(&self, index: &usize, model: &ModelRuns) -> Figure {
        let count = model.runs.first().map_or(0, |run| run.test.parameters);
        Figure::count(format!("/models/{index}/runs/0/test/parameters"), count)
    }

    /// Returns the mean time of training, in seconds.
    fn seconds(&self, model: &ModelRuns) -> String {
        let total: f64 = model.runs.iter().map(|run| run.test.seconds).sum();
        format!("{:.2}", total / model.runs.len() as f64)
    }

    /// Returns precision, recall and F1, which are in the JSON at `path`.
    fn scores(&self, path: &str, scores: &Scores) -> [Figure; 3] {
        [("precision", scores.precision), ("recall", scores.recall), ("f1", scores.f1)]
            .map(|(name, share)| Figure::per_cent(format!("{path}/{name}"), share))
    }

    fn class_row(&self, index: &usize, class: &ClassScores) -> [Figure; 3] {
        self.scores(&format!("/best/classes/{index}"), &class.scores)
    }

    fn class_samples(&self, index: &usize, class: &ClassScores) -> Figure {
        Figure::count(format!("/best/classes/{index}/samples"), class.samples)
    }

    /// Returns the samples by which the best model was chosen.
    fn judged_by(&self) -> &'static str {
        let run = self.report.models.first().and_then(|model| model.runs.first());
        run.map_or("training", |run| run.history.judged_by())
    }

    fn best_loss(&self) -> Figure {
        Figure::decimal("/best/test/loss", self.report.best.test.loss)
    }

    fn best_accuracy(&self) -> Figure {
        let accuracy = self.report.best.test.metric("accuracy").unwrap_or_default();
        Figure::per_cent("/best/test/accuracy", accuracy)
    }

    /// Returns loss and metrics of the best model on the test samples, each with its name.
    fn best_metrics(&self) -> Vec<(String, Figure)> {
        let test = &self.report.best.test;
        let figure = |name: &str, value: f64| {
            let figure = Figure::metric(format!("/best/test/{}", pointer(name)), name, value);
            (heading(name), figure)
        };
        let metrics = test.metrics.iter().map(|(name, value)| figure(name, *value));
        [figure(LOSS, test.loss)].into_iter().chain(metrics).collect()
    }

    /// Returns a unit of the loss to write after a number.
    fn loss_unit(&self) -> String {
        self.report.loss_unit.as_ref().map_or(String::new(), |unit| format!("\u{a0}{unit}"))
    }

    /// Returns the expected calibration error `before` or `after` calibration, in points of percent.
    fn calibration_error(&self, when: &str) -> Figure {
        let error = self.report.best.calibration.as_ref().map(|found| {
            let reliability = if when == "before" { &found.before } else { &found.after };
            reliability.expected_calibration_error
        });
        let path = format!("/best/calibration/{when}/expected_calibration_error");
        Figure::per_cent(path, error.unwrap_or_default())
    }

    fn temperature(&self) -> Figure {
        let temperature = self.report.best.calibration.as_ref().map(|found| found.temperature);
        Figure::decimal("/best/calibration/temperature", temperature.unwrap_or_default())
    }

    fn search_heading(&self, search: &SearchReport) -> String {
        heading(&search.metric)
    }

    /// Returns the epochs of a setting's last round.
    fn search_epochs(&self, index: &usize, trial: &SearchTrial) -> Figure {
        let last = trial.scores.len().saturating_sub(1);
        let epochs = trial.scores.last().map_or(0, |(epochs, _)| *epochs);
        Figure::count(format!("/best/search/trials/{index}/scores/{last}/0"), epochs)
    }

    /// Returns the figure of a setting's last round.
    fn search_score(&self, index: &usize, trial: &SearchTrial) -> Figure {
        let metric = self.report.best.search.as_ref().map_or(LOSS, |search| &search.metric);
        let last = trial.scores.len().saturating_sub(1);
        let score = trial.scores.last().map_or(0.0, |(_, score)| *score);
        Figure::metric(format!("/best/search/trials/{index}/scores/{last}/1"), metric, score)
    }

    fn inside(&self) -> Option<Inside<'_>> {
        self.report.inside()
    }

    fn operation_name(&self, operation: &Activity) -> String {
        name(operation)
    }

    /// Returns an operation's figures: size and zeros of its outputs and of its gradients. There are no gradients in a
    /// frozen layer.
    fn operation_row(
        &self,
        inside: &Inside<'_>,
        index: &usize,
        operation: &Activity,
    ) -> [Option<Figure>; 4] {
        let path = |name: &str| format!("{}/{index}/{name}", inside.path);
        let Activity { outputs, gradients, .. } = operation;
        let gradients = Some(gradients).filter(|gradients| gradients.count > 0);
        [
            Some(Figure::size(path("outputs/rms"), outputs.rms)),
            Some(Figure::per_cent(path("outputs/zeros"), outputs.zeros)),
            gradients.map(|found| Figure::size(path("gradients/rms"), found.rms)),
            gradients.map(|found| Figure::per_cent(path("gradients/zeros"), found.zeros)),
        ]
    }

    fn samples(&self) -> Figure {
        let samples = self.report.models.first().and_then(|model| model.runs.first());
        let samples = samples.map_or(0, |run| run.test.samples);
        Figure::count("/models/0/runs/0/test/samples", samples)
    }

    fn parameter_size(&self, index: &usize) -> Figure {
        let count = self.report.best.parameters[*index].count;
        Figure::count(format!("/best/parameters/{index}/count"), count)
    }

    /// Returns `true` if a parameter is a single number, which the table has room for.
    fn has_values(&self) -> bool {
        self.report.best.parameters.iter().any(|row| row.value.is_some())
    }

    fn parameter_value(&self, index: &usize) -> Option<Figure> {
        let value = self.report.best.parameters[*index].value?;
        Some(Figure::decimal(format!("/best/parameters/{index}/value"), value))
    }

    fn all_parameters(&self) -> String {
        with_thousands(self.report.best.parameters.iter().map(|row| row.count).sum())
    }

    fn confidence(&self, index: &usize, mistake: &WrongPrediction) -> Figure {
        let path = format!("/best/mistakes/{index}/probability");
        Figure::per_cent(path, mistake.probability)
    }

    fn label_confidence(&self, index: &usize, mistake: &WrongPrediction) -> Figure {
        let path = format!("/best/mistakes/{index}/label_probability");
        Figure::per_cent(path, mistake.label_probability)
    }

    /// Returns the text of a mistake, to be shaded.
    fn shades(&self, mistake: &WrongPrediction) -> Vec<Shade> {
        shades(mistake)
    }

    fn plots(&self, subject: PlotSubject) -> Vec<&Plot> {
        self.plots.iter().filter(|plot| plot.subject() == subject).collect()
    }

    /// Returns the panels of the loss and of each metric, in rows that have a panel for each model. Those of
    /// one model are one row together.
    fn training_rows(&self) -> Vec<Vec<&Plot>> {
        let rows = [self.plots(PlotSubject::Loss), self.plots(PlotSubject::Metric)].concat();
        let models = self.report.models.len();
        rows.chunks(if models > 1 { models } else { rows.len().max(1) })
            .map(<[_]>::to_vec)
            .collect()
    }

    /// Returns the class of a row of this many panels. An odd multiple of three gets three columns, because it
    /// would leave a gap in two.
    fn panels(&self, count: usize) -> &'static str {
        if count.is_multiple_of(3) && !count.is_multiple_of(2) { "panels three" } else { "panels" }
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }
}

/// A piece of text with the way and the strength of its push.
struct Shade {
    text: String,
    /// `for` or `against`, a class of the style sheet; empty for text without shade.
    class: &'static str,
    /// From 0 to 1, relative to the strongest word of the text.
    strength: String,
    /// The push, in words.
    push: String,
}

/// The longest text shown, in bytes. The rest is cut.
const LONGEST: usize = 1_500;

fn shades(mistake: &WrongPrediction) -> Vec<Shade> {
    let pushes = mistake.text.iter().filter_map(|word| word.push);
    let strongest = pushes.map(f64::abs).fold(f64::MIN_POSITIVE, f64::max);
    let mut shades = Vec::new();
    let mut length = 0;
    for word in &mistake.text {
        length += word.text.len();
        if length > LONGEST {
            shades.push(Shade::plain("…"));
            break;
        }
        shades.push(match word.push {
            // Shades of weak words would only make the others hard to see.
            Some(push) if push.abs() > 0.1 * strongest => Shade {
                text: word.text.clone(),
                class: if push > 0.0 { "for" } else { "against" },
                strength: format!("{:.2}", push.abs() / strongest),
                push: with_minus(format!("{push:+.2}")),
            },
            _ => Shade::plain(&word.text),
        });
    }
    shades
}

impl Shade {
    fn plain(text: &str) -> Self {
        Self { text: text.to_string(), class: "", strength: String::new(), push: String::new() }
    }
}

/// Returns a count with thin spaces between groups of three digits.
fn with_thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
