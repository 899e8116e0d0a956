//! Training several models on the same texts, one after the other, and what follows from it: the
//! commands `train` and `compare`.

use std::error::Error;
use std::path::Path;

use data::printable_path;
use report::{Interrupt, ModelComparison, RunResult};
use train::History;

use super::Trained;
use super::keeping::Keeper;
use super::options::{Compare, Experiment, Train};
use super::page::report;
use super::saved::Description;
use super::texts::{Texts, export};
use super::{baseline, print};
use crate::output::Output;

/// Trains a model with each activation, and keeps the one that is best in validation, or without
/// that in training.
pub fn train_each(options: &Train) -> Result<(), Box<dyn Error>> {
    let Train { experiment, output, save, .. } = options;
    let (texts, mut keeper) = begin(experiment, 1, output, save.as_deref())?;
    let outcome = train_all(experiment, 1, false, &texts, &mut keeper)?;
    let is_quiet = keeper.is_quiet();
    // Before anything else, as all that follows may fail, if only because no one reads what is printed.
    let saved = match save {
        Some(path) => {
            let Trained { activation, parameters, .. } = &outcome.best;
            let description = Description::new(&experiment.setup.sizes, *activation, &texts);
            description.save_somewhere(path, parameters)
        }
        None => Ok(()),
    };
    if let (Some(path), true, false) = (save, saved.is_ok(), is_quiet) {
        let file = printable_path(path);
        println!("Saved as {file}. Use it: wengert predict --model {file} TEXT");
    }
    print::outcome(&outcome, "`wengert compare` trains with several.\n", &texts, is_quiet);
    let written = output.write(is_quiet, || report(&outcome, &texts, experiment));
    // The first error says where the model is.
    saved?;
    written
}

/// Trains with each activation and seed, and says which differences are more than luck.
pub fn over_seeds(options: &Compare) -> Result<(), Box<dyn Error>> {
    let Compare { experiment, output, seeds, baseline } = options;
    let (texts, mut keeper) = begin(experiment, *seeds, output, None)?;
    let outcome = train_all(experiment, *seeds, *baseline, &texts, &mut keeper)?;
    print::outcome(&outcome, "", &texts, keeper.is_quiet());
    output.write(keeper.is_quiet(), || report(&outcome, &texts, experiment))
}

/// Checks everything, and only then begins to write.
fn begin(
    experiment: &Experiment,
    seeds: usize,
    output: &Output,
    save: Option<&Path>,
) -> Result<(Texts, Keeper), Box<dyn Error>> {
    let Experiment { setup, training, keeping } = experiment;
    let interrupt = Interrupt::listen()?;
    let files = [("--save", save), ("--log", keeping.log.as_deref())];
    output.check(&setup.source, &files, &[("--checkpoint", keeping.checkpoint.as_deref())])?;
    let texts = setup.texts()?;
    training.check_split(seeds, &texts.train, texts.labels.names())?;
    setup.check_batch(training.batch_size, &texts)?;
    let keeper = experiment.keeper(interrupt)?;
    export(&setup.source)?;
    Ok((texts, keeper))
}

/// What came of training several models.
pub struct Outcome {
    pub comparison: ModelComparison,
    /// Name, seed and history of each run.
    pub histories: Vec<(String, u64, History)>,
    /// The one with the best score in validation, or without that in training.
    pub best: Trained,
}

fn train_all(
    options: &Experiment,
    seeds: usize,
    with_baseline: bool,
    texts: &Texts,
    keeper: &mut Keeper,
) -> Result<Outcome, Box<dyn Error>> {
    if !keeper.is_quiet() {
        println!("{}\n", texts.summary);
    }
    let mut comparison = ModelComparison::default();
    let mut histories = Vec::new();
    let mut best: Option<Trained> = None;
    for seed in options.training.seeds(seeds) {
        for &activation in &options.setup.activation {
            let trained = super::train(activation, seed, texts, options, keeper)?;
            if !keeper.is_quiet() {
                print::after_training(&trained);
            }
            let Trained { evaluation, history, parameters, .. } = &trained;
            let run = RunResult::new(evaluation, history, parameters.count());
            comparison.add(&activation.to_string(), run);
            histories.push((activation.to_string(), seed, history.clone()));
            if best.as_ref().is_none_or(|best| history.is_better_than(&best.history)) {
                best = Some(trained);
            }
        }
        if with_baseline {
            let (run, history) = baseline::run(texts, seed, options, keeper)?;
            comparison.add(baseline::NAME, run);
            histories.push((baseline::NAME.to_string(), seed, history));
        }
    }
    let best = best.expect("at least one model was trained");
    Ok(Outcome { comparison, histories, best })
}
