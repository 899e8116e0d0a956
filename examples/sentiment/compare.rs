//! Training several models on the same texts, one after the other, and what follows from it: the
//! commands `train` and `compare`.

use std::error::Error;

use train::{Comparison, History, Run};

use super::keeping::Keeper;
use super::options::{Compare, Experiment, Train};
use super::report::report;
use super::saved::Description;
use super::texts::Texts;
use super::{baseline, print};
use crate::Trained;
use crate::cli::output::check_writable;

/// Trains a model with each activation, and keeps the one that is best in validation.
pub fn train_each(options: &Train) -> Result<(), Box<dyn Error>> {
    let Train { experiment, output, save, .. } = options;
    output.check()?;
    save.as_deref().map_or(Ok(()), |path| check_writable("--save", path))?;
    let texts = experiment.setup.texts()?;
    let mut keeper = experiment.keeper()?;
    let outcome = train_all(experiment, 1, false, &texts, &mut keeper)?;
    println!("\n{}`sentiment compare` trains with several.\n", outcome.comparison);
    if !keeper.is_quiet() {
        print::best_model(&outcome.best, &texts);
    }
    output.write(|| report(&outcome, &texts, experiment))?;
    if let Some(path) = save {
        let Trained { activation, parameters, .. } = &outcome.best;
        Description::new(&experiment.setup.sizes, *activation, &texts).save(path, parameters)?;
    }
    Ok(())
}

/// Trains with each activation and seed, and says which differences are more than luck.
pub fn over_seeds(options: &Compare) -> Result<(), Box<dyn Error>> {
    let Compare { experiment, output, seeds, baseline } = options;
    output.check()?;
    let texts = experiment.setup.texts()?;
    let mut keeper = experiment.keeper()?;
    let outcome = train_all(experiment, *seeds, *baseline, &texts, &mut keeper)?;
    println!("\n{}", outcome.comparison);
    if !keeper.is_quiet() {
        print::best_model(&outcome.best, &texts);
    }
    output.write(|| report(&outcome, &texts, experiment))?;
    Ok(())
}

/// What came of training several models.
pub struct Outcome {
    pub comparison: Comparison,
    /// Name, seed and history of each run.
    pub histories: Vec<(String, u64, History)>,
    /// The one with the best score in validation.
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
    let mut comparison = Comparison::default();
    let mut histories = Vec::new();
    let mut best: Option<Trained> = None;
    for seed in options.training.seeds(seeds) {
        for &activation in &options.setup.activation {
            let trained = crate::train(activation, seed, texts, options, keeper)?;
            if !keeper.is_quiet() {
                print::after_training(&trained);
            }
            let Trained { evaluation, history, parameters, .. } = &trained;
            let run = Run::new(evaluation, history, parameters.count());
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
