//! The command `gradcheck FILE`: the gradients of a table's model, before the first step or of a saved model.

use std::error::Error;
use std::path::Path;

use autograd::{Parameters, check};
use data::printable_path;
use train::Trainer;

use super::evaluate::{AnsweredRows, answered_rows};
use super::model::{TableLoss, build, count};
use super::options::GradcheckCommand;
use super::parts::TableSamples;
use super::run::{check_count, read_rows};
use super::saved::load;
use crate::values::without_repeats;

/// Checks the model of a table with each activation, or a saved one. The error is the first wrong gradient.
pub fn gradcheck(file: &Path, options: &GradcheckCommand) -> Result<(), Box<dyn Error>> {
    match &options.model {
        Some(model) => check_saved(file, model, options),
        None => check_fresh(file, options),
    }
}

fn check_fresh(file: &Path, options: &GradcheckCommand) -> Result<(), Box<dyn Error>> {
    let setup = &options.common.setup;
    without_repeats("--activation", &setup.activation)?;
    let (known, _) = read_rows(file, &options.table, None, false)?;
    let parts = known.parts_of_all(&[], setup.sizes.vocab)?;
    for &activation in &setup.activation {
        let mut parameters = Parameters::new(options.common.seed);
        let outputs = parts.target.outputs();
        check_count(count(&setup.sizes, &parts.encoder, outputs))?;
        let model = build(&mut parameters, activation, &setup.sizes, &parts.encoder, outputs);
        let trainer = Trainer::new(&model, TableLoss::of_target(&parts.target));
        let samples = first(&parts.training, options.common.samples);
        let report = check::parameters(&parameters, |pass| trainer.loss(pass, &samples));
        told(&activation.to_string(), &report)?;
    }
    Ok(())
}

fn check_saved(file: &Path, path: &Path, options: &GradcheckCommand) -> Result<(), Box<dyn Error>> {
    let (model, parameters, about) = load(path)?;
    let AnsweredRows { samples, .. } = answered_rows(file, &about, options.table.separator)?;
    let trainer = Trainer::new(&model, about.loss());
    let samples = first(&samples, options.common.samples);
    let report = check::parameters(&parameters, |pass| trainer.loss(pass, &samples));
    told(&printable_path(path), &report)
}

fn first(samples: &TableSamples, count: usize) -> TableSamples {
    samples.select(&(0..count.min(samples.len()) as u32).collect::<Vec<_>>())
}

/// Prints a check. The error is that it failed.
fn told(name: &str, report: &check::Report) -> Result<(), Box<dyn Error>> {
    println!("{name}: gradient check {}\n{report}", report.summary());
    match report.passes() {
        true => Ok(()),
        false => Err(format!("the gradients of {name} are wrong").into()),
    }
}
