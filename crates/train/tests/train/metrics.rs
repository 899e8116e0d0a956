//! Metrics against scikit-learn's figures, against their definitions, and as a person sees them
//! printed.

use approx::assert_relative_eq;
use autograd::Tape;
use mistakes::message;
use nn::SoftmaxCrossEntropy;
use proptest::prelude::*;
use tensor::{Key, Tensor};
use train::metrics::{
    ConfusionMatrix, Reliability, Scores, fit_label_temperature, fit_temperature, roc_auc,
};
use train::{Calibrated, Loss};

const LABELS: [u32; 12] = [0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 0, 1];
const PREDICTIONS: [u32; 12] = [0, 1, 0, 1, 1, 0, 2, 2, 0, 0, 0, 1];

fn assert_scores(found: Scores, precision: f64, recall: f64, f1: f64) {
    assert_relative_eq!(found.precision, precision, epsilon = 1e-12);
    assert_relative_eq!(found.recall, recall, epsilon = 1e-12);
    assert_relative_eq!(found.f1, f1, epsilon = 1e-12);
}

// Reference: scikit-learn 1.9.1, `precision_recall_fscore_support(..., labels=range(5),
// zero_division=0)`. Class 3 is never predicted and class 4 does not occur at all.
#[test]
fn scores_equal_scikit_learn() {
    let matrix = ConfusionMatrix::new(5, &LABELS, &PREDICTIONS);
    assert_relative_eq!(matrix.accuracy(), 0.5833333333333334, epsilon = 1e-12);
    assert_scores(matrix.scores(0), 0.5, 0.75, 0.6);
    assert_scores(matrix.scores(1), 0.75, 0.6, 2.0 / 3.0);
    assert_scores(matrix.scores(2), 0.5, 0.5, 0.5);
    assert_scores(matrix.scores(3), 0.0, 0.0, 0.0);
    assert_scores(matrix.scores(4), 0.0, 0.0, 0.0);
    assert_scores(matrix.macro_average(), 0.35, 0.37, 0.35333333333333333);
    assert_scores(matrix.weighted_average(), 0.5625, 0.5833333333333334, 0.561111111111111);
    assert_eq!([0, 1, 2, 3, 4].map(|class| matrix.support(class)), [4, 5, 2, 1, 0]);
}

#[test]
fn counts_have_the_true_class_first() {
    let matrix = ConfusionMatrix::new(3, &[0, 2, 2], &[1, 0, 0]);
    assert_eq!(matrix.count(0, 1), 1);
    assert_eq!(matrix.count(2, 0), 2);
    assert_eq!(matrix.count(1, 0), 0);
    assert_eq!((matrix.classes(), matrix.samples()), (3, 3));
}

#[test]
fn on_no_samples_every_score_is_zero() {
    let matrix = ConfusionMatrix::new(2, &[], &[]);
    assert_eq!(matrix.accuracy(), 0.0);
    assert_eq!(matrix.macro_average(), Scores::default());
    assert_eq!(matrix.weighted_average(), Scores::default());
}

// Reference: scikit-learn's `roc_auc_score`. Positives and negatives share the scores 0.1 and 0.4.
#[test]
fn auc_with_ties_equals_scikit_learn() {
    let labels = [0, 0, 1, 1, 0, 1, 0, 1, 1, 0].map(|label| label == 1);
    let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.2, 0.9, 0.1, 0.7];
    assert_eq!(roc_auc(&labels, &scores), Some(0.62));
}

#[test]
fn auc_is_undefined_without_a_ranking_of_both_classes() {
    assert_eq!(roc_auc(&[], &[]), None);
    assert_eq!(roc_auc(&[true, true], &[0.1, 0.9]), None);
    assert_eq!(roc_auc(&[false, false], &[0.1, 0.9]), None);
    assert_eq!(roc_auc(&[false, true], &[0.1, f64::NAN]), None);
}

#[test]
fn auc_ranks_infinite_scores_and_ties_the_two_zeros() {
    let infinite = [f64::NEG_INFINITY, f64::INFINITY];
    assert_eq!(roc_auc(&[false, true], &infinite), Some(1.0));
    assert_eq!(roc_auc(&[false, true], &[-0.0, 0.0]), Some(0.5));
}

#[test]
fn table_of_eight_emotions() {
    let emotions =
        ["anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust"];
    let matrix = ConfusionMatrix::new(8, &[0, 1, 1, 2, 7], &[0, 1, 7, 3, 7]);
    let expected = "\
true \\ predicted     anger anticipat   disgust      fear       joy   sadness  surprise     trust
anger                    1         0         0         0         0         0         0         0
anticipation             0         1         0         0         0         0         0         1
disgust                  0         0         0         1         0         0         0         0
fear                     0         0         0         0         0         0         0         0
joy                      0         0         0         0         0         0         0         0
sadness                  0         0         0         0         0         0         0         0
surprise                 0         0         0         0         0         0         0         0
trust                    0         0         0         0         0         0         0         1
";
    assert_eq!(matrix.table(&emotions), expected);
}

#[test]
fn classes_are_numbered_where_cut_names_would_be_the_same() {
    let names = ["a long name that ends in one", "a long name that ends in two"];
    let matrix = ConfusionMatrix::new(2, &[0, 0, 1], &[0, 1, 1]);
    let expected = "\
true \\ predicted                 0                 1
0 a long name th                 1                 1
1 a long name th                 0                 1
";
    assert_eq!(matrix.table(&names), expected);
    let expected = "\
class             precision %  recall %    F1 %  samples
0 a long name th        100.0      50.0    66.7        2
1 a long name th         50.0     100.0    66.7        1
macro average            75.0      75.0    66.7        3
weighted average         83.3      66.7    66.7        3
";
    assert_eq!(matrix.report(&names), expected);
}

/// A column has room for one character more than the names of the rows.
#[test]
fn classes_are_numbered_where_cut_rows_would_be_the_same() {
    let matrix = ConfusionMatrix::new(2, &[0, 0, 1], &[0, 1, 1]);
    let expected = "\
true \\ predicted                 0                 1
0 of sixteen let                 1                 1
1 of sixteen let                 0                 1
";
    assert_eq!(matrix.table(&["of sixteen lette1", "of sixteen lette2"]), expected);
}

#[test]
fn columns_are_wide_enough_for_large_counts_and_class_numbers() {
    let matrix = ConfusionMatrix::new(2, &[0; 12345], &[0; 12345]);
    let expected = "\
true \\ predicted     a     b
a                12345     0
b                    0     0
";
    assert_eq!(matrix.table(&["a", "b"]), expected);

    let table = ConfusionMatrix::new(11, &[], &[]).table(&[""; 11]);
    assert!(table.starts_with("true \\ predicted  0  1  2  3  4  5  6  7  8  9 10\n0 "));
}

#[test]
fn report_of_a_matrix() {
    let matrix = ConfusionMatrix::new(5, &LABELS, &PREDICTIONS);
    let expected = "\
class             precision %  recall %    F1 %  samples
joy                      50.0      75.0    60.0        4
fear                     75.0      60.0    66.7        5
trust                    50.0      50.0    50.0        2
surprise by a st          0.0       0.0     0.0        1
two lines                 0.0       0.0     0.0        0
macro average            35.0      37.0    35.3       12
weighted average         56.2      58.3    56.1       12
";
    let names = ["joy", "fear", "trust", "surprise by a stranger", "two\nlines"];
    assert_eq!(matrix.report(&names), expected);
}

#[test]
fn mistakes_are_named() {
    assert_eq!(
        message(|| ConfusionMatrix::new(0, &[], &[])),
        "a confusion matrix needs at least one class, got 0"
    );
    assert_eq!(
        message(|| ConfusionMatrix::new(2, &[0, 1, 1], &[0, 1])),
        "a confusion matrix needs one prediction per label, got 3 labels and 2 predictions"
    );
    assert_eq!(
        message(|| ConfusionMatrix::new(2, &[0, 1], &[0, 2])),
        "sample 1 has label 1 and prediction 2, but with 2 classes both must be below 2"
    );
    assert_eq!(
        message(|| ConfusionMatrix::new(2, &[5], &[0])),
        "sample 0 has label 5 and prediction 0, but with 2 classes both must be below 2"
    );
    assert_eq!(
        message(|| ConfusionMatrix::new(2, &[], &[]).scores(2)),
        "no count of class 2 predicted as 2: with 2 classes both must be below 2"
    );
    assert_eq!(
        message(|| ConfusionMatrix::new(2, &[], &[]).table(&["one"])),
        "a table needs one name per class, got 1 names for 2 classes"
    );
    assert_eq!(
        message(|| roc_auc(&[true], &[])),
        "ROC AUC needs one score per label, got 1 labels and 0 scores"
    );
}

/// Returns a number of classes, and a label and a prediction for each sample.
fn classified() -> impl Strategy<Value = (usize, Vec<(u32, u32)>)> {
    (1_usize..8).prop_flat_map(|classes| {
        let class = 0..classes as u32;
        let samples = prop::collection::vec((class.clone(), class), 1..60);
        (Just(classes), samples)
    })
}

fn matrix_of(classes: usize, samples: &[(u32, u32)]) -> ConfusionMatrix {
    let (labels, predictions): (Vec<u32>, Vec<u32>) = samples.iter().copied().unzip();
    ConfusionMatrix::new(classes, &labels, &predictions)
}

/// Samples of both classes. The scores are multiples of 1/8 from a short range, which gives many
/// ties.
fn scored() -> impl Strategy<Value = (Vec<bool>, Vec<f64>)> {
    let sample = (any::<bool>(), (-12_i32..12).prop_map(|n| f64::from(n) / 8.0));
    prop::collection::vec(sample, 2..40)
        .prop_map(|samples| samples.into_iter().unzip::<_, _, Vec<_>, Vec<_>>())
        .prop_filter("both classes", |(labels, _)| {
            labels.contains(&true) && labels.contains(&false)
        })
}

proptest! {
    #[test]
    fn accuracy_is_the_weighted_recall((classes, samples) in classified()) {
        let matrix = matrix_of(classes, &samples);
        let correct = samples.iter().filter(|(label, prediction)| label == prediction).count();
        assert_relative_eq!(matrix.accuracy(), correct as f64 / samples.len() as f64);
        assert_relative_eq!(matrix.accuracy(), matrix.weighted_average().recall, epsilon = 1e-12);
    }

    #[test]
    fn f1_is_the_harmonic_mean_and_is_between_precision_and_recall((classes, samples) in classified()) {
        let matrix = matrix_of(classes, &samples);
        for class in 0..classes {
            let Scores { precision, recall, f1 } = matrix.scores(class);
            prop_assert!((0.0..=1.0).contains(&f1));
            prop_assert!(f1 >= precision.min(recall) - 1e-12 && f1 <= precision.max(recall) + 1e-12);
            assert_relative_eq!(f1 * (precision + recall), 2.0 * precision * recall, epsilon = 1e-12);
        }
    }

    #[test]
    fn the_order_of_samples_changes_nothing(
        (classes, samples, shuffled) in classified().prop_flat_map(|(classes, samples)| {
            (Just(classes), Just(samples.clone()), Just(samples).prop_shuffle())
        })
    ) {
        prop_assert_eq!(matrix_of(classes, &samples), matrix_of(classes, &shuffled));
    }

    #[test]
    fn renaming_classes_permutes_their_scores(
        (classes, samples, renamed) in classified().prop_flat_map(|(classes, samples)| {
            let classes_in_order: Vec<u32> = (0..classes as u32).collect();
            (Just(classes), Just(samples), Just(classes_in_order).prop_shuffle())
        })
    ) {
        let rename = |class: u32| renamed[class as usize];
        let renamed_samples: Vec<_> = samples.iter().map(|&(a, b)| (rename(a), rename(b))).collect();
        let (before, after) = (matrix_of(classes, &samples), matrix_of(classes, &renamed_samples));
        for (class, &new) in renamed.iter().enumerate() {
            prop_assert_eq!(before.scores(class), after.scores(new as usize));
            prop_assert_eq!(before.support(class), after.support(new as usize));
        }
        assert_relative_eq!(before.macro_average().f1, after.macro_average().f1, epsilon = 1e-12);
    }

    #[test]
    fn swapping_labels_and_predictions_swaps_precision_and_recall((classes, samples) in classified()) {
        let swapped: Vec<_> = samples.iter().map(|&(label, prediction)| (prediction, label)).collect();
        let (matrix, transposed) = (matrix_of(classes, &samples), matrix_of(classes, &swapped));
        for class in 0..classes {
            let Scores { precision, recall, f1 } = matrix.scores(class);
            let expected = Scores { precision: recall, recall: precision, f1 };
            prop_assert_eq!(transposed.scores(class), expected);
        }
    }

    #[test]
    fn tables_fit_a_terminal_and_align(
        names in prop::collection::vec("\\PC{0,40}", 2..=20),
        count in 0_usize..1000,
    ) {
        let labels = vec![0; count];
        let matrix = ConfusionMatrix::new(names.len(), &labels, &labels);
        for table in [matrix.table(&names), matrix.report(&names)] {
            let widths: Vec<usize> = table.lines().map(|line| line.chars().count()).collect();
            prop_assert!(widths.iter().all(|&width| width == widths[0] && width <= 100), "{}", table);
        }
        prop_assert_eq!(matrix.table(&names).lines().count(), names.len() + 1);
    }

    #[test]
    fn auc_is_the_share_of_pairs_in_order((labels, scores) in scored()) {
        let samples = || labels.iter().zip(&scores);
        let (mut in_order, mut pairs) = (0.0, 0.0);
        for (_, positive) in samples().filter(|(label, _)| **label) {
            for (_, negative) in samples().filter(|(label, _)| !**label) {
                pairs += 1.0;
                in_order += if positive > negative { 1.0 } else if positive == negative { 0.5 } else { 0.0 };
            }
        }
        prop_assert_eq!(roc_auc(&labels, &scores), Some(in_order / pairs));
    }

    #[test]
    fn reversed_scores_or_labels_give_the_complement((labels, scores) in scored()) {
        let area = roc_auc(&labels, &scores).expect("both classes");
        let reversed: Vec<f64> = scores.iter().map(|score| -score).collect();
        let opposite: Vec<bool> = labels.iter().map(|label| !label).collect();
        assert_relative_eq!(roc_auc(&labels, &reversed).expect("both classes"), 1.0 - area, epsilon = 1e-12);
        assert_relative_eq!(roc_auc(&opposite, &scores).expect("both classes"), 1.0 - area, epsilon = 1e-12);
    }

    #[test]
    fn only_the_order_of_scores_matters((labels, logits) in scored()) {
        let probabilities: Vec<f64> = logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        let cubes: Vec<f64> = logits.iter().map(|x| x.powi(3) - 7.0).collect();
        prop_assert_eq!(roc_auc(&labels, &probabilities), roc_auc(&labels, &logits));
        prop_assert_eq!(roc_auc(&labels, &cubes), roc_auc(&labels, &logits));
    }
}

/// Draws classes from the probabilities of these logits, and says that the logits are `sure` times as large.
fn overconfident(sure: f64) -> (Tensor<f32>, Vec<u32>) {
    let (rows, mut logits, mut classes) = (4_000_u32, Vec::new(), Vec::new());
    for row in 0..rows {
        // The golden ratio spreads numbers evenly.
        let drawn = f64::from(row) * 0.618_033_988_749_895 % 1.0;
        let evidence = f64::from(row % 40) / 10.0 - 2.0;
        let probability = 1.0 / (1.0 + (-evidence).exp());
        classes.push(u32::from(drawn < probability));
        logits.extend([0.0, (sure * evidence) as f32]);
    }
    (Tensor::new([rows as usize, 2], logits), classes)
}

#[test]
fn the_temperature_undoes_overconfidence() {
    for sure in [0.5, 1.0, 3.0] {
        let (logits, classes) = overconfident(sure);
        let found = fit_temperature(&logits, &classes);
        assert!((found / sure - 1.0).abs() < 0.1, "{sure}: {found}");
        let softmax = SoftmaxCrossEntropy::new();
        let before = Reliability::of_classes(&Loss::predict(&softmax, &logits), &classes);
        let calibrated = Calibrated::new(SoftmaxCrossEntropy::new(), found);
        let after = Reliability::of_classes(&Loss::predict(&calibrated, &logits), &classes);
        let errors = [&before, &after].map(|found| found.expected_calibration_error);
        assert!(errors[1] < 0.03, "{sure}: {errors:?}");
        assert!(sure == 1.0 || errors[0] > 2.0 * errors[1], "{sure}: {errors:?}");
    }
}

/// Two right answers and a wrong one at 0.9, and a wrong one at 0.3.
#[test]
fn the_expected_calibration_error_weighs_each_bin_by_its_answers() {
    let answers = [(0.9, true), (0.9, true), (0.9, false), (0.3, false)];
    let found = Reliability::of(answers, 10);
    let expected = 0.75 * (0.9 - 2.0 / 3.0) + 0.25 * 0.3;
    assert!((found.expected_calibration_error - expected).abs() < 1e-12, "{found:?}");
}

/// Classes drawn from the probabilities of three logits, which are given `sure` times too large.
#[test]
fn the_temperature_of_three_classes_undoes_overconfidence() {
    let rows = 6_000_usize;
    let evidence = Tensor::<f32>::normal([rows, 3], 0.0, 1.5, Key::new(1));
    let drawn = Tensor::<f32>::uniform([rows], 0.0..1.0, Key::new(2)).to_vec();
    let classes: Vec<u32> =
        (Loss::predict(&SoftmaxCrossEntropy::new(), &evidence).to_vec().chunks(3))
            .zip(drawn)
            .map(|(p, drawn)| u32::from(drawn > p[0]) + u32::from(drawn > p[0] + p[1]))
            .collect();
    for sure in [0.5, 2.0, 4.0] {
        let found = fit_temperature(&evidence.map(|z| z * sure), &classes);
        assert!((found / f64::from(sure) - 1.0).abs() < 0.06, "{sure}: {found}");
    }
}

#[test]
fn few_samples_do_not_make_a_model_certain() {
    let logits = Tensor::from([[3.0, 0.0], [0.0, 3.0], [3.0, 0.0]]);
    let temperature = fit_temperature(&logits, &[0, 1, 0]);
    let p = Loss::predict(&Calibrated::new(SoftmaxCrossEntropy::new(), temperature), &logits);
    // All three are right; Platt's target for three samples is 4 of 5.
    assert!((p.get([0, 0]) - 0.8).abs() < 1e-3, "{temperature}: {p}");
    assert_eq!(fit_temperature(&Tensor::new([0, 2], vec![]), &[]), 1.0);
    // Whatever divides logits that are all the same changes nothing.
    assert_eq!(fit_temperature(&Tensor::from([[0.0, 0.0], [3.0, 3.0]]), &[0, 1]), 1.0);
    let none = Tensor::zeros([3, 2]);
    assert_eq!(fit_label_temperature(&none, &none), 1.0);
}

#[test]
fn labels_have_a_temperature_too() {
    let (logits, classes) = overconfident(2.5);
    let evidence = logits.slice(1, 1..2);
    let answers = Tensor::new([classes.len(), 1], classes.iter().map(|&c| c as f32).collect());
    let found = fit_label_temperature(&evidence, &answers);
    assert!((found / 2.5 - 1.0).abs() < 0.1, "{found}");
    let p = evidence.map(|z| z / found as f32).sigmoid();
    assert!(Reliability::of_labels(&p, &answers).expected_calibration_error < 0.03);
}

#[test]
fn shapes_that_calibration_cannot_take_are_named() {
    for shape in [vec![], vec![3], vec![3, 2, 1]] {
        let tensor = Tensor::<f32>::ones(shape.clone());
        assert_eq!(
            message(|| fit_temperature(&tensor, &[0, 0, 0])),
            format!("fit_temperature: logits {shape:?} must be [n, classes]")
        );
        assert_eq!(
            message(|| fit_label_temperature(&tensor, &tensor)),
            format!("fit_label_temperature: logits {shape:?} must be [n, labels]")
        );
        assert_eq!(
            message(|| Reliability::of_classes(&tensor, &[0, 0, 0])),
            format!("Reliability: probabilities {shape:?} must be [n, classes]")
        );
        assert_eq!(
            message(|| Reliability::of_labels(&tensor, &Tensor::ones([7, 7]))),
            format!("Reliability: probabilities {shape:?} and answers [7, 7] must have one shape")
        );
    }
    assert_eq!(
        message(|| fit_temperature(&Tensor::ones([1, 2]), &[2])),
        "fit_temperature: class 2 is not one of the 2 of the logits"
    );
}

#[test]
fn a_temperature_is_not_fitted_to_logits_that_are_not_finite() {
    for (logit, written) in [(f32::NAN, "NaN"), (f32::NEG_INFINITY, "-inf"), (f32::INFINITY, "inf")]
    {
        let logits = Tensor::from([[2.0, 1.0], [1.0, logit]]);
        let told = |function: &str, column: &str| {
            format!(
                "{function}: the logit of sample 1, {column} 1, is {written}; a temperature needs finite logits: leave \
                 out what is masked or has diverged"
            )
        };
        let classes = message(|| fit_temperature(&logits, &[0, 0]));
        assert_eq!(classes, told("fit_temperature", "class"));
        let labels = message(|| fit_label_temperature(&logits, &Tensor::ones([2, 2])));
        assert_eq!(labels, told("fit_label_temperature", "label"));
    }
}

#[test]
fn a_probability_above_one_by_rounding_is_in_the_last_bin() {
    let found = Reliability::of([(1.0 + 1e-6, true)], 10);
    assert_eq!(found, Reliability::of([(1.0 + 1e-6, true)], 1));
    assert_eq!(
        message(|| Reliability::of([(1.0 + 2e-6, true)], 10)),
        "Reliability::of: 1.000002 is not a probability, from 0 to 1"
    );
}

#[test]
fn a_temperature_of_one_changes_no_bit() {
    let (logits, classes) = overconfident(1.7);
    let targets = Tensor::from(classes);
    let plain = SoftmaxCrossEntropy::new();
    let calibrated = Calibrated::new(SoftmaxCrossEntropy::new(), 1.0);
    assert_eq!(Loss::predict(&plain, &logits), Loss::predict(&calibrated, &logits));
    let tape = Tape::<f32>::no_grad();
    let outputs = tape.constant(logits);
    let losses = [Loss::of(&plain, outputs, &targets), Loss::of(&calibrated, outputs, &targets)];
    assert_eq!(losses[0].item(), losses[1].item());
}

#[test]
fn the_averages_of_a_perfect_classifier_are_1() {
    for classes in 1..40 {
        let labels: Vec<u32> = (0..classes as u32).chain(0..classes as u32 / 3).collect();
        let matrix = ConfusionMatrix::new(classes, &labels, &labels);
        let perfect = Scores { precision: 1.0, recall: 1.0, f1: 1.0 };
        assert_eq!(
            [matrix.macro_average(), matrix.weighted_average()],
            [perfect; 2],
            "{classes} classes"
        );
    }
}

#[test]
fn small_figures_keep_their_digits_and_a_second_accuracy_is_a_share() {
    let metrics =
        [("mae", 3e-5), ("accuracy2", 0.87)].map(|(name, value)| (name.to_string(), value));
    let score = train::Score { loss: -4e-5, metrics: metrics.into() };
    assert_eq!(score.to_string(), "loss -4.00e-5  accuracy2  87.0 %  MAE 3.00e-5");
    assert_eq!(
        train::History { epochs: Vec::new(), kept: 1, criterion: train::Criterion::Usual }
            .seconds()
            .to_string(),
        "0"
    );
}
