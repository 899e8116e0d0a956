//! The command `train FILE`.

use std::error::Error;
use std::path::{Path, PathBuf};

use data::printable_path;
use nn::ActivationKind;
use report::statistics::{mean, standard_deviation};
use report::{Interrupt, SearchReport};
use serde_json::json;
use train::Fit;

use super::columns::{columns_report, describe};
use super::model::dropout;
use super::options::TrainCommand;
use super::page::{report, search_report};
use super::parts::TableParts;
use super::run::{Recipe, TableRun, TrainedTable, read_rows};
use super::saved::TableDescription;
use super::score::{TableScore, TargetScore, four_digits};
use super::search::{Search, SearchSpace, Setting, Trial, forget, table};
use crate::keeping::{Keeper, Options};
use crate::places::check_places;
use crate::saving::save_somewhere;
use crate::saying::say;
use crate::sentiment::sizes::Sizes;
use crate::shell::quoted_path;
use crate::values::without_repeats;

/// Trains on a file, and says how good the model is on rows it has not seen.
pub fn train(file: &Path, options: &TrainCommand) -> Result<(), Box<dyn Error>> {
    let interrupt = Interrupt::listen()?;
    let experiment = &options.common.experiment;
    check_options(file, options)?;
    let test = experiment.setup.source.test.as_deref();
    let (known, has_header) = read_rows(file, &options.table, test, experiment.training.quiet)?;
    let run = TableRun { known: &known, table: &options.table, experiment, has_header };
    let command = TrainRun { run, options };
    match options.folds {
        Some(folds) => command.cross_validate(folds, interrupt),
        None => command.hold_out(interrupt),
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
        ("--json", output.json.file()),
    ];
    let folders =
        [("--checkpoint", keeping.checkpoint.as_deref()), ("--plots", output.plots.as_deref())];
    check_places(&[read, keeping.files()].concat(), &files, &folders)?;
    Ok(output.check_plots()?)
}

/// The activations that a search tries if none is chosen.
const SEARCHED: [ActivationKind; 5] = [
    ActivationKind::Relu,
    ActivationKind::Tanh,
    ActivationKind::Gelu,
    ActivationKind::Silu,
    ActivationKind::SwiGLU,
];

/// A run of the command.
struct TrainRun<'a> {
    run: TableRun<'a>,
    options: &'a TrainCommand,
}

impl TrainRun<'_> {
    /// Trains a model with each activation, tests on the rows held out, and saves the best.
    fn hold_out(&self, interrupt: Interrupt) -> Result<(), Box<dyn Error>> {
        let (run, common) = (&self.run, &self.options.common);
        let training = &common.experiment.training;
        let (mut parts, test) = run.hold_out(training.seed)?;
        run.tell(&parts, &test, None);
        let mut keeper = common.experiment.keeper(interrupt, self.fixed())?;
        let activations = &common.experiment.setup.activation;
        let plain = activations.iter().map(|&activation| run.recipe(activation, training.seed));
        let (recipes, search): (Vec<Recipe>, Option<SearchReport>) = match self.options.search {
            None => (plain.collect(), None),
            Some(count) => {
                let (best, search) = self.search(count, &parts, &mut keeper)?;
                // All rows but those to test on: the search has chosen the number of epochs.
                parts = run.known.parts_of_all(&test, common.experiment.setup.sizes.vocab)?;
                (vec![best], Some(search))
            }
        };
        let mut runs = Vec::new();
        for recipe in &recipes {
            let name = recipe.activation.to_string();
            runs.push(run.train_one(&name, recipe, &parts, &mut keeper)?);
        }
        let mut best = &runs[0];
        for run in &runs {
            if runs.len() > 1 && !training.quiet {
                say(format_args!("{}: {}", run.activation, run.score.in_short()));
            }
            best = if run.history.is_better_than(&best.history) { run } else { best };
        }
        self.give(&runs, best, &parts, &test, search)
    }

    /// Saves the best model, prints its figures, and writes the page about all.
    fn give(
        &self,
        runs: &[TrainedTable],
        best: &TrainedTable,
        parts: &TableParts,
        test: &[u32],
        search: Option<SearchReport>,
    ) -> Result<(), Box<dyn Error>> {
        let common = &self.options.common;
        let (quiet, output) = (common.experiment.training.quiet, &common.output);
        // This comes first, because everything after it may fail, even printing to a closed pipe.
        let saved = common.save.as_deref().map_or(Ok(()), |path| {
            let description = TableDescription { table: best.model.clone() };
            save_somewhere(path, &best.parameters, &description)
        });
        self.print(best);
        // Asking about the columns takes time, so it is done once, and only if someone reads the answers.
        let asked = !quiet || output.is_asked();
        let columns = asked.then(|| columns_report(best, self.run.known, test)).flatten();
        if let (Some(columns), false) = (&columns, quiet) {
            say(describe(columns));
        }
        if let (Some(path), true, false) = (&common.save, saved.is_ok(), quiet) {
            let (file, typed) = (printable_path(path), quoted_path(path));
            say(format_args!("Saved as {file}. Use it: wengert predict --model {typed} FILE"));
        }
        let target = self.options.table.target.as_deref();
        let written = output.write(quiet, || report(runs, best, parts, target, search, columns));
        // The first error says where the model was saved.
        saved?;
        written
    }

    /// Searches for settings. Returns the recipe of the best, to be trained on all rows that are not tested
    /// on.
    fn search(
        &self,
        count: usize,
        parts: &TableParts,
        keeper: &mut Keeper,
    ) -> Result<(Recipe, SearchReport), Box<dyn Error>> {
        let experiment = &self.options.common.experiment;
        let (training, setup) = (&experiment.training, &experiment.setup);
        if parts.validation.is_none() {
            return Err(
                "--search compares settings on rows for validation; choose a --validation-split \
                        above 0"
                    .into(),
            );
        }
        let default = self.run.recipe(setup.activation[0], training.seed);
        let has_texts = self.run.has_texts();
        let space = self.search_space(&default);
        if let Some(folder) = &experiment.keeping.checkpoint {
            forget(folder);
        }
        let mut search =
            Search::new(count, training.seed, self.run_checksum(), &space, keeper.folder())?;
        if !training.quiet {
            say(format_args!("Search of {count} settings; 1 is the default\n"));
        }
        let attempt = |setting: &Setting, epochs| {
            let recipe = with_setting(&default, setting, epochs)?;
            let trained = self.run.train_one("search", &recipe, parts, keeper)?;
            let (kept, temperature) = (trained.history.kept, trained.model.temperature);
            Ok::<_, Box<dyn Error>>((kept, trained.score.score, temperature))
        };
        let tell = |line: &str| {
            if !training.quiet {
                say(format_args!("{line}"));
            }
        };
        let best = search.run(training.epochs, attempt, tell)?;
        let known = parts.training.len() + parts.validation.as_ref().map_or(0, |rows| rows.len());
        tell(&format!(
            "\n{}\nThe best, setting {}, is trained once more, on all {known} rows that are not tested on, \
             for {} epochs\n",
            table(search.trials(), has_texts),
            best.number,
            best.kept
        ));
        Ok((self.final_recipe(&default, &best)?, search_report(&search, &best, has_texts)))
    }

    /// Returns the settings among which is searched.
    fn search_space(&self, default: &Recipe) -> SearchSpace<'_> {
        let experiment = &self.options.common.experiment;
        let (training, setup) = (&experiment.training, &experiment.setup);
        let has_texts = self.run.has_texts();
        SearchSpace {
            base: Setting {
                activation: default.activation.to_string(),
                lr: default.rate,
                hidden: setup.sizes.hidden,
                embedding: setup.sizes.embedding,
                dropout: dropout(&setup.sizes, has_texts),
            },
            // One that is not the default was chosen.
            activations: match &setup.activation[..] {
                [ActivationKind::SwiGLU] => &SEARCHED,
                chosen => chosen,
            },
            has_texts,
            is_rate_fixed: training.lr.is_some(),
            is_dropout_fixed: setup.sizes.dropout.is_some(),
        }
    }

    /// Returns a checksum of the rows and of the options by which a setting gets another score.
    fn run_checksum(&self) -> u32 {
        let TrainCommand { table, common, .. } = self.options;
        let fit = Fit { epochs: 0, watch_layers: false, ..common.experiment.training.fit() };
        let chosen = (fit, table.test_split, &table.group, &table.column);
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(format!("{chosen:?}").as_bytes());
        for row in &self.run.known.frame.rows {
            for cell in &row.cells {
                checksum.update(&(cell.len() as u64).to_le_bytes());
                checksum.update(cell.as_bytes());
            }
        }
        checksum.finalize()
    }

    /// Returns the recipe by which the best setting is trained on all rows.
    fn final_recipe(&self, default: &Recipe, best: &Trial) -> Result<Recipe, Box<dyn Error>> {
        let mut recipe = with_setting(default, &best.setting, best.kept)?;
        recipe.fit.patience = None;
        recipe.fit.keep_best = false;
        Ok(Recipe { temperature: best.temperature, is_kept: true, ..recipe })
    }

    /// Trains a model for each fold, and prints the mean of their figures.
    fn cross_validate(&self, count: usize, interrupt: Interrupt) -> Result<(), Box<dyn Error>> {
        let (run, experiment) = (&self.run, &self.options.common.experiment);
        let training = &experiment.training;
        let &[activation] = &experiment.setup.activation[..] else {
            return Err("--folds takes one --activation".into());
        };
        let folds = run.known.folds(count, training)?;
        let mut keeper = experiment.keeper(interrupt, self.fixed())?;
        let recipe = run.recipe(activation, training.seed);
        let mut scores = Vec::new();
        for (at, test) in folds.iter().enumerate() {
            let words = experiment.setup.sizes.vocab;
            let parts = run.known.parts(test, training, words, training.seed)?;
            run.tell(&parts, test, Some(at + 1));
            let name = format!("fold-{}", at + 1);
            let run = run.train_one(&name, &recipe, &parts, &mut keeper)?;
            say(format_args!("fold {} of {count}: {}", at + 1, run.score.in_short()));
            scores.push(run.score);
        }
        say(format_args!("\n{}", means(&scores)));
        Ok(())
    }

    /// Returns the options that a run depends on in addition to every classifier's.
    fn fixed(&self) -> Options {
        let mut fixed = self.run.fixed();
        fixed.insert("--folds".to_owned(), json!(self.options.folds));
        if let Some(count) = self.options.search {
            fixed.insert("--search".to_owned(), json!(count));
        }
        fixed
    }

    /// Prints the figures of the model.
    fn print(&self, best: &TrainedTable) {
        if !self.options.common.experiment.training.quiet {
            let (kept, all) = (best.history.kept, best.history.epochs.len());
            let epochs = match self.options.search {
                Some(_) => format!("trained for {all} epochs, as many as were best in the search"),
                None => {
                    format!("kept epoch {kept} of {all}, {}", best.history.kept_as())
                }
            };
            say(format_args!(
                "{}: {epochs}; {} numbers\n",
                best.activation,
                best.parameters.count()
            ));
        }
        say(format_args!("On rows it has not seen: {}", best.score.describe(best.model.names())));
    }
}

/// Returns the recipe with the setting of a search, for at most `epochs` epochs.
fn with_setting(default: &Recipe, setting: &Setting, epochs: usize) -> Result<Recipe, String> {
    let activation = setting.activation.parse().map_err(|error| format!("{error}"))?;
    let Setting { lr, hidden, embedding, dropout, .. } = *setting;
    let mut recipe = default.clone();
    recipe.sizes = Sizes { hidden, embedding, dropout: Some(dropout), ..default.sizes.clone() };
    recipe.fit.epochs = epochs;
    Ok(Recipe { activation, rate: lr, is_kept: false, ..recipe })
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
