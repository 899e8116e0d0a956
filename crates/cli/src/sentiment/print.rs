//! Prints the figures of a run.

use data::printable;

use super::options::Experiment;
use super::texts::Texts;
use super::training::probabilities;
use crate::calibrating::describe;
use crate::saying::say;
use crate::trained::{Outcome, Trained};

/// Prints the epoch that was kept, the test figures, and what the activation learned.
pub fn after_training(trained: &Trained) {
    let Trained { activation, seed, parameters, history, evaluation, calibration } = trained;
    say(format_args!(
        "{activation}  seed {seed}: kept epoch {}, {}; test loss {:.4}, accuracy {:.1} %, macro F1 {:.1} %",
        history.kept,
        history.kept_as(),
        evaluation.loss,
        evaluation.accuracy() * 100.0,
        evaluation.confusion.macro_average().f1 * 100.0
    ));
    if let (Some(beta), Some(gamma)) =
        (parameters.find("activation.beta"), parameters.find("activation.gamma"))
    {
        say(format_args!(
            "{activation}  learned β = {:.4} and γ = {:.4}, from 1 and 0",
            parameters.get(beta).item(),
            parameters.get(gamma).item()
        ));
    }
    if let Some(calibration) = calibration {
        say(format_args!("{activation}  {}", describe(calibration)));
    }
    say("");
}

/// Prints the final figures and, unless only these are requested, a hint and details of the best
/// model.
pub fn outcome(outcome: &Outcome, hint: &str, texts: &Texts, experiment: &Experiment) {
    let macro_classes = outcome.best().evaluation.confusion.macro_classes();
    if experiment.training.quiet {
        say(format_args!("{}{macro_classes}", outcome.comparison));
        return;
    }
    say(format_args!("\n{}{hint}{macro_classes}\n", outcome.comparison));
    best_model(outcome.best(), texts, experiment);
}

/// Prints the confusion matrix of the best model, its figures by class, and a few of its
/// predictions.
fn best_model(best: &Trained, texts: &Texts, experiment: &Experiment) {
    let names = texts.labels.names();
    say(format_args!(
        "The model that was best in {} ({}):\n\n{}\n",
        best.history.judged_by(),
        best.activation,
        best.parameters
    ));
    say(format_args!("Its confusion matrix on the test texts, and the figures of each class:\n"));
    say(format_args!("{}", best.evaluation.confusion.table(names)));
    say(format_args!("{}", best.evaluation.confusion.report(names)));
    say(format_args!("Its first predictions:"));
    let probabilities = probabilities(best, texts, &experiment.setup.sizes);
    let predictions = probabilities.argmax(-1).to_vec();
    let truth = texts.test.targets().to_vec();
    for (i, text) in texts.test_texts.iter().enumerate().take(6) {
        let (found, label) = (predictions[i], truth[i]);
        let confidence = probabilities.get([i, found as usize]) * 100.0;
        let verdict = match found == label {
            true => String::new(),
            false => format!("  (labeled {})", printable(texts.labels.name(label))),
        };
        say(format_args!(
            "  {confidence:>3.0} % {}{verdict}\n        {}",
            printable(texts.labels.name(found)),
            beginning(text)
        ));
    }
    if let Some(caution) = experiment.setup.wrong_labels() {
        say(format_args!("\n{caution}"));
    }
}

/// Returns the beginning of a text, on one line.
fn beginning(text: &str) -> String {
    const LONGEST: usize = 90;
    let line = printable(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
