//! What a program writes about its runs when it is asked to: a report page, figures, plots.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use clap::Args;
use train::report::{Report, ReportError};

/// Files to write.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write a page of curves, tables and mistakes: one HTML file that needs no network.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Write the figures of that page as JSON; shares are from 0 to 1.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the plots of that page as SVG files into DIR.
    #[arg(long, value_name = "DIR")]
    pub plots: Option<PathBuf>,
}

impl Output {
    /// Checks before training that all can be written after it. The folder for plots is made.
    pub fn check(&self) -> Result<(), String> {
        for (option, path) in [("--report", &self.report), ("--json", &self.json)] {
            path.as_deref().map_or(Ok(()), |path| check_writable(option, path))?;
        }
        let Some(folder) = &self.plots else { return Ok(()) };
        fs::create_dir_all(folder)
            .map_err(|error| format!("--plots {}: cannot be made: {error}", folder.display()))?;
        check_writable("--plots", &folder.join("plot.svg"))
    }

    /// Writes what was asked for, and says where it is. Without a wish nothing is computed.
    pub fn write(&self, report: impl FnOnce() -> Report) -> Result<(), ReportError> {
        if self.report.is_none() && self.json.is_none() && self.plots.is_none() {
            return Ok(());
        }
        let report = report();
        if let Some(path) = &self.report {
            report.write_html(path)?;
            println!("\nThe report is {}; open it in a browser.", path.display());
        }
        if let Some(path) = &self.json {
            report.write_json(path)?;
        }
        if let Some(folder) = &self.plots {
            report.write_plots(folder)?;
        }
        Ok(())
    }
}

/// Checks that a file can be written, by one beside it that is removed again.
pub fn check_writable(option: &str, path: &Path) -> Result<(), String> {
    let file = path.display();
    if path.is_dir() {
        return Err(format!("{option} {file}: this is a directory; give the path of a file"));
    }
    let trial = path.with_added_extension(format!("{}.tmp", std::process::id()));
    File::create_new(&trial).and_then(|_| fs::remove_file(&trial)).map_err(|error| {
        format!(
            "{option} {file}: cannot be written: {error}; give a file in a directory that exists \
             and that you may write to"
        )
    })
}

/// The command that started this program, to be typed again.
pub fn command() -> String {
    let quoted = |word: String| {
        let plain = |c: char| c.is_alphanumeric() || "-_=+./,:@%".contains(c);
        match !word.is_empty() && word.chars().all(plain) {
            true => word,
            false => format!("'{}'", word.replace('\'', r"'\''")),
        }
    };
    let mut words = env::args_os().map(|word| word.to_string_lossy().into_owned());
    let program = words.next().unwrap_or_default();
    let program = Path::new(&program).file_stem().unwrap_or_default().to_string_lossy();
    [program.into_owned()].into_iter().chain(words.map(quoted)).collect::<Vec<_>>().join(" ")
}
