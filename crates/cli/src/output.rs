//! Writes a report page, figures and plots about runs, if requested.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use clap::{Args, ValueHint};
use data::printable_path;
use report::TrainingReport;

use crate::json::JsonOutput;
use crate::places::{Place, check_places, check_replaceable, make_folder};
use crate::saying::say;

/// Files to write.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write a page of curves, tables and mistakes: one HTML file that needs no network.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// The figures of that page.
    #[command(flatten)]
    pub json: JsonOutput,
    /// Write the plots of that page as SVG files into DIR.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub plots: Option<PathBuf>,
}

impl Output {
    /// Checks before training that all output can be written after it, including these files and
    /// folders, and that no two outputs have one path, nor one of the files that are read. The check leaves no file.
    pub fn check(
        &self,
        read: &[(&'static str, PathBuf)],
        files: &[Place],
        folders: &[Place],
    ) -> Result<(), String> {
        let own = [("--report", self.report.as_deref()), ("--json", self.json.file())];
        let folders = [folders, &[("--plots", self.plots.as_deref())]].concat();
        check_places(read, &[files, &own].concat(), &folders)?;
        self.check_plots()
    }

    /// Checks that the plots can be written, before there are any.
    pub fn check_plots(&self) -> Result<(), String> {
        match &self.plots {
            Some(folder) => check_replaceable("--plots", folder, |name| name.ends_with(".svg")),
            None => Ok(()),
        }
    }

    /// Returns `true` if a file or figures are requested.
    pub fn is_asked(&self) -> bool {
        self.report.is_some() || self.json.is_wanted() || self.plots.is_some()
    }

    /// Writes the requested files and prints their paths. Without a request it computes nothing.
    pub fn write(
        &self,
        is_quiet: bool,
        report: impl FnOnce() -> TrainingReport,
    ) -> Result<(), Box<dyn Error>> {
        if !self.is_asked() {
            return Ok(());
        }
        let report = report();
        // If one fails, the others are written nevertheless.
        let page = self.report.as_deref().map_or(Ok(()), |path| report.write_html(path));
        let figures = report.to_json().map(|document| self.json.write(&document));
        if let (Some(path), true, false) = (&self.report, page.is_ok(), is_quiet) {
            say_where(path);
        }
        if let Some(folder) = &self.plots {
            make_folder("--plots", folder)?;
            report.write_plots(folder)?;
        }
        page?;
        Ok(figures??)
    }
}

/// Prints where a report is.
pub fn say_where(report: &Path) {
    say(format_args!("\nThe report is {}; open it in a browser.", printable_path(report)));
}

/// Returns the numbers among the parameters that have these names.
pub fn numbers(parameters: &Parameters, names: &[&str]) -> BTreeMap<String, f64> {
    let number = |name: &&str| {
        let id = parameters.find(name)?;
        Some((name.to_string(), f64::from(parameters.get(id).item())))
    };
    names.iter().filter_map(number).collect()
}
