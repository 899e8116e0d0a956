//! Training for any loss: what is minimized, what is measured, and what shards change (nothing).

use approx::assert_relative_eq;
use autograd::{Parameters, Pass, Tape, Var, check};
use data::{Dataset, Samples, Split, Stream};
use mistakes::message;
use nn::{
    Activation, BinaryCrossEntropy, Dense, Features, Huber, Layer, MeanAbsoluteError,
    MeanSquaredError, Model, MultiLabelCrossEntropy, SoftmaxCrossEntropy, TokenCrossEntropy,
};
use optim::{Adam, Sgd};
use proptest::prelude::*;
use tensor::{Key, Scalar, Tensor};
use train::{Calibrated, Fit, Heads, History, Loss, Metrics, Tally, Trainer, own_loss};

/// Points x and the values sin x, cos x.
fn waves(count: usize) -> Dataset<Tensor<f32>, Tensor<f32>> {
    let x = Tensor::uniform([count, 1], -3.0..3.0, Key::new(1));
    let y = x.values().iter().flat_map(|x: &f32| [x.sin(), x.cos()]).collect();
    Dataset::with_targets(x, Tensor::new([count, 2], y))
}

fn network<T: Scalar>(
    parameters: &mut Parameters<T>,
    outputs: usize,
) -> impl Model<Input = Tensor<f32>> + use<T> {
    Features::new(1)
        .then(Dense::new(parameters, "hidden", 1, 32))
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "output", 32, outputs))
}

fn fitted<L: Loss<f64>>(
    loss: L,
    outputs: usize,
    dataset: &Dataset<Tensor<f32>, L::Target>,
    options: &Fit,
) -> (Parameters<f64>, History)
where
    L::Target: Samples<Batch = L::Target>,
{
    let mut parameters = Parameters::with_seed(1);
    let model = network(&mut parameters, outputs);
    let trainer = Trainer::new(&model, loss);
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.01), dataset, options).unwrap();
    (parameters, history)
}

#[test]
fn a_regression_is_learned_with_each_of_its_losses() {
    let (dataset, options) = (waves(400), Fit { epochs: 60, ..Fit::default() });
    let histories = [
        fitted(MeanSquaredError, 2, &dataset, &options).1,
        fitted(MeanAbsoluteError, 2, &dataset, &options).1,
        fitted(Huber::new(0.5), 2, &dataset, &options).1,
    ];
    for history in histories {
        let validation = history.kept_epoch().validation.clone().unwrap();
        assert!(validation.metric("r2").unwrap() > 0.98, "{validation}");
        assert!(validation.metric("rmse").unwrap() < 0.1, "{validation}");
        assert!(validation.metric("mae").unwrap() <= validation.metric("rmse").unwrap());
        let best = history.epochs.iter().map(|epoch| epoch.score().loss).fold(f64::MAX, f64::min);
        assert_eq!(validation.loss, best, "the epoch with the lowest loss is kept");
    }
}

#[test]
fn the_metrics_of_a_regression_equal_their_definitions() {
    let dataset = waves(700);
    let mut parameters = Parameters::<f64>::with_seed(2);
    let model = network(&mut parameters, 2);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let score = trainer.score(&parameters, &dataset);

    let predictions = trainer.predict(&parameters, dataset.inputs());
    let targets: Tensor<f64> = dataset.targets().cast();
    let errors = &predictions - &targets;
    let squares = (&errors * &errors).mean_all().item();
    assert_relative_eq!(score.loss, squares, max_relative = 1e-12);
    assert_relative_eq!(score.metric("rmse").unwrap(), squares.sqrt(), max_relative = 1e-12);
    let absolute = errors.map(f64::abs).mean_all().item();
    assert_relative_eq!(score.metric("mae").unwrap(), absolute, max_relative = 1e-12);
    let r2 = |column: usize| {
        let errors = errors.slice(1, column..column + 1);
        let targets = targets.slice(1, column..column + 1);
        let apart = &targets - &targets.mean_all();
        1.0 - (&errors * &errors).sum_all().item() / (&apart * &apart).sum_all().item()
    };
    assert_relative_eq!(score.metric("r2").unwrap(), (r2(0) + r2(1)) / 2.0, max_relative = 1e-12);
}

/// A sum of squares would lose all digits of the spread of such numbers.
#[test]
fn r2_is_right_for_targets_far_from_zero() {
    let targets = Tensor::new([4, 1], vec![1.6e9f32, 1.6e9 + 256.0, 1.6e9 + 512.0, 1.6e9 + 768.0]);
    let outputs = targets.map(|y| f64::from(y) + 128.0);
    let tally = Loss::<f64>::tally(&MeanSquaredError, &outputs, &targets);
    // 1 − 4 · 128² / (384² + 128² + 128² + 384²)
    assert_relative_eq!(tally.metrics()["r2"], 0.8, max_relative = 1e-9);
}

#[test]
fn r2_of_equal_targets_is_left_out() {
    let (outputs, targets) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[3.0f32], [3.0]]));
    let metrics = Loss::<f64>::tally(&MeanSquaredError, &outputs, &targets).metrics();
    assert_eq!(metrics.keys().collect::<Vec<_>>(), ["mae", "rmse"]);
}

#[test]
fn several_labels_at_once_are_learned_and_measured() {
    let x = Tensor::uniform([400, 1], -3.0..3.0, Key::new(4));
    let has = |x: &f32| [f32::from(u8::from(*x > 0.0)), f32::from(u8::from(x.abs() > 1.0))];
    let labels = x.values().iter().flat_map(has).collect();
    let dataset = Dataset::with_targets(x, Tensor::new([400, 2], labels));
    let loss = MultiLabelCrossEntropy::new().positive_weights([1.0, 2.0]).smoothing(0.01);
    let options = Fit { epochs: 40, ..Fit::default() };
    let (_, history) = fitted(loss, 2, &dataset, &options);
    let score = history.kept_epoch().score();
    assert!(score.metric("micro_f1").unwrap() > 0.97, "{score}");
    assert!(score.metric("macro_f1").unwrap() > 0.97, "{score}");
}

#[test]
fn f1_of_labels_equals_its_definition() {
    let logits = Tensor::from([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]]);
    let targets = Tensor::from([[1.0f32, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0]]);
    let tally = Loss::<f64>::tally(&MultiLabelCrossEntropy::new(), &logits, &targets);
    // First label: 1 hit, 2 predicted, 2 present. Second: 2 hits, 2 predicted, 3 present.
    let (first, second) = (2.0 / 4.0, 4.0 / 5.0);
    let expected: Metrics =
        [("macro_f1".to_string(), (first + second) / 2.0), ("micro_f1".to_string(), 6.0 / 9.0)]
            .into();
    assert_eq!(tally.metrics(), expected);
}

#[test]
fn a_model_of_two_outputs_learns_both() {
    let numbers = waves(400);
    let classes = numbers.inputs().map(|x| u32::from(x > 0.0)).reshape([400]);
    let targets = (classes, numbers.targets().clone());
    let dataset = Dataset::with_targets(numbers.inputs().clone(), targets);
    let heads = Heads::new(SoftmaxCrossEntropy::new(), 2, MeanSquaredError).weights(0.5, 1.0);
    let options = Fit { epochs: 60, ..Fit::default() };
    let (_, history) = fitted(heads, 4, &dataset, &options);
    let score = history.kept_epoch().score();
    assert!(score.metric("accuracy").unwrap() > 0.97, "{score}");
    assert!(score.metric("r2").unwrap() > 0.9, "{score}");
}

/// Shards of a batch may hold different weights; their sum must not depend on the cut.
#[test]
fn weights_and_ignored_labels_give_the_same_weights_for_any_number_of_shards() {
    let x = Tensor::uniform([64, 1], -3.0..3.0, Key::new(5));
    // The labels that do not count come first, so whole shards are without weight.
    let labels = (0..64).map(|i| if i < 20 { 7 } else { i % 3 }).collect();
    let dataset = Dataset::new(x, Tensor::new([64], labels));
    let loss = SoftmaxCrossEntropy::new().class_weights([1.0, 5.0, 0.5]).ignore(7).smoothing(0.1);
    let options = |shards| Fit {
        epochs: 5,
        batch_size: 64,
        validation_split: 0.0,
        shuffle: false,
        shards,
        ..Fit::default()
    };
    let (one, history) = fitted(loss.clone(), 3, &dataset, &options(1));
    for shards in [2, 3, 64] {
        let (several, other) = fitted(loss.clone(), 3, &dataset, &options(shards));
        for ((_, name, a), (_, _, b)) in one.iter().zip(several.iter()) {
            assert_relative_eq!(a.clone(), b.clone(), epsilon = 1e-9);
            assert!(a.is_finite(), "{name}");
        }
        let losses = |history: &History| history.epochs[4].training.loss;
        assert_relative_eq!(losses(&history), losses(&other), max_relative = 1e-9);
    }
    let counted = history.epochs[0].training.metric("accuracy").unwrap() * 44.0;
    assert_relative_eq!(counted, counted.round(), epsilon = 1e-9);
}

#[test]
fn a_batch_without_a_label_that_counts_changes_nothing() {
    let options =
        Fit { epochs: 1, batch_size: 1, shuffle: false, validation_split: 0.0, ..Fit::default() };
    let trained_on = |samples: &[u32]| {
        let two = Dataset::new(Tensor::from([[1.0], [2.0]]), Tensor::from([3, 0]));
        let mut parameters = Parameters::<f64>::with_seed(1);
        let model = network(&mut parameters, 2);
        let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new().ignore(3));
        let (mut sgd, dataset) = (Sgd::new(0.1), two.select(samples));
        let history = trainer.fit(&mut parameters, &mut sgd, &dataset, &options).unwrap();
        let weights: Vec<_> = parameters.iter().map(|(_, _, value)| value.to_vec()).collect();
        (weights, history.epochs[0].training.clone())
    };
    assert_eq!(trained_on(&[0, 1]), trained_on(&[1]));
}

/// Forty points. The label of the last ten is ignored.
fn ten_ignored() -> Dataset<Tensor<f32>> {
    let x = Tensor::uniform([40, 1], -3.0..3.0, Key::new(5));
    Dataset::new(x, Tensor::new([40], (0..40).map(|i| if i < 30 { i % 2 } else { 9 }).collect()))
}

/// What is said of ten samples that do not count.
const NONE_COUNTS: &str = "counts in the loss, which ignores their targets or gives them the weight 0; give samples \
                           whose targets count";

#[test]
fn samples_of_which_none_counts_are_refused_before_training() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let model = network(&mut parameters, 2);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new().ignore(9));
    let (mut adam, all) = (Adam::new(0.01), ten_ignored());
    let (counted, ignored) = (all.slice(0..30), all.slice(30..40));
    let expected = |part: &str| format!("none of the 10 {part} samples {NONE_COUNTS}");

    let options = Fit { validation_split: 0.25, split: Split::Last, ..Fit::default() };
    let refused = trainer.session(&mut parameters, &mut adam, &all, &options).unwrap_err();
    assert_eq!(refused.to_string(), expected("validation"));
    let refused =
        trainer.session_from(&mut parameters, &mut adam, &counted, Some(&ignored), &options);
    assert_eq!(refused.unwrap_err().to_string(), expected("validation"));
    let options = Fit { validation_split: 0.0, ..Fit::default() };
    let refused = trainer.session(&mut parameters, &mut adam, &ignored, &options).unwrap_err();
    assert_eq!(refused.to_string(), expected("training"));
}

#[test]
fn an_epoch_in_which_no_sample_counts_is_an_error() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let model = network(&mut parameters, 2);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new().ignore(9));
    let ignored = ten_ignored().slice(30..40);
    let stream = Stream::new(move |_| [Ok(ignored.clone())].into_iter());
    let (mut adam, options) = (Adam::new(0.01), Fit::default());
    let session = trainer.session_from(&mut parameters, &mut adam, &stream, None, &options);
    let error = session.unwrap().run(&mut []).unwrap_err().to_string();
    assert_eq!(error, format!("none of the 10 training samples {NONE_COUNTS}"));
}

#[test]
fn a_score_on_samples_of_which_none_counts_panics() {
    let mut parameters = Parameters::<f64>::with_seed(1);
    let model = network(&mut parameters, 2);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new().ignore(9));
    let ignored = ten_ignored().slice(30..40);
    let expected = |what: &str| format!("{what}: none of the 10 samples {NONE_COUNTS}");
    assert_eq!(message(|| trainer.score(&parameters, &ignored)), expected("score"));
    assert_eq!(message(|| trainer.evaluate(&parameters, &ignored)), expected("evaluate"));
    assert_eq!(message(|| trainer.evaluate_finite(&parameters, &ignored)), expected("evaluate"));
}

#[test]
fn a_function_is_a_loss() {
    let dataset = waves(200);
    let mut parameters = Parameters::<f32>::new(1);
    let model = network(&mut parameters, 2);
    let quartic = own_loss(|outputs: Var<'_>, targets: &Tensor<f32>| {
        (outputs - outputs.tape().constant(targets.clone())).powi(4).mean_all()
    });
    let trainer = Trainer::new(&model, quartic);
    let options = Fit { epochs: 100, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.01), &dataset, &options).unwrap();
    let (first, last) = (&history.epochs[0], history.kept_epoch());
    assert!(last.score().loss < 0.01 * first.score().loss, "{last}");
    assert!(last.training.metrics.is_empty());
}

/// A loss with a metric of its own.
struct Within(f64);

impl<T: Scalar> Loss<T> for Within {
    type Target = Tensor<f32>;

    fn of<'t>(&self, outputs: Var<'t, T>, targets: &Tensor<f32>) -> Var<'t, T> {
        nn::mean_squared_error(outputs, outputs.tape().constant(targets.cast()))
    }

    fn tally(&self, outputs: &Tensor<T>, targets: &Tensor<f32>) -> Tally {
        let errors = outputs - &targets.cast();
        let hits = errors.values().iter().filter(|error| error.to_f64().abs() <= self.0).count();
        Tally::Means([("within".to_string(), (hits as f64, errors.len() as f64))].into())
    }
}

#[test]
fn a_loss_of_ones_own_has_metrics_of_its_own_and_is_checked_in_f64() {
    let dataset = waves(100);
    let mut parameters = Parameters::<f32>::new(1);
    let model = network(&mut parameters, 2);
    let trainer = Trainer::new(&model, Within(0.1));
    check::parameters(&parameters, |pass| trainer.loss(pass, &dataset.slice(0..5))).assert();
    let options = Fit { epochs: 60, validation_split: 0.0, shards: 3, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.01), &dataset, &options).unwrap();
    let share = history.kept_epoch().training.metric("within").unwrap();
    assert!(share > 0.5 && share <= 1.0, "{share}");
}

#[test]
#[should_panic(expected = "a metric cannot be called `loss`, as records of training use that name")]
fn a_metric_cannot_take_the_name_of_the_loss() {
    Tally::Means([("loss".to_string(), (1.0, 2.0))].into()).metrics();
}

#[test]
fn metrics_of_one_name_are_numbered_in_the_order_of_the_outputs() {
    let right = |correct| Tally::Classes { samples: 10, correct };
    let both = |a, b| Tally::Both(Box::new(a), Box::new(b));
    let expected: Metrics = [("accuracy", 0.1), ("accuracy2", 0.2), ("accuracy3", 0.3)]
        .map(|(name, x)| (name.to_string(), x))
        .into();
    assert_eq!(both(right(1), both(right(2), right(3))).metrics(), expected);
    assert_eq!(both(both(right(1), right(2)), right(3)).metrics(), expected);
    assert!(expected.keys().all(|name| train::is_share(name)));
}

/// As scikit-learn and [`ConfusionMatrix::macro_average`](train::metrics::ConfusionMatrix::macro_average) count it.
#[test]
fn a_label_that_neither_occurs_nor_is_predicted_counts_as_0_in_macro_f1() {
    let counts = vec![2, 2, 0];
    let tally = Tally::Labels { hits: counts.clone(), predicted: counts.clone(), present: counts };
    assert_eq!(tally.metrics()["macro_f1"], 2.0 / 3.0);
}

#[test]
#[should_panic(expected = "a metric cannot be called `samples`")]
fn a_metric_cannot_take_the_name_of_another_figure_of_a_run() {
    Tally::Means([("samples".to_string(), (1.0, 2.0))].into()).metrics();
}

#[test]
fn a_metric_that_is_not_a_number_is_left_out() {
    let sums = [("good", (1.0, 2.0)), ("bad", (f64::NAN, 2.0)), ("none", (0.0, 0.0))];
    let tally = Tally::Means(sums.map(|(name, sum)| (name.to_string(), sum)).into());
    assert_eq!(tally.metrics(), Metrics::from([("good".to_string(), 0.5)]));
}

#[test]
fn a_model_with_two_inputs_learns_from_both() {
    /// The sum of two linear layers, each of its own input.
    struct Sum(Dense, Dense);

    impl Model for Sum {
        type Input = (Tensor<f32>, Tensor<f32>);

        fn forward<'t, T: Scalar>(
            &self,
            pass: Pass<'t, T>,
            (a, b): &(Tensor<f32>, Tensor<f32>),
        ) -> Var<'t, T> {
            let (a, b) = (pass.constant(a.cast()), pass.constant(b.cast()));
            self.0.forward(pass, a) + self.1.forward(pass, b)
        }
    }

    let [a, b] = [1, 2].map(|seed| Tensor::normal([200, 2], 0.0, 1.0, Key::new(seed)));
    let targets = a.slice(1, 0..1) * 3.0 - b.slice(1, 1..2) * 2.0;
    let dataset = Dataset::with_targets((a, b), targets);
    let mut parameters = Parameters::<f32>::new(1);
    let model = Sum(Dense::new(&mut parameters, "a", 2, 1), Dense::new(&mut parameters, "b", 2, 1));
    let trainer = Trainer::new(&model, MeanSquaredError);
    let options = Fit { epochs: 100, shards: 2, ..Fit::default() };
    let history = trainer.fit(&mut parameters, &mut Adam::new(0.05), &dataset, &options).unwrap();
    assert!(history.kept_epoch().score().loss < 1e-4, "{history:?}");
}

#[test]
#[should_panic(expected = "prediction [1, 2] and target [1, 1] must have the same shape")]
fn targets_of_another_shape_are_refused_with_both_shapes() {
    let dataset = Dataset::with_targets(Tensor::<f32>::zeros([5, 1]), Tensor::<f32>::zeros([5, 1]));
    fitted(MeanSquaredError, 2, &dataset, &Fit::default());
}

#[test]
#[should_panic(expected = "logits [1, 2] and labels [1] must be [n, 1] and [n]")]
fn two_logits_for_a_binary_loss_are_refused_with_both_shapes() {
    let dataset = Dataset::new(Tensor::<f32>::zeros([5, 1]), Tensor::from([0, 1, 0, 1, 0]));
    fitted(BinaryCrossEntropy, 2, &dataset, &Fit::default());
}

/// Returns what is said when figures are asked for of logits and targets that do not fit.
fn tally_message<L: Loss<f64>>(loss: &L, logits: &[usize], targets: &L::Target) -> String {
    message(|| loss.tally(&Tensor::zeros(logits), targets))
}

#[test]
fn figures_of_a_part_of_the_targets_are_refused() {
    let counts = |shape: &[usize]| Tensor::new(shape, vec![0; shape.iter().product()]);
    type Shapes<'a> = [(&'a [usize], &'a [usize])];
    let classes: &Shapes = &[(&[3, 2], &[2]), (&[2, 2], &[3]), (&[2], &[2]), (&[2, 2], &[2, 1])];
    for &(logits, labels) in classes {
        assert_eq!(
            tally_message(&SoftmaxCrossEntropy::new(), logits, &counts(labels)),
            format!(
                "SoftmaxCrossEntropy: logits {logits:?} and targets {labels:?} must be [n, classes] and [n]"
            )
        );
    }
    let binary: &Shapes = &[(&[3, 1], &[2]), (&[2, 1], &[3]), (&[2], &[2]), (&[2, 2], &[2])];
    for &(logits, labels) in binary {
        assert_eq!(
            tally_message(&BinaryCrossEntropy, logits, &counts(labels)),
            format!(
                "BinaryCrossEntropy: logits {logits:?} and targets {labels:?} must be [n, 1] and [n]"
            )
        );
    }
    let labels: &Shapes = &[(&[3, 2], &[2, 2]), (&[2, 3], &[3, 2]), (&[4], &[4])];
    for &(logits, targets) in labels {
        assert_eq!(
            tally_message(&MultiLabelCrossEntropy::new(), logits, &Tensor::zeros(targets)),
            format!(
                "MultiLabelCrossEntropy: logits {logits:?} and targets {targets:?} must be [n, labels] both"
            )
        );
    }
    let tokens: &Shapes = &[(&[2, 3, 5], &[2, 2]), (&[2, 3, 5], &[6]), (&[6, 5], &[6])];
    for &(logits, targets) in tokens {
        assert_eq!(
            tally_message(&TokenCrossEntropy, logits, &counts(targets)),
            format!(
                "TokenCrossEntropy: logits {logits:?} and targets {targets:?} must be [batch, time, vocabulary] \
                 and [batch, time]"
            )
        );
    }
    let numbers = tally_message(&MeanSquaredError, &[3, 1], &Tensor::zeros([2, 1]));
    assert_eq!(numbers, "Errors: outputs [3, 1] and targets [2, 1] must have the same shape");
    let calibrated =
        tally_message(&Calibrated::new(BinaryCrossEntropy, 2.0), &[3, 1], &counts(&[2]));
    assert!(calibrated.starts_with("BinaryCrossEntropy: logits [3, 1]"), "{calibrated}");
}

/// Draws outputs and targets `[n, columns]`, n from 1 on.
fn predictions() -> impl Strategy<Value = (Tensor<f64>, Tensor<f32>)> {
    (1..8usize, 1..4usize).prop_flat_map(|(n, columns)| {
        let numbers = |low: f64, high: f64| prop::collection::vec(low..high, n * columns);
        (numbers(-5.0, 5.0), numbers(-5.0, 5.0)).prop_map(move |(outputs, targets)| {
            let targets = targets.into_iter().map(|y| y as f32).collect();
            (Tensor::new([n, columns], outputs), Tensor::new([n, columns], targets))
        })
    })
}

proptest! {
    /// What is merged from two halves is what the whole gives.
    #[test]
    fn figures_of_halves_merge_to_those_of_the_whole(
        (outputs, targets) in predictions(),
        cut in any::<prop::sample::Index>(),
    ) {
        let n = targets.shape()[0];
        let cut = cut.index(n + 1);
        let tally = |range: std::ops::Range<usize>| {
            let (outputs, targets) = (outputs.slice(0, range.clone()), targets.slice(0, range));
            Loss::<f64>::tally(&MeanSquaredError, &outputs, &targets)
        };
        let mut halves = tally(0..cut);
        halves.merge(tally(cut..n));
        let (halves, whole) = (halves.metrics(), tally(0..n).metrics());
        prop_assert_eq!(halves.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
        for (name, value) in whole {
            prop_assert!((halves[&name] - value).abs() <= 1e-9 * (1.0 + value.abs()), "{}", name);
        }
    }

    #[test]
    fn hubers_loss_equals_its_two_branches(
        (outputs, targets) in predictions(),
        delta in 0.1f64..3.0,
    ) {
        let tape = Tape::<f64>::default();
        let found = Loss::<f64>::of(&Huber::new(delta), tape.constant(outputs.clone()), &targets);
        let branch = |error: f64| match error.abs() <= delta {
            true => error * error / 2.0,
            false => delta * (error.abs() - delta / 2.0),
        };
        let expected = (&outputs - &targets.cast()).map(branch).mean_all().item();
        prop_assert!((found.item() - expected).abs() < 1e-12 * (1.0 + expected));
    }
}
