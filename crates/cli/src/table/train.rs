//! The command `train FILE`.

use std::error::Error;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use data::{ColumnKind, DataFrame, HeaderRow, TargetEncoder, excerpt, printable_path};
use nn::ActivationKind;
use optim::Adam;
use report::statistics::{mean, standard_deviation};
use report::{Console, Interrupt};
use serde_json::json;
use train::{Fit, History, Trainer};

use super::file::{TableFile, header_row};
use super::model::{TableLoss, build, count, dropout};
use super::options::{TableOptions, TrainCommand};
use super::page::report;
use super::parts::{KnownRows, TableParts};
use super::saved::{TableDescription, TableModel};
use super::score::{TableScore, TargetScore, four_digits};
use super::understood::understand;
use crate::keeping::{Keeper, Options};
use crate::notes::note;
use crate::output::check_places;
use crate::saving::save_somewhere;
use crate::sentiment::options::Sizes;
use crate::training::{Training, Weights};
use crate::values::without_repeats;

/// A model after training, and its figures on the rows to test on.
pub struct TrainedTable {
    pub activation: ActivationKind,
    pub seed: u64,
    pub parameters: Parameters,
    pub history: History,
    pub score: TableScore,
    pub model: TableModel,
}

/// Trains on a file, and says how good the model is on rows it has not seen.
pub fn train(file: &Path, options: &TrainCommand) -> Result<(), Box<dyn Error>> {
    let interrupt = Interrupt::listen()?;
    let common = &options.common;
    let training = &common.experiment.training;
    check_options(file, options)?;
    let mut rows = TableFile::open(file, options.table.header.unwrap_or_default())?;
    if options.table.header.is_some() && rows.is_json_lines() {
        let name = rows.name();
        return Err(format!(
            "--header: {name} has objects, which name their columns; leave it out"
        )
        .into());
    }
    let frame = rows.read_all()?;
    let understood = understand(&frame, &rows, &options.table)?;
    if !training.quiet {
        println!(
            "{}: {} rows, {} columns; {}\n\n{}\nIf a column is misunderstood: --column NAME=KIND (text, \
             number, category, date, labels, ignore)\n",
            rows.name(),
            frame.rows.len(),
            frame.columns.len(),
            rows.describe(),
            understood.table
        );
    }
    let test = common.experiment.setup.source.test.as_deref();
    let header = header_row(rows.has_header());
    let test = test.map(|path| read_test(path, header)).transpose()?;
    let test = test.as_ref().map(|(frame, name)| (frame.clone(), name.as_str()));
    let known = KnownRows::new(frame, understood, rows.name(), test)?;
    let run = TableRun { known: &known, options, has_header: rows.has_header() };
    match options.table.folds {
        Some(folds) => run.cross_validate(folds, interrupt),
        None => run.hold_out(interrupt),
    }
}

/// Checks that everything can be written, before anything is read.
fn check_options(file: &Path, options: &TrainCommand) -> Result<(), Box<dyn Error>> {
    let common = &options.common;
    let (setup, keeping) = (&common.experiment.setup, &common.experiment.keeping);
    without_repeats("--activation", &setup.activation)?;
    let test = setup.source.test.iter().map(|path| ("--test", path.clone()));
    let read: Vec<(&str, PathBuf)> =
        [("FILE", file.to_path_buf())].into_iter().chain(test).collect();
    let output = &common.output;
    let files = [
        ("--save", common.save.as_deref()),
        ("--log", keeping.log.as_deref()),
        ("--report", output.report.as_deref()),
        ("--json", output.json.as_deref()),
    ];
    let folders =
        [("--checkpoint", keeping.checkpoint.as_deref()), ("--plots", output.plots.as_deref())];
    check_places(&read, &files, &folders)?;
    Ok(())
}

fn read_test(path: &Path, header: HeaderRow) -> Result<(DataFrame, String), String> {
    let mut rows = TableFile::open(path, header).map_err(|error| format!("--test {error}"))?;
    let frame = rows.read_all().map_err(|error| format!("--test {error}"))?;
    Ok((frame, rows.name().to_owned()))
}

/// SwiGLU's β and γ, which the other activations do not have.
const TRACKED: [&str; 4] =
    ["activation.beta", "activation.gamma", "activation2.beta", "activation2.gamma"];

/// A run of the command.
struct TableRun<'a> {
    known: &'a KnownRows,
    options: &'a TrainCommand,
    has_header: bool,
}

impl TableRun<'_> {
    /// Trains a model with each activation, tests on the rows held out, and saves the best.
    fn hold_out(&self, interrupt: Interrupt) -> Result<(), Box<dyn Error>> {
        let common = &self.options.common;
        let (training, setup) = (&common.experiment.training, &common.experiment.setup);
        let test = self.known.test_rows(&self.options.table, training)?;
        if test.is_empty() {
            return Err("--test-split 0 leaves no rows to test on; choose a share above 0".into());
        }
        let parts = self.known.parts(&test, training, setup.sizes.vocab, training.seed)?;
        self.tell(&parts, &test, None);
        let mut keeper = common.experiment.keeper(interrupt, self.fixed())?;
        let mut runs = Vec::new();
        for &activation in &setup.activation {
            let name = activation.to_string();
            runs.push(self.train_one(&name, activation, training.seed, &parts, &mut keeper)?);
        }
        let mut best = &runs[0];
        for run in &runs {
            if runs.len() > 1 && !training.quiet {
                println!("{}: {}", run.activation, run.score.in_short());
            }
            best = if run.history.is_better_than(&best.history) { run } else { best };
        }
        // This comes first, because everything after it may fail, even printing to a closed pipe.
        let saved = common.save.as_deref().map_or(Ok(()), |path| {
            let description = TableDescription { table: best.model.clone() };
            save_somewhere(path, &best.parameters, &description)
        });
        self.print(best);
        if let (Some(path), true, false) = (&common.save, saved.is_ok(), training.quiet) {
            let file = printable_path(path);
            println!("Saved as {file}. Use it: wengert predict --model {file} FILE");
        }
        let written =
            common.output.write(training.quiet, || report(&runs, best, &parts, self.options));
        // The first error says where the model was saved.
        saved?;
        written
    }

    /// Trains a model for each fold, and prints the mean of their figures.
    fn cross_validate(&self, count: usize, interrupt: Interrupt) -> Result<(), Box<dyn Error>> {
        let experiment = &self.options.common.experiment;
        let training = &experiment.training;
        let &[activation] = &experiment.setup.activation[..] else {
            return Err("--folds takes one --activation".into());
        };
        let folds = self.known.folds(count, training)?;
        let mut keeper = experiment.keeper(interrupt, self.fixed())?;
        let mut scores = Vec::new();
        for (at, test) in folds.iter().enumerate() {
            let parts =
                self.known.parts(test, training, experiment.setup.sizes.vocab, training.seed)?;
            self.tell(&parts, test, Some(at + 1));
            let name = format!("fold-{}", at + 1);
            let run = self.train_one(&name, activation, training.seed, &parts, &mut keeper)?;
            println!("fold {} of {count}: {}", at + 1, run.score.in_short());
            scores.push(run.score);
        }
        println!("\n{}", means(&scores));
        Ok(())
    }

    /// Says what becomes of the rows; of the folds all of it for the first one.
    fn tell(&self, parts: &TableParts, test: &[u32], fold: Option<usize>) {
        let place = fold.map_or(String::new(), |fold| format!("fold {fold}: "));
        self.known.tell_lost_classes(parts, &place);
        if fold.is_some_and(|fold| fold > 1) {
            return;
        }
        self.known.tell_gaps(parts, &place);
        self.known.tell_findings(test, &place);
        self.tell_shares(parts, &place);
        if !self.options.common.experiment.training.quiet {
            println!(
                "The model gets {}. {} rows to train on, {} to choose the best epoch by, {} to test on\n",
                parts.encoder.describe(),
                parts.training.len(),
                parts.validation.as_ref().map_or(0, |rows| rows.len()),
                parts.test.len()
            );
            if let TargetEncoder::Number { .. } = parts.target {
                println!(
                    "The loss while it trains is in squared standard deviations of the answers; MAE and RMSE \
                     are in their unit\n"
                );
            }
        }
    }

    /// Says which parts are much larger or smaller than was asked for, as happens where groups are large.
    fn tell_shares(&self, parts: &TableParts, place: &str) {
        let table = &self.options.table;
        let Some(group) = &table.group else { return };
        let validation = parts.validation.as_ref().map_or(0, |rows| rows.len());
        let (known, tested) = (parts.training.len() + validation, parts.test.len());
        let asked = self.options.common.experiment.training.validation_split;
        let is_drawn = table.folds.is_none() && !self.known.has_test_file();
        let test = is_drawn.then_some(("--test-split", table.test_split, tested, known + tested));
        let drawn = [("--validation-split", asked, validation, known)];
        for (option, asked, drawn, rows) in drawn.into_iter().chain(test) {
            let share = drawn as f64 / rows as f64;
            if share > 1.5 * asked || 1.5 * share < asked {
                note(&format!(
                    "{place}{option} {asked}: {drawn} of {rows} rows are held out, as groups of {} are \
                     drawn whole",
                    excerpt(group)
                ));
            }
        }
    }

    fn train_one(
        &self,
        name: &str,
        activation: ActivationKind,
        seed: u64,
        parts: &TableParts,
        keeper: &mut Keeper,
    ) -> Result<TrainedTable, Box<dyn Error>> {
        let experiment = &self.options.common.experiment;
        let (training, sizes) = (&experiment.training, &experiment.setup.sizes);
        let outputs = parts.target.outputs();
        check_count(count(sizes, &parts.encoder, outputs))?;
        let mut parameters = Parameters::new(seed);
        let model = build(&mut parameters, activation, sizes, &parts.encoder, outputs);
        let trainer = Trainer::new(&model, TableLoss::of_target(&parts.target));
        let mut adam = Adam::new(rate(training, !parts.encoder.texts().is_empty()));
        let track = TRACKED.map(String::from).to_vec();
        let fit = Fit { seed, track, ..training.fit() };
        let about = self.model(activation, sizes, parts);
        let description = TableDescription { table: about.clone() };

        let check = |weights, parameters: &Parameters| {
            training.check_gradients(weights, seed, &trainer, parameters, &parts.training)
        };
        check(Weights::Initial, &parameters)?;
        let session = trainer.session_from(
            &mut parameters,
            &mut adam,
            &parts.training,
            parts.validation.as_ref(),
            &fit,
        )?;
        let history =
            keeper.train_before(&mut Console::new(name), name, seed, session, &description)?;
        check(Weights::Trained, &parameters)?;
        let score = TableScore::of(&trainer, &parameters, &parts.test, &parts.target)?;
        Ok(TrainedTable { activation, seed, parameters, history, score, model: about })
    }

    fn model(&self, activation: ActivationKind, sizes: &Sizes, parts: &TableParts) -> TableModel {
        let answers = &self.known.understood.target.name;
        let (encoder, target) = (&parts.encoder, &parts.target);
        TableModel::new(activation, sizes, encoder, target, answers, self.has_header)
    }

    /// Returns the options that a run depends on beside those of every classifier, or whose defaults differ.
    fn fixed(&self) -> Options {
        let TableOptions { file, target, column, test_split, group, folds, .. } =
            &self.options.table;
        let kinds: Vec<String> =
            column.iter().map(|(name, kind)| format!("{name}={kind}")).collect();
        let file = file.as_deref().map(Path::to_string_lossy);
        let experiment = &self.options.common.experiment;
        let has_texts =
            self.known.understood.inputs.iter().any(|column| column.kind == ColumnKind::Text);
        let options = [
            ("FILE", json!(file)),
            ("--target", json!(target)),
            ("--column", json!(kinds)),
            ("--test-split", json!(test_split)),
            ("--group", json!(group)),
            ("--folds", json!(folds)),
            ("--lr", json!(rate(&experiment.training, has_texts))),
            ("--dropout", json!(dropout(&experiment.setup.sizes, has_texts))),
        ];
        options.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// Prints the figures of the model.
    fn print(&self, best: &TrainedTable) {
        if !self.options.common.experiment.training.quiet {
            println!(
                "{}: kept epoch {} of {}, the best in {}; {} numbers\n",
                best.activation,
                best.history.kept,
                best.history.epochs.len(),
                best.history.judged_by(),
                best.parameters.count()
            );
        }
        println!("On rows it has not seen: {}", best.score.describe(best.model.names()));
    }
}

/// Returns the learning rate. Few numbers learn well at a higher rate than the vectors of many words.
fn rate(training: &Training, has_texts: bool) -> f64 {
    training.lr.unwrap_or(if has_texts { training.lr() } else { 0.003 })
}

/// Checks that a model fits into memory.
fn check_count(numbers: usize) -> Result<(), String> {
    const LARGEST: usize = 100_000_000;
    match numbers <= LARGEST {
        true => Ok(()),
        false => Err(format!(
            "the model would have {numbers} numbers, more than {LARGEST}; choose a smaller --vocab, \
             --embedding or --hidden, or leave columns out by --column NAME=ignore"
        )),
    }
}

/// Returns the means of the folds' figures, with their standard deviations. R² of one row, for one, is
/// undefined.
fn means(scores: &[TableScore]) -> String {
    let line = |name: &str, of: &dyn Fn(&TableScore) -> Option<f64>, write: fn(f64) -> String| {
        let values: Vec<f64> = scores.iter().filter_map(of).collect();
        let left_out = match scores.len() - values.len() {
            0 => String::new(),
            count if values.is_empty() => return format!("{name} undefined in all {count} folds"),
            count => format!("; undefined in {count} of {} folds", scores.len()),
        };
        let deviation = standard_deviation(&values).map_or("undefined".to_owned(), write);
        let mean = write(mean(&values));
        format!("{name} {mean}, standard deviation over the folds {deviation}{left_out}")
    };
    let metric = |name: &'static str| move |score: &TableScore| score.score.metric(name);
    let per_cent: fn(f64) -> String = |share| format!("{:.1} %", share * 100.0);
    match &scores[0].answers {
        TargetScore::Classes(_) => line("accuracy", &metric("accuracy"), per_cent),
        TargetScore::Labels { .. } => line("micro F1", &metric("micro_f1"), per_cent),
        TargetScore::Number { .. } => {
            let r2: fn(f64) -> String = |r2| format!("{r2:.3}");
            format!(
                "{}\n{}",
                line("mean error", &TableScore::mean_error, four_digits),
                line("R²", &metric("r2"), r2)
            )
        }
    }
}
