//! Stopping, saving, restoring and resuming is the same as never having stopped.

use autograd::Parameters;
use optim::{Adam, AdamW, Lion, Optimizer, RmsProp, RuleOptimizer, Schedule, Sgd, StateError};
use proptest::prelude::*;
use tensor::{Scalar, Tensor};

use crate::own::HeavyBall;
use crate::{Run, gradients, runs};

fn optimizers<T: Scalar>() -> [Box<dyn Optimizer<T>>; 8] {
    let schedule = || Schedule::cosine(0.1, 5).warm_up(2);
    [
        Box::new(Sgd::new(schedule())),
        Box::new(Sgd::new(schedule()).momentum(0.9)),
        Box::new(Sgd::new(schedule()).momentum(0.9).nesterov()),
        Box::new(Adam::new(schedule())),
        Box::new(AdamW::new(schedule()).decay(0.1)),
        Box::new(RmsProp::new(schedule()).decay(0.1)),
        Box::new(Lion::new(schedule()).decay(0.1)),
        Box::new(RuleOptimizer::of(HeavyBall, schedule())),
    ]
}

/// The same with settings of their own for the first parameter, and for all.
fn optimizers_with_groups<T: Scalar>() -> [Box<dyn Optimizer<T>>; 7] {
    let schedule = || Schedule::custom(|step| 0.1 / (step as f64 + 1.0));
    [
        Box::new(Sgd::new(schedule()).group("p0", |group| group.rate_scale(0.5))),
        Box::new(Sgd::new(schedule()).momentum(0.9).group("p0", |group| group.rate_scale(0.5))),
        Box::new(Adam::new(schedule()).group("*", |group| group.rate_scale(0.3))),
        Box::new(AdamW::new(schedule()).decay(0.1).group("p*", |group| group.no_decay())),
        Box::new(AdamW::new(schedule()).group("p0", |group| group.rate_scale(3.0).decay(0.2))),
        Box::new(RmsProp::new(schedule()).group("p0", |group| group.rate_scale(3.0).decay(0.2))),
        Box::new(Lion::new(schedule()).decay(0.1).group("p0", |group| group.no_decay())),
    ]
}

/// Every number of every parameter. Each `f32` is an `f64`, so nothing gets lost.
fn bits<T: Scalar>(parameters: &Parameters<T>) -> Vec<u64> {
    let values = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
    values.map(|x| x.to_f64().to_bits()).collect()
}

/// Some optimizers, each time the same ones.
type Make<T> = fn() -> Vec<Box<dyn Optimizer<T>>>;

/// Stops after `stop` steps and resumes. Both runs set the rate before step `set`, if there is one.
fn assert_resumes<T: Scalar>(
    make: Make<T>,
    run: &Run,
    stop: usize,
    set: usize,
) -> Result<(), TestCaseError> {
    let (stop, set) = (stop.min(run.steps()), set.min(run.steps()));
    let play =
        |steps: std::ops::Range<usize>, optimizer: &mut dyn Optimizer<T>, parameters: &mut _| {
            for step in steps {
                if step == set {
                    optimizer.set_rate(0.37);
                }
                run.play(step..step + 1, optimizer, parameters);
            }
        };
    for (mut whole, (mut first, mut second)) in
        make().into_iter().zip(make().into_iter().zip(make()))
    {
        let mut expected = run.parameters();
        play(0..run.steps(), &mut *whole, &mut expected);

        let mut parameters = run.parameters();
        play(0..stop, &mut *first, &mut parameters);
        let mut state = first.state(&parameters);
        let header = serde_json::to_string(&state.header).expect("JSON");
        state.header = serde_json::from_str(&header).expect("what was just written");
        second.restore(&parameters, state)?;
        play(stop..run.steps(), &mut *second, &mut parameters);

        prop_assert_eq!(bits(&parameters), bits(&expected));
        prop_assert_eq!(second.state(&parameters), whole.state(&expected));
        prop_assert_eq!(second.rate(), whole.rate());
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_resumed_run_is_bit_for_bit_the_uninterrupted_one(run in runs(), stop in 0..=6usize) {
        assert_resumes::<f32>(|| optimizers().into(), &run, stop, usize::MAX)?;
        assert_resumes::<f64>(|| optimizers().into(), &run, stop, usize::MAX)?;
    }

    #[test]
    fn a_run_with_groups_and_a_rate_that_was_set_resumes_bit_for_bit(
        run in runs(),
        stop in 0..=6usize,
        set in 0..=7usize,
    ) {
        assert_resumes::<f32>(|| optimizers_with_groups().into(), &run, stop, set)?;
        assert_resumes::<f64>(|| optimizers_with_groups().into(), &run, stop, set)?;
        assert_resumes::<f32>(|| optimizers().into(), &run, stop, set)?;
    }
}

/// One step with gradients for `w` and `b`, but none for `unused`.
fn stepped(mut optimizer: impl Optimizer<f64>) -> (impl Optimizer<f64>, Parameters<f64>) {
    let mut parameters = Parameters::with_seed(0);
    parameters.add("w", Tensor::ones([2, 3]));
    parameters.add("b", Tensor::ones([3]));
    parameters.add("unused", Tensor::ones([1]));
    let given = [Some(Tensor::full([2, 3], 0.5)), Some(Tensor::ones([3])), None];
    let gradients = gradients(&parameters, &given);
    optimizer.step(&mut parameters, &gradients);
    (optimizer, parameters)
}

#[test]
fn a_state_names_what_it_holds() {
    let (sgd, parameters) = stepped(Sgd::new(0.1).momentum(0.9));
    let state = sgd.state(&parameters);
    assert_eq!(
        serde_json::to_string(&state.header).expect("JSON"),
        r#"{"kind":"Sgd with momentum","steps":1,"updates":{"b":1,"unused":0,"w":1}}"#
    );
    let tensors: Vec<_> = state.tensors.into_iter().collect();
    let expected = [
        ("momentum.b".to_string(), Tensor::ones([3])),
        ("momentum.w".to_string(), Tensor::full([2, 3], 0.5)),
    ];
    assert_eq!(tensors, expected);
}

#[test]
fn later_steps_do_not_change_a_saved_state() {
    let (mut adam, mut parameters) = stepped(Adam::new(0.1));
    let saved = adam.state(&parameters);
    let before = saved.tensors["m.b"].to_vec();
    let gradients = gradients(&parameters, &[None, Some(Tensor::ones([3])), None]);
    adam.step(&mut parameters, &gradients);
    assert_eq!(saved.tensors["m.b"].to_vec(), before);
    assert_ne!(adam.state(&parameters).tensors["m.b"].to_vec(), before);
}

/// What restoring says to a state of Adam that `spoil` has changed. The optimizer must not change.
fn refusal(spoil: impl FnOnce(&mut optim::State<f64>)) -> StateError {
    let (mut adam, parameters) = stepped(Adam::new(0.1));
    let good = adam.state(&parameters);
    let mut bad = good.clone();
    spoil(&mut bad);
    let error = adam.restore(&parameters, bad).expect_err("this is a fault");
    assert_eq!(adam.state(&parameters), good);
    error
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let message = |spoil: fn(&mut optim::State<f64>)| refusal(spoil).to_string();
    assert_eq!(
        message(|state| state.header.kind = "Sgd".to_string()),
        "expected the state of Adam, found that of Sgd: restore it into Sgd"
    );
    assert_eq!(
        message(|state| {
            state.header.updates.remove("unused");
        }),
        "the state has no parameter `unused`, but the model has: it was saved with another model, or \
         before the parameter was added; restore it first and then add the parameter"
    );
    assert_eq!(
        message(|state| {
            state.header.updates.insert("extra".to_string(), 0);
        }),
        "the state has a parameter `extra`, but the model does not have it: the state was saved with another model"
    );
    assert_eq!(
        message(|state| {
            state.header.updates.insert("b".to_string(), 5);
        }),
        "the state is damaged: the parameter `b` has 5 updates, more than steps were taken (1)"
    );
    assert_eq!(
        message(|state| {
            state.tensors.remove("v.w");
        }),
        "the state is damaged: the tensor `v.w` is missing"
    );
    assert_eq!(
        message(|state| {
            state.tensors.insert("m.unused".to_string(), Tensor::ones([1]));
        }),
        "the state is damaged: expected no tensor `m.unused`"
    );
    assert_eq!(
        message(|state| {
            state.tensors.insert("m.w".to_string(), Tensor::ones([3, 2]));
        }),
        "the tensor `m.w` has shape [3, 2], expected [2, 3]: the state was saved with another \
         model"
    );
}

#[test]
fn each_kind_refuses_the_states_of_the_others() {
    let kinds = [
        "Sgd",
        "Sgd with momentum",
        "Sgd with momentum",
        "Adam",
        "AdamW",
        "RmsProp",
        "Lion",
        "HeavyBall",
    ];
    let none = Parameters::with_seed(0);
    for (mut optimizer, kind) in optimizers::<f64>().into_iter().zip(kinds) {
        for (other, other_kind) in optimizers().into_iter().zip(kinds) {
            let taken = optimizer.restore(&none, other.state(&none));
            assert_eq!(taken.is_ok(), kind == other_kind, "{kind} from {other_kind}");
        }
    }
}
