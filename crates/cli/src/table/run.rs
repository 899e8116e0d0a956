//! Trains models on the rows of a table: what `train`, `compare` and `--search` share.

use std::error::Error;
use std::path::Path;

use autograd::Parameters;
use data::{ColumnKind, DataFrame, KnownForm, Mixed, Separator, TargetEncoder, Targets, excerpt};
use nn::{ActivationKind, Model};
use optim::Adam;
use serde_json::json;
use tensor::Tensor;
use train::metrics::{fit_label_temperature, fit_temperature};
use train::{Fit, History, Trainer};

use super::file::{TableFile, form_of_others};
use super::model::{LossAlone, TableLoss, build, count, dropout};
use super::options::TableOptions;
use super::parts::{KnownRows, TableParts};
use super::saved::{TableDescription, TableModel};
use super::score::TableScore;
use super::understood::{Understood, understand};
use crate::calibrating::UNCALIBRATED;
use crate::keeping::{Keeper, Options};
use crate::notes::note;
use crate::saying::{console, say};
use crate::sentiment::options::Experiment;
use crate::sentiment::sizes::Sizes;
use crate::training::{Training, Weights};

/// A model after training, and its figures on the rows to test on.
pub struct TrainedTable {
    pub activation: ActivationKind,
    pub seed: u64,
    pub parameters: Parameters,
    pub history: History,
    pub score: TableScore,
    pub model: TableModel,
}

impl TrainedTable {
    /// Returns the model with its trained parameters.
    pub fn network(&self) -> (impl Model<Input = Mixed<Tensor<u32>>> + use<>, Parameters) {
        let (model, initial) = self.model.network(self.activation);
        let trained = initial.map(|id, _| {
            let name = initial.name(id);
            let trained = self.parameters.find(name).expect("a model is built as it was trained");
            self.parameters.get(trained).clone()
        });
        (model, trained)
    }
}

/// The settings that a model is built and trained with.
#[derive(Clone)]
pub struct Recipe {
    pub activation: ActivationKind,
    pub sizes: Sizes,
    pub rate: f64,
    pub fit: Fit,
    /// The temperature of a model that has no rows for validation.
    pub temperature: f64,
    /// `false` for a model that is only compared with others in validation: its epochs are compared by the
    /// loss, its gradients are not checked again, and no checkpoint is written.
    pub is_kept: bool,
}

/// SwiGLU's β and γ, which the other activations do not have.
pub const TRACKED: [&str; 4] =
    ["activation.beta", "activation.gamma", "activation2.beta", "activation2.gamma"];

/// Rows, and the options of a run on them.
pub struct TableRun<'a> {
    pub known: &'a KnownRows,
    pub table: &'a TableOptions,
    pub experiment: &'a Experiment,
    pub has_header: bool,
}

/// Reads a table, prints what is in its columns, and returns the rows whose answer is known. Returns `true`
/// if it has a header.
pub fn read_rows(
    file: &Path,
    table: &TableOptions,
    test: Option<&Path>,
    is_quiet: bool,
) -> Result<(KnownRows, bool), Box<dyn Error>> {
    let known = KnownForm { header: table.header.unwrap_or_default(), separator: table.separator };
    let mut rows = TableFile::open(file, known)?;
    if table.header.is_some() && rows.is_json_lines() {
        let name = rows.name();
        return Err(format!(
            "--header: {name} has objects, which name their columns; leave it out"
        )
        .into());
    }
    let frame = rows.read_all()?;
    let understood = understand(&frame, &rows, table)?;
    if !is_quiet {
        say(format_args!(
            "{}: {} rows, {} columns; {}\n\n{}\nIf a column is misunderstood: --column NAME=KIND (text, \
             number, category, date, labels, ignore); if the separator is: --separator CHARACTER\n",
            rows.name(),
            frame.rows.len(),
            frame.columns.len(),
            rows.describe(),
            understood.table
        ));
    }
    let known = form_of_others(rows.has_header(), table.separator);
    let is_json_lines = rows.is_json_lines();
    let test = test.map(|path| read_test(path, known, &understood, is_json_lines)).transpose()?;
    let test = test.as_ref().map(|(frame, name)| (frame.clone(), name.as_str()));
    Ok((KnownRows::new(frame, understood, rows.name(), test)?, rows.has_header()))
}

fn read_test(
    path: &Path,
    known: KnownForm,
    understood: &Understood,
    is_json_lines: bool,
) -> Result<(DataFrame, String), String> {
    let fault = |error| format!("--test {error}");
    let mut rows = TableFile::open(path, known).map_err(fault)?;
    // Objects like those to train on have the same cells already.
    if !(is_json_lines && rows.is_json_lines()) {
        rows.set_number_forms(understood.number_forms()).map_err(fault)?;
    }
    let frame = rows.read_all().map_err(fault)?;
    Ok((frame, rows.name().to_owned()))
}

impl TableRun<'_> {
    /// Returns the recipe that the options ask for.
    pub fn recipe(&self, activation: ActivationKind, seed: u64) -> Recipe {
        let Experiment { training, setup, .. } = self.experiment;
        let track = TRACKED.map(String::from).to_vec();
        Recipe {
            activation,
            sizes: setup.sizes.clone(),
            rate: rate(training, self.has_texts()),
            fit: Fit { seed, track, ..training.fit() },
            temperature: UNCALIBRATED,
            is_kept: true,
        }
    }

    /// Returns `true` if the model reads texts.
    pub fn has_texts(&self) -> bool {
        self.known.understood.inputs.iter().any(|column| column.kind == ColumnKind::Text)
    }

    /// Chooses the rows to test on, and turns all rows into samples.
    pub fn hold_out(&self, seed: u64) -> Result<(TableParts, Vec<u32>), Box<dyn Error>> {
        let Experiment { training, setup, .. } = self.experiment;
        let test = self.known.test_rows(self.table, training)?;
        if test.is_empty() {
            return Err("--test-split 0 leaves no rows to test on; choose a share above 0".into());
        }
        Ok((self.known.parts(&test, training, setup.sizes.vocab, seed)?, test))
    }

    /// Says what becomes of the rows. What is the same for all folds is said for the first one.
    pub fn tell(&self, parts: &TableParts, test: &[u32], fold: Option<usize>) {
        let place = fold.map_or(String::new(), |fold| format!("fold {fold}: "));
        self.known.tell_lost_classes(parts, &place);
        self.known.tell_repeated(test, &place);
        self.tell_shares(parts, &place, fold.is_none());
        if fold.is_some_and(|fold| fold > 1) {
            return;
        }
        self.known.tell_gaps(parts, &place);
        self.known.tell_columns(&place);
        if !self.experiment.training.quiet {
            say(format_args!(
                "The model gets {}. {} rows to train on, {} to choose the best epoch by, {} to test on\n",
                parts.encoder.describe(),
                parts.training.len(),
                parts.validation.as_ref().map_or(0, |rows| rows.len()),
                parts.test.len()
            ));
            if let TargetEncoder::Number { .. } = parts.target {
                say(format_args!(
                    "The loss while it trains is in squared standard deviations of the answers; MAE and RMSE \
                     are in their unit\n"
                ));
            }
        }
    }

    /// Says which parts are much larger or smaller than was asked for, as happens where groups are large.
    fn tell_shares(&self, parts: &TableParts, place: &str, is_drawn: bool) {
        let table = self.table;
        let Some(group) = &table.group else { return };
        let validation = parts.validation.as_ref().map_or(0, |rows| rows.len());
        let (known, tested) = (parts.training.len() + validation, parts.test.len());
        let asked = self.experiment.training.validation_split;
        let is_drawn = is_drawn && !self.known.has_test_file();
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

    /// Trains a model, and tests it.
    pub fn train_one(
        &self,
        name: &str,
        recipe: &Recipe,
        parts: &TableParts,
        keeper: &mut Keeper,
    ) -> Result<TrainedTable, Box<dyn Error>> {
        let Recipe { activation, sizes, fit, .. } = recipe;
        let (training, seed) = (&self.experiment.training, fit.seed);
        let outputs = parts.target.outputs();
        check_count(count(sizes, &parts.encoder, outputs))?;
        let mut parameters = Parameters::new(seed);
        let model = build(&mut parameters, *activation, sizes, &parts.encoder, outputs);
        let trainer = Trainer::new(&model, TableLoss::of_target(&parts.target));
        let mut adam = Adam::new(recipe.rate);
        let about = self.model(*activation, sizes, parts);
        let description = TableDescription { table: about.clone() };

        let check = |weights, parameters: &Parameters| match recipe.is_kept {
            true => training.check_gradients(weights, seed, &trainer, parameters, &parts.training),
            false => Ok(()),
        };
        check(Weights::Initial, &parameters)?;
        let validation = parts.validation.as_ref();
        let rows = &parts.training;
        let history = match recipe.is_kept {
            true => {
                let session =
                    trainer.session_from(&mut parameters, &mut adam, rows, validation, fit)?;
                keeper.train_before(&mut console(name), name, seed, session, &description)?
            }
            false => {
                let trainer = Trainer::new(&model, LossAlone(TableLoss::of_target(&parts.target)));
                let session =
                    trainer.session_from(&mut parameters, &mut adam, rows, validation, fit)?;
                keeper.attempt(session)?
            }
        };
        check(Weights::Trained, &parameters)?;
        let temperature = match validation {
            Some(samples) => {
                let outputs = trainer.outputs_finite(&parameters, samples.inputs())?;
                temperature(&outputs, samples.targets(), &about)
            }
            None => recipe.temperature,
        };
        let about = about.with_temperature(temperature);
        // A model that is only compared with others does not see the rows to test on.
        let (judged, numbers) = match recipe.is_kept {
            true => (&parts.test, parts.test_numbers.as_deref()),
            false => (validation.unwrap_or(rows), None),
        };
        let score = TableScore::of(&model, &parameters, judged, numbers, &about)?;
        Ok(TrainedTable { activation: *activation, seed, parameters, history, score, model: about })
    }

    fn model(&self, activation: ActivationKind, sizes: &Sizes, parts: &TableParts) -> TableModel {
        let answers = &self.known.understood.target.name;
        let (encoder, target) = (&parts.encoder, &parts.target);
        TableModel::new(activation, sizes, encoder, target, answers, self.has_header)
    }

    /// Returns the options that a run depends on in addition to every classifier's, or whose defaults differ.
    pub fn fixed(&self) -> Options {
        let TableOptions { file, target, column, separator, test_split, group, .. } = self.table;
        let kinds: Vec<String> =
            column.iter().map(|(name, kind)| format!("{name}={kind}")).collect();
        let file = file.as_deref().map(Path::to_string_lossy);
        let experiment = self.experiment;
        let has_texts = self.has_texts();
        let options = [
            ("FILE", json!(file)),
            ("--target", json!(target)),
            ("--column", json!(kinds)),
            ("--separator", json!(separator.map(Separator::character))),
            ("--test-split", json!(test_split)),
            ("--group", json!(group)),
            ("--lr", json!(rate(&experiment.training, has_texts))),
            ("--dropout", json!(dropout(&experiment.setup.sizes, has_texts))),
        ];
        options.map(|(name, value)| (name.to_owned(), value)).into()
    }
}

/// Returns the learning rate. Few numbers learn well at a higher rate than the vectors of many words.
pub fn rate(training: &Training, has_texts: bool) -> f64 {
    training.lr.unwrap_or(if has_texts { training.lr() } else { 0.003 })
}

/// Returns the temperature of a model with these outputs on rows that it was not trained on.
fn temperature(outputs: &Tensor<f32>, targets: &Targets, about: &TableModel) -> f64 {
    match (&about.target, targets) {
        (TargetEncoder::Classes { .. }, Targets::Classes(classes)) => {
            fit_temperature(outputs, &classes.to_vec())
        }
        (TargetEncoder::Labels { .. }, Targets::Numbers(answers)) => {
            fit_label_temperature(outputs, answers)
        }
        _ => UNCALIBRATED,
    }
}

/// Checks that a model fits into memory.
pub fn check_count(numbers: usize) -> Result<(), String> {
    const LARGEST: usize = 100_000_000;
    match numbers <= LARGEST {
        true => Ok(()),
        false => Err(format!(
            "the model would have {numbers} numbers, more than {LARGEST}; choose a smaller --vocab, \
             --embedding or --hidden, or leave columns out with --column NAME=ignore"
        )),
    }
}
