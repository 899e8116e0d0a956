//! The lines that are printed while a language model trains, and the bar below them.

use report::Console;
use train::{Context, Observer, ObserverError};

use super::lesson::Marks;

use crate::saying::{console, say};

/// An observer that prints a line after each validation.
pub struct Rows {
    console: Console,
    marks: Option<Marks>,
    has_heading: bool,
    /// The tokens that were predicted since the last line, and the seconds.
    tokens: f64,
    seconds: f64,
    gradient_norm: Option<f64>,
}

impl Rows {
    /// Creates the observer of a model of this name.
    pub fn new(name: &str, marks: Option<Marks>) -> Self {
        Self {
            console: console(name).with_word("part"),
            marks,
            has_heading: false,
            tokens: 0.0,
            seconds: 0.0,
            gradient_norm: None,
        }
    }

    fn heading(&self) -> String {
        let mut heading = format!("{:>8} {:>9}", "step", "loss");
        if let Some(marks) = &self.marks {
            heading += &format!(" {:>10} {:>10}", "validation", "bits/char");
            if marks.floor.is_some() {
                heading += &format!(" {:>8}", "gap");
            }
            if marks.baseline.is_some() {
                heading += &format!(" {:>10}", "Kneser–Ney");
            }
        }
        heading + &format!(" {:>9} {:>9}", "tokens/s", "gradient")
    }

    fn row(&self, now: &Context<'_>) -> Option<String> {
        let epoch = now.progress.epochs.last()?;
        let mut row = format!("{:>8} {:>9.4}", now.steps(), epoch.training.loss);
        if let (Some(marks), Some(validation)) = (&self.marks, &epoch.validation) {
            let loss = validation.loss;
            row += &format!(" {loss:>10.4} {:>10.4}", marks.bits_per_character(loss));
            if let Some(floor) = marks.floor {
                row += &format!(" {:>8.4}", loss - floor);
            }
            if let Some(baseline) = &marks.baseline {
                row += &format!(" {:>10.4}", baseline.loss);
            }
        }
        let norm = self.gradient_norm.map_or(String::new(), |norm| format!("{norm:.3}"));
        Some(row + &format!(" {:>9.0} {norm:>9}", self.tokens / self.seconds))
    }
}

impl Observer<f32> for Rows {
    fn begin(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        // A run may be resumed after the last step of a part.
        (self.tokens, self.seconds) = (now.progress.running.weight, now.progress.running.seconds);
        self.console.begin(now)
    }

    fn step(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        (self.tokens, self.seconds) = (now.progress.running.weight, now.progress.running.seconds);
        self.gradient_norm = now.gradient_norm;
        self.console.step(now)
    }

    fn epoch(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        self.console.hide();
        if !self.has_heading {
            say(format_args!("{}", self.heading()));
            self.has_heading = true;
        }
        if let Some(row) = self.row(now) {
            say(format_args!("{row}"));
        }
        self.console.begin(now)
    }
}
