//! Stopping, saving, restoring and going on is the same as never having stopped.

use autograd::Parameters;
use optim::{Adam, AdamW, Optimizer, Schedule, Sgd, StateError};
use proptest::prelude::*;
use tensor::{Scalar, Tensor};

use crate::{Run, gradients, runs};

fn optimizers<T: Scalar>() -> [Box<dyn Optimizer<T>>; 5] {
    let schedule = Schedule::cosine(0.1, 5).warm_up(2);
    [
        Box::new(Sgd::new(schedule)),
        Box::new(Sgd::new(schedule).momentum(0.9)),
        Box::new(Sgd::new(schedule).momentum(0.9).nesterov()),
        Box::new(Adam::new(schedule)),
        Box::new(AdamW::new(schedule).decay(0.1)),
    ]
}

/// Every number of every parameter. Each `f32` is an `f64`, so nothing gets lost.
fn bits<T: Scalar>(parameters: &Parameters<T>) -> Vec<u64> {
    let values = parameters.iter().flat_map(|(_, _, value)| value.to_vec());
    values.map(|x| x.to_f64().to_bits()).collect()
}

fn assert_resumes<T: Scalar>(run: &Run, stop: usize) -> Result<(), TestCaseError> {
    let stop = stop.min(run.steps());
    for (mut whole, (mut first, mut second)) in
        optimizers::<T>().into_iter().zip(optimizers().into_iter().zip(optimizers()))
    {
        let mut expected = run.parameters();
        run.play(0..run.steps(), &mut *whole, &mut expected);

        let mut parameters = run.parameters();
        run.play(0..stop, &mut *first, &mut parameters);
        let mut state = first.state(&parameters);
        let header = serde_json::to_string(&state.header).expect("JSON");
        state.header = serde_json::from_str(&header).expect("what was just written");
        second.restore(&parameters, state)?;
        run.play(stop..run.steps(), &mut *second, &mut parameters);

        prop_assert_eq!(bits(&parameters), bits(&expected));
        prop_assert_eq!(second.state(&parameters), whole.state(&expected));
        prop_assert_eq!(second.rate(), whole.rate());
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_resumed_run_is_bit_for_bit_the_uninterrupted_one(run in runs(), stop in 0..=6usize) {
        assert_resumes::<f32>(&run, stop)?;
        assert_resumes::<f64>(&run, stop)?;
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
        "the state has no parameter `unused`, but the model has: it was saved with another model"
    );
    assert_eq!(
        message(|state| {
            state.header.updates.insert("extra".to_string(), 0);
        }),
        "the state has a parameter `extra`, but the model has not: it was saved with another model"
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
    let kinds = ["Sgd", "Sgd with momentum", "Sgd with momentum", "Adam", "AdamW"];
    let none = Parameters::with_seed(0);
    for (mut optimizer, kind) in optimizers::<f64>().into_iter().zip(kinds) {
        for (other, other_kind) in optimizers().into_iter().zip(kinds) {
            let taken = optimizer.restore(&none, other.state(&none));
            assert_eq!(taken.is_ok(), kind == other_kind, "{kind} from {other_kind}");
        }
    }
}
