//! The printed comparison of models, letter by letter.

use std::collections::BTreeMap;

use report::{MetricList, ModelComparison, RunResult, Verdict};
use train::metrics::ConfusionMatrix;
use train::{Criterion, Epoch, Evaluation, History, Score};

/// Returns the metrics of a classifier.
fn metrics(
    accuracy: f64,
    macro_f1: f64,
    weighted_f1: f64,
    roc_auc: Option<f64>,
) -> MetricList<Option<f64>> {
    let named = [
        ("accuracy", Some(accuracy)),
        ("macro_f1", Some(macro_f1)),
        ("weighted_f1", Some(weighted_f1)),
        ("roc_auc", roc_auc),
    ];
    named.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}

fn run(accuracy: f64, seconds: f64) -> RunResult {
    run_with_roc_auc(accuracy, None, seconds)
}

fn run_with_roc_auc(accuracy: f64, roc_auc: Option<f64>, seconds: f64) -> RunResult {
    RunResult {
        metrics: metrics(accuracy, accuracy - 0.01, accuracy - 0.005, roc_auc),
        parameters: 1_851,
        seconds,
        samples: 2_000,
    }
}

/// Returns a comparison with these accuracies of each model, a seed after the other.
fn comparison(models: &[(&str, &[f64])]) -> ModelComparison {
    let mut comparison = ModelComparison::default();
    for (name, accuracies) in models {
        for (seed, &accuracy) in accuracies.iter().enumerate() {
            comparison.add(name, run(accuracy, 1.5 + seed as f64));
        }
    }
    comparison
}

/// Returns a score with this accuracy.
fn score(loss: f64, accuracy: f64) -> Score {
    Score { loss, metrics: BTreeMap::from([("accuracy".to_string(), accuracy)]) }
}

fn epoch(number: usize, seconds: f64) -> Epoch {
    Epoch {
        number,
        of: 2,
        rate: 0.1,
        steps: 1,
        training: score(1.0, 0.5),
        validation: None,
        tracked: BTreeMap::new(),
        activity: Vec::new(),
        seconds,
    }
}

#[test]
fn a_run_has_the_figures_of_its_evaluation_and_history() {
    let confusion = ConfusionMatrix::new(2, &[0, 0, 0, 1], &[0, 0, 1, 1]);
    let (macro_f1, weighted_f1) = (confusion.macro_average().f1, confusion.weighted_average().f1);
    let evaluation = Evaluation { loss: 0.3, confusion, roc_auc: Some(0.9) };
    let history = History {
        epochs: vec![epoch(1, 1.5), epoch(2, 0.25)],
        kept: 2,
        criterion: Criterion::Usual,
    };
    let expected = RunResult {
        metrics: metrics(0.75, macro_f1, weighted_f1, Some(0.9)),
        parameters: 17,
        seconds: 1.75,
        samples: 4,
    };
    assert_eq!(RunResult::new(&evaluation, &history, 17), expected);
}

#[test]
fn nothing_compared_prints_nothing() {
    assert_eq!(ModelComparison::default().to_string(), "");
}

#[test]
fn one_seed() {
    assert_eq!(
        comparison(&[("relu", &[0.803]), ("swiglu", &[0.835])]).to_string(),
        "\
model         accuracy %    macro F1 %  weighted F1 %  parameters  seconds
relu                80.3          79.3           79.8        1851     1.50
swiglu              83.5          82.5           83.0        1851     1.50
One seed, 2000 test samples: the 95 % interval of the first accuracy is 78.5 to 82.0 %.
Several seeds tell a real difference from luck.
"
    );
}

#[test]
fn one_seed_with_roc_auc() {
    let mut comparison = ModelComparison::default();
    comparison.add("a longer name", run_with_roc_auc(0.889, Some(0.9475), 0.77));
    assert_eq!(
        comparison.to_string(),
        "\
model            accuracy %    macro F1 %  weighted F1 %     ROC AUC %  parameters  seconds
a longer name          88.9          87.9           88.4          94.8        1851     0.77
One seed, 2000 test samples: the 95 % interval of the first accuracy is 87.4 to 90.2 %.
Several seeds tell a real difference from luck.
"
    );
}

#[test]
fn two_models_over_several_seeds() {
    let models: [(&str, &[f64]); 2] =
        [("relu", &[0.800, 0.809, 0.801]), ("swiglu", &[0.831, 0.839, 0.834])];
    assert_eq!(
        comparison(&models).to_string(),
        "\
model         accuracy %    macro F1 %  weighted F1 %  parameters  seconds
relu          80.3 ± 1.2    79.3 ± 1.2     79.8 ± 1.2        1851     2.50
swiglu        83.5 ± 1.0    82.5 ± 1.0     83.0 ± 1.0        1851     2.50
Mean ± 95 % interval over 3 seeds (Student's t).
swiglu − relu: 3.13 ± 0.38 points of accuracy, paired t-test p < 0.001: better.
"
    );
}

#[test]
fn models_with_other_numbers_of_runs_are_not_compared() {
    let models: [(&str, &[f64]); 3] = [
        ("relu", &[0.800, 0.809, 0.801]),
        ("tanh", &[0.802, 0.806]),
        ("swiglu", &[0.831, 0.839, 0.834]),
    ];
    assert_eq!(
        comparison(&models).to_string(),
        "\
model         accuracy %    macro F1 %  weighted F1 %  parameters  seconds
relu          80.3 ± 1.2    79.3 ± 1.2     79.8 ± 1.2        1851     2.50
tanh          80.4 ± 2.5    79.4 ± 2.5     79.9 ± 2.5        1851     2.00
swiglu        83.5 ± 1.0    82.5 ± 1.0     83.0 ± 1.0        1851     2.50
Mean ± 95 % interval over 2 to 3 seeds (Student's t).
swiglu − relu: 3.13 ± 0.38 points of accuracy, paired t-test p < 0.001: better.
Not compared with relu, because the numbers of runs differ: tanh.
"
    );
}

#[test]
fn accuracies_that_differ_by_one_count_in_every_seed_show_no_difference() {
    let runs = comparison(&[("relu", &[0.80, 0.81]), ("swiglu", &[0.81, 0.82])]);
    assert_eq!(runs.differences()[0].verdict, Verdict::Unclear);
    let expected = "swiglu − relu: 1.00 ± 0.00 points of accuracy, no spread over the seeds, so no paired t-test: \
                    no difference shown.";
    assert!(runs.to_string().contains(expected), "{runs}");
}

// With two degrees of freedom p = 1 − t / √(2 + t²). The difference of gelu has t = 5: one test
// would call it real, three do not.
#[test]
fn several_models_share_the_five_per_cent() {
    let models: [(&str, &[f64]); 4] = [
        ("relu", &[0.800, 0.809, 0.801]),
        ("tanh", &[0.802, 0.806, 0.803]),
        ("gelu", &[0.804, 0.816, 0.805]),
        ("linear", &[0.600, 0.609, 0.602]),
    ];
    assert_eq!(
        comparison(&models).to_string(),
        "\
model         accuracy %    macro F1 %  weighted F1 %  parameters  seconds
relu          80.3 ± 1.2    79.3 ± 1.2     79.8 ± 1.2        1851     2.50
tanh          80.4 ± 0.5    79.4 ± 0.5     79.9 ± 0.5        1851     2.50
gelu          80.8 ± 1.7    79.8 ± 1.7     80.3 ± 1.7        1851     2.50
linear        60.4 ± 1.2    59.4 ± 1.2     59.9 ± 1.2        1851     2.50
Mean ± 95 % interval over 3 seeds (Student's t).
tanh − relu: 0.03 ± 0.72 points of accuracy, paired t-test p = 0.860: no difference shown.
gelu − relu: 0.50 ± 0.43 points of accuracy, paired t-test p = 0.038: no difference shown.
linear − relu: -19.97 ± 0.14 points of accuracy, paired t-test p < 0.001: worse.
A difference counts below p = 0.017: 5 % shared among 3 comparisons.
"
    );
}

/// Returns the runs of models from scores, a seed after the other.
fn compared(models: &[(&str, &[Score])]) -> ModelComparison {
    let history = History { epochs: vec![epoch(1, 0.5)], kept: 1, criterion: Criterion::Usual };
    let mut comparison = ModelComparison::default();
    for (name, scores) in models {
        for score in *scores {
            comparison.add(name, RunResult::of_score(score, 500, &history, 97));
        }
    }
    comparison
}

/// Returns the score of a regression. R² of equal targets is not defined.
fn errors(loss: f64, r2: Option<f64>) -> Score {
    let metrics = [("mae", Some(loss * 0.8)), ("rmse", Some(loss.sqrt())), ("r2", r2)];
    let defined = metrics.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?)));
    Score { loss, metrics: defined.collect() }
}

#[test]
fn models_of_numbers_are_compared_by_their_losses_and_the_lower_is_better() {
    let models: [(&str, &[Score]); 2] = [
        ("line", &[0.64, 0.65, 0.63].map(|loss| errors(loss, Some(1.0 - loss)))),
        ("network", &[0.09, 0.11, 0.08].map(|loss| errors(loss, Some(1.0 - loss)))),
    ];
    let comparison = compared(&models);
    assert_eq!(comparison.decisive(), "loss");
    assert_eq!(
        comparison.to_string(),
        "\
model                  loss              MAE               R²             RMSE  parameters  seconds
line        0.6400 ± 0.0248  0.5120 ± 0.0199  0.3600 ± 0.0248  0.8000 ± 0.0155          97     0.50
network     0.0933 ± 0.0379  0.0747 ± 0.0304  0.9067 ± 0.0379  0.3048 ± 0.0615          97     0.50
Mean ± 95 % interval over 3 seeds (Student's t).
network − line: -0.5467 ± 0.0143 of loss, paired t-test p < 0.001: better.
The lower loss is the better one.
"
    );
}

#[test]
fn the_lower_error_is_the_better_one() {
    let run = |mae: f64| RunResult {
        metrics: [("mae".to_string(), Some(mae))].into_iter().collect(),
        parameters: 97,
        seconds: 0.5,
        samples: 500,
    };
    let mut comparison = ModelComparison::default();
    for (line, network) in [(0.64, 0.09), (0.65, 0.11), (0.63, 0.08)] {
        comparison.add("line", run(line));
        comparison.add("network", run(network));
    }
    let text = comparison.to_string();
    assert!(text.contains("of MAE, paired t-test p < 0.001: better."), "{text}");
    assert!(text.contains("The lower MAE is the better one."), "{text}");
}

#[test]
fn an_accuracy_that_is_not_defined_has_no_interval() {
    let metrics = [("accuracy".to_string(), None)].into_iter().collect();
    let run = RunResult { metrics, parameters: 97, seconds: 0.5, samples: 200 };
    let mut comparison = ModelComparison::default();
    comparison.add("relu", run);
    assert!(!comparison.to_string().contains("interval"), "{comparison}");
}

#[test]
fn one_run_of_a_model_of_numbers() {
    assert_eq!(
        compared(&[("line", &[errors(0.00002, None)])]).to_string(),
        "\
model               loss           MAE          RMSE  parameters  seconds
line             2.00e-5       1.60e-5        0.0045          97     0.50
One seed, 500 test samples.
Several seeds tell a real difference from luck.
"
    );
}

#[test]
fn several_labels_are_compared_by_their_micro_f1() {
    let score = |micro_f1: f64| {
        let metrics = [("micro_f1", micro_f1), ("macro_f1", micro_f1 - 0.1)];
        Score { loss: 0.4, metrics: metrics.map(|(name, f1)| (name.to_string(), f1)).into() }
    };
    let models: [(&str, &[Score]); 2] =
        [("relu", &[0.70, 0.71, 0.72].map(score)), ("swiglu", &[0.80, 0.805, 0.83].map(score))];
    let comparison = compared(&models);
    assert_eq!(comparison.decisive(), "micro_f1");
    assert_eq!(
        comparison.to_string(),
        "\
model         micro F1 %    macro F1 %             loss  parameters  seconds
relu          71.0 ± 2.5    61.0 ± 2.5  0.4000 ± 0.0000          97     0.50
swiglu        81.2 ± 4.0    71.2 ± 4.0  0.4000 ± 0.0000          97     0.50
Mean ± 95 % interval over 3 seeds (Student's t).
swiglu − relu: 10.17 ± 1.90 points of micro F1, paired t-test p = 0.002: better.
"
    );
}

#[test]
fn metrics_of_a_loss_of_ones_own_have_a_column_each() {
    let score =
        |within: f64| Score { loss: 1.5, metrics: [("within 1 °C".to_string(), within)].into() };
    assert_eq!(
        compared(&[("line", &[score(0.25)])]).to_string(),
        "\
model               loss   within 1 °C  parameters  seconds
line              1.5000        0.2500          97     0.50
One seed, 500 test samples.
Several seeds tell a real difference from luck.
"
    );
}

/// The JSON would have two figures of one name.
#[test]
#[should_panic(
    expected = "RunResult: a metric is named `seconds`, as another figure of a run is; rename it"
)]
fn a_metric_with_the_name_of_another_figure_is_refused() {
    compared(&[("line", &[Score { loss: 1.0, metrics: [("seconds".to_string(), 2.0)].into() }])]);
}
