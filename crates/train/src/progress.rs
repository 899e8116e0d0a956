//! What a person sees while a model trains.
//!
//! On a terminal a bar fills with the batches of the epoch; when it is full it gives way to a line
//! that stays. Piped into a file there are only the lines.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::{Epoch, Score};

/// Whether training reports its progress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Not a word.
    #[default]
    Silent,
    /// A bar for each epoch on a terminal's standard error, and a line for each on standard output,
    /// with this label in front.
    Show(String),
}

impl Progress {
    /// The bar of one epoch of so many batches.
    pub(crate) fn bar(&self, number: usize, epochs: usize, batches: usize) -> EpochBar {
        let bar = match self {
            Progress::Silent => ProgressBar::hidden(),
            // It draws nothing unless standard error is a terminal.
            Progress::Show(label) => ProgressBar::new(batches as u64)
                .with_style(style())
                .with_prefix(format!("{label}  epoch {number}/{epochs}")),
        };
        EpochBar { bar }
    }

    /// The line of a finished epoch.
    pub(crate) fn finished(&self, epoch: &Epoch) {
        if let Progress::Show(label) = self {
            println!("{label}  {epoch}");
        }
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len}  {rate}  {eta} left  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
            // There is nobody to tell that a bar could not be drawn.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        })
        .progress_chars("━╸─")
}

/// The bar of the epoch that is running; it disappears when dropped.
pub(crate) struct EpochBar {
    bar: ProgressBar,
}

impl EpochBar {
    pub(crate) fn advance(&self, so_far: Score) {
        if !self.bar.is_hidden() {
            let Score { loss, accuracy } = so_far;
            self.bar.set_message(format!("loss {loss:.4}  accuracy {:.1} %", accuracy * 100.0));
        }
        self.bar.inc(1);
    }
}

impl Drop for EpochBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
