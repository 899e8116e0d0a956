//! Training several models on the same texts, one after the other, and what follows from it: the
//! commands `train` and `compare`.

use std::error::Error;

use train::{Comparison, Run};

use super::keeping::Keeper;
use super::options::{Compare, Experiment, Train};
use super::saved::{Description, check_writable};
use super::texts::Texts;
use super::{baseline, print};
use crate::Trained;

/// Trains a model with each activation, and keeps the one that is best in validation.
pub fn train_each(options: &Train) -> Result<(), Box<dyn Error>> {
    let Train { experiment, save, .. } = options;
    save.as_deref().map_or(Ok(()), |path| check_writable("--save", path))?;
    let texts = experiment.setup.texts()?;
    let mut keeper = experiment.keeper()?;
    let Outcome { comparison, best } = train_all(experiment, 1, false, &texts, &mut keeper)?;
    println!("\n{comparison}`sentiment compare` trains with several.\n");
    if !keeper.is_quiet() {
        print::best_model(&best, &texts);
    }
    if let Some(path) = save {
        Description::new(&experiment.setup.sizes, best.activation, &texts)
            .save(path, &best.parameters)?;
    }
    Ok(())
}

/// Trains with each activation and seed, and says which differences are more than luck.
pub fn over_seeds(options: &Compare) -> Result<(), Box<dyn Error>> {
    let Compare { experiment, seeds, baseline } = options;
    let texts = experiment.setup.texts()?;
    let mut keeper = experiment.keeper()?;
    let Outcome { comparison, best } =
        train_all(experiment, *seeds, *baseline, &texts, &mut keeper)?;
    println!("\n{comparison}");
    if !keeper.is_quiet() {
        print::best_model(&best, &texts);
    }
    Ok(())
}

/// What came of training several models.
struct Outcome {
    comparison: Comparison,
    /// The one with the best score in validation.
    best: Trained,
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
            if best.as_ref().is_none_or(|best| history.is_better_than(&best.history)) {
                best = Some(trained);
            }
        }
        if with_baseline {
            comparison.add("linear", baseline::run(texts, seed, options, keeper)?);
        }
    }
    Ok(Outcome { comparison, best: best.expect("at least one model was trained") })
}
