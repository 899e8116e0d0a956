//! Finds what makes the score of a model misleading: repeated rows, revealing columns, ambiguous numbers.

use std::collections::{BTreeMap, HashMap};

use super::{ColumnKind, ColumnSummary, DataFrame, DecimalMark, is_missing};
use crate::excerpt;

/// The fewest rows from which a column can be said to give the target away.
const FEWEST: usize = 30;

/// Returns notes on rows that have the same cells in the columns `inputs`, but are in both parts of a split
/// or have different targets. `is_test` is `true` for each row that is held out. `line` returns the place of
/// a row, such as `line 7`.
pub fn repeated_rows(
    frame: &DataFrame,
    inputs: &[usize],
    target: usize,
    is_test: &[bool],
    line: &dyn Fn(usize) -> String,
) -> Vec<String> {
    let mut alike: HashMap<Vec<&str>, Vec<usize>> = HashMap::new();
    for (at, row) in frame.rows.iter().enumerate() {
        let cells = inputs.iter().map(|&column| row.cells[column].trim()).collect();
        alike.entry(cells).or_default().push(at);
    }
    let label = |at: usize| frame.rows[at].cells[target].trim();
    let (mut across, mut against) = (BTreeMap::new(), BTreeMap::new());
    for rows in alike.values().filter(|rows| rows.len() > 1) {
        if let Some(&trained) = rows.iter().find(|&&at| !is_test[at]) {
            across.extend(rows.iter().filter(|&&at| is_test[at]).map(|&at| (at, trained)));
        }
        if let Some(&other) = rows.iter().find(|&&at| label(at) != label(rows[0])) {
            against.insert(rows[0], (other, rows.len()));
        }
    }
    let mut notes = Vec::new();
    if let Some((&test, &train)) = across.first_key_value() {
        notes.push(format!(
            "{} of the rows that are held out occur in training too, such as {} (as {}): on these the \
             score is too good",
            across.len(),
            line(test),
            line(train)
        ));
    }
    if let Some((&first, &(second, _))) = against.first_key_value() {
        let rows: usize = against.values().map(|(_, rows)| rows).sum();
        notes.push(format!(
            "{rows} rows have inputs that occur with different answers, such as {} and {}: no model can \
             be right on all of them",
            line(first),
            line(second)
        ));
    }
    notes
}

/// Returns notes on columns that give the target away: whose value alone tells the class of every row, or
/// that hold the number to predict.
pub fn revealing_columns(
    frame: &DataFrame,
    inputs: &[&ColumnSummary],
    target: &ColumnSummary,
) -> Vec<String> {
    let Some(target_place) = frame.place(&target.name) else { return Vec::new() };
    let mut notes = Vec::new();
    for summary in inputs {
        let Some(place) = frame.place(&summary.name) else { continue };
        let pairs: Vec<(&str, &str)> = frame
            .cells(place)
            .zip(frame.cells(target_place))
            .filter(|(cell, _)| !is_missing(cell))
            .collect();
        let reveals = match (target.kind, summary.kind) {
            (ColumnKind::Number, ColumnKind::Number) => {
                let numbers = pairs.iter().filter_map(|(cell, answer)| {
                    Some((summary.parse_number(cell)?, target.decimal.parse(answer)?))
                });
                is_line(&numbers.collect::<Vec<_>>())
            }
            (ColumnKind::Category, ColumnKind::Category) => has_one_answer_each(&pairs),
            (ColumnKind::Category, ColumnKind::Number) => {
                let numbers = pairs
                    .iter()
                    .filter_map(|(cell, answer)| Some((summary.parse_number(cell)?, *answer)));
                is_sorted_by_answer(numbers.collect())
            }
            _ => false,
        };
        if reveals && pairs.len() >= FEWEST {
            let rows = match frame.rows.len() - pairs.len() {
                0 => "every row".to_owned(),
                _ => format!("the {} rows that have it", pairs.len()),
            };
            notes.push(format!(
                "the column {} gives the answer away: it alone tells {} of {rows}; if it is not known \
                 when the model is used, leave it out",
                excerpt(&summary.name),
                excerpt(&target.name)
            ));
        }
    }
    notes
}

/// Returns notes on columns of numbers whose points or commas may be decimal or not, such as `3.280` in a file that is
/// separated by semicolons: no cell of the table tells which.
pub fn ambiguous_numbers(frame: &DataFrame, columns: &[&ColumnSummary]) -> Vec<String> {
    if frame.decimal_mark().is_some() {
        return Vec::new();
    }
    let note = |summary: &&ColumnSummary| {
        let place = frame.place(&summary.name).filter(|&place| !frame.has_decimal_points(place))?;
        let cells = frame.cells(place).filter(|cell| !is_missing(cell));
        if summary.kind != ColumnKind::Number || DecimalMark::guess(cells.clone()).is_some() {
            return None;
        }
        let (cell, number) = cells.clone().find_map(|cell| {
            let number = summary.parse_number(cell)?;
            (summary.decimal.other().parse(cell)? != number).then_some((cell, number))
        })?;
        Some(format!(
            "column {}: no cell shows whether points or commas are decimal marks; {} is read as {number}. If that is wrong, \
             write one of the numbers with more or fewer digits after the mark",
            excerpt(&summary.name),
            excerpt(cell)
        ))
    };
    columns.iter().filter_map(note).collect()
}

/// Returns `true` if there are few different values, each occurs with one answer only, and the answers differ.
fn has_one_answer_each(pairs: &[(&str, &str)]) -> bool {
    let mut answers: HashMap<&str, &str> = HashMap::new();
    for (cell, answer) in pairs {
        if answers.insert(cell, answer).is_some_and(|other| other != *answer) {
            return false;
        }
    }
    let is_few = 2 * answers.len() <= pairs.len();
    is_few && answers.values().any(|answer| *answer != pairs[0].1)
}

/// Returns `true` if the numbers of each answer are a range of their own.
fn is_sorted_by_answer(mut pairs: Vec<(f64, &str)>) -> bool {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    let mut seen: Vec<&str> = Vec::new();
    for pair in pairs.chunk_by(|a, b| a.1 == b.1) {
        if seen.contains(&pair[0].1) || seen.len() > 100 {
            return false;
        }
        seen.push(pair[0].1);
    }
    let has_ties = pairs.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1);
    seen.len() > 1 && !has_ties
}

/// Returns `true` if the points are on a line that is not level: a squared correlation of 1 within 1e-9.
fn is_line(points: &[(f64, f64)]) -> bool {
    let count = points.len() as f64;
    if points.len() < FEWEST {
        return false;
    }
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|&(a, b)| of(a - x, b - y)).sum::<f64>();
    let (xx, yy, xy) = (sum(&|a, _| a * a), sum(&|_, b| b * b), sum(&|a, b| a * b));
    xx > 0.0 && yy > 0.0 && xy * xy / xx / yy > 1.0 - 1e-9
}
