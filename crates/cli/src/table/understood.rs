//! Decides what each column of a table is, and prints it.

use std::collections::HashMap;
use std::env;
use std::fmt::Write;

use data::{
    ColumnKind, ColumnSummary, DataFrame, NumberForm, beginning, excerpt, excerpts, printable,
    quoted,
};

use super::file::TableFile;
use super::options::TableOptions;
use crate::output;

/// What is in a table.
pub struct Understood {
    /// The columns that the model reads, the target left out.
    pub inputs: Vec<ColumnSummary>,
    /// The column to predict.
    pub target: ColumnSummary,
    /// The column whose groups stay together.
    pub group: Option<String>,
    /// All columns as a table to print.
    pub table: String,
}

/// Names that people give to the column to predict, best first.
const USUAL_TARGETS: [&str; 5] = ["target", "label", "labels", "y", "outcome"];

/// Decides what each column is. Without a target the error lists the columns, with one to copy.
pub fn understand(
    frame: &DataFrame,
    rows: &TableFile,
    options: &TableOptions,
) -> Result<Understood, String> {
    let file = rows.name();
    // A header of numbers is taken for a row, and the columns then have no names.
    let header = match rows.has_header() {
        true => "",
        false => " (its first row is taken as a row; if it has the names: --header yes)",
    };
    let in_file = |option: &str, name: &String| match frame.place(name) {
        Some(place) => Ok(place),
        None => Err(format!(
            "{option} {}: there is no such column in {file}; it has {}{header}",
            quoted(name),
            excerpts(&frame.columns)
        )),
    };
    for (at, (name, _)) in options.column.iter().enumerate() {
        in_file("--column", name)?;
        if options.column[..at].iter().any(|(other, _)| other == name) {
            return Err(format!("--column: {} is given twice; give it once", quoted(name)));
        }
    }
    let group = options.group.as_ref().map(|name| in_file("--group", name)).transpose()?;
    let chosen = |name: &String| {
        options.column.iter().find(|(column, _)| column == name).map(|(_, kind)| *kind)
    };
    let Some(name) = &options.target else {
        let all = (0..frame.columns.len()).map(|place| summary(frame, place, group, chosen));
        let all: Vec<ColumnSummary> = all.collect();
        let guess = usual_target(frame);
        return Err(format!(
            "which column should be predicted? Name it with --target, such as\n\n    {}\n\nThe columns of \
             {file} ({} rows; {}):\n\n{}",
            with_target(guess),
            frame.rows.len(),
            rows.describe(),
            table(&all, None).trim_end()
        ));
    };
    let target_place = in_file("--target", name)?;
    if group == Some(target_place) {
        return Err(format!("--target and --group are both {}; give two columns", quoted(name)));
    }
    let target = ColumnSummary::of_target(frame, target_place, chosen(name));
    if matches!(target.kind, ColumnKind::Text | ColumnKind::Date | ColumnKind::Ignore) {
        return Err(format!(
            "--column {}={}: the target must be a category, a number or labels",
            printable(name),
            target.kind
        ));
    }
    let places = (0..frame.columns.len()).filter(|&place| place != target_place);
    let others: Vec<ColumnSummary> =
        places.map(|place| summary(frame, place, group, chosen)).collect();
    if let Some(column) = others.iter().find(|column| column.kind == ColumnKind::Labels) {
        return Err(format!(
            "--column {}=labels: only the target can be labels; choose text or category",
            printable(&column.name)
        ));
    }
    let table = table(&others, Some(&target));
    let inputs: Vec<ColumnSummary> =
        others.into_iter().filter(|column| column.kind != ColumnKind::Ignore).collect();
    if inputs.is_empty() {
        return Err(format!(
            "{file}: no column is left to predict {} from:\n\n{}",
            quoted(name),
            table.trim_end()
        ));
    }
    Ok(Understood { inputs, target, group: options.group.clone(), table })
}

impl Understood {
    /// Returns how the numbers of each column are written, also of the target.
    pub fn number_forms(&self) -> HashMap<String, NumberForm> {
        let columns = self.inputs.iter().chain([&self.target]);
        columns.filter_map(|column| Some((column.name.clone(), column.form()?))).collect()
    }
}

/// Looks at a column that is not the target.
fn summary(
    frame: &DataFrame,
    place: usize,
    group: Option<usize>,
    chosen: impl Fn(&String) -> Option<ColumnKind>,
) -> ColumnSummary {
    match group == Some(place) {
        false => ColumnSummary::of(frame, place, chosen(&frame.columns[place])),
        true => {
            let mut summary = ColumnSummary::of(frame, place, Some(ColumnKind::Ignore));
            summary.remark = Some("the groups".to_owned());
            summary
        }
    }
}

/// Returns the column that is most likely the target: one of a usual name, or the last.
fn usual_target(frame: &DataFrame) -> &str {
    let usual = USUAL_TARGETS
        .iter()
        .find_map(|usual| frame.columns.iter().find(|column| column.to_lowercase() == *usual));
    usual.or(frame.columns.last()).map_or("NAME", String::as_str)
}

/// Returns the same call with a target, as it can be typed.
fn with_target(name: &str) -> String {
    let option = match name.starts_with('-') {
        true => vec![output::joined("--target", name.as_ref())],
        false => vec!["--target".into(), name.into()],
    };
    output::with_option(env::args_os().collect(), option)
}

/// Returns a line for each column.
fn table(columns: &[ColumnSummary], target: Option<&ColumnSummary>) -> String {
    const WIDEST: usize = 24;
    let shown = |text: &str| printable(&beginning(text, WIDEST)).into_owned();
    let all = || target.into_iter().chain(columns);
    let width = all().map(|column| shown(&column.name).chars().count()).max().unwrap_or(0).max(6);
    let mut text = format!("{:width$}  kind      values  different  missing  such as\n", "column");
    for column in all() {
        let is_target = target.is_some_and(|target| target.name == column.name);
        let examples: Vec<String> = column.examples.iter().map(|cell| shown(cell)).collect();
        let mut examples = examples.join(", ");
        if is_target {
            examples = format!("← to predict: {examples}");
        }
        if let Some(remark) = &column.remark {
            let _ = write!(examples, " ({remark})");
        }
        let _ = writeln!(
            text,
            "{:width$}  {:<8}{:>8}{:>11}{:>9}  {}",
            shown(&column.name),
            column.kind,
            column.present,
            column.distinct,
            column.missing,
            examples.trim_start()
        );
    }
    text
}

/// Returns how often cells of a column are not what they should be, with the first ones.
pub fn first_cells(cells: &[(u64, String)]) -> String {
    let shown: Vec<String> = cells
        .iter()
        .take(3)
        .map(|(line, cell)| format!("{} on line {line}", excerpt(cell)))
        .collect();
    shown.join(", ")
}
