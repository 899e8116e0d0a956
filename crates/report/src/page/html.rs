//! Writes the figures on the page. Its text is in `templates/report.html`.
//!
//! Each number has its place in the JSON (RFC 6901) as `data-figure`, so that a test, or a curious
//! reader, can compare the two.

use std::fmt::{self, Display, Formatter};

use askama::Template;
use askama::filters::HtmlSafe;
use data::{printable_json, printable_lines};

use super::canvas::{Plot, PlotSubject};
use super::error::ReportError;
use super::figures::{ModelRuns, TrainingReport, WrongPrediction};
use crate::statistics::Estimate;
use train::metrics::Scores;

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
        // `<` would let a text end the script element; within JSON it occurs in strings only.
        let json = self.to_json()?.replace('<', "\\u003c");
        let page = ReportPage { report: self, plots: self.plots()?, json: printable_json(&json) };
        let page = page.render().map_err(|error| ReportError::Make(error.to_string()))?;
        Ok(printable_lines(&page).into_owned())
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
        Self { path: path.into(), text: format!("{:.1}", share * 100.0), scale: 100 }
    }

    fn decimal(path: impl Into<String>, number: f64) -> Self {
        Self { path: path.into(), text: format!("{number:.4}").replace('-', "−"), scale: 1 }
    }

    fn count(path: impl Into<String>, count: usize) -> Self {
        Self { path: path.into(), text: with_thousands(count), scale: 1 }
    }
}

impl HtmlSafe for Figure {}

impl Display for Figure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { path, text, scale } = self;
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
    fn of(path: &str, estimate: Estimate) -> Self {
        let half_width = |share| Figure::per_cent(format!("{path}/half_width"), share);
        Self {
            mean: Figure::per_cent(format!("{path}/mean"), estimate.mean),
            half_width: estimate.half_width.map(half_width),
        }
    }
}

impl ReportPage<'_> {
    /// Returns the number of seeds that the first model was trained with.
    fn seeds(&self) -> usize {
        self.report.models.first().map_or(0, |model| model.runs.len())
    }

    /// Returns what a single run can and cannot say; `None` with several seeds.
    fn caution(&self) -> Option<String> {
        let model = self.report.models.first().filter(|_| self.seeds() == 1)?;
        let test = model.runs.first()?.test;
        let (low, high) = test.accuracy_interval();
        Some(format!(
            "With one seed and {} test samples the 95 % interval of {}’s accuracy alone is {:.1} to \
             {:.1} %: several seeds tell a real difference from luck.",
            with_thousands(test.samples),
            model.name,
            low * 100.0,
            high * 100.0
        ))
    }

    /// Returns the row of a model in the table of results.
    fn model_row(&self, index: &usize, model: &ModelRuns) -> [Interval; 3] {
        let of = |name: &str, estimate| Interval::of(&format!("/models/{index}/{name}"), estimate);
        [
            of("accuracy", model.accuracy),
            of("macro_f1", model.macro_f1),
            of("weighted_f1", model.weighted_f1),
        ]
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

    fn class_row(&self, index: &usize) -> [Figure; 3] {
        self.scores(&format!("/best/classes/{index}"), &self.report.best.classes[*index].scores)
    }

    fn class_samples(&self, index: &usize) -> Figure {
        let samples = self.report.best.classes[*index].samples;
        Figure::count(format!("/best/classes/{index}/samples"), samples)
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

    fn confidence(&self, index: &usize) -> Figure {
        let path = format!("/best/mistakes/{index}/probability");
        Figure::per_cent(path, self.report.best.mistakes[*index].probability)
    }

    fn label_confidence(&self, index: &usize) -> Figure {
        let path = format!("/best/mistakes/{index}/label_probability");
        Figure::per_cent(path, self.report.best.mistakes[*index].label_probability)
    }

    /// Returns the text of a mistake, to be shaded.
    fn shades(&self, mistake: &WrongPrediction) -> Vec<Shade> {
        shades(mistake)
    }

    fn plots(&self, subject: PlotSubject) -> Vec<&Plot> {
        self.plots.iter().filter(|plot| plot.subject() == subject).collect()
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
                push: format!("{push:+.2}").replace('-', "−"),
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
