//! Checkpoints: a run that was interrupted anywhere ends, bit for bit, like one that was not; and
//! every fault of a file has its message.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use autograd::Parameters;
use data::{Dataset, Split};
use nn::{Activation, Dense, Dropout, Features, Model, SoftmaxCrossEntropy};
use optim::{Adam, Optimizer, Schedule, Sgd};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView, serialize};
use store::{Checkpoint, CheckpointError, Checkpoints, Saved};
use tempfile::tempdir;
use tensor::{Key, Tensor};
use train::{Context, Criterion, Fit, History, Observer, ObserverError, Plateau, Trainer};

/// Steps in an epoch, and epochs of a run.
const STEPS: usize = 4;
const EPOCHS: usize = 3;

pub fn options() -> Fit {
    Fit { epochs: EPOCHS, batch_size: 8, seed: 5, clip_norm: Some(0.5), ..Fit::default() }
}

/// Points of the plane; class 1 where both coordinates have the same sign.
fn quadrants() -> Dataset<Tensor<f32>> {
    let points = Tensor::normal([40, 2], 0.0, 1.0, Key::new(1));
    let class = |point: &[f32]| u32::from(point[0] * point[1] > 0.0);
    let labels = points.values().chunks(2).map(class).collect();
    Dataset::new(points, Tensor::new([40], labels))
}

fn network(parameters: &mut Parameters, hidden: usize) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "hidden", 2, hidden))
        .then(Activation::Tanh)
        .then(Dropout::new("dropout", 0.3))
        .then(Dense::new(parameters, "output", hidden, 2))
}

fn adam() -> Adam {
    Adam::new(Schedule::cosine(0.02, 10).warm_up(3))
}

/// All results of a run except the time it took.
#[derive(Debug, PartialEq)]
pub struct FinalState {
    weights: Vec<u32>,
    moments: Vec<u32>,
    pub history: History,
}

/// Trains a network whose weights begin at `initial`, from a checkpoint on if one is given.
pub fn train(
    initial: u64,
    checkpoint: Option<Checkpoint>,
    options: &Fit,
    observers: &mut [&mut dyn Observer<f32>],
) -> Result<FinalState, String> {
    let mut parameters = Parameters::with_seed(initial);
    let model = network(&mut parameters, 3);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let (mut adam, dataset) = (adam(), quadrants());
    let mut session = trainer.session(&mut parameters, &mut adam, &dataset, options).unwrap();
    if let Some(checkpoint) = checkpoint {
        session = checkpoint.resume(session).map_err(|error| error.to_string())?;
    }
    let mut history = session.run(observers).map_err(|error| error.to_string())?;
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    let bits = |tensor: &Tensor| tensor.to_vec().into_iter().map(f32::to_bits).collect::<Vec<_>>();
    let state = adam.state(&parameters);
    Ok(FinalState {
        weights: parameters.iter().flat_map(|(_, _, value)| bits(value)).collect(),
        moments: state.tensors.values().flat_map(bits).collect(),
        history,
    })
}

fn uninterrupted() -> FinalState {
    train(7, None, &options(), &mut []).unwrap()
}

/// Ends training after this many steps, by a request to stop or by a crash.
pub struct EndAfter {
    steps: usize,
    is_crash: bool,
    is_reached: bool,
}

impl EndAfter {
    pub fn stop(steps: usize) -> Self {
        Self { steps, is_crash: false, is_reached: steps == 0 }
    }

    fn crash(steps: usize) -> Self {
        Self { is_crash: true, ..Self::stop(steps) }
    }
}

impl Observer<f32> for EndAfter {
    fn step(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        self.is_reached = now.steps() >= self.steps;
        if self.is_crash && self.is_reached { Err("crash".into()) } else { Ok(()) }
    }

    fn wants_stop(&self) -> bool {
        self.is_reached && !self.is_crash
    }
}

fn checkpoints(folder: &Path) -> Checkpoints {
    Checkpoints::new(folder, &"a network").unwrap()
}

pub fn newest(folder: &Path) -> Option<Checkpoint> {
    checkpoints(folder).newest().unwrap()
}

/// Goes on with the run in a folder, with initial weights that do not matter, to its end.
fn resumed(folder: &Path) -> FinalState {
    train(99, newest(folder), &options(), &mut [&mut checkpoints(folder)]).unwrap()
}

/// Returns the names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != LOCK);
    names.sort();
    names
}

#[test]
fn two_runs_do_not_write_into_one_folder() {
    let folder = tempdir().unwrap();
    let mut second = checkpoints(folder.path());
    let mut whole = Begins(|| {
        let refused = train(7, None, &options(), &mut [&mut second]).unwrap_err().to_string();
        assert_eq!(
            refused,
            format!(
                "{}: is in use: another run writes its checkpoints there; wait until that has ended, \
                 or give another folder",
                folder.path().display()
            )
        );
    });
    // The lock is released when the run ends, although the observer still exists.
    let mut first = checkpoints(folder.path());
    train(7, None, &options(), &mut [&mut first, &mut whole]).unwrap();
    train(7, newest(folder.path()), &options(), &mut [&mut checkpoints(folder.path())]).unwrap();
}

#[test]
fn a_folder_is_free_again_after_an_error_and_after_a_finished_run() {
    let folder = tempdir().unwrap();
    let mut writer = checkpoints(folder.path()).every(1);
    train(7, None, &options(), &mut [&mut writer, &mut EndAfter::crash(2)]).unwrap_err();
    // The same observer, and then another one while it is still there.
    train(7, newest(folder.path()), &options(), &mut [&mut writer]).unwrap();
    let mut again = checkpoints(folder.path());
    train(7, newest(folder.path()), &options(), &mut [&mut again]).unwrap();
    train(7, newest(folder.path()), &options(), &mut [&mut checkpoints(folder.path())]).unwrap();
}

#[test]
fn an_observer_of_two_runs_writes_the_checkpoint_of_the_second_too() {
    let folder = tempdir().unwrap();
    let mut writer = checkpoints(folder.path());
    for initial in [7, 8] {
        train(initial, None, &options(), &mut [&mut EndAfter::stop(3), &mut writer]).unwrap_err();
    }
    let expected = train(8, None, &options(), &mut []).unwrap();
    assert_eq!(resumed(folder.path()), expected);
}

#[test]
fn parameters_with_the_names_of_a_checkpoints_own_tensors_are_refused_when_training_begins() {
    let folder = tempdir().unwrap();
    let mut parameters = Parameters::new(1);
    let model = Features::new(2).then(Dense::new(&mut parameters, "training/dense", 2, 2));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let (mut adam, mut writer) = (adam(), checkpoints(folder.path()));
    let (dataset, options) = (quadrants(), options());
    let mut session = trainer.session(&mut parameters, &mut adam, &dataset, &options).unwrap();
    let error = session.run(&mut [&mut writer]).unwrap_err().to_string();
    assert!(
        error.contains("the parameter `training/dense.weight` cannot be in a checkpoint"),
        "{error}"
    );
    assert_eq!(names(folder.path()), [""; 0]);
}

/// An observer that does something else when training begins.
struct Begins<F>(F);

impl<F: FnMut()> Observer<f32> for Begins<F> {
    fn begin(&mut self, _: &Context<'_>) -> Result<(), ObserverError> {
        (self.0)();
        Ok(())
    }
}

/// The file that a run locks stays in its folder.
const LOCK: &str = "lock";

/// Returns a folder with the two newest checkpoints of a run that was stopped after six steps.
fn stopped(folder: &Path) -> [PathBuf; 2] {
    let mut writer = checkpoints(folder).every(1);
    train(7, None, &options(), &mut [&mut EndAfter::stop(6), &mut writer]).unwrap_err();
    [5, 6].map(|steps| folder.join(format!("step-{steps:08}.safetensors")))
}

#[test]
fn a_run_stopped_after_any_step_ends_as_if_it_had_not_been() {
    let expected = uninterrupted();
    for steps in 0..EPOCHS * STEPS {
        let folder = tempdir().unwrap();
        let mut writer = checkpoints(folder.path());
        let observers: &mut [&mut dyn Observer<f32>] =
            &mut [&mut EndAfter::stop(steps), &mut writer];
        let error = train(7, None, &options(), observers).unwrap_err();
        // A run stopped after an epoch's last step has not evaluated the epoch yet.
        let (epoch, step) = match steps {
            0 => (1, 0),
            _ => ((steps - 1) / STEPS + 1, (steps - 1) % STEPS + 1),
        };
        assert_eq!(
            error,
            format!("training was stopped in epoch {epoch} after step {step} of {STEPS}")
        );
        assert_eq!(newest(folder.path()).unwrap().position(), (epoch, step));
        assert_eq!(resumed(folder.path()), expected, "stopped after step {steps}");
    }
}

#[test]
fn a_run_on_a_plateau_that_was_stopped_after_any_step_ends_as_if_it_had_not_been() {
    // From these weights, the first epoch is best.
    let initial = 10;
    let plateau = Some(Plateau { patience: 1, factor: 0.5, least: 0.0 });
    let options = Fit { criterion: Criterion::Loss, plateau, ..options() };
    let expected = train(initial, None, &options, &mut []).unwrap();
    let rates: Vec<f64> = expected.history.epochs.iter().map(|epoch| epoch.rate).collect();
    assert_eq!(rates[1..], [0.005, 0.0025]);
    for steps in 1..EPOCHS * STEPS {
        let folder = tempdir().unwrap();
        let observers: &mut [&mut dyn Observer<f32>] =
            &mut [&mut EndAfter::stop(steps), &mut checkpoints(folder.path())];
        train(initial, None, &options, observers).unwrap_err();
        let resumed = train(99, newest(folder.path()), &options, &mut []).unwrap();
        assert_eq!(resumed, expected, "stopped after step {steps}");
    }
}

#[test]
fn a_run_that_crashed_after_any_step_ends_as_if_it_had_not() {
    let expected = uninterrupted();
    for steps in 1..=EPOCHS * STEPS {
        let folder = tempdir().unwrap();
        let mut writer = checkpoints(folder.path()).every(3);
        let observers: &mut [&mut dyn Observer<f32>] =
            &mut [&mut writer, &mut EndAfter::crash(steps)];
        assert_eq!(train(7, None, &options(), observers).unwrap_err(), "crash");
        // A process that has crashed holds no lock.
        drop(writer);
        let last = newest(folder.path());
        assert_eq!(last.is_none(), steps < 3);
        let initial = if last.is_some() { 99 } else { 7 };
        let result = train(initial, last, &options(), &mut [&mut checkpoints(folder.path())]);
        assert_eq!(result.unwrap(), expected, "crashed after step {steps}");
    }
}

#[test]
fn a_run_that_is_interrupted_after_each_step_ends_as_if_it_had_not_been() {
    let folder = tempdir().unwrap();
    let mut end =
        train(7, None, &options(), &mut [&mut EndAfter::stop(1), &mut checkpoints(folder.path())]);
    for steps in 2..=EPOCHS * STEPS {
        assert!(end.is_err());
        let mut writer = checkpoints(folder.path());
        let observers: &mut [&mut dyn Observer<f32>] =
            &mut [&mut EndAfter::stop(steps), &mut writer];
        end = train(99, newest(folder.path()), &options(), observers);
    }
    assert!(end.is_err());
    assert_eq!(resumed(folder.path()), uninterrupted());
}

#[test]
fn a_finished_run_is_not_trained_again() {
    let folder = tempdir().unwrap();
    train(7, None, &options(), &mut [&mut checkpoints(folder.path())]).unwrap();
    let mut no_step = EndAfter::crash(0);
    let again = train(99, newest(folder.path()), &options(), &mut [&mut no_step]).unwrap();
    let expected = uninterrupted();
    assert_eq!((again.weights, again.history), (expected.weights, expected.history));
}

#[test]
fn a_run_can_be_given_more_epochs() {
    let folder = tempdir().unwrap();
    train(7, None, &options(), &mut [&mut checkpoints(folder.path())]).unwrap();
    let longer = Fit { epochs: 5, ..options() };
    let resumed = train(99, newest(folder.path()), &longer, &mut []).unwrap();
    assert_eq!(resumed, train(7, None, &longer, &mut []).unwrap());
}

#[test]
fn the_last_weights_are_kept_when_asked_for() {
    let folder = tempdir().unwrap();
    let last = Fit { keep_best: false, ..options() };
    let observers: &mut [&mut dyn Observer<f32>] =
        &mut [&mut EndAfter::stop(6), &mut checkpoints(folder.path())];
    train(7, None, &last, observers).unwrap_err();
    let resumed = train(99, newest(folder.path()), &last, &mut []).unwrap();
    assert_eq!(resumed, train(7, None, &last, &mut []).unwrap());
}

#[test]
fn the_newest_file_and_the_one_before_stay() {
    let folder = tempdir().unwrap();
    let mut writer = checkpoints(folder.path()).every(3);
    train(7, None, &options(), &mut [&mut writer]).unwrap();
    // After steps 3, 4 (an epoch's end), 6, 8, 9 and 12.
    assert_eq!(names(folder.path()), ["step-00000009.safetensors", "step-00000012.safetensors"]);
    assert_eq!(writer.written().unwrap(), folder.path().join("step-00000012.safetensors"));
}

#[test]
fn a_new_run_replaces_the_longer_one_in_its_folder() {
    let folder = tempdir().unwrap();
    train(7, None, &options(), &mut [&mut checkpoints(folder.path())]).unwrap();
    let mut writer = checkpoints(folder.path()).every(3);
    train(7, None, &options(), &mut [&mut EndAfter::stop(3), &mut writer]).unwrap_err();
    assert_eq!(names(folder.path()), ["step-00000003.safetensors"]);
    assert_eq!(newest(folder.path()).unwrap().position(), (1, 3));
}

#[test]
fn a_damaged_file_does_not_take_the_place_of_the_one_before() {
    let folder = tempdir().unwrap();
    let [_, damaged] = stopped(folder.path());
    fs::write(damaged, "").unwrap();
    let mut writer = checkpoints(folder.path());
    let observers: &mut [&mut dyn Observer<f32>] = &mut [&mut EndAfter::stop(7), &mut writer];
    train(99, newest(folder.path()), &options(), observers).unwrap_err();
    assert_eq!(names(folder.path()), ["step-00000005.safetensors", "step-00000007.safetensors"]);
}

/// As earlier versions wrote them, after a gradient that was NaN.
#[test]
fn a_file_whose_weights_are_not_numbers_gives_way_to_the_one_before() {
    let folder = tempdir().unwrap();
    let [previous, last] = stopped(folder.path());
    let mut bytes = fs::read(&last).unwrap();
    let end = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    // `hidden.bias` is the first of the tensors.
    bytes[end..end + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    renew_checksum(&mut bytes);
    fs::write(&last, bytes).unwrap();
    let found = newest(folder.path()).unwrap();
    assert_eq!(found.path(), previous);
    let fault = found.damaged()[0].to_string();
    assert!(fault.contains(" holds a number that is infinite or NaN; begin a new run"), "{fault}");
}

#[test]
fn half_written_files_of_a_killed_run_are_removed() {
    let folder = tempdir().unwrap();
    for name in ["step-00000003.safetensors.77.tmp", ".wengert-abcdefgh.tmp", "notes.tmp"] {
        fs::write(folder.path().join(name), "half").unwrap();
    }
    assert!(newest(folder.path()).is_none());
    assert_eq!(names(folder.path()), ["notes.tmp"]);
}

#[test]
fn a_checkpoint_is_a_saved_model_of_the_best_epoch() {
    let folder = tempdir().unwrap();
    let result = train(7, None, &options(), &mut [&mut checkpoints(folder.path())]).unwrap();
    let saved = Saved::read(folder.path().join("step-00000012.safetensors")).unwrap();
    assert_eq!(saved.description::<String>().unwrap(), "a network");
    let mut parameters = Parameters::with_seed(99);
    network(&mut parameters, 3);
    saved.load_into(&mut parameters).unwrap();
    let weights = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
    assert_eq!(weights.map(f32::to_bits).collect::<Vec<_>>(), result.weights);
}

/// Returns the message after the file's name.
fn message(error: CheckpointError) -> String {
    let message = error.to_string();
    let (_, fault) = message.split_once(".safetensors: ").unwrap();
    fault.to_string()
}

#[test]
fn a_damaged_file_gives_way_to_the_one_before() {
    let folder = tempdir().unwrap();
    let [previous, last] = stopped(folder.path());
    let whole = fs::read(&last).unwrap();
    fs::write(&last, &whole[..whole.len() / 2]).unwrap();
    let found = newest(folder.path()).unwrap();
    assert_eq!((found.path(), found.position()), (&*previous, (2, 1)));
    assert_eq!(
        found.damaged()[0].to_string(),
        format!(
            "{}: is damaged: it is not a whole safetensors file (invalid header length); \
             begin a new run if there is no whole checkpoint before it",
            last.display()
        )
    );
    assert_eq!(resumed(folder.path()), uninterrupted());
}

#[test]
fn a_checkpoint_and_a_session_print_where_they_are_and_no_weights() {
    let folder = tempdir().unwrap();
    stopped(folder.path());
    let checkpoint = format!("{:?}", newest(folder.path()).unwrap());
    assert!(checkpoint.starts_with("Checkpoint { path: "), "{checkpoint}");
    assert!(checkpoint.ends_with("position: (2, 2), damaged: [], .. }"), "{checkpoint}");
    let mut parameters = Parameters::with_seed(7);
    let model = network(&mut parameters, 3);
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let (mut adam, dataset, options) = (adam(), quadrants(), options());
    let session = trainer.session(&mut parameters, &mut adam, &dataset, &options).unwrap();
    let session = format!("{session:?}");
    let expected =
        "Session { epoch: 1, step: 0, steps_in_epoch: Some(4), options: Fit { epochs: 3, ";
    assert!(session.starts_with(expected), "{session}");
}

#[test]
fn without_a_whole_file_there_is_nothing_to_resume() {
    let folder = tempdir().unwrap();
    for file in stopped(folder.path()) {
        fs::write(file, "").unwrap();
    }
    assert_eq!(
        message(checkpoints(folder.path()).newest().unwrap_err()),
        "is damaged: it is not a whole safetensors file (header too small); begin a new run if there \
         is no whole checkpoint before it"
    );
}

/// The two newest checkpoints of a run, as bytes.
static TWO: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let folder = tempdir().unwrap();
    stopped(folder.path()).map(|file| fs::read(file).unwrap())
});

/// Returns `true` if the newest of two checkpoints is taken, if it is these bytes.
fn is_taken(bytes: &[u8]) -> bool {
    let folder = tempdir().unwrap();
    let [previous, last] = ["step-00000005.safetensors", "step-00000006.safetensors"];
    fs::write(folder.path().join(previous), &TWO[0]).unwrap();
    fs::write(folder.path().join(last), bytes).unwrap();
    newest(folder.path()).unwrap().path().ends_with(last)
}

#[test]
fn a_file_cut_off_anywhere_gives_way_to_the_one_before() {
    let whole = &TWO[1];
    assert!(is_taken(whole));
    for length in 0..whole.len() {
        assert!(!is_taken(&whole[..length]), "the first {length} bytes were taken");
    }
}

proptest! {
    #[test]
    fn a_changed_byte_is_noticed(at in any::<prop::sample::Index>(), change in 1..=u8::MAX) {
        let mut bytes = TWO[1].clone();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(!is_taken(&bytes));
        // Nor is it taken for a saved model.
        let folder = tempdir().unwrap();
        let path = folder.path().join("step-00000001.safetensors");
        fs::write(&path, bytes).unwrap();
        prop_assert!(Saved::read(&path).is_err());
    }
}

/// Returns the fault of a folder with one file: a tensor, and these texts as metadata.
fn fault_of(texts: &[(&str, &str)]) -> String {
    let folder = tempdir().unwrap();
    let tensor = TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
    let texts: HashMap<String, String> =
        texts.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let bytes = serialize([("weight", tensor)], Some(texts)).unwrap();
    fs::write(folder.path().join("step-00000001.safetensors"), bytes).unwrap();
    message(checkpoints(folder.path()).newest().unwrap_err())
}

#[test]
fn a_file_of_another_program() {
    let foreign = |why| {
        format!(
            "is not a checkpoint of this program ({why}); give the folder of one that was interrupted"
        )
    };
    assert_eq!(fault_of(&[]), foreign("the metadata `crc32` is missing"));
    let saved_model = [("wengert", "\"a network\"")];
    assert_eq!(fault_of(&saved_model), foreign("the metadata `crc32` is missing"));
}

/// Returns the last checkpoint of a run, changed as text and given a new checksum.
fn altered(from: &str, to: &str) -> String {
    assert_eq!(from.len(), to.len());
    let folder = tempdir().unwrap();
    let [_, last] = stopped(folder.path());
    let mut bytes = fs::read(&last).unwrap();
    replace(&mut bytes, from, to);
    renew_checksum(&mut bytes);
    fs::write(&last, bytes).unwrap();
    message(checkpoints(folder.path()).newest().unwrap_err())
}

fn renew_checksum(bytes: &mut [u8]) {
    let place = find(bytes, "\"crc32\":\"").unwrap() + 9;
    bytes[place..place + 8].copy_from_slice(b"00000000");
    let checksum = format!("{:08x}", crc32fast::hash(bytes));
    bytes[place..place + 8].copy_from_slice(checksum.as_bytes());
}

/// Replaces a part of a checkpoint's text, from its beginning to its end, by spaces.
pub fn blank_out(path: &Path, from: &str, end: &str) {
    let mut bytes = fs::read(path).unwrap();
    let start = find(&bytes, from).unwrap();
    let length = find(&bytes[start..], end).unwrap() + end.len();
    bytes[start..start + length].fill(b' ');
    renew_checksum(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text.as_bytes())
}

fn replace(bytes: &mut [u8], from: &str, to: &str) {
    let at = find(bytes, from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
}

#[test]
fn a_file_of_another_version() {
    assert_eq!(
        altered(r#"{\"version\":4,"#, r#"{\"version\":1,"#),
        "is of version 1 of the format, but this program reads version 4; resume it with the \
         program that wrote it"
    );
}

#[test]
fn a_run_of_another_description_or_setting_is_not_resumed() {
    let folder = tempdir().unwrap();
    let about = |hidden: usize| HashMap::from([("sizes", HashMap::from([("hidden", hidden)]))]);
    let checkpoints = |hidden, rate| {
        Checkpoints::new(folder.path(), &about(hidden)).unwrap().setting("--lr", rate)
    };
    train(7, None, &options(), &mut [&mut checkpoints(3, 0.02)]).unwrap();
    let fault = |hidden, rate| message(checkpoints(hidden, rate).newest().unwrap_err());
    let advice = "resume with what the run began with, or begin a new one in another folder";
    assert_eq!(fault(3, 0.1), format!("is of another run: --lr was 0.02 and is now 0.1; {advice}"));
    assert_eq!(
        fault(4, 0.02),
        format!(
            "is of another run: the model's description, sizes, hidden was 3 and is now 4; {advice}"
        )
    );
}

/// Returns the fault when a run is resumed after a change. Weights and optimizer stay as they are.
fn fault_on_resuming(
    options: &Fit,
    hidden: usize,
    dataset: &Dataset<Tensor<f32>>,
    optimizer: &mut dyn Optimizer<f32>,
) -> String {
    let folder = tempdir().unwrap();
    stopped(folder.path());
    let mut parameters = Parameters::with_seed(99);
    let model = network(&mut parameters, hidden);
    let (before, memory) = (parameters.clone(), optimizer.state(&parameters));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let session = trainer.session(&mut parameters, optimizer, dataset, options).unwrap();
    let fault = message(newest(folder.path()).unwrap().resume(session).unwrap_err());
    assert!(parameters.iter().zip(before.iter()).all(|(now, then)| now.2 == then.2));
    assert_eq!(optimizer.state(&parameters), memory);
    fault
}

#[test]
fn a_run_is_not_resumed_with_other_options() {
    let fault = |options| fault_on_resuming(&options, 3, &quadrants(), &mut adam());
    let other = |what: &str| {
        format!(
            "is of another run: {what}; resume with what the run began with, or begin a new one in \
             another folder"
        )
    };
    let changed = [
        (Fit { batch_size: 16, ..options() }, "the batch size was 8 and is now 16"),
        (Fit { shards: 2, ..options() }, "the number of shards was 1 and is now 2"),
        (Fit { validation_split: 0.5, ..options() }, "the validation split was 0.2 and is now 0.5"),
        (
            Fit { split: Split::Last, ..options() },
            "how validation samples are chosen was Stratified and is now Last",
        ),
        (Fit { shuffle: false, ..options() }, "shuffling was true and is now false"),
        (Fit { seed: 6, ..options() }, "the seed was 5 and is now 6"),
        (Fit { keep_best: false, ..options() }, "keeping the best epoch was true and is now false"),
        (
            Fit { criterion: Criterion::Loss, ..options() },
            "the criterion of the best epoch was the usual figure and is now the loss",
        ),
        (
            Fit { plateau: Some(Plateau::default()), ..options() },
            "the plateau was none and is now factor 0.5, patience 5, least rate 0",
        ),
        (Fit { clip_norm: None, ..options() }, "the clipping norm was Some(0.5) and is now None"),
    ];
    for (options, what) in changed {
        assert_eq!(fault(options), other(what));
    }
    let folder = tempdir().unwrap();
    train(7, None, &options(), &mut [&mut checkpoints(folder.path())]).unwrap();
    let fewer = Fit { epochs: 2, ..options() };
    assert!(train(7, newest(folder.path()), &fewer, &mut []).unwrap_err().ends_with(
        "has already completed 3 epochs, but only 2 are wanted now; ask for at least 3, or begin a \
             new run in another folder"
    ));
}

#[test]
fn a_run_is_not_resumed_with_other_samples() {
    let fault = |dataset| fault_on_resuming(&options(), 3, &dataset, &mut adam());
    let fewer: Vec<u32> = (0..39).collect();
    assert!(fault(quadrants().select(&fewer)).starts_with(
        "is of another run: the shape of the training inputs was [40, 2] and is now [39, 2]; resume"
    ));
    let mut order: Vec<u32> = (0..40).collect();
    order.reverse();
    assert!(
        fault(quadrants().select(&order))
            .starts_with("is of another run: the checksum of the training targets was ")
    );
    let (mut inputs, labels) = (quadrants().inputs().clone(), quadrants().targets().clone());
    inputs.as_mut_slice()[17] += 1e-6;
    assert!(
        fault(Dataset::new(inputs, labels))
            .starts_with("is of another run: the checksum of the training inputs was ")
    );
}

#[test]
fn a_run_is_not_resumed_with_another_model_or_optimizer() {
    assert_eq!(
        fault_on_resuming(&options(), 4, &quadrants(), &mut adam()),
        "is of another model: the parameter `hidden.weight` has shape [2, 3] instead of [2, 4]; \
         resume with the model that the run began with"
    );
    assert_eq!(
        fault_on_resuming(&options(), 3, &quadrants(), &mut Sgd::new(0.1)),
        "holds another optimizer's memory: expected the state of Sgd, found that of Adam: restore \
         it into Adam"
    );
    let other_rate = &mut Adam::new(0.5);
    assert!(
        fault_on_resuming(&options(), 3, &quadrants(), other_rate)
            .starts_with("is of another run: the learning rate of the next step was 0.0")
    );
}

#[test]
fn a_folder_that_cannot_be_made() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(
        Checkpoints::new(&file, &()).unwrap_err().to_string(),
        format!(
            "{}: cannot be a folder of checkpoints: File exists (os error 17); give a folder that \
             you may write to",
            file.display()
        )
    );
}

#[test]
#[should_panic(expected = "a checkpoint after every 0 steps was asked for")]
fn a_checkpoint_after_every_0_steps_panics() {
    checkpoints(tempdir().unwrap().path()).every(0);
}
