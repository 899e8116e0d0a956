//! The report of a language model: its loss beside the lowest possible one and an n-gram model's, a text with the
//! surprise of each token, where its attention goes, and what its gates have learned.
//!
//! Like a [`TrainingReport`](crate::TrainingReport), a [`LanguageReport`] has only figures; the page holds them as
//! JSON and draws them.

mod drawing;

use std::path::Path;

use askama::Template;
use serde::Serialize;

use super::canvas::Plot;
use super::error::ReportError;
use super::writing::{embedded, json, rendered, write_text};
use crate::metric_list::with_minus;

/// Figures of the training of one language model. Losses and surprises are in nats a token.
#[derive(Clone, Debug, Serialize)]
pub struct LanguageReport {
    /// The subject of the page, in a few words.
    pub title: String,
    /// The command that created the report, as typed.
    pub command: String,
    /// The data, in a sentence.
    pub data: String,
    /// The loss at each validation.
    pub losses: Vec<LossPoint>,
    /// The mean surprise of the validation tokens for their generator: no model has less in the long run. `None` for
    /// a text that was not generated.
    pub floor: Option<f64>,
    /// An n-gram model to compare with.
    pub baseline: Option<CountingModel>,
    /// The final figures, each with its name, in the order to show them.
    pub results: Vec<ResultRow>,
    /// The gate of each block, `x·σ(βx + γ)`; empty for a model without gates.
    pub gates: Vec<GateRow>,
    /// Some of the validation text.
    pub surprises: Vec<SurpriseToken>,
    /// Where attention goes in a text.
    pub attention: Option<AttentionMaps>,
    /// A text that the model wrote.
    pub sample: String,
    /// A page of the tape of one block, relative to this page.
    pub tape: Option<String>,
}

/// The losses at one validation.
#[derive(Clone, Debug, Serialize)]
pub struct LossPoint {
    /// The number of steps so far.
    pub step: usize,
    /// The mean training loss since the point before.
    pub training: f64,
    /// The loss on the validation windows.
    pub validation: Option<f64>,
}

/// An n-gram model, which counts which tokens follow which.
#[derive(Clone, Debug, Serialize)]
pub struct CountingModel {
    /// Its name, such as `Kneser–Ney of order 8`.
    pub name: String,
    /// Its loss on the validation windows.
    pub loss: f64,
}

/// A final figure.
#[derive(Clone, Debug, Serialize)]
pub struct ResultRow {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// The number of decimals to show.
    pub decimals: usize,
    /// Its unit, to be written after it; empty if there is none.
    pub unit: String,
}

/// The learned numbers of a gate.
#[derive(Clone, Debug, Serialize)]
pub struct GateRow {
    /// The number of the block, from 0.
    pub block: usize,
    /// The slope β.
    pub beta: f64,
    /// The shift γ.
    pub gamma: f64,
}

/// A token of a text, and how surprising it was.
#[derive(Clone, Debug, Serialize)]
pub struct SurpriseToken {
    /// The token.
    pub text: String,
    /// −ln p by the model; `None` for a token that it did not predict.
    pub surprise: Option<f64>,
    /// −ln p by the generator, if the text is generated.
    pub floor: Option<f64>,
}

/// The attention of all heads in one text.
#[derive(Clone, Debug, Serialize)]
pub struct AttentionMaps {
    /// The tokens.
    pub tokens: Vec<String>,
    /// The number of tokens of the text after them, which are left out to keep the page small.
    pub left_out: usize,
    /// The head to show first.
    pub head: usize,
    /// The token to show first.
    pub token: usize,
    /// The heads, block by block.
    pub heads: Vec<AttentionHead>,
}

/// The attention of one head.
#[derive(Clone, Debug, Serialize)]
pub struct AttentionHead {
    /// The number of the block, from 0.
    pub block: usize,
    /// The number of the head in it, from 0.
    pub head: usize,
    /// For each token how much it takes of each token up to itself, in thousandths.
    pub thousandths: Vec<Vec<u16>>,
}

/// The values of the template, which escapes every text but the plots and the JSON.
#[derive(Template)]
#[template(path = "language.html")]
struct LanguagePage<'a> {
    report: &'a LanguageReport,
    plots: Vec<Plot>,
    json: String,
}

impl LanguageReport {
    /// Returns the figures as JSON.
    ///
    /// # Errors
    /// If the figures cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, ReportError> {
        json(self)
    }

    /// Returns the page: one file with its style, its script, its plots and the figures as JSON.
    ///
    /// # Errors
    /// If the page cannot be drawn.
    pub fn to_html(&self) -> Result<String, ReportError> {
        let (plots, json) = (drawing::plots(self)?, embedded(&self.to_json()?));
        rendered(&LanguagePage { report: self, plots, json })
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If the page cannot be drawn or written.
    pub fn write_html(&self, path: &Path) -> Result<(), ReportError> {
        write_text(path, &self.to_html()?)
    }

    /// Writes the figures as JSON.
    ///
    /// # Errors
    /// If the figures cannot be written.
    pub fn write_json(&self, path: &Path) -> Result<(), ReportError> {
        write_text(path, &(self.to_json()? + "\n"))
    }
}

impl LanguagePage<'_> {
    fn value(&self, row: &ResultRow) -> String {
        with_minus(format!("{:.*}", row.decimals, row.value))
    }

    /// Returns the text to color, token by token.
    fn shades(&self) -> Vec<TokenShade> {
        self.report.surprises.iter().map(TokenShade::of).collect()
    }

    /// Returns `true` if the generator's surprise is subtracted.
    fn has_floor(&self) -> bool {
        self.report.surprises.iter().any(|token| token.floor.is_some())
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }
}

/// A token with the way and the strength of its color.
struct TokenShade {
    text: String,
    /// `for` or `against`, a class of the style sheet; empty for a token without color.
    class: &'static str,
    /// From 0 to 1.
    strength: String,
    /// The surprise, in words.
    title: String,
}

impl TokenShade {
    /// The surprise above the floor, in nats, that has the deepest color.
    const DEEPEST: f64 = 3.0;
    /// What is nearer to the floor has no color.
    const LEAST: f64 = 0.15;

    fn of(token: &SurpriseToken) -> Self {
        // A line break is to be seen, and to break the line.
        let text = token.text.replace('\n', "⏎\n");
        let Some(surprise) = token.surprise else {
            return Self { text, class: "", strength: String::new(), title: String::new() };
        };
        let excess = surprise - token.floor.unwrap_or(0.0);
        let class = match excess {
            excess if excess > Self::LEAST => "for",
            excess if excess < -Self::LEAST => "against",
            _ => "",
        };
        let title = match token.floor {
            Some(floor) => format!("{surprise:.2} nats; the generator itself has {floor:.2}"),
            None => format!("{surprise:.2} nats"),
        };
        let strength = format!("{:.2}", (excess.abs() / Self::DEEPEST).min(1.0));
        Self { text, class, strength, title }
    }
}
