//! Checkpoints of runs that are not of a classifier on a data set: a regression, and samples that are
//! read while training.

use std::path::Path;

use autograd::Parameters;
use data::{Dataset, Portions, Stream};
use nn::{Activation, Dense, Dropout, Features, MeanSquaredError, Model};
use optim::{Adam, Optimizer};
use store::{Checkpoint, Checkpoints};
use tempfile::tempdir;
use tensor::{Key, Tensor};
use train::{Fit, History, Observer, Session, Trainer};

use crate::checkpoints::{EndAfter, blank_out};

type Points = Dataset<Tensor<f32>, Tensor<f32>>;

const EPOCHS: usize = 3;
const STEPS: usize = 4;

fn options() -> Fit {
    Fit { epochs: EPOCHS, batch_size: 8, seed: 5, shards: 2, watch_layers: true, ..Fit::default() }
}

/// Points of the plane with the product of their coordinates.
fn products(count: usize, seed: u64) -> Points {
    let points = Tensor::normal([count, 2], 0.0, 1.0, Key::new(seed));
    let targets = &points.slice(1, 0..1) * &points.slice(1, 1..2);
    Dataset::with_targets(points, targets)
}

fn network(parameters: &mut Parameters) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "hidden", 2, 6))
        .then(Activation::Relu)
        .then(Dropout::new("dropout", 0.3))
        .then(Dense::new(parameters, "output", 6, 1))
}

/// Where the samples come from.
enum Samples {
    AtOnce(Points),
    Streamed(Stream<Tensor<f32>, Tensor<f32>>),
    /// Points to train on, and others for validation, if there are any.
    Apart(Points, Option<Points>),
    InPortions(Portions<Tensor<f32>, Tensor<f32>>),
}

impl Samples {
    /// 40 points, a fifth of them for validation.
    fn at_once() -> Self {
        Samples::AtOnce(products(40, 1))
    }

    /// 32 points an epoch, in parts of unequal sizes, which differ from epoch to epoch.
    fn streamed() -> Self {
        let parts = |epoch: usize| {
            let part = move |(index, size): (usize, usize)| {
                Ok(products(size, (10 * epoch + index) as u64))
            };
            [5, 7, 11, 9].into_iter().enumerate().map(part)
        };
        Samples::Streamed(Stream::new(parts).window(16))
    }

    /// Two epochs of 16 points and one of 11, in an order drawn from a seed.
    fn in_portions(seed: u64) -> Self {
        Samples::InPortions(Portions::new(products(40, 1), 16, 43, Key::new(seed)))
    }

    /// The same points of one epoch, to be read once.
    fn read_once() -> Self {
        let parts: Vec<_> = [5, 7, 11, 9].map(|size| Ok(products(size, size as u64))).into();
        Samples::Streamed(Stream::once(parts.into_iter()))
    }
}

/// All results of a run except the time it took.
#[derive(Debug, PartialEq)]
struct End {
    weights: Vec<u32>,
    moments: Vec<u32>,
    history: History,
}

/// Trains a network whose weights begin at `initial`, from a checkpoint on if one is given.
fn train(
    initial: u64,
    samples: &Samples,
    options: &Fit,
    checkpoint: Option<Checkpoint>,
    observers: &mut [&mut dyn Observer<f32>],
) -> Result<End, String> {
    let mut parameters = Parameters::with_seed(initial);
    let model = network(&mut parameters);
    let trainer = Trainer::new(&model, MeanSquaredError);
    let mut adam = Adam::new(0.02);
    let validation = products(10, 2);
    let history = match samples {
        Samples::AtOnce(dataset) => {
            let session = trainer.session(&mut parameters, &mut adam, dataset, options).unwrap();
            run(session, checkpoint, observers)
        }
        Samples::Streamed(stream) => {
            let session = trainer
                .session_from(&mut parameters, &mut adam, stream, Some(&validation), options)
                .unwrap();
            run(session, checkpoint, observers)
        }
        Samples::Apart(training, validation) => {
            let session = trainer
                .session_from(&mut parameters, &mut adam, training, validation.as_ref(), options)
                .unwrap();
            run(session, checkpoint, observers)
        }
        Samples::InPortions(portions) => {
            let session = trainer
                .session_from(&mut parameters, &mut adam, portions, Some(&validation), options)
                .unwrap();
            run(session, checkpoint, observers)
        }
    };
    let mut history = history?;
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    let bits = |tensor: &Tensor| tensor.to_vec().into_iter().map(f32::to_bits).collect::<Vec<_>>();
    let state = adam.state(&parameters);
    Ok(End {
        weights: parameters.iter().flat_map(|(_, _, value)| bits(value)).collect(),
        moments: state.tensors.values().flat_map(bits).collect(),
        history,
    })
}

fn run<M, S>(
    session: Session<'_, M, MeanSquaredError, S, f32>,
    checkpoint: Option<Checkpoint>,
    observers: &mut [&mut dyn Observer<f32>],
) -> Result<History, String>
where
    M: Model<Input = Tensor<f32>>,
    S: data::Source<Inputs = Tensor<f32>, Targets = Tensor<f32>> + Clone,
{
    let mut session = match checkpoint {
        Some(checkpoint) => checkpoint.resume(session).map_err(|error| error.to_string())?,
        None => session,
    };
    session.run(observers).map_err(|error| error.to_string())
}

fn checkpoints(folder: &Path) -> Checkpoints {
    Checkpoints::new(folder, &"products").unwrap()
}

/// Interrupts a run after each of this number of steps, each time with other initial weights, and returns its end.
fn interrupted_after_each_step(samples: &Samples, all: usize) -> End {
    let folder = tempdir().unwrap();
    for steps in 1..=all {
        let (mut writer, mut end) = (checkpoints(folder.path()), EndAfter::stop(steps));
        let from = writer.newest().unwrap();
        assert_eq!(from.is_none(), steps == 1);
        let initial = if steps == 1 { 7 } else { 90 + steps as u64 };
        train(initial, samples, &options(), from, &mut [&mut end, &mut writer]).unwrap_err();
    }
    let from = checkpoints(folder.path()).newest().unwrap();
    train(99, samples, &options(), from, &mut []).unwrap()
}

#[test]
fn a_regression_on_two_shards_that_is_interrupted_after_each_step_ends_in_the_same_bits() {
    let samples = Samples::at_once();
    let expected = train(7, &samples, &options(), None, &mut []).unwrap();
    for epoch in &expected.history.epochs {
        assert_eq!((epoch.steps, epoch.activity.len()), (STEPS, 4), "{epoch:?}");
        assert!(epoch.validation.as_ref().unwrap().metric("r2").is_some());
    }
    assert_eq!(interrupted_after_each_step(&samples, EPOCHS * STEPS), expected);
}

#[test]
fn a_stream_that_is_opened_again_ends_in_the_same_bits() {
    let samples = Samples::streamed();
    let expected = train(7, &samples, &options(), None, &mut []).unwrap();
    assert!(expected.history.epochs.iter().all(|epoch| epoch.steps == STEPS));
    assert_eq!(interrupted_after_each_step(&samples, EPOCHS * STEPS), expected);
}

#[test]
fn a_run_that_is_interrupted_in_a_shorter_last_epoch_ends_in_the_same_bits() {
    let samples = Samples::in_portions(3);
    let expected = train(7, &samples, &options(), None, &mut []).unwrap();
    // The last step is on 3 points.
    assert!(expected.history.epochs.iter().all(|epoch| epoch.steps == 2));
    assert_eq!(interrupted_after_each_step(&samples, 6), expected);
}

#[test]
fn portions_in_another_order_do_not_go_on_with_a_run() {
    let folder = tempdir().unwrap();
    let (mut writer, mut end) = (checkpoints(folder.path()), EndAfter::stop(2));
    let observers: &mut [&mut dyn Observer<f32>] = &mut [&mut end, &mut writer];
    train(7, &Samples::in_portions(3), &options(), None, observers).unwrap_err();
    let from = checkpoints(folder.path()).newest().unwrap();
    let refused = train(7, &Samples::in_portions(8), &options(), from, &mut []).unwrap_err();
    let expected = format!(
        "the shape of the training inputs was [40, 2], ordered by {:?} and is now [40, 2], ordered by {:?}",
        Key::new(3),
        Key::new(8)
    );
    assert!(refused.contains(&expected), "{refused}");
}

#[test]
fn a_run_on_samples_that_can_be_read_once_is_not_resumed() {
    let folder = tempdir().unwrap();
    let options = Fit { epochs: 1, ..options() };
    let (mut writer, mut end) = (checkpoints(folder.path()), EndAfter::stop(2));
    let observers: &mut [&mut dyn Observer<f32>] = &mut [&mut end, &mut writer];
    train(7, &Samples::read_once(), &options, None, observers).unwrap_err();
    let from = checkpoints(folder.path()).newest().unwrap();
    let path = from.as_ref().unwrap().path().to_path_buf();
    let refused = train(7, &Samples::read_once(), &options, from, &mut []).unwrap_err();
    assert_eq!(
        refused,
        format!(
            "{}: cannot be resumed: the stream can be read only once, so there is no resuming: make it with \
             Stream::new, which opens it again for each epoch",
            path.display()
        )
    );
}

#[test]
fn a_stream_of_other_samples_does_not_go_on_with_a_run() {
    let folder = tempdir().unwrap();
    let (mut writer, mut end) = (checkpoints(folder.path()), EndAfter::stop(2));
    let observers: &mut [&mut dyn Observer<f32>] = &mut [&mut end, &mut writer];
    train(7, &Samples::streamed(), &options(), None, observers).unwrap_err();
    let from = checkpoints(folder.path()).newest().unwrap();
    let other = Samples::Streamed(Stream::new(|_| [Ok(products(32, 77))].into_iter()));
    let refused = train(7, &other, &options(), from, &mut []).unwrap_err();
    assert!(refused.contains("the shape of the training inputs was"), "{refused}");
}

#[test]
fn a_run_does_not_go_on_with_other_validation_samples() {
    let folder = tempdir().unwrap();
    let begun = || Samples::Apart(products(32, 1), Some(products(10, 2)));
    let (mut writer, mut end) = (checkpoints(folder.path()), EndAfter::stop(2));
    train(7, &begun(), &options(), None, &mut [&mut end, &mut writer]).unwrap_err();
    let newest = || checkpoints(folder.path()).newest().unwrap();
    for (validation, what) in [
        (Some(products(10, 3)), "the checksum of the validation targets was "),
        (Some(products(9, 2)), "the shape of the validation inputs was [10, 2] and is now [9, 2]"),
        (None, "the shape of the validation inputs was [10, 2] and is now that of no samples"),
    ] {
        let other = Samples::Apart(products(32, 1), validation);
        let refused = train(99, &other, &options(), newest(), &mut []).unwrap_err();
        assert!(refused.contains(&format!("is of another run: {what}")), "{refused}");
    }
    let whole = train(7, &begun(), &options(), None, &mut []).unwrap();
    assert_eq!(train(99, &begun(), &options(), newest(), &mut []).unwrap(), whole);

    // A checkpoint of an earlier version does not tell its validation samples.
    let path = newest().unwrap().path().to_path_buf();
    blank_out(&path, r#",\"validation\":{\"inputs\""#, "}");
    let other = Samples::Apart(products(32, 1), Some(products(10, 3)));
    train(99, &other, &options(), newest(), &mut []).unwrap();
}

#[test]
fn layers_can_be_watched_from_a_checkpoint_on() {
    let folder = tempdir().unwrap();
    let samples = Samples::at_once();
    let unwatched = Fit { watch_layers: false, ..options() };
    let (mut writer, mut end) = (checkpoints(folder.path()), EndAfter::stop(STEPS + 1));
    train(7, &samples, &unwatched, None, &mut [&mut end, &mut writer]).unwrap_err();
    let from = checkpoints(folder.path()).newest().unwrap();
    let resumed = train(99, &samples, &options(), from, &mut []).unwrap();
    let whole = train(7, &samples, &options(), None, &mut []).unwrap();
    assert_eq!((&resumed.weights, &resumed.moments), (&whole.weights, &whole.moments));
    assert!(resumed.history.epochs[0].activity.is_empty());
    assert_eq!(resumed.history.epochs[1..], whole.history.epochs[1..]);
}
