//! The commands `train` and `compare`: train several models on the same texts, one after the other,
//! and compare them.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use data::printable_path;
use report::Interrupt;

use super::options::{Compare, Experiment, Train};
use super::page::report;
use super::saved::Description;
use super::texts::{Texts, export};
use super::{baseline, print, training};
use crate::keeping::Keeper;
use crate::output::Output;
use crate::saving::save_somewhere;
use crate::saying::say;
use crate::shell::quoted_path;
use crate::trained::Outcome;

/// Trains a model with each activation, and keeps the one that is best in validation, or without
/// that in training.
pub fn train_each(options: &Train) -> Result<(), Box<dyn Error>> {
    let Train { experiment, output, save, .. } = options;
    let (texts, mut keeper) = begin(experiment, 1, output, save.as_deref())?;
    let outcome = train_all(experiment, 1, false, &texts, &mut keeper)?;
    let is_quiet = keeper.is_quiet();
    // This comes first, because everything after it may fail, even printing to a closed pipe.
    let saved = match save {
        Some(path) => {
            let best = outcome.best();
            let about = Description::new(&experiment.setup.sizes, best.activation, &texts);
            let about = about.with_temperature(best.temperature());
            save_somewhere(path, &best.parameters, &about)
        }
        None => Ok(()),
    };
    if let (Some(path), true, false) = (save, saved.is_ok(), is_quiet) {
        let (file, typed) = (printable_path(path), quoted_path(path));
        say(format_args!("Saved as {file}. Use it: wengert predict --model {typed} TEXT"));
    }
    print::outcome(&outcome, "`wengert compare` trains with several.\n", &texts, experiment);
    let written = output.write(is_quiet, || report(&outcome, &texts, experiment));
    // The first error says where the model was saved.
    saved?;
    written
}

/// Trains with each activation and seed, and says which differences are more than luck.
pub fn over_seeds(options: &Compare) -> Result<(), Box<dyn Error>> {
    let Compare { experiment, output, seeds, baseline } = options;
    let (texts, mut keeper) = begin(experiment, *seeds, output, None)?;
    let outcome = train_all(experiment, *seeds, *baseline, &texts, &mut keeper)?;
    print::outcome(&outcome, "", &texts, experiment);
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
    let read = [setup.source.places(), keeping.files()].concat();
    output.check(&read, &files, &[("--checkpoint", keeping.checkpoint.as_deref())])?;
    let texts = setup.texts()?;
    training.check_split(seeds, &texts.train, texts.labels.names())?;
    setup.check_batch(training.batch_size, &texts)?;
    let keeper = experiment.keeper(interrupt, BTreeMap::new())?;
    export(&setup.source)?;
    Ok((texts, keeper))
}

fn train_all(
    options: &Experiment,
    seeds: usize,
    with_baseline: bool,
    texts: &Texts,
    keeper: &mut Keeper,
) -> Result<Outcome, Box<dyn Error>> {
    if !keeper.is_quiet() {
        say(format_args!("{}\n", texts.summary));
    }
    let mut outcome = Outcome::default();
    for seed in options.training.seeds(seeds) {
        for &activation in &options.setup.activation {
            let trained = training::train(activation, seed, texts, options, keeper)?;
            if !keeper.is_quiet() {
                print::after_training(&trained);
            }
            outcome.add(trained);
        }
        if with_baseline {
            let (run, history) = baseline::run(texts, seed, options, keeper)?;
            outcome.add_run(baseline::NAME, seed, run, history);
        }
    }
    Ok(outcome)
}
