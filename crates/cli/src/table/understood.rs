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
use crate::shell;

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
    let columns = ColumnReading { frame, rows, options };
    columns.check_chosen_kinds()?;
    let group = options.group.as_ref().map(|name| columns.place("--group", name)).transpose()?;
    let Some(name) = &options.target else { return Err(columns.ask_for_target(group)) };
    let place = columns.place("--target", name)?;
    if group == Some(place) {
        return Err(format!("--target and --group are both {}; give two columns", quoted(name)));
    }
    let target = columns.target(place)?;
    let others = columns.others(place, group)?;
    let table = table(&others, Some(&target));
    let inputs: Vec<ColumnSummary> =
        others.into_iter().filter(|column| column.kind != ColumnKind::Ignore).collect();
    if inputs.is_empty() {
        return Err(format!(
            "{}: no column is left to predict {} from:\n\n{}",
            rows.name(),
            quoted(name),
            table.trim_end()
        ));
    }
    Ok(Understood { inputs, target, group: options.group.clone(), table })
}

/// The columns of a table, with what the options say of them.
struct ColumnReading<'a> {
    frame: &'a DataFrame,
    rows: &'a TableFile,
    options: &'a TableOptions,
}

impl ColumnReading<'_> {
    /// Returns the place of the column that an option names.
    fn place(&self, option: &str, name: &str) -> Result<usize, String> {
        // A header of numbers is taken for a row, and the columns then have no names.
        let header = match self.rows.has_header() {
            true => "",
            false => " (its first row is taken as a row; if it has the names: --header yes)",
        };
        self.frame.place(name).ok_or_else(|| {
            format!(
                "{option} {}: there is no such column in {}; it has {}{header}",
                quoted(name),
                self.rows.name(),
                excerpts(&self.frame.columns)
            )
        })
    }

    /// Checks that `--column` names columns of the table, each once.
    fn check_chosen_kinds(&self) -> Result<(), String> {
        let columns = &self.options.column;
        for (at, (name, _)) in columns.iter().enumerate() {
            self.place("--column", name)?;
            if columns[..at].iter().any(|(other, _)| other == name) {
                return Err(format!("--column: {} is given twice; give it once", quoted(name)));
            }
        }
        Ok(())
    }

    /// Returns the kind that `--column` gives a column.
    fn chosen_kind(&self, place: usize) -> Option<ColumnKind> {
        let name = &self.frame.columns[place];
        self.options.column.iter().find(|(column, _)| column == name).map(|(_, kind)| *kind)
    }

    /// Returns an error that lists the columns, with a call to copy.
    fn ask_for_target(&self, group: Option<usize>) -> String {
        let all = (0..self.frame.columns.len()).map(|place| self.input(place, group));
        let all: Vec<ColumnSummary> = all.collect();
        format!(
            "which column should be predicted? Name it with --target, such as\n\n    {}\n\nThe columns of \
             {} ({} rows; {}):\n\n{}",
            with_target(usual_target(self.frame)),
            self.rows.name(),
            self.frame.rows.len(),
            self.rows.describe(),
            table(&all, None).trim_end()
        )
    }

    /// Returns the summary of the column to predict.
    fn target(&self, place: usize) -> Result<ColumnSummary, String> {
        let target = ColumnSummary::of_target(self.frame, place, self.chosen_kind(place));
        match target.kind {
            ColumnKind::Text | ColumnKind::Date | ColumnKind::Ignore => Err(format!(
                "--column {}={}: the target must be a category, a number or labels",
                printable(&target.name),
                target.kind
            )),
            _ => Ok(target),
        }
    }

    /// Returns the summaries of all columns but the target.
    fn others(&self, target: usize, group: Option<usize>) -> Result<Vec<ColumnSummary>, String> {
        let places = (0..self.frame.columns.len()).filter(|&place| place != target);
        let others: Vec<ColumnSummary> = places.map(|place| self.input(place, group)).collect();
        match others.iter().find(|column| column.kind == ColumnKind::Labels) {
            Some(column) => Err(format!(
                "--column {}=labels: only the target can be labels; choose text or category",
                printable(&column.name)
            )),
            None => Ok(others),
        }
    }

    /// Returns the summary of a column that may be read.
    fn input(&self, place: usize, group: Option<usize>) -> ColumnSummary {
        match group == Some(place) {
            false => ColumnSummary::of(self.frame, place, self.chosen_kind(place)),
            true => {
                let mut summary = ColumnSummary::of(self.frame, place, Some(ColumnKind::Ignore));
                summary.remark = Some("the groups".to_owned());
                summary
            }
        }
    }
}

impl Understood {
    /// Returns how the numbers of each column are written, also of the target.
    pub fn number_forms(&self) -> HashMap<String, NumberForm> {
        let columns = self.inputs.iter().chain([&self.target]);
        columns.filter_map(|column| Some((column.name.clone(), column.form()?))).collect()
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
        true => vec![shell::joined("--target", name.as_ref())],
        false => vec!["--target".into(), name.into()],
    };
    shell::with_option(env::args_os().collect(), option)
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
