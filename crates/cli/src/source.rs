//! The source of a run's samples: CSV files, or a generator.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueHint};

use crate::places::{check_folder, check_replaceable, make_folder};

/// The source of the samples.
#[derive(Args, Clone, Debug)]
#[command(
    next_help_heading = "Data",
    // `train FILE` adds its file.
    group(ArgGroup::new("training_samples").args(["train"]).multiple(true))
)]
pub struct SampleSource {
    /// Training samples: a CSV file with a header. Without it, samples are generated.
    #[arg(long, value_name = "FILE", requires = "test")]
    pub train: Option<PathBuf>,
    /// Test samples: a CSV file with the same columns.
    #[arg(long, value_name = "FILE", requires = "training_samples")]
    pub test: Option<PathBuf>,
    /// The column that holds the class name.
    #[arg(long, value_name = "NAME", default_value = "label", requires = "train")]
    pub label_column: String,
    /// The seed of the generated samples.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        conflicts_with = "train",
        allow_negative_numbers = true
    )]
    pub data_seed: u64,
    /// Also write the generated samples to DIR/train.csv and DIR/test.csv.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "train")]
    pub export: Option<PathBuf>,
}

impl SampleSource {
    /// Returns the training and the test file, if there are any.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        Some((self.train.as_deref()?, self.test.as_deref()?))
    }

    /// Returns the files of samples, each with the option that names it: those to read, or those to
    /// write.
    pub fn places(&self) -> Vec<(&'static str, PathBuf)> {
        let read = [("--train", &self.train), ("--test", &self.test)];
        let read = read.into_iter().filter_map(|(option, path)| Some((option, path.clone()?)));
        let export = |file| self.export.iter().map(move |folder| ("--export", folder.join(file)));
        read.chain(export("train.csv")).chain(export("test.csv")).collect()
    }

    /// Checks that generated samples can be written, if requested. The check leaves no file.
    pub fn check(&self) -> Result<(), String> {
        let Some(folder) = &self.export else { return Ok(()) };
        check_folder("--export", folder)?;
        check_replaceable("--export", folder, |name| name == "train.csv" || name == "test.csv")
    }

    /// Creates the folder for generated samples and returns the paths for training and test, if
    /// requested.
    pub fn export_files(&self) -> Result<Option<(PathBuf, PathBuf)>, String> {
        let Some(folder) = &self.export else { return Ok(None) };
        make_folder("--export", folder)?;
        Ok(Some((folder.join("train.csv"), folder.join("test.csv"))))
    }
}
