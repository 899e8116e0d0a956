//! Reports of models that are not classifiers, and what happens inside a model: real runs, and the page
//! has the figures of the JSON.

use autograd::{Parameters, Var};
use data::Dataset;
use nn::{Activation, Dense, Features, MeanSquaredError, Model, MultiLabelCrossEntropy};
use optim::Adam;
use report::{BestModel, ModelComparison, ModelRuns, PlotSubject, RunResult, TrainingReport};
use serde_json::Value;
use tensor::{Key, Tensor};
use train::{Fit, History, Loss, Metrics, Score, Tally, Trainer, own_loss};

use crate::page::{check_figures, json_of};

type Samples = Dataset<Tensor<f32>, Tensor<f32>>;

/// Points with the targets x₁ + x₂ and x₁ − x₂.
fn sums(count: usize) -> Samples {
    let inputs = Tensor::normal([count, 2], 0.0, 1.0, Key::new(1));
    let (first, second) = (inputs.slice(1, 0..1), inputs.slice(1, 1..2));
    let targets = Tensor::concat(&[&first + &second, &first - &second], 1);
    Dataset::with_targets(inputs, targets)
}

/// The same points, with a yes where a target is above 0.
fn signs(count: usize) -> Samples {
    let (inputs, targets) = (sums(count).inputs().clone(), sums(count).targets().clone());
    Dataset::with_targets(inputs, targets.map(|y| f32::from(u8::from(y > 0.0))))
}

fn network(
    parameters: &mut Parameters,
    activation: Activation,
) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "hidden", 2, 8))
        .then(activation)
        .then(Dense::new(parameters, "output", 8, 2))
}

/// Trains two networks with these seeds, and reports on the second.
fn report<L>(
    loss: impl Fn() -> L,
    unit: Option<&str>,
    samples: &Samples,
    seeds: u64,
) -> TrainingReport
where
    L: Loss<f32, Target = Tensor<f32>>,
{
    let (mut comparison, mut histories) = (ModelComparison::default(), Vec::new());
    let mut best = None;
    for seed in 0..seeds {
        for (name, activation) in [("relu", Activation::Relu), ("tanh", Activation::Tanh)] {
            let mut parameters = Parameters::new(seed);
            let model = network(&mut parameters, activation);
            let trainer = Trainer::new(&model, loss());
            let options = Fit { epochs: 4, seed, watch_layers: true, ..Fit::default() };
            let mut adam = Adam::new(0.02);
            let history = trainer.fit(&mut parameters, &mut adam, samples, &options).unwrap();
            let score = trainer.score(&parameters, samples);
            let run = RunResult::of_score(&score, samples.len(), &history, parameters.count());
            comparison.add(name, run);
            histories.push((name.to_string(), seed, history));
            best = Some(BestModel::of_score(name, seed, &parameters, score));
        }
    }
    TrainingReport {
        title: "Sums and differences".to_string(),
        command: "sums".to_string(),
        data: "Points of the plane.".to_string(),
        models: ModelRuns::of(&comparison, &histories),
        loss_unit: unit.map(String::from),
        differences: comparison.differences(),
        shapes: Vec::new(),
        best: best.unwrap(),
    }
}

/// Returns the headings of the table of results.
fn headings(html: &str) -> Vec<&str> {
    let (_, table) = html.split_once("<thead><tr>").unwrap();
    let (row, _) = table.split_once("</tr>").unwrap();
    row.split("</th>").filter_map(|cell| cell.split_once('>')).map(|(_, text)| text).collect()
}

#[test]
fn the_page_of_a_regression_has_its_metrics_and_no_classes() {
    for seeds in [1, 3] {
        let report = report(|| MeanSquaredError, None, &sums(200), seeds);
        let html = report.to_html().unwrap();
        assert!(check_figures(&html) > 15);
        let json = json_of(&html);
        assert_eq!(json, serde_json::from_str::<Value>(&report.to_json().unwrap()).unwrap());
        let of_model = &json["models"][1];
        for name in ["loss", "mae", "rmse", "r2"] {
            assert!(of_model[name]["mean"].is_f64(), "{name}: {of_model}");
            assert!(of_model["runs"][0]["test"][name].is_f64(), "{name}: {of_model}");
        }
        assert!(json["best"].get("confusion").is_none() && json["best"].get("mistakes").is_none());
        assert_eq!(
            headings(&html),
            ["model", "loss", "MAE", "R²", "RMSE", "parameters", "seconds"]
        );
        assert!(!html.contains("nats") && !html.contains("Confusion") && !html.contains("accura"));
        if seeds > 1 {
            assert!(html.contains("Losses (lower is better) are compared seed by seed:"));
            assert!(html.contains(" of loss, paired t-test p "));
        } else {
            assert!(html.contains("One seed and 200 test samples: several seeds tell"));
        }
    }
}

#[test]
fn the_page_of_several_labels_has_both_f1_and_the_unit_of_its_loss() {
    let report = report(MultiLabelCrossEntropy::new, Some("nats"), &signs(200), 3);
    let html = report.to_html().unwrap();
    check_figures(&html);
    let expected =
        ["model", "micro\u{a0}F1\u{a0}%", "macro\u{a0}F1\u{a0}%", "loss", "parameters", "seconds"];
    assert_eq!(headings(&html), expected);
    assert!(html.contains("Values of micro F1 are compared seed by seed:"));
    assert!(html.contains(" points of micro F1, paired t-test p "));
    let names: Vec<String> =
        report.plots().unwrap().iter().map(|plot| plot.name().to_string()).collect();
    let training = ["loss-relu", "loss-tanh", "macro-f1-relu", "macro-f1-tanh", "micro-f1-relu"];
    assert_eq!(names[..5], training);
    let plots = report.plots().unwrap();
    assert!(plots[0].title().starts_with("relu: loss, nats, by epoch. training from "));
    assert!(plots[4].title().starts_with("relu: micro F1, %, by epoch. training from "));
}

/// The squared error, with a metric whose name is neither fit for a file nor for markup.
struct Own;

impl Loss<f32> for Own {
    type Target = Tensor<f32>;

    fn of<'t>(&self, outputs: Var<'t>, targets: &Tensor<f32>) -> Var<'t> {
        let error = outputs - outputs.tape().constant(targets.clone());
        (error * error).mean_all()
    }

    fn tally(&self, outputs: &Tensor<f32>, targets: &Tensor<f32>) -> Tally {
        let error = outputs - targets;
        let within = error.values().iter().filter(|error| error.abs() < 0.5).count();
        let share = (within as f64, error.len() as f64);
        Tally::Means([("<b>within ½ & \"a/b\"".to_string(), share)].into())
    }
}

#[test]
fn the_page_of_a_loss_of_ones_own_has_the_metrics_of_the_loss() {
    let report = report(|| Own, None, &sums(200), 1);
    let html = report.to_html().unwrap();
    assert!(!html.contains("<b>"));
    let json = json_of(&html);
    let name = "<b>within ½ & \"a/b\"";
    assert!(json["models"][0]["runs"][0]["test"][name].is_f64(), "{json}");
    let shown = json["best"]["test"][name].as_f64().unwrap();
    let place = "/best/test/&lt;b>within ½ &amp; &quot;a~1b&quot;";
    let figure = format!("data-figure=\"{place}\" data-scale=\"1\">{shown:.4}<");
    assert!(html.contains(&figure), "{figure}");
    report.write_plots(tempfile::tempdir().unwrap().path()).unwrap();
}

#[test]
fn a_function_as_a_loss_has_its_loss_alone() {
    let loss = || {
        own_loss(|outputs: Var<'_>, targets: &Tensor<f32>| {
            (outputs - outputs.tape().constant(targets.clone())).powi(4).mean_all()
        })
    };
    let report = report(loss, None, &sums(200), 2);
    let html = report.to_html().unwrap();
    check_figures(&html);
    assert_eq!(headings(&html), ["model", "loss", "parameters", "seconds"]);
    assert_eq!(report.best.test.metrics, Metrics::new());
}

#[test]
fn the_page_shows_the_inside_of_the_best_model() {
    let mut report = report(|| MeanSquaredError, None, &sums(200), 1);
    let titles = |report: &TrainingReport| -> Vec<String> {
        let plots = report.plots().unwrap();
        let inside = plots.iter().filter(|plot| plot.subject() == PlotSubject::Inside);
        inside.map(|plot| format!("{}: {}", plot.name(), plot.title())).collect()
    };
    // No output of tanh is exactly 0.
    let of_tanh = titles(&report);
    assert_eq!(of_tanh.len(), 3, "{of_tanh:?}");
    report.best.name = "relu".to_string();
    let of_relu = titles(&report);
    let last = report.models[0].runs[0].history.epochs.last().unwrap();
    let [hidden, relu, output] = &last.activity[..] else { panic!("{last:?}") };
    let size = |what, rms: f64| {
        assert!((1e-3..10.0).contains(&rms), "{rms}");
        let decimals = [(0.01, 5), (0.1, 4), (1.0, 3), (10.0, 2)];
        let (_, decimals) = decimals.into_iter().find(|(above, _)| rms < *above).unwrap();
        format!("{what} {rms:.decimals$}")
    };
    let expected = |file, name, activity: &train::Activity| {
        format!(
            "inside-{file}: {name}: size of outputs and gradients, by epoch. At last {}; {}",
            size("outputs", activity.outputs.rms),
            size("gradients", activity.gradients.rms)
        )
    };
    assert_eq!(
        of_relu,
        [
            expected("hidden--dense", "hidden, dense", hidden),
            expected("hidden--relu", "hidden, relu", relu),
            expected("output--dense", "output, dense", output),
            format!(
                "inside-zeros: Zeros among the outputs, %, by epoch. At last relu of hi… {:.1}",
                relu.outputs.zeros * 100.0
            ),
        ]
    );
    let html = report.to_html().unwrap();
    check_figures(&html);
    let path = "/models/0/runs/0/history/epochs/3/activity/1/outputs/zeros";
    let zeros =
        format!("data-figure=\"{path}\" data-scale=\"100\">{:.1}<", relu.outputs.zeros * 100.0);
    assert!(html.contains("id=\"inside\"") && html.contains(&zeros), "{zeros}");
    assert!(!html.contains("infinite or NaN"));
}

#[test]
fn an_operation_of_a_frozen_layer_has_no_gradients_on_the_page() {
    let mut report = report(|| MeanSquaredError, None, &sums(200), 1);
    for epoch in &mut epochs(&mut report).epochs {
        epoch.activity[0].gradients = train::Spread::default();
    }
    let html = report.to_html().unwrap();
    check_figures(&html);
    assert!(html.contains("/activity/0/outputs/rms") && html.contains("/activity/1/gradients/rms"));
    assert!(!html.contains("/activity/0/gradients"), "a size of what was not computed");
    assert_eq!(html.matches("<td>–</td>").count(), 2);
    assert!(html.contains("; no gradients"));
}

#[test]
fn a_report_of_an_unwatched_run_has_no_inside() {
    let mut report = report(|| MeanSquaredError, None, &sums(200), 1);
    for run in report.models.iter_mut().flat_map(|model| &mut model.runs) {
        run.history.epochs.iter_mut().for_each(|epoch| epoch.activity.clear());
    }
    assert!(!report.to_html().unwrap().contains("Inside the model"));
    assert!(report.plots().unwrap().iter().all(|plot| plot.subject() != PlotSubject::Inside));
    assert!(!report.to_json().unwrap().contains("activity"));
}

/// Returns the epochs of the best model.
fn epochs(report: &mut TrainingReport) -> &mut History {
    &mut report.models[1].runs[0].history
}

#[test]
fn numbers_that_are_not_finite_are_told_in_words() {
    let mut report = report(|| MeanSquaredError, None, &sums(200), 1);
    for epoch in &mut epochs(&mut report).epochs[1..3] {
        epoch.activity[0].gradients.not_finite = 7;
    }
    let html = report.to_html().unwrap();
    let count = report.models[1].runs[0].history.epochs[1].activity[0].gradients.count;
    let warning = format!(
        "In epoch 2, 7 of the {count} gradients with respect to the outputs of hidden, dense were infinite \
         or NaN."
    );
    assert!(html.contains(&warning));
    assert_eq!(html.matches("infinite or NaN").count(), 1);
}

#[test]
fn many_operations_have_a_fixed_number_of_panels_and_any_size_is_drawn() {
    let mut report = report(|| MeanSquaredError, None, &sums(200), 1);
    let sizes = [0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::NAN, f64::INFINITY, 1.0];
    for epoch in &mut epochs(&mut report).epochs {
        let operation = epoch.activity[0].clone();
        let operation = |index: usize| {
            let mut operation = operation.clone();
            operation.layer = Some(format!("<layer>/{index}"));
            operation.outputs.rms = sizes[index % sizes.len()];
            operation.outputs.zeros = 0.5;
            operation
        };
        epoch.activity = (0..5_000).map(operation).collect();
    }
    let plots = report.plots().unwrap();
    let inside = plots.iter().filter(|plot| plot.subject() == PlotSubject::Inside);
    assert_eq!(inside.count(), 12 + 1);
    let html = report.to_html().unwrap();
    assert!(html.contains("The first 12 of 5000 operations are shown; the JSON has all."));
    assert!(!html.contains("<layer>"));
    let json: Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    let epochs = &json["models"][1]["runs"][0]["history"]["epochs"];
    assert_eq!(epochs[3]["activity"].as_array().unwrap().len(), 5_000);
}

#[test]
#[should_panic(expected = "the model `tanh` has no classes; create it with BestModel::new")]
fn a_model_without_classes_has_no_mistakes() {
    let score = Score { loss: 1.0, metrics: Metrics::new() };
    let _ = BestModel::of_score("tanh", 0, &Parameters::<f32>::new(0), score)
        .with_mistakes(Vec::new(), None);
}
