//! Checkpoints of runs with groups, frozen parameters, schedules that are functions, and rates that were
//! set: such a run resumes bit for bit, or is refused.

use std::path::Path;

use autograd::Parameters;
use data::Dataset;
use nn::{Activation, Dense, Features, Model, SoftmaxCrossEntropy};
use optim::{AdamW, Lion, Optimizer, RmsProp, Schedule};
use store::Checkpoints;
use tempfile::tempdir;
use tensor::{Key, Tensor};
use train::{Fit, Trainer};

use crate::checkpoints::EndAfter;

/// The number of steps in an epoch. A run has two epochs.
const STEPS: usize = 4;

fn samples() -> Dataset<Tensor<f32>> {
    let points = Tensor::normal([32, 2], 0.0, 1.0, Key::new(1));
    let class = |point: &[f32]| u32::from(point[0] * point[1] > 0.0);
    let labels = points.values().chunks(2).map(class).collect();
    Dataset::new(points, Tensor::new([32], labels))
}

fn network(parameters: &mut Parameters) -> impl Model<Input = Tensor<f32>> + use<> {
    Features::new(2)
        .then(Dense::new(parameters, "body", 2, 5))
        .then(Activation::Tanh)
        .then(Dense::new(parameters, "head", 5, 2))
}

/// What a run does: which parameters it freezes, which rate it sets before it begins.
#[derive(Clone, Copy, Default)]
struct Run {
    frozen: Option<&'static str>,
    rate: Option<f64>,
}

/// Trains for two epochs, from the newest checkpoint of the folder, up to `stop` steps; the weights.
fn train(
    folder: &Path,
    optimizer: &mut dyn Optimizer<f32>,
    run: Run,
    stop: usize,
) -> Result<Vec<Vec<f32>>, String> {
    let mut parameters = Parameters::new(1);
    let model = network(&mut parameters);
    if let Some(pattern) = run.frozen {
        parameters.freeze_matching(pattern);
    }
    if let Some(rate) = run.rate {
        optimizer.set_rate(rate);
    }
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let options = Fit { epochs: 2, batch_size: 8, validation_split: 0.0, ..Fit::default() };
    let samples = samples();
    let mut checkpoints = Checkpoints::new(folder, &"fine-tuning").unwrap();
    let mut session = trainer.session(&mut parameters, optimizer, &samples, &options).unwrap();
    if let Some(checkpoint) = checkpoints.newest().unwrap() {
        session = checkpoint.resume(session).map_err(|error| error.fault.to_string())?;
    }
    // A run that was stopped has written a checkpoint.
    let _ = session.run(&mut [&mut checkpoints, &mut EndAfter::stop(stop)]);
    Ok(parameters.iter().map(|(_, _, value)| value.to_vec()).collect())
}

type Make = fn() -> Box<dyn Optimizer<f32>>;

const OPTIMIZERS: [Make; 3] = [
    || {
        let schedule = Schedule::custom(|step| 0.1 / (step as f64 + 1.0));
        Box::new(AdamW::new(schedule).group("body.*", |group| group.rate_scale(0.1).no_decay()))
    },
    || Box::new(RmsProp::new(Schedule::exponential(0.05, 0.9)).group("*.bias", |g| g.decay(0.1))),
    || Box::new(Lion::new(0.01).decay(0.1).group("*.bias", |group| group.rate_scale(0.5))),
];

#[test]
fn runs_with_groups_frozen_parameters_and_a_rate_that_was_set_resume_bit_for_bit() {
    let runs = [
        Run::default(),
        Run { frozen: Some("body.*"), rate: None },
        Run { frozen: Some("*.bias"), rate: Some(0.003) },
    ];
    for (make, run) in OPTIMIZERS.iter().flat_map(|make| runs.map(|run| (make, run))) {
        let whole = tempdir().unwrap();
        let expected = train(whole.path(), &mut *make(), run, usize::MAX).unwrap();
        for stop in 1..2 * STEPS {
            let folder = tempdir().unwrap();
            train(folder.path(), &mut *make(), run, stop).unwrap();
            // The rate that was set is in the checkpoint.
            let resumed = Run { rate: None, ..run };
            let found = train(folder.path(), &mut *make(), resumed, usize::MAX).unwrap();
            assert_eq!(found, expected, "stopped after {stop} steps");
        }
    }
}

/// What is said when a run of the first optimizer, with its head frozen, is resumed with another.
fn refusal(optimizer: &mut dyn Optimizer<f32>, frozen: Option<&'static str>) -> String {
    let folder = tempdir().unwrap();
    let run = Run { frozen: Some("head.*"), rate: None };
    train(folder.path(), &mut *OPTIMIZERS[0](), run, 3).unwrap();
    train(folder.path(), optimizer, Run { frozen, rate: None }, usize::MAX).unwrap_err()
}

#[test]
fn a_run_with_other_groups_schedules_or_frozen_parameters_is_refused() {
    let schedule = || Schedule::custom(|step| 0.1 / (step as f64 + 1.0));
    let head = Some("head.*");
    assert_eq!(
        refusal(&mut AdamW::new(schedule()), head),
        "holds another optimizer's memory: the state was saved with `body.*` with rate_scale 0.1 and \
         decay 0, but this optimizer has no groups: build it with the groups of the state"
    );
    let other = Schedule::custom(|step| 0.2 / (step as f64 + 1.0));
    let grouped =
        |schedule| AdamW::new(schedule).group("body.*", |group| group.rate_scale(0.1).no_decay());
    assert_eq!(
        refusal(&mut grouped(other), head),
        "is of another run: the learning rate of the next step was 0.025 and is now 0.05; resume \
         with what the run began with, or begin a new one in another folder"
    );
    assert_eq!(
        refusal(&mut grouped(schedule()), None),
        "is of another run: the list of frozen parameters was [\"head.weight\", \"head.bias\"] and is \
         now []; resume with what the run began with, or begin a new one in another folder"
    );
}
