//! The command `lm train`.

use std::error::Error;

use data::printable_path;
use report::Interrupt;
use serde_json::{Value, json};

use super::learning;
use super::lesson::Lesson;
use super::memory;
use super::options::LmTrain;
use super::page;
use super::saved::LmDescription;
use super::summary;
use super::values::kind_name;
use crate::keeping::{Keeping, Options};
use crate::places::check_places;
use crate::saving::save_somewhere;
use crate::saying::say;
use crate::shell::quoted_path;

/// Trains a model, saves it, and says what it learned.
pub fn run(options: &LmTrain) -> Result<(), Box<dyn Error>> {
    let LmTrain { reading, sizes, kind, teaching, keeping, save, .. } = options;
    let interrupt = Interrupt::listen()?;
    check_output(options)?;
    let lesson = Lesson::load(reading, sizes.context)?;
    let config = sizes.single(lesson.vocabulary.len(), *kind)?;
    memory::check(&config, teaching, lesson.validation_windows())?;
    // A wrong rate is to be told before anything is written.
    teaching.optimizer(teaching.steps(lesson.windows()))?;
    let fixed = named(reading.named(), sizes.named(), teaching.named(), json!(kind_name(*kind)));
    let mut keeper =
        keeping.open(interrupt, teaching.quiet, teaching.seed, fixed, Options::new())?;
    if !teaching.quiet {
        say(format_args!("{}", lesson.summary(reading)));
        say(format_args!("{} parameters\n", config.parameter_count()));
    }
    let description = LmDescription::new(&config, &lesson, reading.source.origin());
    let name = kind_name(*kind);
    let learned =
        learning::train(name, teaching.seed, config, &lesson, teaching, &description, &mut keeper)?;
    // This comes first, because everything after it may fail, even printing to a closed pipe.
    let saved = match save {
        Some(path) => save_somewhere(path, &learned.parameters, &description),
        None => Ok(()),
    };
    if !teaching.quiet {
        say("");
    }
    summary::figures(&learned, &lesson);
    if !teaching.quiet {
        summary::sample(&learned, &lesson)?;
    }
    if let (Some(path), true, false) = (save, saved.is_ok(), teaching.quiet) {
        let (file, typed) = (printable_path(path), quoted_path(path));
        say(format_args!("Saved as {file}. Use it: wengert lm generate --model {typed} TEXT"));
    }
    let written = page::write(options, &lesson, &learned);
    // The first error says where the model was saved.
    saved?;
    written
}

fn check_output(options: &LmTrain) -> Result<(), String> {
    let keeping @ Keeping { log, checkpoint, .. } = &options.keeping;
    let files = [
        ("--save", options.save.as_deref()),
        ("--log", log.as_deref()),
        ("--report", options.report.as_deref()),
        ("--json", options.json.file()),
        ("--tape", options.tape.as_deref()),
    ];
    let folders = [("--checkpoint", checkpoint.as_deref())];
    check_places(&[options.reading.places(), keeping.files()].concat(), &files, &folders)
}

/// Returns all options that decide the result, by name.
pub fn named(
    reading: Vec<(&'static str, Value)>,
    sizes: Vec<(&'static str, Value)>,
    teaching: Vec<(&'static str, Value)>,
    kind: Value,
) -> Options {
    let all = [reading, sizes, teaching, vec![("--kind", kind)]].concat();
    all.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}
