//! The command `gradcheck`: checks the gradients before the first step.

use std::error::Error;

use autograd::{Parameters, check};
use nn::{ActivationKind, SoftmaxCrossEntropy};
use train::Trainer;

use super::model::build;
use super::options::Gradcheck;
use super::texts::{Texts, export};

/// Checks the model with each activation. The error is the first wrong gradient.
pub fn run(options: &Gradcheck) -> Result<(), Box<dyn Error>> {
    let texts = options.setup.texts()?;
    export(&options.setup.source)?;
    println!("{}\n", texts.summary);
    for &activation in &options.setup.activation {
        let report = check(activation, &texts, options);
        println!("{activation}: gradient check {}\n{report}", report.summary());
        if !report.passes() {
            return Err(format!("the gradients with {activation} are wrong").into());
        }
    }
    Ok(())
}

fn check(activation: ActivationKind, texts: &Texts, options: &Gradcheck) -> check::Report {
    let mut parameters = Parameters::new(options.seed);
    let classes = texts.labels.len();
    let model = build(&mut parameters, activation, &options.setup.sizes, classes);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let count = options.samples.min(texts.train.len()) as u32;
    let samples = texts.train.select(&(0..count).collect::<Vec<_>>());
    check::parameters(&parameters, |pass| trainer.loss(pass, &samples))
}
