//! The command `evaluate` with a model of a table.

use std::error::Error;
use std::path::Path;

use data::{Dataset, Gaps, Separator, excerpt, excerpts, printable_path};

use super::file::{TableFile, form_of_others};
use super::gaps::tell_gaps;
use super::parts::TableSamples;
use super::saved::{TableModel, load};
use super::score::TableScore;
use super::understood::first_cells;
use crate::notes::note;
use crate::sentiment::options::Evaluate;

/// Returns the place of each column that a model reads. The error names those that are missing.
pub fn places_of(model: &TableModel, rows: &TableFile) -> Result<Vec<Option<usize>>, String> {
    let place = |name: &str| rows.columns().iter().position(|column| column == name);
    let missing: Vec<String> =
        model.encoder.columns().filter(|name| place(name).is_none()).map(String::from).collect();
    match missing.is_empty() {
        true => Ok(model.encoder.columns().map(place).collect()),
        false => Err(format!(
            "{}: the model needs {} {}, which the file does not have; it has {}",
            rows.name(),
            if missing.len() == 1 { "the column" } else { "the columns" },
            excerpts(&missing),
            excerpts(rows.columns())
        )),
    }
}

/// Evaluates the model on rows with answers, and prints the figures.
pub fn evaluate(options: &Evaluate) -> Result<(), Box<dyn Error>> {
    options.json.check(&options.places())?;
    options.without_columns()?;
    let (model, parameters, about) = load(&options.model)?;
    let AnsweredRows { samples, numbers, gaps } =
        answered_rows(options.samples(), &about, options.separator)?;
    tell_gaps(&gaps, &about.encoder);
    if !gaps.unknown_rows.is_empty() {
        let rows = if gaps.unknown_rows.len() == 1 { "row" } else { "rows" };
        note(&format!(
            "the model knows nothing about {} {rows}: `predict` answers `unknown`; here its guess counts",
            gaps.unknown_rows.len()
        ));
    }
    let score = TableScore::of(&model, &parameters, &samples, numbers.as_deref(), &about)
        .map_err(|error| format!("--model {}: {error}", printable_path(&options.model)))?;
    if !options.json.is_printed() {
        print!("{}", score.describe(about.names()));
    }
    Ok(options.json.write(&score.to_json(about.names()).to_string())?)
}

/// The rows of a file that have an answer, for a model.
pub struct AnsweredRows {
    pub samples: TableSamples,
    /// The answers, if they are numbers, as in the file.
    pub numbers: Option<Vec<f64>>,
    /// What could not be taken as it is.
    pub gaps: Gaps,
}

/// Reads the rows of a file that have an answer, for a model.
pub fn answered_rows(
    file: &Path,
    about: &TableModel,
    separator: Option<Separator>,
) -> Result<AnsweredRows, Box<dyn Error>> {
    let mut rows = TableFile::open(file, form_of_others(about.has_header, separator))?;
    rows.set_number_forms(about.number_forms())?;
    let mut frame = rows.read_all()?;
    let places = places_of(about, &rows)?;
    let Some(answers) = frame.place(&about.answers) else {
        return Err(format!(
            "{}: the model answers {}, which the file does not have to compare with; it has {}",
            rows.name(),
            excerpt(&about.answers),
            excerpts(&frame.columns)
        )
        .into());
    };
    if about.target.has_other_mark(frame.cells(answers)) {
        return Err(format!(
            "{}, column {}: the decimals are not after {}, as in the rows that the model was trained on; write both \
             alike",
            rows.name(),
            excerpt(&about.answers),
            if about.target.has_decimal_comma() { "a comma" } else { "a point" }
        )
        .into());
    }
    let (mut without, all) = (Vec::new(), frame.rows.len());
    frame.rows.retain(|row| {
        let is_usable = about.target.reads(&row.cells[answers]);
        if !is_usable {
            without.push((row.line, row.cells[answers].clone()));
        }
        is_usable
    });
    if frame.rows.is_empty() {
        return Err(format!("{}: no row has an answer to compare with", rows.name()).into());
    }
    if !without.is_empty() {
        note(&format!(
            "{} of {all} rows are left out, as their {} is missing or cannot be read: {}",
            without.len(),
            excerpt(&about.answers),
            first_cells(&without)
        ));
    }
    let targets = about.target.encode(frame.cells(answers)).map_err(|(at, error)| {
        let (line, column) = (frame.rows[at].line, excerpt(&about.answers));
        format!("{}, line {line}: column {column}: {error}", rows.name())
    })?;
    let (inputs, gaps) = about.encoder.encode(&places, &frame.rows);
    let numbers = about.target.numbers(frame.cells(answers));
    Ok(AnsweredRows { samples: Dataset::with_targets(inputs, targets), numbers, gaps })
}
