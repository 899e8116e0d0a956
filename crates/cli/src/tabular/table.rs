//! The training and the test part of a table, as standardized features.

use std::error::Error;
use std::path::Path;

use data::generated::{tabular, write_tabular};
use data::{Dataset, Labels, Standardizer, Table, excerpts, flat_columns, printable_path};
use files::write_whole;
use tensor::{Key, Tensor};

use super::options::Options;
use crate::notes::{note, note_labels};
use crate::saying::say;
use crate::values::without_repeats;

/// Both parts, scaled to mean 0 and deviation 1 of the training part.
pub struct Halves {
    pub train: Dataset<Tensor<f32>>,
    pub test: Dataset<Tensor<f32>>,
    /// The names of the two classes.
    pub classes: Vec<String>,
}

impl Halves {
    /// Reads the CSV files, or generates rows.
    pub fn load(options: &Options) -> Result<Self, Box<dyn Error>> {
        let RawHalves { train, test, features, classes } = match options.source.files() {
            Some((train, test)) => read(train, test, options)?,
            None => generate(options)?,
        };
        let standardizer = Standardizer::fit(train.inputs());
        let standardized = |half: &Dataset<Tensor<f64>>| {
            Dataset::new(standardizer.transform(half.inputs()), half.targets().clone())
        };
        let halves = Self { train: standardized(&train), test: standardized(&test), classes };
        for words in flat_columns(&features, train.inputs(), halves.train.inputs()) {
            note(&words);
        }
        if !halves.test.inputs().is_finite() {
            return Err(
                "a number of the test rows is too far from the numbers of the training rows to \
                        be brought to their scale: correct or remove its row"
                    .into(),
            );
        }
        if !options.training.quiet {
            say(format_args!(
                "{} training and {} test rows of {} features\n",
                halves.train.len(),
                halves.test.len(),
                halves.features()
            ));
        }
        Ok(halves)
    }

    /// Returns the number of features of a row.
    pub fn features(&self) -> usize {
        self.train.inputs().shape()[1]
    }
}

/// Unscaled training and test rows, and the names of their columns and classes.
struct RawHalves {
    train: Dataset<Tensor<f64>>,
    test: Dataset<Tensor<f64>>,
    features: Vec<String>,
    classes: Vec<String>,
}

fn read(train: &Path, test: &Path, options: &Options) -> Result<RawHalves, Box<dyn Error>> {
    let table = Table::read(train)?;
    let names = table.names(&options.source.label_column)?;
    let labels = Labels::of(names.iter().copied());
    let column = format!("{}, column `{}`", printable_path(train), options.source.label_column);
    note_labels(&column, names);
    if labels.len() != 2 {
        return Err(format!(
            "{column}: found {} classes ({}): this network tells two apart",
            labels.len(),
            excerpts(labels.names())
        )
        .into());
    }
    without_repeats("--features", &options.features)?;
    let features: Vec<String> = match options.features.is_empty() {
        true => table
            .columns()
            .filter(|&name| name != options.source.label_column)
            .map(String::from)
            .collect(),
        false => options.features.clone(),
    };
    if features.is_empty() || features.contains(&options.source.label_column) {
        return Err(format!(
            "{}: expected at least one column of features, none of them the label `{}`; the \
             features are {features:?}",
            printable_path(train),
            options.source.label_column
        )
        .into());
    }
    let half = |table: &Table| -> Result<Dataset<Tensor<f64>>, Box<dyn Error>> {
        let classes = table.classes(&options.source.label_column, &labels)?;
        Ok(Dataset::new(table.numbers(&features)?, classes))
    };
    let (train, test) = (half(&table)?, half(&Table::read(test)?)?);
    Ok(RawHalves { train, test, features, classes: labels.names().to_vec() })
}

fn generate(options: &Options) -> Result<RawHalves, Box<dyn Error>> {
    let key = Key::new(options.source.data_seed);
    let (train, test) = (tabular(10_000, key.stream("train")), tabular(2_000, key.stream("test")));
    if let Some((train_file, test_file)) = options.source.export_files()? {
        write_whole(train_file, |file| write_tabular(file, &train))?;
        write_whole(test_file, |file| write_tabular(file, &test))?;
    }
    let exact = |half: Dataset<Tensor<f32>>| {
        Dataset::new(half.inputs().map(f64::from), half.targets().clone())
    };
    Ok(RawHalves {
        features: (1..=train.inputs().shape()[1]).map(|i| format!("x{i}")).collect(),
        train: exact(train),
        test: exact(test),
        classes: vec!["0".to_string(), "1".to_string()],
    })
}
