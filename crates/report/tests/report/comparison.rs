//! The printed comparison of models, letter by letter.

use std::collections::BTreeMap;

use report::{ModelComparison, RunResult};
use train::metrics::ConfusionMatrix;
use train::{Epoch, Evaluation, History, Score};

fn run(accuracy: f64, seconds: f64) -> RunResult {
    RunResult {
        accuracy,
        macro_f1: accuracy - 0.01,
        weighted_f1: accuracy - 0.005,
        roc_auc: None,
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

#[test]
fn a_run_has_the_figures_of_its_evaluation_and_history() {
    let confusion = ConfusionMatrix::new(2, &[0, 0, 0, 1], &[0, 0, 1, 1]);
    let (macro_f1, weighted_f1) = (confusion.macro_average().f1, confusion.weighted_average().f1);
    let evaluation = Evaluation { loss: 0.3, confusion, roc_auc: Some(0.9) };
    let epoch = |number, seconds| Epoch {
        number,
        of: 2,
        rate: 0.1,
        steps: 1,
        training: score(1.0, 0.5),
        validation: None,
        tracked: BTreeMap::new(),
        activity: Vec::new(),
        seconds,
    };
    let history = History { epochs: vec![epoch(1, 1.5), epoch(2, 0.25)], kept: 2 };
    let expected = RunResult {
        accuracy: 0.75,
        macro_f1,
        weighted_f1,
        roc_auc: Some(0.9),
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
    comparison.add("a longer name", RunResult { roc_auc: Some(0.9475), ..run(0.889, 0.77) });
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
