//! The search for a learning rate: its curve, and that it changes nothing.

use autograd::Parameters;
use data::{Dataset, Portions};
use mistakes::message;
use nn::{Activation, Dense, Features, Model, SoftmaxCrossEntropy};
use optim::{Adam, Optimizer, Schedule, Sgd};
use tensor::{Key, Tensor};
use train::{Fit, RateCurve, RateRange, Trainer};

/// Points of the plane, and on which side of a line they are.
fn sides(count: usize) -> Dataset<Tensor<f32>> {
    let points = Tensor::normal([count, 2], 0.0, 1.0, Key::new(3));
    let label = |point: &[f32]| u32::from(point[0] > point[1]);
    let labels = points.values().chunks(2).map(label).collect();
    Dataset::new(points, Tensor::new([count], labels))
}

fn network(parameters: &mut Parameters) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "hidden", 2, 8))
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "output", 8, 2))
}

fn find(optimizer: &mut dyn Optimizer<f32>, range: &RateRange, options: &Fit) -> RateCurve {
    let mut parameters = Parameters::new(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let samples = sides(320);
    trainer
        .session(&mut parameters, optimizer, &samples, options)
        .unwrap()
        .find_rate(range)
        .unwrap()
}

#[test]
fn rates_grow_by_one_factor_from_the_first_to_the_last() {
    let range = RateRange { from: 1e-4, to: 1e-2, steps: 21 };
    let curve = find(&mut Adam::new(0.5), &range, &Fit::default());
    assert_eq!(curve.points.len(), 21);
    assert!(!curve.diverged);
    for (at, point) in curve.points.iter().enumerate() {
        let expected = 1e-4 * 10f64.powf(at as f64 / 10.0);
        assert!((point.rate / expected - 1.0).abs() < 1e-12, "{point:?}");
    }
}

#[test]
fn losses_are_smoothed_by_a_mean_that_forgets() {
    let curve = find(&mut Adam::new(0.5), &RateRange::default(), &Fit::default());
    let losses: Vec<f64> = curve.points.iter().map(|point| point.loss).collect();
    for (i, point) in curve.points.iter().enumerate() {
        let weights: Vec<f64> = (0..=i).map(|k| 0.9f64.powi((i - k) as i32)).collect();
        let sum: f64 = weights.iter().zip(&losses).map(|(weight, loss)| weight * loss).sum();
        let expected = sum / weights.iter().sum::<f64>();
        assert!((point.smoothed - expected).abs() < 1e-9, "{point:?}, not {expected}");
    }
}

#[test]
fn a_session_of_fewer_steps_covers_the_range_in_these() {
    let options = Fit { epochs: 1, validation_split: 0.0, batch_size: 32, ..Fit::default() };
    let curve = find(&mut Adam::new(0.5), &RateRange::default(), &options);
    assert!(curve.points.len() <= 10);
    assert!(curve.diverged || (curve.points[9].rate / 10.0 - 1.0).abs() < 1e-12);
    assert!((curve.points[1].rate - 1e-6 * 1e7f64.powf(1.0 / 9.0)).abs() < 1e-12);
}

#[test]
fn the_range_is_covered_in_the_steps_of_a_shorter_last_epoch_too() {
    let mut parameters = Parameters::new(0);
    let network = network(&mut parameters);
    let trainer = Trainer::new(&network, SoftmaxCrossEntropy::new());
    let portions = Portions::new(sides(32), 32, 72, Key::new(1));
    let options = Fit { epochs: 3, batch_size: 8, ..Fit::default() };
    let range = RateRange { from: 1e-4, to: 1e-2, steps: 20 };
    let mut sgd = Sgd::new(0.1);
    let session =
        trainer.session_from(&mut parameters, &mut sgd, &portions, None, &options).unwrap();
    let rates: Vec<f64> =
        session.find_rate(&range).unwrap().points.iter().map(|point| point.rate).collect();
    assert_eq!(rates.len(), 9);
    assert!((rates[8] - 1e-2).abs() < 1e-12, "{rates:?}");
}

/// In the first of these batches all labels are ignored, and its loss is 0.
#[test]
fn batches_in_which_nothing_counts_are_passed_over() {
    let inputs = Tensor::normal([60, 2], 0.0, 1.0, Key::new(1));
    let label = |ignored: u32, k: u32| if k % 5 == ignored { 9 } else { k % 2 };
    let labels = |ignored| Tensor::new([60], (0..60).map(|k| label(ignored, k)).collect());
    for ignored in [0, 3] {
        let mut parameters = Parameters::new(0);
        let network = network(&mut parameters);
        let trainer = Trainer::new(&network, SoftmaxCrossEntropy::new().ignore(9));
        let samples = Dataset::new(inputs.clone(), labels(ignored));
        let options = Fit {
            batch_size: 1,
            shuffle: false,
            validation_split: 0.0,
            epochs: 1,
            ..Fit::default()
        };
        let range = RateRange { from: 1e-6, to: 1e-4, steps: 40 };
        let mut sgd = Sgd::new(0.1);
        let session = trainer.session(&mut parameters, &mut sgd, &samples, &options).unwrap();
        let curve = session.find_rate(&range).unwrap();
        assert!(!curve.diverged && curve.points.len() == 32, "{curve}");
        assert!(curve.points.iter().all(|point| point.loss > 0.0));
    }
}

/// With plain descent the first loss is lost for good above some rate; the suggestion is below.
#[test]
fn the_search_ends_where_the_loss_blows_up() {
    let range = RateRange { from: 1e-3, to: 1e6, steps: 100 };
    let curve = find(&mut Sgd::new(0.5), &range, &Fit { epochs: 100, ..Fit::default() });
    assert!(curve.diverged && curve.points.len() < 100, "{curve}");
    let suggested = curve.suggestion().expect("the loss falls before it blows up");
    assert!(suggested < curve.points.last().unwrap().rate / 10.0);
    assert!(curve.to_string().ends_with(&format!("suggested rate: {suggested:.1e}")), "{curve}");

    let mut parameters = Parameters::new(1);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let history =
        trainer.fit(&mut parameters, &mut Sgd::new(suggested), &sides(320), &Fit::default());
    let epochs = history.unwrap().epochs;
    assert!(epochs[9].training.loss < 0.5 * epochs[0].training.loss);
}

#[test]
fn a_loss_that_does_not_fall_suggests_nothing() {
    let range = RateRange { from: 1e-12, to: 1e-11, steps: 20 };
    let options = Fit { batch_size: 320, validation_split: 0.0, epochs: 20, ..Fit::default() };
    let curve = find(&mut Sgd::new(0.5), &range, &options);
    assert_eq!(curve.suggestion(), None);
    assert!(curve.to_string().ends_with("no rate made the loss fall"), "{curve}");
}

#[test]
fn a_search_changes_neither_the_parameters_nor_the_optimizer() {
    let samples = sides(320);
    let options = Fit { epochs: 3, ..Fit::default() };
    let values = |parameters: &Parameters| {
        parameters.iter().map(|(_, _, value)| value.to_vec()).collect::<Vec<_>>()
    };
    let trained = |search: bool| {
        let mut parameters = Parameters::new(1);
        let model = network(&mut parameters);
        let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
        let mut adam = Adam::new(Schedule::linear(0.01, 30));
        trainer.fit(&mut parameters, &mut adam, &samples, &options).unwrap();
        if search {
            let (before, state) = (values(&parameters), adam.state(&parameters));
            let session = trainer.session(&mut parameters, &mut adam, &samples, &options).unwrap();
            let _ = session.find_rate(&RateRange::default()).unwrap();
            assert_eq!(values(&parameters), before);
            assert_eq!(adam.state(&parameters), state);
        }
        trainer.fit(&mut parameters, &mut adam, &samples, &options).unwrap();
        (values(&parameters), adam.rate())
    };
    assert_eq!(trained(true), trained(false));
}

#[test]
fn a_range_must_make_sense() {
    let refused = |from, to, steps, options: &Fit| {
        let range = RateRange { from, to, steps };
        message(|| find(&mut Adam::new(0.1), &range, options))
    };
    let options = Fit::default();
    for (from, to) in [(0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (1.0, f64::INFINITY), (f64::NAN, 1.0)] {
        assert_eq!(
            refused(from, to, 10, &options),
            format!(
                "find_rate: the rates from {from} to {to} must be positive, finite and growing"
            )
        );
    }
    let one = Fit { epochs: 1, batch_size: 320, validation_split: 0.0, ..Fit::default() };
    for (steps, options) in [(1, &options), (10, &one)] {
        assert_eq!(
            refused(0.1, 1.0, steps, options),
            "find_rate: a curve needs at least 2 steps, and this has 1: ask for more, for more epochs \
             or for smaller batches"
        );
    }
}
