//! Writes a report page, figures and plots about runs, if requested.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};

use autograd::Parameters;
use clap::{Args, ValueHint};
use data::printable_path;
use report::TrainingReport;

use crate::json::JsonOutput;
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

/// An option and its path, if one was given.
pub type Place<'a> = (&'static str, Option<&'a Path>);

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

/// Checks that files and folders can be written, and that no two of them have one path, nor one of the files that
/// are read. The check leaves no file.
pub fn check_places(
    read: &[(&'static str, PathBuf)],
    files: &[Place],
    folders: &[Place],
) -> Result<(), String> {
    let (files, folders) = (given(files), given(folders));
    files.iter().try_for_each(|(option, path)| check_writable(option, path))?;
    folders.iter().try_for_each(|(option, path)| check_folder(option, path))?;
    let read = read.iter().map(|(option, path)| (*option, path.as_path()));
    let others: Vec<_> = read.chain(folders).collect();
    for (i, (option, path)) in files.iter().enumerate() {
        let mut before = others.iter().chain(&files[..i]);
        if let Some((other, _)) = before.find(|(_, other)| is_same_place(other, path)) {
            return Err(format!(
                "{other} and {option} lead to the same place, {}; give each one of its own",
                printable_path(path)
            ));
        }
    }
    Ok(())
}

fn given<'a>(places: &[Place<'a>]) -> Vec<(&'static str, &'a Path)> {
    places.iter().filter_map(|&(option, path)| Some((option, path?))).collect()
}

/// Returns `true` if writing to one path changes what the other leads to. A file has several paths by symbolic links,
/// which are resolved, and by hard links, which are not.
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    let is_one_file = || Some(identity(one)? == identity(other)?);
    resolved(one) == resolved(other) || is_one_file().unwrap_or(false)
}

/// Returns the device and the number of a file, which all its hard links share.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((found.dev(), found.ino()))
}

/// Returns `None`: only canonical paths are compared on this system.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Returns the canonical form of a path. A file that does not exist yet is in a folder that does.
pub fn resolved(path: &Path) -> PathBuf {
    let absolute = path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let in_folder = || Some(absolute.parent()?.canonicalize().ok()?.join(absolute.file_name()?));
    absolute.canonicalize().ok().or_else(in_folder).unwrap_or(absolute)
}

/// Checks that a file can be written at its destination, with links resolved.
fn check_writable(option: &str, path: &Path) -> Result<(), String> {
    let file = printable_path(path);
    if path.is_dir() {
        return Err(format!("{option} {file}: this is a directory; give the path of a file"));
    }
    if let (Ok(target), false) = (path.read_link(), path.exists()) {
        return Err(format!(
            "{option} {file}: cannot be written: this is a link to {}, which is not there; give the \
             path of a file",
            printable_path(&target)
        ));
    }
    files::check_writable(path).map_err(|error| {
        format!(
            "{option} {file}: cannot be written: {}; give a file in a directory that exists and \
             that you may write to",
            error.reason()
        )
    })
}

/// Checks that a folder can be created and written to, by creating it. New folders are removed
/// again.
pub fn check_folder(option: &str, folder: &Path) -> Result<(), String> {
    let path = path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
    let made = make_folder(option, folder);
    let tried = made.and_then(|()| {
        let trial = files::check_folder(folder);
        trial.map_err(|error| no_folder(option, folder, error.reason()))
    });
    for made in missing {
        // The innermost is removed first. A folder that another run has filled stays.
        let _ = fs::remove_dir(made);
    }
    tried
}

/// Checks that files of these names can be written in a folder: no directory has one of the names.
pub fn check_replaceable(
    option: &str,
    folder: &Path,
    is_meant: impl Fn(&str) -> bool,
) -> Result<(), String> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_name().to_str().is_some_and(&is_meant) {
            continue;
        }
        let file = entry.path();
        files::check_writable(&file).map_err(|error| {
            format!(
                "{option} {}: cannot be written: {}; move it away, or give another folder",
                printable_path(&file),
                error.reason()
            )
        })?;
    }
    Ok(())
}

/// Creates a folder and its parents, if they do not exist.
pub fn make_folder(option: &str, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| no_folder(option, folder, &error))
}

fn no_folder(option: &str, folder: &Path, error: &io::Error) -> String {
    let folder = printable_path(folder);
    format!("{option} {folder}: cannot be made or written to: {error}; give another folder")
}

/// Prints where a report is.
pub fn say_where(report: &Path) {
    say(format_args!("\nThe report is {}; open it in a browser.", printable_path(report)));
}

/// Returns the command that started this program, to be typed again.
pub fn command() -> String {
    let mut words: Vec<OsString> = env::args_os().collect();
    if let Some(program) = words.first_mut() {
        *program = Path::new(program).file_stem().unwrap_or_default().to_owned();
    }
    quoted(&words)
}

/// Returns a call with one more option, for any shell. It stands before `--`, after which there are no options.
pub fn with_option(mut words: Vec<OsString>, option: Vec<OsString>) -> String {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.splice(end..end, option);
    quoted(&words)
}

/// Returns an option and its value as one word, because a value may begin with a hyphen.
pub fn joined(option: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(format!("{option}="));
    word.push(value);
    word
}

/// Returns a path as it can be typed into a shell.
pub fn quoted_path(path: &Path) -> String {
    quoted(&[path.as_os_str().to_owned()])
}

/// Joins words to a line for any shell. A word that cannot be shown, because it is not UTF-8 or has
/// control characters, becomes a call of `printf` that gives its bytes.
pub fn quoted(words: &[OsString]) -> String {
    // Only a NUL cannot be quoted, and arguments of a program cannot have one.
    let quote_text = |text: &str| {
        shlex::try_quote(text).map_or_else(|_| text.to_string(), |text| text.into_owned())
    };
    let quote = |word: &OsString| match word.to_str() {
        Some(text) if !text.contains(char::is_control) => match text.split_once('=') {
            // A word with `=` would set a variable at the start of a line, so it is quoted; an option is never first.
            Some((option, value)) if option.starts_with("--") => {
                format!("{}={}", quote_text(option), quote_text(value))
            }
            _ => quote_text(text),
        },
        _ => printed(word),
    };
    words.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// Returns a word as `"$(printf %b '…')"`, with all but letters, digits and what paths are made of
/// in octal.
fn printed(word: &OsStr) -> String {
    let byte = |&byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'=' | b',' => {
            char::from(byte).to_string()
        }
        other => format!("\\0{other:03o}"),
    };
    let bytes: String = word.as_encoded_bytes().iter().map(byte).collect();
    format!("\"$(printf %b '{bytes}')\"")
}

/// Returns the numbers among the parameters that have these names.
pub fn numbers(parameters: &Parameters, names: &[&str]) -> BTreeMap<String, f64> {
    let number = |name: &&str| {
        let id = parameters.find(name)?;
        Some((name.to_string(), f64::from(parameters.get(id).item())))
    };
    names.iter().filter_map(number).collect()
}
