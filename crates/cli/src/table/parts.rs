//! Chooses the rows to train on, to validate with and to test on, and turns them into samples.

use std::collections::{HashMap, HashSet};

use data::{
    ColumnKind, ColumnSummary, DataFrame, Dataset, FrameEncoder, Gaps, Labels, Mixed, Notation,
    Samples, Sequences, Split, TargetEncoder, Targets, ambiguous_numbers, excerpt, folds, held_out,
    is_missing, printable, repeated_rows, revealing_columns,
};
use tensor::{Key, Tensor};

use super::gaps::tell_missing;
use super::options::TableOptions;
use super::understood::{Understood, first_cells};
use crate::notes::{note, note_labels};
use crate::training::Training;

/// The rows as a model gets them.
pub type TableSamples = Dataset<Mixed<Sequences<u32>>, Targets>;

/// More classes than this are names or texts taken for classes by mistake.
const MOST_CLASSES: usize = 1_000;

/// The rows whose answer is known, and what is in their columns.
pub struct KnownRows {
    pub frame: DataFrame,
    pub understood: Understood,
    /// The place of the target among the columns.
    target: usize,
    /// The rows from this index on are from the test file.
    pub from_test_file: usize,
    /// The group of each row, if rows have groups.
    groups: Option<Vec<u32>>,
    /// The class of each row, if the answers are classes.
    classes: Option<Tensor<u32>>,
}

/// The samples of one model, and how cells became numbers.
pub struct TableParts {
    pub encoder: FrameEncoder,
    pub target: TargetEncoder,
    pub training: TableSamples,
    pub validation: Option<TableSamples>,
    pub test: TableSamples,
    /// The answers of the rows to test on, if they are numbers, as in the file.
    pub test_numbers: Option<Vec<f64>>,
    /// What could not be taken as it is, in all rows.
    pub gaps: Gaps,
}

impl KnownRows {
    /// Leaves out the rows whose answer is not known, and says which. `test` has more rows, to test on.
    pub fn new(
        frame: DataFrame,
        understood: Understood,
        file: &str,
        test: Option<(DataFrame, &str)>,
    ) -> Result<Self, String> {
        let mut frame = with_answers(frame, &understood.target, file)?;
        let from_test_file = frame.rows.len();
        if let Some((test, test_file)) = test {
            let test = with_columns_of(test, &frame, &understood, test_file)?;
            frame.rows.extend(with_answers(test, &understood.target, test_file)?.rows);
        }
        let place = frame.place(&understood.target.name).expect("the target is a column");
        let classes = match understood.target.kind {
            ColumnKind::Category => {
                let column = format!("{file}, column {}", excerpt(&understood.target.name));
                note_labels(&column, frame.cells(place));
                let labels = Labels::of(frame.cells(place));
                check_classes(&labels, &frame, &understood.target, file)?;
                let classes =
                    frame.cells(place).map(|cell| labels.class(cell).expect("a known label"));
                let classes: Vec<u32> = classes.collect();
                Some(Tensor::from(classes))
            }
            _ => None,
        };
        let has_label = |cell: &str| !cell.split('|').all(is_missing);
        if understood.target.kind == ColumnKind::Labels && !frame.cells(place).any(has_label) {
            return Err(format!(
                "{file}, column {}: no row has a label to learn from; choose another --target",
                excerpt(&understood.target.name)
            ));
        }
        let groups = understood.group.as_ref().map(|name| {
            let column = frame.place(name).expect("the groups are a column");
            groups_of(&frame, column, from_test_file)
        });
        Ok(Self { frame, understood, target: place, from_test_file, groups, classes })
    }

    /// Returns the rows to test on: the rows of the test file, or a share that is drawn.
    pub fn test_rows(
        &self,
        options: &TableOptions,
        training: &Training,
    ) -> Result<Vec<u32>, String> {
        let all = self.frame.rows.len();
        if self.has_test_file() {
            return Ok((self.from_test_file as u32..all as u32).collect());
        }
        self.draw(&self.every_row(), options.test_split, training, "test", training.seed)
            .map_err(|error| format!("--test-split {}: {error}", options.test_split))
    }

    /// Returns `true` if the rows to test on come from a separate file.
    pub fn has_test_file(&self) -> bool {
        self.from_test_file < self.frame.rows.len()
    }

    /// Returns the rows of each fold. Checks that all folds can be trained, before the first one is.
    pub fn folds(&self, count: usize, training: &Training) -> Result<Vec<Vec<u32>>, String> {
        if training.split == Split::Last {
            return Err(
                "--folds deals the rows out at random, but --split last asks for the last ones: \
                        drop one of the two"
                    .into(),
            );
        }
        let key = Key::new(training.seed).stream("table").stream("folds");
        let (rows, groups) = (self.frame.rows.len(), self.groups.as_deref());
        let folds = folds(rows, self.classes.as_ref(), groups, count, key);
        if folds.iter().any(Vec::is_empty) {
            return Err(format!(
                "--folds {count}: there are fewer {}; choose fewer folds",
                if groups.is_some() { "groups" } else { "rows" }
            ));
        }
        for (at, test) in folds.iter().enumerate() {
            self.split(test, training, training.seed)
                .map_err(|error| format!("fold {}: {error}", at + 1))?;
        }
        Ok(folds)
    }

    /// Divides the rows that are not tested on into those to train on and those to validate with.
    fn split(
        &self,
        test: &[u32],
        training: &Training,
        seed: u64,
    ) -> Result<(Vec<u32>, Vec<u32>), String> {
        let is_test = self.flags(test);
        let mut rest = self.every_row();
        rest.retain(|&row| !is_test[row as usize]);
        let share = training.validation_split;
        let validation = self
            .draw(&rest, share, training, "validation", seed)
            .map_err(|error| format!("--validation-split {share}: {error}"))?;
        let is_validation = self.flags(&validation);
        rest.retain(|&row| !is_validation[row as usize]);
        Ok((rest, validation))
    }

    /// Measures the columns on the rows to train on, and returns all rows as samples.
    pub fn parts(
        &self,
        test: &[u32],
        training: &Training,
        words: usize,
        seed: u64,
    ) -> Result<TableParts, String> {
        let (rest, validation) = self.split(test, training, seed)?;
        self.parts_of(&rest, &validation, test, words)
    }

    /// Measures the columns on the rows of `rest`.
    fn parts_of(
        &self,
        rest: &[u32],
        validation: &[u32],
        test: &[u32],
        words: usize,
    ) -> Result<TableParts, String> {
        let inputs: Vec<&ColumnSummary> = self.understood.inputs.iter().collect();
        let encoder = FrameEncoder::fit(&self.frame, &inputs, rest, words);
        let target = TargetEncoder::fit(&self.frame, &self.understood.target, rest);
        let places: Vec<_> = encoder.columns().map(|name| self.frame.place(name)).collect();
        let (rows, gaps) = encoder.encode(&places, &self.frame.rows);
        self.check_readable(&gaps)?;
        let answers = target
            .encode(self.frame.cells(self.target))
            .map_err(|(at, error)| format!("{}: {error}", self.line(at)))?;
        let all = Dataset::with_targets(rows, answers);
        Ok(TableParts {
            training: all.select(rest),
            validation: (!validation.is_empty()).then(|| all.select(validation)),
            test: all.select(test),
            test_numbers: target.numbers(
                test.iter().map(|&row| &*self.frame.rows[row as usize].cells[self.target]),
            ),
            encoder,
            target,
            gaps,
        })
    }

    /// Checks that each column has a cell of its kind, which may have been chosen.
    fn check_readable(&self, gaps: &Gaps) -> Result<(), String> {
        for column in &self.understood.inputs {
            let Some((count, first)) = gaps.unreadable.get(&column.name) else { continue };
            if count + gaps.missing.get(&column.name).unwrap_or(&0) == self.frame.rows.len() {
                return Err(format!(
                    "--column {}={}: none of its cells can be read as its kind, such as {}; choose another \
                     kind",
                    printable(&column.name),
                    column.kind,
                    first_cells(first)
                ));
            }
        }
        Ok(())
    }

    /// Prints notes on rows that are in both training and test, or that occur with different answers. `place` begins
    /// each note.
    pub fn tell_repeated(&self, test: &[u32], place: &str) {
        let inputs = &self.understood.inputs;
        let places: Vec<usize> =
            inputs.iter().filter_map(|column| self.frame.place(&column.name)).collect();
        let line = |at| self.line(at);
        let is_test = self.flags(test);
        let repeated = repeated_rows(&self.frame, &places, self.target, &is_test, &line);
        repeated.into_iter().for_each(|words| note(&format!("{place}{words}")));
    }

    /// Says which columns give the answer away, and which have numbers that could be read in two ways. `place` begins
    /// each note.
    pub fn tell_columns(&self, place: &str) {
        let Understood { inputs, target, .. } = &self.understood;
        let inputs: Vec<&ColumnSummary> = inputs.iter().collect();
        let all = [&inputs[..], &[target]].concat();
        let mut notes = ambiguous_numbers(&self.frame, &all);
        notes.extend(revealing_columns(&self.frame, &inputs, target));
        notes.iter().for_each(|words| note(&format!("{place}{words}")));
    }

    /// Measures the columns on all rows that are not tested on, and returns all rows as samples: none are
    /// for validation.
    pub fn parts_of_all(&self, test: &[u32], words: usize) -> Result<TableParts, String> {
        let is_test = self.flags(test);
        let mut rest = self.every_row();
        rest.retain(|&row| !is_test[row as usize]);
        self.parts_of(&rest, &[], test, words)
    }

    /// Says which cells could not be taken as they are, and what replaces them.
    pub fn tell_gaps(&self, parts: &TableParts, place: &str) {
        tell_missing(&parts.gaps, &parts.encoder, place);
        for column in parts.encoder.columns() {
            let stand_in = parts.encoder.stand_in(column);
            if let Some((count, first)) = parts.gaps.unreadable.get(column) {
                note(&format!(
                    "{place}column {}: {count} of {} cells cannot be read as its kind and count as missing: {}; \
                     filled with: {stand_in}",
                    excerpt(column),
                    self.frame.rows.len(),
                    first_cells(first)
                ));
            }
        }
    }

    /// Says which classes have no row to train on.
    pub fn tell_lost_classes(&self, parts: &TableParts, place: &str) {
        let (TargetEncoder::Classes { labels }, Some(trained), Some(all)) =
            (&parts.target, parts.training.targets().classes(), &self.classes)
        else {
            return;
        };
        let (trained, all) = (trained.to_vec(), all.to_vec());
        for (class, name) in labels.names().iter().enumerate() {
            let of = |classes: &[u32]| classes.iter().filter(|&&c| c as usize == class).count();
            if of(&trained) == 0 {
                note(&format!(
                    "{place}no row of the class {} is left to train on: all {} are held out; the model cannot \
                     learn it",
                    excerpt(name),
                    of(&all)
                ));
            }
        }
    }

    fn every_row(&self) -> Vec<u32> {
        (0..self.frame.rows.len() as u32).collect()
    }

    /// Returns a share of these rows, chosen as --split says.
    fn draw(
        &self,
        rows: &[u32],
        share: f64,
        training: &Training,
        stream: &str,
        seed: u64,
    ) -> Result<Vec<u32>, String> {
        let key = Key::new(seed).stream("table").stream(stream);
        let classes = self.classes.as_ref().map(|classes| classes.select(rows));
        let groups = self
            .groups
            .as_ref()
            .map(|groups| rows.iter().map(|&row| groups[row as usize]).collect::<Vec<u32>>());
        if let (Some(groups), true) = (&groups, share > 0.0) {
            self.check_groups(groups, stream)?;
        }
        let drawn =
            held_out(rows.len(), training.split, classes.as_ref(), groups.as_deref(), share, key);
        let drawn = drawn.map_err(|error| error.to_string())?;
        Ok(drawn.into_iter().map(|at| rows[at as usize]).collect())
    }

    /// Checks that rows can be divided by their groups.
    fn check_groups(&self, groups: &[u32], stream: &str) -> Result<(), String> {
        if groups.iter().any(|group| *group != groups[0]) {
            return Ok(());
        }
        let other = if stream == "validation" { ", or --validation-split 0" } else { "" };
        Err(format!(
            "the {} rows to divide are one group of {}; give a --group with more groups{other}",
            groups.len(),
            excerpt(self.understood.group.as_deref().unwrap_or_default())
        ))
    }

    fn flags(&self, rows: &[u32]) -> Vec<bool> {
        let mut flags = vec![false; self.frame.rows.len()];
        rows.iter().for_each(|&row| flags[row as usize] = true);
        flags
    }

    /// Returns where a row is.
    fn line(&self, at: usize) -> String {
        let line = self.frame.rows[at].line;
        match at < self.from_test_file {
            true => format!("line {line}"),
            false => format!("line {line} of the test file"),
        }
    }
}

/// Returns the group of each row, by the cells of this column. A row whose group is missing is a group of
/// its own. Notes what the groups do not keep apart: rows without one, and the rows of the test file.
fn groups_of(frame: &DataFrame, column: usize, from_test_file: usize) -> Vec<u32> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut next = 0;
    let mut new = || {
        next += 1;
        next - 1
    };
    let group = |cell| match is_missing(cell) {
        true => new(),
        false => *numbers.entry(cell).or_insert_with(&mut new),
    };
    let groups: Vec<u32> = frame.cells(column).map(group).collect();
    let name = excerpt(&frame.columns[column]);
    let missing = frame.cells(column).take(from_test_file).filter(|cell| is_missing(cell)).count();
    if missing > 0 {
        note(&format!(
            "column {name}: {missing} {} no group; each is taken as a group of its own",
            if missing == 1 { "row has" } else { "rows have" }
        ));
    }
    let (ours, tested) = groups.split_at(from_test_file);
    let ours: HashSet<&u32> = ours.iter().collect();
    let known = tested.iter().filter(|group| ours.contains(group)).count();
    if known > 0 {
        note(&format!(
            "column {name}: {known} of the {} rows to test on {} of a group that is trained on, so the figures \
             say little about new groups; test on other groups, or leave out --test",
            tested.len(),
            if known == 1 { "is" } else { "are" }
        ));
    }
    groups
}

/// Leaves out the rows whose answer is missing or cannot be read, and says which they are.
fn with_answers(
    mut frame: DataFrame,
    target: &ColumnSummary,
    file: &str,
) -> Result<DataFrame, String> {
    let place = frame.place(&target.name).expect("the target is a column");
    let (mut without, all) = (Vec::new(), frame.rows.len());
    frame.rows.retain(|row| {
        let cell = row.cells[place].trim();
        let is_usable = TargetEncoder::is_usable(target, cell);
        if !is_usable {
            without.push((row.line, cell.to_owned()));
        }
        is_usable
    });
    let column = excerpt(&target.name);
    if frame.rows.is_empty() {
        return Err(format!(
            "{file}, column {column}: none of the {all} rows has an answer to learn from{}; choose another \
             --target",
            if target.kind == ColumnKind::Number { " that is a number" } else { "" }
        ));
    }
    if !without.is_empty() {
        note(&format!(
            "{file}: {} of {all} rows are left out, as their {column} is missing or cannot be read: {}",
            without.len(),
            first_cells(&without)
        ));
    }
    Ok(frame)
}

/// Returns rows of another file in the order of the columns of `frame`. It must have those that are used, and the same
/// notation: 3.812 would be read as thousands, and 3/4/2024 as a day in March.
fn with_columns_of(
    mut other: DataFrame,
    frame: &DataFrame,
    understood: &Understood,
    file: &str,
) -> Result<DataFrame, String> {
    let used = understood.inputs.iter().chain([&understood.target]);
    for column in used {
        if other.place(&column.name).is_none() {
            return Err(format!(
                "--test {file}: there is no column {}; it has {}",
                excerpt(&column.name),
                data::excerpts(&other.columns)
            ));
        }
    }
    check_notation(&other, understood).map_err(|error| format!("--test {file}: {error}"))?;
    let places: Vec<_> = frame.columns.iter().map(|name| other.place(name)).collect();
    for row in &mut other.rows {
        let cell = |place: &Option<usize>| place.map_or(String::new(), |at| row.cells[at].clone());
        row.cells = places.iter().map(cell).collect();
    }
    other.columns = frame.columns.clone();
    Ok(other)
}

/// Checks that other rows have the notation of those to train on, as far as their columns show it.
fn check_notation(other: &DataFrame, understood: &Understood) -> Result<(), String> {
    let columns = understood.inputs.iter().chain([&understood.target]);
    let shown: Vec<(&str, Notation)> = columns
        .map(|column| {
            let place = other.place(&column.name).expect("a column that is used");
            (column.name.as_str(), column.notation(other.cells(place)))
        })
        .collect();
    let all: Vec<Notation> = shown.iter().map(|&(_, notation)| notation).collect();
    let all = Notation::of_columns(&all);
    let what = match all {
        Notation { has_other_mark: Some(true), .. } => "numbers have another decimal mark",
        Notation { has_other_order: Some(true), .. } => "dates have another order of day and month",
        _ => return Ok(()),
    };
    // A column shows the one or the other: it has numbers or dates.
    let is_other = |(_, notation): &&(&str, Notation)| match all.has_other_mark {
        Some(true) => notation.has_other_mark.is_some(),
        _ => notation.has_other_order.is_some(),
    };
    let (column, _) = shown.iter().find(is_other).expect("a column shows it");
    Err(format!(
        "its {what} than those to train on, as column {} shows; write both alike",
        excerpt(column)
    ))
}

fn check_classes(
    labels: &Labels,
    frame: &DataFrame,
    target: &ColumnSummary,
    file: &str,
) -> Result<(), String> {
    // Names that differ in almost every row are not classes.
    let is_name = labels.len() > 20 && 2 * labels.len() > frame.rows.len();
    if (2..=MOST_CLASSES).contains(&labels.len()) && !is_name {
        return Ok(());
    }
    Err(format!(
        "{file}, column {}: found {} different {} in {} rows, such as {}; expected from 2 to {MOST_CLASSES} \
         classes of several rows each, or numbers (--column {}=number)",
        excerpt(&target.name),
        labels.len(),
        if labels.len() == 1 { "class" } else { "classes" },
        frame.rows.len(),
        excerpt(labels.name(0)),
        printable(&target.name)
    ))
}
