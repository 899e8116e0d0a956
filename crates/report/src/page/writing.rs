//! A report as a text: its JSON, the page that holds it, and their files.

use std::io::Write;
use std::path::Path;

use askama::Template;
use data::{printable_json, printable_lines};
use files::write_whole;
use serde::Serialize;

use super::error::ReportError;

/// Returns the figures of a report as JSON, on one line.
pub(super) fn json(report: &impl Serialize) -> Result<String, ReportError> {
    serde_json::to_string(report).map_err(|error| ReportError::Make(error.to_string()))
}

/// Returns JSON escaped for a script element of a page: an unescaped `<` could end the element. Within JSON it occurs
/// only in strings.
pub(super) fn embedded(json: &str) -> String {
    printable_json(&json.replace('<', "\\u003c"))
}

/// Returns the page of a template.
pub(super) fn rendered(page: &impl Template) -> Result<String, ReportError> {
    let page = page.render().map_err(|error| ReportError::Make(error.to_string()))?;
    Ok(printable_lines(&page).into_owned())
}

/// Writes a text to a file, whole or not at all.
pub(super) fn write_text(path: &Path, text: &str) -> Result<(), ReportError> {
    Ok(write_whole(path, |file| file.write_all(text.as_bytes()))?)
}
