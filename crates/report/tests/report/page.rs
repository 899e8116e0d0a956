//! The report: contributions equal derivatives, JSON and page have the same figures, and foreign
//! text stays text.

use std::collections::BTreeMap;

use autograd::{Parameters, Pass, Tape};
use mistakes::message;
use nn::{Dense, Embedding, Model, SwiGLU};
use proptest::prelude::*;
use report::{
    ActivationCurve, BestModel, CurveRole, ModelRuns, PlotSubject, TrainingReport, Word,
    WrongPrediction, contributions,
};
use report::{ModelComparison, RunResult};
use serde_json::Value;
use tensor::Tensor;
use train::metrics::ConfusionMatrix;
use train::{Criterion, Epoch, Evaluation, History, Score};

/// Returns a bag of words: 6 words and padding, 3 classes.
fn model(parameters: &mut Parameters<f64>) -> impl Model<Input = Tensor<u32>> + use<> {
    Embedding::new(parameters, "embedding", 7, 4)
        .padding(0)
        .mean()
        .then(Dense::new(parameters, "hidden", 4, 5))
        .then(SwiGLU::new(parameters, "activation"))
        .then(Dense::new(parameters, "output", 5, 3))
}

/// Returns the logit of class 2 less the logit of class 0.
fn margin(
    model: &impl Model<Input = Tensor<u32>>,
    parameters: &Parameters<f64>,
    ids: &[u32],
) -> f64 {
    let tape = Tape::no_grad();
    let batch = Tensor::new([1, ids.len()], ids.to_vec());
    let logits = model.forward(Pass::eval(&tape, parameters), &batch).value();
    logits.get([0, 2]) - logits.get([0, 0])
}

proptest! {
    /// Scaling a word's vector by 1 + h changes the margin by h times its contribution, summed over
    /// the places at which the word stands.
    #[test]
    fn a_contribution_is_the_derivative_by_the_words_size(
        seed in 0..1000u64,
        ids in prop::collection::vec(1..7u32, 1..9),
    ) {
        let mut parameters = Parameters::with_seed(seed);
        let model = model(&mut parameters);
        let table = parameters.find("embedding.weight").unwrap();
        let contributions = contributions(&model, &parameters, table, &ids, 2, 0);
        for word in ids.iter().copied() {
            let scaled = |factor: f64| {
                let mut parameters = parameters.clone();
                let weights = parameters.get_mut(table);
                let rows = Tensor::new([7, 1], (0..7).map(|id| {
                    if id == word { factor } else { 1.0 }
                }).collect());
                *weights = &*weights * &rows;
                margin(&model, &parameters, &ids)
            };
            let h = 1e-5;
            let difference = (scaled(1.0 + h) - scaled(1.0 - h)) / (2.0 * h);
            let places = ids.iter().zip(&contributions).filter(|(id, _)| **id == word);
            let sum: f64 = places.map(|(_, contribution)| contribution).sum();
            prop_assert!((difference - sum).abs() < 1e-9, "{difference} and {sum}");
        }
    }
}

#[test]
fn for_a_linear_model_contributions_and_bias_sum_to_the_margin() {
    let mut parameters = Parameters::<f64>::with_seed(3);
    let model = Embedding::new(&mut parameters, "embedding", 7, 4)
        .padding(0)
        .mean()
        .then(Dense::new(&mut parameters, "output", 4, 3));
    let table = parameters.find("embedding.weight").unwrap();
    let ids = [1, 5, 5, 2];
    let contributions = contributions(&model, &parameters, table, &ids, 2, 0);
    let bias = margin(&model, &parameters, &[0]);
    let sum: f64 = contributions.iter().sum();
    assert!((bias + sum - margin(&model, &parameters, &ids)).abs() < 1e-12);
    assert_eq!(contributions[1], contributions[2]);
}

/// A frozen table is used as it is, as pretrained vectors are, and its words still push.
#[test]
fn words_of_a_frozen_embedding_have_the_contributions_of_one_that_is_not() {
    let mut parameters = Parameters::<f64>::with_seed(3);
    let model = model(&mut parameters);
    let table = parameters.find("embedding.weight").unwrap();
    let ids = [1, 5, 5, 2];
    let expected = contributions(&model, &parameters, table, &ids, 2, 0);
    assert!(expected.iter().all(|contribution| *contribution != 0.0), "{expected:?}");
    for pattern in ["embedding.*", "*"] {
        parameters.freeze_matching(pattern);
        assert_eq!(contributions(&model, &parameters, table, &ids, 2, 0), expected, "{pattern}");
        assert!(!parameters.is_trainable(table));
    }
}

#[test]
fn a_class_that_the_model_does_not_have_is_refused() {
    let mut parameters = Parameters::<f64>::with_seed(3);
    let model = model(&mut parameters);
    let table = parameters.find("embedding.weight").unwrap();
    for (toward, against) in [(3, 0), (0, 3)] {
        assert_eq!(
            message(|| contributions(&model, &parameters, table, &[1, 2], toward, against)),
            "contributions: class 3 is not one of the 3 outputs"
        );
    }
}

/// Returns a score with this accuracy.
fn score(loss: f64, accuracy: f64) -> Score {
    Score { loss, metrics: BTreeMap::from([("accuracy".to_string(), accuracy)]) }
}

/// Returns a report of two models with this many seeds and three epochs each. Class names and a
/// text must be escaped.
pub fn report(seeds: u64) -> TrainingReport {
    let confusion = ConfusionMatrix::new(2, &[0, 0, 0, 1, 1], &[0, 0, 1, 1, 1]);
    let evaluation = Evaluation { loss: 0.25, confusion, roc_auc: None };
    let epoch = |number: usize, seed: u64| Epoch {
        number,
        of: 3,
        rate: 0.001,
        steps: 1,
        training: score(1.0 / number as f64, 0.5),
        validation: Some(score(1.5 / (number as u64 + seed) as f64, 0.25)),
        tracked: BTreeMap::from([("activation.beta".to_string(), 1.0 + number as f64)]),
        activity: Vec::new(),
        seconds: 0.5,
    };
    let mut comparison = ModelComparison::default();
    let mut histories = Vec::new();
    for seed in 0..seeds {
        for name in ["relu", "swiglu"] {
            let history = History {
                epochs: (1..4).map(|n| epoch(n, seed)).collect(),
                kept: 2,
                criterion: Criterion::Usual,
            };
            comparison.add(name, RunResult::new(&evaluation, &history, 1_234));
            histories.push((name.to_string(), seed, history));
        }
    }
    let classes = ["<b>joy</b>".to_string(), "fear & \"co\"\u{1}".to_string()];
    let mut parameters = Parameters::new(0);
    parameters.add("activation.beta", Tensor::scalar(2.5));
    let best = BestModel::new("swiglu", 0, &parameters, &evaluation, &classes);
    let word = |text: &str, push| Word { text: text.to_string(), push };
    let best = best.with_mistakes(
        vec![WrongPrediction {
            text: vec![
                word("<script>alert(1)</script>", Some(1.5)),
                word(" ", None),
                word("</blockquote>", Some(-0.5)),
            ],
            label: classes[0].clone(),
            predicted: classes[1].clone(),
            probability: 0.75,
            label_probability: 0.25,
        }],
        None,
    );
    TrainingReport {
        title: "A report on </title>".to_string(),
        command: "sentiment --train '<a>.csv'".to_string(),
        data: "Five texts.".to_string(),
        models: ModelRuns::of(&comparison, &histories),
        loss_unit: Some("nats".to_string()),
        differences: comparison.differences(),
        shapes: vec![ActivationCurve {
            label: "relu <x>".to_string(),
            role: CurveRole::Reference,
            points: vec![(-1.0, 0.0), (0.0, 0.0), (1.0, 1.0)],
        }],
        best,
    }
}

/// Returns the JSON within a page.
pub fn json_of(html: &str) -> Value {
    let (_, json) = html.split_once(r#"<script type="application/json" id="figures">"#).unwrap();
    let (json, _) = json.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_page_holds_the_same_json_as_the_file() {
    for seeds in [1, 3] {
        let report = report(seeds);
        let json: Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
        assert_eq!(json_of(&report.to_html().unwrap()), json);
        assert_eq!(json["models"][1]["runs"].as_array().unwrap().len() as u64, seeds);
        assert_eq!(json["models"][0]["accuracy"]["mean"], 0.8);
        assert_eq!(json["best"]["confusion"], serde_json::json!([[2, 1], [0, 2]]));
    }
}

#[test]
fn every_figure_of_the_page_is_a_number_of_the_json() {
    assert!(check_figures(&report(3).to_html().unwrap()) > 20);
}

/// Checks that each figure of a page equals the number of its JSON, and returns how many there are.
pub fn check_figures(html: &str) -> usize {
    let json = json_of(html);
    let figures: Vec<&str> = html.split("data-figure=\"").skip(1).collect();
    for figure in &figures {
        let (path, rest) = figure.split_once('"').unwrap();
        let scale = rest.split('"').nth(1).unwrap().parse::<f64>().unwrap();
        let text = rest.split(['>', '<']).nth(1).unwrap().replace('\u{202f}', "");
        let number = json
            .pointer(path)
            .and_then(Value::as_f64)
            .unwrap_or_else(|| panic!("the page shows {text} as {path}, which the JSON has not"));
        let digits = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let expected = match text.contains('e') {
            true => format!("{:.2e}", number * scale),
            false => format!("{:.digits$}", number * scale),
        };
        let expected = if expected == "-0.0" { "0.0" } else { expected.as_str() };
        assert_eq!(expected, text.replace('−', "-"), "{path}");
    }
    figures.len()
}

#[test]
fn foreign_text_stays_text() {
    let html = report(1).to_html().unwrap();
    for markup in
        ["<script>alert", "<b>joy", "</title></title>", "<a>.csv", "<x>", "</blockquote></m"]
    {
        assert!(!html.contains(markup), "{markup}");
    }
    assert!(html.contains("&#60;script&#62;alert(1)"));
    assert_eq!(html.matches("<script").count(), 1);
    assert_eq!(html.matches("</script>").count(), 1);
}

#[test]
fn a_page_asks_for_nothing_from_elsewhere() {
    let html = report(2).to_html().unwrap();
    let addresses: Vec<&str> = html.match_indices("://").map(|(at, _)| &html[at - 5..at]).collect();
    assert!(addresses.is_empty(), "{addresses:?}");
    assert!(!html.contains("@import") && !html.contains(" src=") && !html.contains("url("));
}

#[test]
fn plots_are_whole_svg_files_with_names_of_their_own() {
    let plots = report(2).plots().unwrap();
    let names: Vec<&str> = plots.iter().map(|plot| plot.name()).collect();
    assert_eq!(
        names,
        [
            "loss-relu",
            "loss-swiglu",
            "accuracy-relu",
            "accuracy-swiglu",
            "relu-activation-beta",
            "swiglu-activation-beta",
            "activation",
            "confusion"
        ]
    );
    for plot in &plots {
        let svg = plot.svg();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(!svg.chars().any(|c| c.is_control() && c != '\n'), "{}", plot.name());
    }
    assert_eq!(plots[0].subject(), PlotSubject::Loss);
    assert_eq!(
        plots[0].title(),
        "relu: loss, nats, by epoch. training from 1.00 to 0.33; \
                                  validation from 1.12 to 0.44"
    );
    assert_eq!(plots[5].title(), "swiglu: β, by epoch. β from 2.00 to 4.00");
}

#[test]
fn names_that_differ_only_in_punctuation_or_case_have_plots_of_their_own() {
    let mut report = report(1);
    let names = ["a.b", "a_b", "a b", "A.B", "a.b-2"].map(String::from);
    let long = ["x", "y"].map(|end| format!("{}{end}", "long".repeat(100)));
    let tracked: BTreeMap<String, f64> =
        names.into_iter().chain(long).map(|name| (name, 1.0)).collect();
    for run in report.models.iter_mut().flat_map(|model| &mut model.runs) {
        run.history.epochs.iter_mut().for_each(|epoch| epoch.tracked = tracked.clone());
    }
    let folder = tempfile::tempdir().unwrap();
    report.write_plots(folder.path()).unwrap();
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut files: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|name| name.starts_with("relu-"));
    files.sort();
    let long = "long".repeat(25);
    let expected = [
        "relu-A-B.svg".to_string(),
        "relu-a-b-2-2.svg".to_string(),
        "relu-a-b-2.svg".to_string(),
        "relu-a-b-3.svg".to_string(),
        "relu-a-b-4.svg".to_string(),
        format!("relu-{long}-2.svg"),
        format!("relu-{long}.svg"),
    ];
    assert_eq!(files, expected);
}

#[test]
fn every_color_of_the_page_is_the_style_sheets() {
    let html = report(2).to_html().unwrap();
    let (_, body) = html.split_once("<body>").unwrap();
    assert!(!body.contains("fill=\"#") && !body.contains("stroke=\"#"));
}

#[test]
fn files_are_written_whole_and_a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let report = report(1);
    report.write_html(&folder.path().join("report.html")).unwrap();
    report.write_json(&folder.path().join("report.json")).unwrap();
    report.write_plots(folder.path()).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2 + 8);
    let error = report.write_html(&folder.path().join("none/report.html")).unwrap_err();
    assert!(error.to_string().contains("none/report.html: cannot be written"), "{error}");
}

#[test]
fn a_report_of_any_numbers_is_drawn() {
    let numbers = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        3.4e38,
        1e17,
        1.0 + f64::EPSILON,
        f64::MIN_POSITIVE,
        5e-324,
        -0.0,
    ];
    let pairs = numbers.iter().flat_map(|&a| numbers.iter().map(move |&b| (a, b)));
    for (first, second) in pairs {
        let mut report = report(1);
        for model in &mut report.models {
            for epoch in &mut model.runs[0].history.epochs {
                let number = if epoch.number == 1 { first } else { second };
                epoch.training = score(number, number);
                epoch.validation = Some(epoch.training.clone());
                epoch.tracked.values_mut().for_each(|value| *value = number);
            }
        }
        for shape in &mut report.shapes {
            shape.points = vec![(first, second), (second, first)];
        }
        assert_eq!(report.plots().unwrap().len(), 8, "{first} and {second}");
    }
}

#[test]
fn a_report_of_many_tracked_names_takes_no_time() {
    let mut report = report(1);
    let names = (0..20_000).map(|i| (format!("layer{i}.beta"), 1.0));
    report.models[0].runs[0].history.epochs[0].tracked = names.collect();
    let is_panel = |plot: &&report::Plot| plot.name().starts_with("relu-");
    assert_eq!(report.plots().unwrap().iter().filter(is_panel).count(), 100);
}
