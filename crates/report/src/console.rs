//! Shows progress on a terminal while a model trains.
//!
//! On a terminal a bar fills with the steps of the epoch, and each finished epoch leaves a line
//! above it. In a file or a pipe there are only the lines.

mod bottom_line;

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use tensor::Scalar;
use train::{Context, Observer, ObserverError};

use bottom_line::BottomLine;
pub(crate) use bottom_line::release_terminal;
#[cfg(unix)]
pub(crate) use bottom_line::without_bar;

/// An observer that draws a bar on the last line of a terminal's standard error, and prints a line
/// for each epoch on standard output.
///
/// Other output of the program stays above the bar.
#[derive(Debug)]
pub struct Console {
    label: String,
    epoch: &'static str,
    bar: ProgressBar,
    print: fn(&str),
}

impl Console {
    /// Creates a console that begins its bar and its lines with this label.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            epoch: "epoch",
            bar: ProgressBar::hidden(),
            print: |line| println!("{line}"),
        }
    }

    /// Prints the lines by this function, where standard output is for something else.
    pub fn with_lines(self, print: fn(&str)) -> Self {
        Self { print, ..self }
    }

    /// Calls an epoch by this word, if it is not a pass over all samples.
    pub fn with_word(self, epoch: &'static str) -> Self {
        Self { epoch, ..self }
    }

    /// Removes the bar, before the program prints a line that may be the last one. The next
    /// [`begin`](Observer::begin) draws one again.
    pub fn hide(&mut self) {
        self.bar = ProgressBar::hidden();
    }

    /// Creates the bar of the running epoch, if standard error is a terminal that can show one.
    fn new_bar<T: Scalar>(&mut self, now: &Context<'_, T>) {
        let Some(line) = BottomLine::of_stderr() else { return };
        let target = ProgressDrawTarget::term_like(Box::new(line));
        let (epoch, epochs) = (now.progress.epoch(), now.options.epochs);
        let steps = now.steps_in_epoch.map(|steps| steps as u64);
        self.bar = ProgressBar::with_draw_target(steps, target)
            .with_style(style(steps.is_some()))
            .with_prefix(format!("{}  {} {epoch}/{epochs}", self.label, self.epoch))
            .with_position(now.progress.step() as u64);
        // The rate of the next step.
        self.bar.reset_eta();
    }
}

impl<T: Scalar> Observer<T> for Console {
    fn begin(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        if now.progress.epoch() <= now.options.epochs {
            self.new_bar(now);
        }
        Ok(())
    }

    fn step(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        if let (false, Some(score)) = (self.bar.is_hidden(), now.progress.score()) {
            self.bar.set_message(score.to_string());
        }
        self.bar.inc(1);
        Ok(())
    }

    fn epoch(&mut self, now: &Context<'_, T>) -> Result<(), ObserverError> {
        // The bar is removed first, because printing to a closed pipe ends the program.
        self.hide();
        if let Some(epoch) = now.progress.epochs.last() {
            (self.print)(&format!("{}  {epoch}", self.label));
        }
        self.begin(now)
    }
}

/// Returns the style of a bar, or of a count where the end is not known.
fn style(is_end_known: bool) -> ProgressStyle {
    let template = match is_end_known {
        true => "{prefix} {wide_bar} {pos}/{len}  {rate}  {eta} left  {msg}",
        false => "{prefix}  step {pos}  {rate}  {msg}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
            // An error of drawing a bar cannot be reported anywhere.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        })
        .progress_chars("━╸─")
}
