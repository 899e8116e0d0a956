//! Permutation importance and partial dependence, of functions that are known and of a trained network.

use autograd::{Parameters, Pass, Var};
use data::{Columns, Dataset};
use mistakes::message;
use nn::{Activation, Dense, Features, MeanSquaredError, Model, SoftmaxCrossEntropy};
use optim::Adam;
use tensor::{Key, Scalar, Tensor};
use train::{Fit, Importance, Trainer};

/// 3 x₀ + x₁² of four features: additive, and without parameters.
struct Known;

impl Model for Known {
    type Input = Tensor<f32>;

    fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<f32>) -> Var<'t, T> {
        let features = pass.constant(batch.cast());
        let (first, second) = (features.slice(1, 0..1), features.slice(1, 1..2));
        first * 3.0 + second.powi(2)
    }
}

type Points = Dataset<Tensor<f32>, Tensor<f32>>;

/// Points of four features, with what [`Known`] makes of them as the targets.
fn points(count: usize) -> Points {
    let inputs: Tensor<f32> = Tensor::uniform([count, 4], -1.0..1.0, Key::new(5));
    let rows = inputs.to_vec();
    let target = |row: &[f32]| 3.0 * row[0] + row[1] * row[1];
    let targets = rows.chunks(4).map(target).collect();
    Dataset::with_targets(inputs, Tensor::new([count, 1], targets))
}

/// Each feature as a column of its own.
fn each() -> Vec<std::ops::Range<usize>> {
    (0..4).map(|feature| feature..feature + 1).collect()
}

fn importance(points: &Points, repetitions: usize, seed: u64) -> Vec<Importance> {
    let trainer = Trainer::new(&Known, MeanSquaredError);
    let parameters = Parameters::new(0);
    trainer.importance(&parameters, points, &each(), repetitions, Key::new(seed))
}

#[test]
fn two_of_four_columns_make_the_target_and_the_others_have_no_importance() {
    let found = importance(&points(500), 5, 1);
    let rises: Vec<f64> = found.iter().map(|column| column.loss.mean).collect();
    // Two independent draws differ by twice the variance in the mean of the squares: 2 · 9/3 and 2 · 4/45.
    assert!((rises[0] - 6.0).abs() < 0.6 && (rises[1] - 8.0 / 45.0).abs() < 0.03, "{rises:?}");
    assert_eq!(rises[2..], [0.0, 0.0]);
    assert!(found[0].loss.deviation > 0.0 && found[2].loss.deviation == 0.0, "{found:?}");
    let (first, third) = (&found[0].metrics, &found[2].metrics);
    assert!(first["r2"].mean < -1.0 && first["mae"].mean > 1.0, "{first:?}");
    assert!(third["r2"].mean == 0.0 && third["mae"].mean == 0.0, "{third:?}");
}

#[test]
fn a_trained_network_draws_from_the_two_columns_that_make_its_target() {
    let samples = points(600);
    let (training, test) = (samples.slice(0..400), samples.slice(400..600));
    let mut parameters = Parameters::new(3);
    let model = Features::new(4)
        .then(Dense::new(&mut parameters, "hidden", 4, 16))
        .then(Activation::Tanh)
        .then(Dense::new(&mut parameters, "output", 16, 1));
    let trainer = Trainer::new(&model, MeanSquaredError);
    let options = Fit { epochs: 60, validation_split: 0.0, ..Fit::default() };
    trainer.fit(&mut parameters, &mut Adam::new(0.01), &training, &options).unwrap();
    let found = trainer.importance(&parameters, &test, &each(), 5, Key::new(0));
    let rises: Vec<f64> = found.iter().map(|column| column.loss.mean).collect();
    assert!(rises[0] > rises[1] && rises[1] > 0.1, "{rises:?}");
    assert!(rises[2..].iter().all(|rise| rise.abs() < 0.02), "{rises:?}");
}

#[test]
fn a_constant_column_has_an_importance_of_exactly_zero() {
    let points = points(300);
    let constant = Tensor::full([300, 4], 0.25);
    let inputs = points.inputs().with_column(&(0..1), &constant);
    // The targets stay, so the loss is high, and the same for any order of the constants.
    let points = Dataset::with_targets(inputs, points.targets().clone());
    let found = &importance(&points, 4, 1)[0];
    assert_eq!((found.loss.mean, found.loss.deviation), (0.0, 0.0));
    assert!(found.metrics.values().all(|change| change.mean == 0.0 && change.deviation == 0.0));
}

#[test]
fn the_seed_alone_decides_how_columns_are_shuffled() {
    let points = points(200);
    assert_eq!(importance(&points, 3, 1), importance(&points, 3, 1));
    assert_ne!(importance(&points, 3, 1), importance(&points, 3, 2));
    let trainer = Trainer::new(&Known, MeanSquaredError);
    let alone = trainer.importance(&Parameters::new(0), &points, &each()[1..2], 3, Key::new(1));
    assert_eq!(alone[0], importance(&points, 3, 1)[1], "a column does not depend on the others");
}

#[test]
fn features_of_one_column_are_shuffled_together() {
    // The second feature repeats the first: together they keep the sum of their differences at 0.
    let first: Tensor<f32> = Tensor::uniform([200, 1], -1.0..1.0, Key::new(2));
    let inputs = Tensor::concat(&[&first, &(&first * 3.0), &first, &first], 1);
    struct Difference;
    impl Model for Difference {
        type Input = Tensor<f32>;
        fn forward<'t, T: Scalar>(&self, pass: Pass<'t, T>, batch: &Tensor<f32>) -> Var<'t, T> {
            let features = pass.constant(batch.cast());
            features.slice(1, 1..2) - features.slice(1, 0..1) * 3.0
        }
    }
    let samples = Dataset::with_targets(inputs, Tensor::zeros([200, 1]));
    let trainer = Trainer::new(&Difference, MeanSquaredError);
    let columns = [0..2, 0..1];
    let found = trainer.importance(&Parameters::new(0), &samples, &columns, 2, Key::new(0));
    assert!(found[0].loss.mean == 0.0 && found[1].loss.mean > 1.0, "{found:?}");
}

#[test]
fn the_partial_dependence_of_a_sum_is_each_term_and_a_constant() {
    let points = points(400);
    let trainer = Trainer::new(&Known, MeanSquaredError);
    let values = [3, 141, 59, 26, 399];
    let rows = points.inputs().to_vec();
    let at = |value: u32, feature: usize| f64::from(rows[value as usize * 4 + feature]);
    let term = |feature: usize, x: f64| [3.0 * x, x * x, 0.0][feature];
    for feature in 0..3 {
        let column = feature..feature + 1;
        let means =
            trainer.partial_dependence(&Parameters::new(0), points.inputs(), &column, &values);
        assert!(means.len() == 5 && means.iter().all(|mean| mean.len() == 1));
        for (value, mean) in values.iter().zip(&means) {
            let found = mean[0] - means[0][0];
            let expected =
                term(feature, at(*value, feature)) - term(feature, at(values[0], feature));
            assert!((found - expected).abs() < 1e-5, "feature {feature}: {found} for {expected}");
        }
    }
}

#[test]
fn the_partial_dependence_of_a_classifier_is_a_probability_for_each_class() {
    let inputs: Tensor<f32> = Tensor::uniform([100, 3], -1.0..1.0, Key::new(4));
    let mut parameters = Parameters::new(1);
    let model = Features::new(3).then(Dense::new(&mut parameters, "output", 3, 3));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    for mean in trainer.partial_dependence(&parameters, &inputs, &(0..1), &[0, 50, 99]) {
        assert!(mean.len() == 3 && (mean.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{mean:?}");
    }
}

#[test]
fn one_repetition_and_no_samples_are_refused() {
    assert!(message(|| importance(&points(10), 1, 0)).contains("1 repetitions have no spread"));
    let trainer = Trainer::new(&Known, MeanSquaredError);
    let none = Tensor::zeros([0, 4]);
    let asked = message(|| trainer.partial_dependence(&Parameters::new(0), &none, &(0..1), &[]));
    assert!(asked.contains("there are no samples to average over"), "{asked}");
}
