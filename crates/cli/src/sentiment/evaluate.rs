//! The command `evaluate`: evaluates a saved model on other texts.

use std::collections::BTreeMap;
use std::error::Error;

use data::{Dataset, Table, printable_path};
use report::statistics::wilson_interval;
use serde_json::{Value, json};
use train::Evaluation;

use super::options::{Evaluate, without_separator};
use super::saved::load;
use super::texts::check_columns;
use super::training::evaluated;
use crate::calibrating::describe;

/// Evaluates the model, and prints the figures.
pub fn run(options: &Evaluate) -> Result<(), Box<dyn Error>> {
    options.json.check(&options.places())?;
    let (model, parameters, about) = load(&options.model)?;
    without_separator(options.separator)?;
    let text_column = options.text_column.as_deref().unwrap_or("text");
    let label_column = options.label_column.as_deref().unwrap_or("label");
    check_columns(text_column, label_column)?;
    let table = Table::read(options.samples())?;
    let texts: Vec<String> = table.text(text_column)?.into_iter().map(String::from).collect();
    let labels = table.classes(label_column, &about.labels)?;
    let samples = Dataset::new(about.token_ids(&texts), labels);
    let (evaluation, calibration) = evaluated(&model, &parameters, about.temperature, &samples)
        .map_err(|error| format!("--model {}: {error}", printable_path(&options.model)))?;
    let names = about.labels.names();
    if !options.json.is_printed() {
        print(&evaluation, names);
        println!("{}", describe(&calibration));
    }
    let mut figures = figures(&evaluation, names);
    figures["expected_calibration_error"] = json!(calibration.after.expected_calibration_error);
    Ok(options.json.write(&figures.to_string())?)
}

fn print(evaluation: &Evaluation, names: &[String]) {
    let samples = evaluation.confusion.samples();
    let correct = evaluation.confusion.correct();
    let (low, high) = wilson_interval(correct, samples);
    println!(
        "loss {:.4}, accuracy {:.1} % ({correct} of {samples}; 95 % interval {:.1} to {:.1} %), \
         macro F1 {:.1} %\n",
        evaluation.loss,
        evaluation.accuracy() * 100.0,
        low * 100.0,
        high * 100.0,
        evaluation.confusion.macro_average().f1 * 100.0
    );
    println!("{}", evaluation.confusion.table(names));
    print!("{}", evaluation.confusion.report(names));
    println!("{}", evaluation.confusion.macro_classes());
}

/// Returns the figures as JSON.
fn figures(evaluation: &Evaluation, names: &[String]) -> Value {
    let confusion = &evaluation.confusion;
    let classes: BTreeMap<&String, Value> = names
        .iter()
        .enumerate()
        .map(|(class, name)| {
            let scores = confusion.scores(class);
            let (precision, recall, f1) = (scores.precision, scores.recall, scores.f1);
            let samples = confusion.support(class);
            let figures = json!({
                "precision": precision, "recall": recall, "f1": f1, "samples": samples
            });
            (name, figures)
        })
        .collect();
    json!({
        "loss": evaluation.loss,
        "accuracy": evaluation.accuracy(),
        "macro_f1": confusion.macro_average().f1,
        "macro_classes": confusion.classes(),
        "weighted_f1": confusion.weighted_average().f1,
        "samples": confusion.samples(),
        "classes": classes,
    })
}
