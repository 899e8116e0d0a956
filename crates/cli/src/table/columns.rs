//! Measures how a trained model uses the columns of a table, on rows that it has not seen: how much it draws
//! from each, and how its answers depend on the strongest. `train::explain` has the arithmetic.
//!
//! A column of the file is exchanged as a whole, with all numbers that the model reads from it. A value that
//! is given to all rows is copied from one of them, so that a date keeps its weekday.

use std::collections::BTreeMap;
use std::fmt::Write;

use autograd::Parameters;
use data::{
    ColumnKind, Dataset, Mixed, MixedColumn, TableRow, TargetEncoder, beginning, printable,
};
use nn::Model;
use report::{ColumnDependence, ColumnImportance, ColumnValues, ColumnsReport};
use tensor::{Key, Tensor};
use train::{Calibrated, Change, Trainer, is_share, metric_label};

use super::model::{TableLoss, deviation};
use super::parts::{KnownRows, TableSamples};
use super::run::TrainedTable;
use super::saved::TableModel;
use super::score::four_digits;

/// The model is asked about at most this many rows, and fewer for a wide table, but at least [`LEAST_ROWS`]: each
/// column costs the same, and all columns together should cost little compared with training.
const MOST_ROWS: usize = 500;
const LEAST_ROWS: usize = 100;
const MOST_CELLS: usize = 10_000;

/// The number of times that each column is shuffled.
const REPETITIONS: usize = 5;

/// The dependence is measured for at most this many columns, and only for those with at least this share of the
/// highest importance: a flat line says nothing.
const STRONGEST: usize = 6;
const LEAST_SHARE: f64 = 0.01;

/// A column of numbers gets at most [`NUMBERS`] values, and a column of categories at most [`CATEGORIES`].
const NUMBERS: usize = 20;
const CATEGORIES: usize = 8;

/// The number of columns that are printed.
const PRINTED: usize = 5;

/// Asks a trained model about its columns, on the rows at the positions `test`. One row cannot be shuffled.
pub fn columns_report(
    trained: &TrainedTable,
    known: &KnownRows,
    test: &[u32],
) -> Option<ColumnsReport> {
    if test.len() < 2 {
        return None;
    }
    let (network, parameters) = trained.network();
    let about = &trained.model;
    let trainer = Trainer::new(&network, about.loss());
    let key = Key::new(trained.seed).stream("columns");
    let most = MOST_CELLS / about.encoder.columns().count();
    let rows = drawn(test, most.clamp(LEAST_ROWS, MOST_ROWS), key.stream("rows"));
    let asked = AskedRows::new(about, known, &rows);
    let importances = asked.importances(&trainer, &parameters, key.stream("shuffles"));
    let predictions = trainer.predict(&parameters, asked.samples.inputs());
    let of_numbers = matches!(about.target, TargetEncoder::Number { .. });
    let metric = trained.score.score.decisive().or(of_numbers.then_some("mae"));
    Some(ColumnsReport {
        samples: asked.rows.len(),
        of: test.len(),
        repetitions: REPETITIONS,
        metric: metric.map(String::from),
        dependences: asked.dependences(&trainer, &parameters, &importances),
        importances,
        outputs: if of_numbers { vec![about.answers.clone()] } else { about.names().to_vec() },
        are_probabilities: !of_numbers,
        means: in_unit(&about.target, &column_means(&predictions)),
    })
}

/// Returns the rows to ask about, in their order: all, or `most` that are drawn.
fn drawn(test: &[u32], most: usize, key: Key) -> Vec<u32> {
    if test.len() <= most {
        return test.to_vec();
    }
    let draws: Tensor<f64> = Tensor::uniform([test.len()], 0.0..1.0, key);
    let mut places = draws.argsort(0, false).to_vec();
    places.truncate(most);
    places.sort_unstable();
    places.into_iter().map(|place| test[place as usize]).collect()
}

/// The rows that are asked about.
struct AskedRows<'a> {
    about: &'a TableModel,
    known: &'a KnownRows,
    rows: Vec<&'a TableRow>,
    /// The same rows as the model gets them.
    samples: TableSamples,
}

/// A model of tables, with its loss.
type TableTrainer<'m, M> = Trainer<'m, M, Calibrated<TableLoss>>;

impl<'a> AskedRows<'a> {
    fn new(about: &'a TableModel, known: &'a KnownRows, positions: &[u32]) -> Self {
        let rows = positions.iter().map(|&at| &known.frame.rows[at as usize]);
        let rows: Vec<&TableRow> = rows.collect();
        let place = |name: &str| known.frame.place(name);
        let places: Vec<_> = about.encoder.columns().map(place).collect();
        let (inputs, _) = about.encoder.encode(&places, rows.iter().copied());
        let answers = place(&about.answers).expect("the target is a column");
        let targets = about.target.encode(rows.iter().map(|row| row.cells[answers].trim()));
        let targets = targets.expect("rows without an answer are left out");
        Self { about, known, rows, samples: Dataset::with_targets(inputs, targets) }
    }

    /// Returns the importance of each column, the highest first.
    fn importances<M: Model<Input = Mixed<Tensor<u32>>>>(
        &self,
        trainer: &TableTrainer<'_, M>,
        parameters: &Parameters,
        key: Key,
    ) -> Vec<ColumnImportance> {
        let encoder = &self.about.encoder;
        let places = encoder.places();
        let found = trainer.importance(parameters, &self.samples, &places, REPETITIONS, key);
        let named = encoder.columns().map(String::from).zip(found);
        let mut all: Vec<ColumnImportance> =
            named.map(|(column, importance)| ColumnImportance { column, importance }).collect();
        all.sort_by(|a, b| b.importance.loss.mean.total_cmp(&a.importance.loss.mean));
        all
    }

    /// Returns the dependence of the answers on the strongest columns, but not on texts: they have no order.
    fn dependences<M: Model<Input = Mixed<Tensor<u32>>>>(
        &self,
        trainer: &TableTrainer<'_, M>,
        parameters: &Parameters,
        importances: &[ColumnImportance],
    ) -> Vec<ColumnDependence> {
        let encoder = &self.about.encoder;
        let places: BTreeMap<&str, MixedColumn> = encoder.columns().zip(encoder.places()).collect();
        let dependence = |found: &ColumnImportance| {
            let place = &places[found.column.as_str()];
            let (values, rows) = self.values(&found.column, place)?;
            let inputs = self.samples.inputs();
            let means = trainer.partial_dependence(parameters, inputs, place, &rows);
            let means = means.iter().map(|means| in_unit(&self.about.target, means)).collect();
            Some(ColumnDependence { column: found.column.clone(), values, means })
        };
        let first = importances.first().map_or(0.0, |found| found.importance.loss.mean);
        // A rise within its own deviation is luck.
        let strong = importances.iter().filter(|found| {
            let Change { mean, deviation } = found.importance.loss;
            mean > deviation && mean >= LEAST_SHARE * first
        });
        strong.filter_map(dependence).take(STRONGEST).collect()
    }

    /// Returns values of a column, and for each the position of a row that has it; `None` for texts and for a
    /// column of gaps.
    fn values(&self, column: &str, place: &MixedColumn) -> Option<(ColumnValues, Vec<u32>)> {
        match place {
            MixedColumn::Text(_) => None,
            MixedColumn::Numbers(_) => self.numbers(column),
            MixedColumn::Category(at) => Some(self.categories(column, *at)),
        }
    }

    /// Returns all numbers of a column if there are few, and otherwise quantiles.
    fn numbers(&self, column: &str) -> Option<(ColumnValues, Vec<u32>)> {
        let (encoder, place) = (&self.about.encoder, self.known.frame.place(column)?);
        let number = |(at, row): (usize, &&TableRow)| {
            Some((encoder.number(column, &row.cells[place])?, at as u32))
        };
        let mut all: Vec<(f64, u32)> = self.rows.iter().enumerate().filter_map(number).collect();
        if all.is_empty() {
            return None;
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let quantile = |share: f64| all[(share * all.len() as f64) as usize];
        let mut values = all.clone();
        values.dedup_by(|a, b| a.0 == b.0);
        if values.len() > NUMBERS {
            let shares = (0..NUMBERS).map(|at| (at as f64 + 0.5) / NUMBERS as f64);
            values = shares.map(quantile).collect();
            values.dedup_by(|a, b| a.0 == b.0);
        }
        let (at, rows) = values.into_iter().unzip();
        let deciles = (1..10).map(|decile| quantile(f64::from(decile) / 10.0).0).collect();
        let are_dates =
            encoder.fields().any(|(name, kind, _)| name == column && kind == ColumnKind::Date);
        Some((ColumnValues::Numbers { at, deciles, are_dates }, rows))
    }

    /// Returns the categories of a column, the most frequent first.
    fn categories(&self, column: &str, at: usize) -> (ColumnValues, Vec<u32>) {
        let ids = self.samples.inputs().categories.slice(1, at..at + 1).to_vec();
        // The number of rows of each value, and the first of them.
        let mut found: BTreeMap<u32, (usize, u32)> = BTreeMap::new();
        for (row, &id) in ids.iter().enumerate() {
            found.entry(id).or_insert((0, row as u32)).0 += 1;
        }
        let of = found.len();
        let mut found: Vec<(u32, (usize, u32))> = found.into_iter().collect();
        found.sort_by_key(|&(id, (count, _))| (std::cmp::Reverse(count), id));
        found.truncate(CATEGORIES);
        let place = self.known.frame.place(column).expect("an input is a column");
        let name = |&(id, (_, row)): &(u32, (usize, u32))| match id {
            0 => "(any other)".to_owned(),
            1 => "(missing)".to_owned(),
            _ => self.rows[row as usize].cells[place].trim().to_owned(),
        };
        let names = found.iter().map(name).collect();
        let (samples, rows) = found.iter().map(|&(_, counted)| counted).unzip();
        (ColumnValues::Categories { names, samples, of }, rows)
    }
}

/// Returns the mean of each column of `[n, columns]`.
fn column_means(predictions: &Tensor<f32>) -> Vec<f64> {
    let (rows, width) = (predictions.shape()[0], predictions.shape()[1]);
    let mut sums = vec![0.0; width];
    for row in predictions.to_vec().chunks(width) {
        sums.iter_mut().zip(row).for_each(|(sum, &output)| *sum += f64::from(output));
    }
    sums.iter().map(|sum| sum / rows as f64).collect()
}

/// Returns mean outputs in the unit of the answers: numbers are predicted on a scale.
fn in_unit(target: &TargetEncoder, means: &[f64]) -> Vec<f64> {
    let TargetEncoder::Number { scale, .. } = target else { return means.to_vec() };
    let zero = scale.inverse_transform(&Tensor::new([1, 1], vec![0.0])).to_vec()[0];
    means.iter().map(|mean| zero + mean * deviation(scale)).collect()
}

/// Returns the importance of the strongest columns as a short table to print.
pub fn describe(columns: &ColumnsReport) -> String {
    const WIDEST: usize = 24;
    let (shown, all) = (columns.importances.len().min(PRINTED), columns.importances.len());
    let metric = columns.metric.as_deref();
    let heading = metric.map_or(String::new(), |name| match is_share(name) {
        true => format!("{}, points", metric_label(name)),
        false => metric_label(name).to_owned(),
    });
    let rows = match columns.samples < columns.of {
        true => format!("{} of these {} rows", columns.samples, columns.of),
        false => "these rows".to_owned(),
    };
    let mut text = format!(
        "Column importance: the change in the figures when a column is shuffled ({} times, among {rows})\n\n\
         {:<WIDEST$}{:>18}  {heading:>18}\n",
        columns.repetitions, "column", "loss"
    );
    for found in &columns.importances[..shown] {
        let name = printable(&beginning(&found.column, WIDEST - 1)).into_owned();
        let loss = change(found.importance.loss, |size| format!("{size:.4}"));
        let metric = metric.and_then(|name| {
            let &Change { mean, deviation } = found.importance.metrics.get(name)?;
            Some(match is_share(name) {
                true => {
                    let points = Change { mean: 100.0 * mean, deviation: 100.0 * deviation };
                    change(points, |size| format!("{size:.1}"))
                }
                false => change(Change { mean, deviation }, short),
            })
        });
        let metric = metric.unwrap_or_default();
        let _ = writeln!(text, "{name:<WIDEST$}{loss:>18}  {metric:>18}");
    }
    if shown < all {
        let _ = writeln!(text, "and {} more, in --report and --json", all - shown);
    }
    text
}

/// Writes a figure that may be of any size.
fn short(size: f64) -> String {
    match size == 0.0 || (1e-3..1e7).contains(&size) {
        true => four_digits(size),
        false => format!("{size:.2e}"),
    }
}

/// Writes a change with its deviation.
fn change(change: Change, write: impl Fn(f64) -> String) -> String {
    let (size, deviation) = (write(change.mean.abs()), write(change.deviation));
    let is_lost = size.chars().all(|letter| "0.".contains(letter));
    let sign = if change.mean < 0.0 && !is_lost { "−" } else { "+" };
    format!("{sign}{size} ± {deviation}")
}
