//! The content of the report page on several classifiers.

use std::collections::BTreeMap;

use autograd::{Parameters, Tape};
use data::{Tokenizer, printable_path};
use nn::{relu, silu, swiglu};
use report::statistics::mean;
use report::{
    ActivationCurve, BestModel, CurveRole, ModelRuns, SeedRun, TrainingReport, Word,
    WrongPrediction, contributions,
};
use tensor::Tensor;

use super::model::{TRACKED, build};
use super::options::Experiment;
use super::texts::Texts;
use super::training::{probabilities, rebuild};
use crate::output::numbers;
use crate::shell::command;
use crate::trained::{Outcome, Trained};

/// The number of mistakes that are shown.
const MISTAKES: usize = 12;

/// Returns the figures of all runs, and the details of the best.
pub fn report(outcome: &Outcome, texts: &Texts, experiment: &Experiment) -> TrainingReport {
    let Outcome { comparison, histories, .. } = outcome;
    let best = outcome.best();
    let mut models = ModelRuns::of(comparison, histories);
    for model in &mut models {
        model.start = start(&model.name, texts, experiment);
    }
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    let details = BestModel::new(
        &best.activation.to_string(),
        best.seed,
        &best.parameters,
        &best.evaluation,
        texts.labels.names(),
    );
    TrainingReport {
        title: format!("A text classifier with {}", names.join(", ")),
        command: command(),
        data: describe(texts, experiment),
        shapes: shapes(&models),
        differences: comparison.differences(),
        loss_unit: Some("nats".to_string()),
        best: details
            .with_mistakes(mistakes(best, texts, experiment), experiment.setup.wrong_labels())
            .with_calibration(best.calibration.clone()),
        models,
    }
}

fn describe(texts: &Texts, experiment: &Experiment) -> String {
    let origin = match experiment.setup.source.files() {
        Some((train, test)) => {
            format!("From {} and {}", printable_path(train), printable_path(test))
        }
        None => format!("Reviews generated with data seed {}", experiment.setup.source.data_seed),
    };
    format!(
        "{origin}: {} texts to train on, {}, and {} to test on; {} classes.",
        texts.train.len(),
        experiment.training.describe_split(),
        texts.test.len(),
        texts.labels.len()
    )
}

/// Returns the tracked parameters of a fresh model of this name.
fn start(name: &str, texts: &Texts, experiment: &Experiment) -> BTreeMap<String, f64> {
    // The linear model has another name, and no parameter to track.
    let Ok(activation) = name.parse() else { return BTreeMap::new() };
    let mut parameters = Parameters::new(experiment.training.seed);
    build(&mut parameters, activation, &experiment.setup.sizes, texts.labels.len());
    numbers(&parameters, &TRACKED)
}

/// Returns the curves of ReLU and SiLU and, if a model has β and γ, of the learned activation.
fn shapes(models: &[ModelRuns]) -> Vec<ActivationCurve> {
    let learned: Vec<(&str, f64, f64)> = models.iter().filter_map(learned).collect();
    if learned.is_empty() {
        return Vec::new();
    }
    let x = Tensor::new([161], (-100..=60).map(|i| f64::from(i) / 20.0).collect());
    let shape = |label: String, role, y: Tensor<f64>| ActivationCurve {
        label,
        role,
        points: x.to_vec().into_iter().zip(y.to_vec()).collect(),
    };
    let tape = Tape::no_grad();
    let input = tape.constant(x.clone());
    let number = |value| tape.constant(Tensor::scalar(value));
    let known = [
        shape("ReLU".to_string(), CurveRole::Reference, relu(input).value()),
        shape("SiLU, which is the start".to_string(), CurveRole::Start, silu(input).value()),
    ];
    let learned = learned.into_iter().map(|(name, beta, gamma)| {
        let label = format!("{name}, learned: β = {beta:.2}, γ = {gamma:.2}").replace('-', "−");
        shape(label, CurveRole::Learned, swiglu(input, number(beta), number(gamma)).value())
    });
    known.into_iter().chain(learned).collect()
}

/// Returns a model's name with its β and γ, if it has them, as means over the seeds.
fn learned(model: &ModelRuns) -> Option<(&str, f64, f64)> {
    let kept = |name: &str| {
        let value = |run: &SeedRun| run.history.kept_epoch().tracked.get(name).copied();
        let values: Option<Vec<f64>> = model.runs.iter().map(value).collect();
        Some(mean(&values?))
    };
    let [beta, gamma] = TRACKED;
    Some((&model.name, kept(beta)?, kept(gamma)?))
}

/// Returns the test texts that were taken for another class with most confidence.
fn mistakes(best: &Trained, texts: &Texts, experiment: &Experiment) -> Vec<WrongPrediction> {
    let probabilities = probabilities(best, texts, &experiment.setup.sizes);
    let predictions = probabilities.argmax(-1).to_vec();
    let labels = texts.test.targets().to_vec();
    let probability =
        |text: usize, class: u32| f64::from(probabilities.get([text, class as usize]));
    let mut wrong: Vec<usize> =
        (0..labels.len()).filter(|&text| predictions[text] != labels[text]).collect();
    wrong.sort_by(|&a, &b| {
        let (a, b) = (probability(a, predictions[a]), probability(b, predictions[b]));
        b.total_cmp(&a)
    });
    let mistake = |&text: &usize| WrongPrediction {
        text: words(best, texts, experiment, text, predictions[text], labels[text]),
        label: texts.labels.name(labels[text]).to_string(),
        predicted: texts.labels.name(predictions[text]).to_string(),
        probability: probability(text, predictions[text]),
        label_probability: probability(text, labels[text]),
    };
    wrong.iter().take(MISTAKES).map(mistake).collect()
}

/// Returns the pieces of a text, each with its push toward one class and away from another.
fn words(
    best: &Trained,
    texts: &Texts,
    experiment: &Experiment,
    text: usize,
    toward: u32,
    against: u32,
) -> Vec<Word> {
    let sizes = &experiment.setup.sizes;
    let (model, parameters) = rebuild(best, sizes, texts.labels.len());
    let table = parameters.find("embedding.weight").expect("the model has an embedding");
    let ids = texts.test.select(&[text as u32]).inputs().padded().to_vec();
    let (toward, against) = (toward as usize, against as usize);
    let pushes = contributions(&model, &parameters, table, &ids, toward, against);
    // The text's words that are known come in the order of the ids; those cut off have no push.
    let mut pushes = pushes.into_iter();
    let piece = |text: &str| Word {
        text: text.to_string(),
        push: knows(&texts.tokenizer, text).then(|| pushes.next()).flatten(),
    };
    pieces(&texts.test_texts[text], &texts.tokenizer).into_iter().map(piece).collect()
}

/// Returns a text cut into words and what the tokenizer takes for separators: joined, they are the
/// text.
fn pieces<'a>(text: &'a str, tokenizer: &Tokenizer) -> Vec<&'a str> {
    let separates = |c: char| tokenizer.separates(c);
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let other = |c: char| separates(c) != separates(first);
        let (piece, behind) = rest.split_at(rest.find(other).unwrap_or(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

fn knows(tokenizer: &Tokenizer, word: &str) -> bool {
    tokenizer.texts_to_sequences([word]).iter().any(|ids| !ids.is_empty())
}
