//! What the example programs share: the options of a training run, and how a program ends.

#[path = "../ending/mod.rs"]
pub mod ending;
pub mod output;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use autograd::{Parameters, check};
use clap::Args;
use data::{Dataset, Split, SplitError, excerpt, label_notes};
use nn::Model;
use report::Interrupt;
use train::{Fit, TrainError, Trainer};

use output::{check_folder, check_replaceable, make_folder};

/// Where the samples come from.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Data")]
pub struct Source {
    /// Training samples: a CSV file with a header. Without it, samples are generated.
    #[arg(long, value_name = "FILE", requires = "test")]
    pub train: Option<PathBuf>,
    /// Test samples: a CSV file with the same columns.
    #[arg(long, value_name = "FILE", requires = "train")]
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
    #[arg(long, value_name = "DIR", conflicts_with = "train")]
    pub export: Option<PathBuf>,
}

impl Source {
    /// The training and the test file, if there are any.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        Some((self.train.as_deref()?, self.test.as_deref()?))
    }

    /// The files of samples, each with the option that names it: those to read, or those to write.
    pub fn places(&self) -> Vec<(&'static str, PathBuf)> {
        let read = [("--train", &self.train), ("--test", &self.test)];
        let read = read.into_iter().filter_map(|(option, path)| Some((option, path.clone()?)));
        let export = |file| self.export.iter().map(move |folder| ("--export", folder.join(file)));
        read.chain(export("train.csv")).chain(export("test.csv")).collect()
    }

    /// Checks that generated samples can be written, if that is asked for. Nothing is left behind.
    pub fn check(&self) -> Result<(), String> {
        let Some(folder) = &self.export else { return Ok(()) };
        check_folder("--export", folder)?;
        check_replaceable("--export", folder, |name| name == "train.csv" || name == "test.csv")
    }

    /// Where to write generated samples of training and test, if that is asked for. The folder is
    /// made.
    pub fn export_files(&self) -> Result<Option<(PathBuf, PathBuf)>, String> {
        let Some(folder) = &self.export else { return Ok(None) };
        make_folder("--export", folder)?;
        Ok(Some((folder.join("train.csv"), folder.join("test.csv"))))
    }
}

/// The options of a training run.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Training")]
pub struct Training {
    /// How many times to go over the training samples.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = up_to::<1_000_000>, allow_negative_numbers = true)]
    pub epochs: usize,
    /// How many samples make one step.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive, allow_negative_numbers = true)]
    pub batch_size: usize,
    /// Cut each batch into so many shards, for as many threads to work on: faster where batches are
    /// large. The result depends on N, but not on how many threads there are.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = up_to::<4096>, allow_negative_numbers = true)]
    pub shards: usize,
    /// Adam's learning rate.
    #[arg(long, value_name = "RATE", default_value_t = 0.001, value_parser = rate, allow_hyphen_values = true)]
    pub lr: f64,
    /// The share of training samples kept for validation: the weights of the epoch that is best on them
    /// are kept. With 0 all are trained on, and the epoch that is best in training is kept.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share, allow_hyphen_values = true)]
    pub validation_split: f64,
    /// Which samples these are: `stratified`, drawn by --seed from each class by its share; `shuffled`,
    /// drawn from all; or `last`, the last ones of the file, as in Keras.
    #[arg(long, value_name = "HOW", default_value = "stratified", value_parser = split)]
    pub split: Split,
    /// Stop after so many epochs without a better one.
    #[arg(long, value_name = "N", value_parser = positive, allow_negative_numbers = true)]
    pub patience: Option<usize>,
    /// The seed of initial weights, order and dropout. The same seed gives the same result.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
    /// Check the gradients by all witnesses, before training and again on the trained weights, and
    /// print a line for each parameter. (Without it they are checked once, and summed up in a line.)
    #[arg(long)]
    pub gradcheck: bool,
    /// Print nothing but the final figures, notes and errors.
    #[arg(long, conflicts_with = "gradcheck")]
    pub quiet: bool,
}

impl Training {
    /// So many seeds, counted up from --seed.
    pub fn seeds(&self, count: usize) -> impl Iterator<Item = u64> + use<> {
        let first = self.seed;
        (0..count as u64).map(move |k| first.wrapping_add(k))
    }

    /// How to train, but for seed and progress.
    pub fn fit(&self) -> Fit {
        Fit {
            epochs: self.epochs,
            batch_size: self.batch_size,
            shards: self.shards,
            validation_split: self.validation_split,
            split: self.split,
            patience: self.patience,
            ..Fit::default()
        }
    }

    /// Checks that samples can be split as is wanted, and warns of classes with nothing to train on.
    /// `names` are those of the classes.
    pub fn check_split<I: Copy>(
        &self,
        seeds: usize,
        samples: &Dataset<I>,
        names: &[String],
    ) -> Result<(), SplitError> {
        let mut missing = BTreeSet::new();
        for seed in self.seeds(seeds) {
            let (training, _) = Fit { seed, ..self.fit() }.split(samples)?;
            let trained: BTreeSet<u32> = training.labels().to_vec().into_iter().collect();
            missing.extend((0..names.len() as u32).filter(|class| !trained.contains(class)));
        }
        for class in missing {
            let count = samples.labels().to_vec().iter().filter(|&&label| label == class).count();
            ending::tell(format_args!(
                "warning: no sample of the class {} is left to train on: all {count} are kept for \
                 validation; --split stratified trains on a share of each class",
                excerpt(&names[class as usize])
            ));
        }
        Ok(())
    }

    /// The way in which samples were chosen for validation, for a report.
    pub fn describe_split(&self) -> String {
        let share = self.validation_split * 100.0;
        match self.split {
            Split::Stratified => format!("{share:.0} % of each class held back for validation"),
            Split::Shuffled => {
                format!("{share:.0} % of them, drawn by lot, held back for validation")
            }
            Split::Last => format!("the last {share:.0} % of them held back for validation"),
        }
    }

    /// Checks the gradients of the first seed's models in f64 on a few samples, and says what came
    /// of it: in one line, or with --gradcheck in one for each parameter, and again once trained.
    /// The error is a gradient that is wrong.
    pub fn check_gradients<M: Model>(
        &self,
        weights: Weights,
        seed: u64,
        trainer: &Trainer<'_, M>,
        parameters: &Parameters,
        dataset: &Dataset<M::Input>,
    ) -> Result<(), String> {
        let wanted = weights == Weights::Initial || self.gradcheck;
        let (true, true, Some(samples)) = (wanted, seed == self.seed, dataset.batches(4).next())
        else {
            return Ok(());
        };
        let when = match weights {
            Weights::Initial => "before training",
            Weights::Trained => "on the trained weights",
        };
        let report = check::parameters(parameters, |pass| trainer.loss(pass, &samples));
        if !self.quiet {
            println!("Gradient check {when} {}", report.summary());
        }
        if self.gradcheck {
            println!("{report}");
        }
        match report.passes() {
            true => Ok(()),
            false => Err(format!("the gradients {when} are wrong\n{report}")),
        }
    }
}

/// With which weights gradients are checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    Initial,
    Trained,
}

/// Tells the user what is no error but may be a mistake.
pub fn note(words: &str) {
    ending::tell(format_args!("note: {words}"));
}

/// Notes on labels that look alike or like a missing value; `column` says where they are.
pub fn note_labels<'a>(column: &str, names: impl IntoIterator<Item = &'a str>) {
    for words in label_notes(names) {
        note(&format!("{column}: {words}"));
    }
}

/// A whole number of at least 1.
pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".to_string()),
        Ok(number) => Ok(number),
    }
}

/// A whole number from 1 to `MOST`.
pub fn up_to<const MOST: usize>(text: &str) -> Result<usize, String> {
    match positive(text)? {
        number if number <= MOST => Ok(number),
        _ => Err(format!("expected a whole number of at most {MOST}")),
    }
}

/// A number above 0.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("expected a number above 0, such as 0.001".to_string()),
    }
}

/// A way of choosing samples for validation.
fn split(text: &str) -> Result<Split, String> {
    match text {
        "stratified" => Ok(Split::Stratified),
        "shuffled" => Ok(Split::Shuffled),
        "last" => Ok(Split::Last),
        _ => Err("choose one of stratified, shuffled, last".to_string()),
    }
}

/// A number from 0 to below 1.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err("expected a number from 0 to below 1, such as 0.2".to_string()),
    }
}

/// Checks that no value of a list is given twice.
pub fn without_repeats<T: Display + PartialEq>(option: &str, values: &[T]) -> Result<(), String> {
    match values.iter().enumerate().find(|&(i, value)| values[..i].contains(value)) {
        Some((_, value)) => Err(format!("{option}: `{value}` is given twice; give it once")),
        None => Ok(()),
    }
}

/// Runs a program: exit code 0, 2 with the error on standard error, or after Ctrl-C 130 and after
/// SIGTERM 143.
pub fn run(program: impl FnOnce() -> Result<(), Box<dyn Error>>) -> ExitCode {
    ending::run(|| match program() {
        Err(error) => {
            let interrupted: Box<Interrupted> = error.downcast()?;
            // Behind the ^C that the terminal shows.
            ending::tell(format_args!("\ninterrupted: {interrupted}"));
            Ok(ExitCode::from(interrupted.code))
        }
        Ok(()) => Ok(ExitCode::SUCCESS),
    })
}

/// Training was stopped by a signal.
#[derive(Debug)]
pub struct Interrupted {
    message: String,
    code: u8,
}

impl Interrupted {
    /// An error of training, with what is left of it where a signal was the reason.
    pub fn by(interrupt: &Interrupt, error: TrainError, left: impl Display) -> Box<dyn Error> {
        match error {
            TrainError::Stopped { .. } => {
                Box::new(Self { message: format!("{error}. {left}"), code: interrupt.exit_code() })
            }
            error => error.into(),
        }
    }
}

impl Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Interrupted {}
