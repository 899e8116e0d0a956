//! Checkpoints of runs with custom figures: metrics that are NaN or infinite and gradients that are clipped to an
//! infinite norm, none of which JSON can write; and weights below 1.

use autograd::{Parameters, Var};
use data::Dataset;
use nn::{Dense, Features, Model};
use optim::{Adam, Optimizer};
use store::Checkpoints;
use tempfile::tempdir;
use tensor::{Key, Tensor};
use train::{Errors, Fit, History, Loss, Observer, Tally, Trainer};

use crate::checkpoints::EndAfter;

const EPOCHS: usize = 2;
const STEPS: usize = 3;

/// The mean squared error, with figures of every kind that may not be finite.
#[derive(Clone, Copy)]
struct Odd;

impl Loss for Odd {
    type Target = Tensor<f32>;

    fn of<'t>(&self, outputs: Var<'t>, targets: &Tensor<f32>) -> Var<'t> {
        nn::mean_squared_error(outputs, outputs.tape().constant(targets.clone()))
    }

    fn tally(&self, outputs: &Tensor<f32>, targets: &Tensor<f32>) -> Tally {
        let means = [
            ("infinite", (f64::INFINITY, 1.0)),
            ("negative", (f64::NEG_INFINITY, 1.0)),
            ("of_infinitely_many", (1.0, f64::INFINITY)),
            ("outputs", (f64::from(outputs.sum_all().item()), outputs.len() as f64)),
            ("uncounted", (1.0, f64::NAN)),
            ("undefined", (f64::NAN, 1.0)),
        ];
        let means = means.map(|(name, pair)| (name.to_string(), pair)).into();
        let errors = |target: f32| Tally::Numbers(Errors::of(outputs, &targets.map(|_| target)));
        let errors = Tally::Both(Box::new(errors(f32::NAN)), Box::new(errors(f32::INFINITY)));
        Tally::Both(Box::new(Tally::Means(means)), Box::new(errors))
    }
}

/// The mean squared error. A sample has two tokens, and each weighs a quarter.
#[derive(Clone, Copy)]
struct Quarters;

impl Loss for Quarters {
    type Target = Tensor<f32>;

    fn of<'t>(&self, outputs: Var<'t>, targets: &Tensor<f32>) -> Var<'t> {
        Odd.of(outputs, targets)
    }

    fn weight(&self, targets: &Tensor<f32>) -> f64 {
        0.5 * targets.len() as f64
    }

    fn tally(&self, outputs: &Tensor<f32>, _: &Tensor<f32>) -> Tally {
        Tally::Classes { samples: 2 * outputs.len() as u64, correct: outputs.len() as u64 }
    }
}

/// Runs from the newest checkpoint of the folder on, if there is one.
fn train(
    loss: impl Loss<Target = Tensor<f32>>,
    folder: &std::path::Path,
    options: &Fit,
    observers: &mut [&mut dyn Observer<f32>],
) -> Result<(Vec<u32>, History), String> {
    let points = Tensor::normal([8 * STEPS, 2], 0.0, 1.0, Key::new(1));
    let dataset = Dataset::with_targets(points.clone(), points.slice(1, 0..1));
    let mut parameters = Parameters::with_seed(7);
    let model = Features::new(2).then(Dense::new(&mut parameters, "line", 2, 1));
    let trainer = Trainer::new(&model, loss);
    let mut adam = Adam::new(0.02);
    let mut session = trainer.session(&mut parameters, &mut adam, &dataset, options).unwrap();
    let newest = Checkpoints::new(folder, &"a line").unwrap().newest();
    if let Some(checkpoint) = newest.map_err(|error| error.to_string())? {
        assert!(checkpoint.damaged().is_empty(), "{:?}", checkpoint.damaged());
        session = checkpoint.resume(session).map_err(|error| error.to_string())?;
    }
    let mut history = session.run(observers).map_err(|error| error.to_string())?;
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    assert_eq!(adam.steps(), (EPOCHS * STEPS) as u64);
    let weights = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
    Ok((weights.map(f32::to_bits).collect(), history))
}

/// Checks that a run that is interrupted after each step ends as if it had not been.
#[track_caller]
fn assert_resumes(loss: impl Loss<Target = Tensor<f32>> + Copy, options: &Fit) -> History {
    let [whole, folder] = [tempdir().unwrap(), tempdir().unwrap()];
    for steps in 1..=EPOCHS * STEPS {
        let mut writer = Checkpoints::new(folder.path(), &"a line").unwrap().every(1);
        let observers: &mut [&mut dyn Observer<f32>] =
            &mut [&mut EndAfter::stop(steps), &mut writer];
        let stopped = train(loss, folder.path(), options, observers).unwrap_err();
        assert!(stopped.starts_with("training was stopped"), "{stopped}");
    }
    let expected = train(loss, whole.path(), options, &mut []).unwrap();
    assert_eq!(train(loss, folder.path(), options, &mut []).unwrap(), expected);
    expected.1
}

fn options() -> Fit {
    Fit { epochs: EPOCHS, batch_size: 8, validation_split: 0.0, ..Fit::default() }
}

#[test]
fn a_run_with_metrics_that_are_not_finite_is_resumed() {
    let history = assert_resumes(Odd, &options());
    let metrics = history.epochs[0].training.metrics.keys();
    assert_eq!(metrics.collect::<Vec<_>>(), ["of_infinitely_many", "outputs"]);
}

#[test]
fn a_run_that_clips_to_an_infinite_norm_is_resumed() {
    assert_resumes(Odd, &Fit { clip_norm: Some(f64::INFINITY), ..options() });
}

#[test]
fn a_run_with_more_tokens_than_samples_that_weigh_less_than_1_is_resumed() {
    let history = assert_resumes(Quarters, &options());
    assert_eq!(history.epochs[0].training.metric("accuracy"), Some(0.5));
}
