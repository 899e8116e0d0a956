//! Rates that are set during training, and schedules that are functions.

use autograd::Parameters;
use mistakes::message;
use optim::{Adam, AdamW, Lion, Optimizer, RmsProp, Schedule, Sgd, StateHeader};
use tensor::Tensor;

use crate::gradients;

fn optimizers(schedule: &Schedule) -> [Box<dyn Optimizer<f64>>; 6] {
    [
        Box::new(Sgd::new(schedule.clone())),
        Box::new(Sgd::new(schedule.clone()).momentum(0.9)),
        Box::new(Adam::new(schedule.clone())),
        Box::new(AdamW::new(schedule.clone())),
        Box::new(RmsProp::new(schedule.clone())),
        Box::new(Lion::new(schedule.clone())),
    ]
}

/// One parameter, and a step of this optimizer on it with a gradient of ones.
fn step(optimizer: &mut dyn Optimizer<f64>, parameters: &mut Parameters<f64>) {
    let ones = gradients(parameters, &[Some(Tensor::ones([2]))]);
    optimizer.step(parameters, &ones);
}

fn one_parameter() -> Parameters<f64> {
    let mut parameters = Parameters::with_seed(0);
    parameters.add("x", Tensor::ones([2]));
    parameters
}

#[test]
fn a_rate_that_is_set_takes_the_place_of_the_schedule() {
    let (falling, constant) = (Schedule::linear(0.5, 4), Schedule::constant(0.125));
    for (mut set, mut expected) in optimizers(&falling).into_iter().zip(optimizers(&constant)) {
        let (mut parameters, mut others) = (one_parameter(), one_parameter());
        set.set_rate(0.125);
        for _ in 0..6 {
            assert_eq!(set.rate(), 0.125);
            step(&mut *set, &mut parameters);
            step(&mut *expected, &mut others);
        }
        assert_eq!(set.steps(), 6);
        let [found, wanted] = [&parameters, &others].map(|p| p.iter().next().unwrap().2.to_vec());
        assert_eq!(found, wanted);
    }
}

#[test]
fn before_it_is_set_the_schedule_counts() {
    for mut optimizer in optimizers(&Schedule::linear(0.5, 4)) {
        let mut parameters = one_parameter();
        step(&mut *optimizer, &mut parameters);
        assert_eq!(optimizer.rate(), 0.375);
        optimizer.set_rate(3.0);
        assert_eq!(optimizer.rate(), 3.0);
        optimizer.set_rate(0.0);
        let before = parameters.iter().next().unwrap().2.to_vec();
        step(&mut *optimizer, &mut parameters);
        assert_eq!(parameters.iter().next().unwrap().2.to_vec(), before);
    }
}

#[test]
fn a_state_has_the_rate_only_if_it_was_set() {
    let parameters = one_parameter();
    let mut adam = Adam::new(Schedule::linear(0.5, 4));
    let unset = adam.state(&parameters);
    assert!(!serde_json::to_string(&unset.header).expect("JSON").contains("rate"));

    adam.set_rate(0.1 + 0.2);
    let mut set = adam.state(&parameters);
    let text = serde_json::to_string(&set.header).expect("JSON");
    assert!(text.contains(r#""rate":0.30000000000000004"#), "{text}");
    set.header = serde_json::from_str::<StateHeader>(&text).expect("what was just written");

    let mut resumed = Adam::new(Schedule::linear(0.5, 4));
    resumed.restore(&parameters, set.clone()).expect("a state");
    assert_eq!(resumed.rate(), 0.1 + 0.2);
    resumed.restore(&parameters, unset).expect("a state");
    assert_eq!(resumed.rate(), 0.5);

    for rate in [-1.0, f64::NAN, f64::INFINITY] {
        set.header.rate = Some(rate);
        assert_eq!(
            resumed.restore(&parameters, set.clone()).unwrap_err().to_string(),
            format!(
                "the state is damaged: the rate {rate} was set, expected a finite number of at least 0"
            )
        );
        assert_eq!(resumed.rate(), 0.5);
    }
}

#[test]
fn a_rate_that_is_set_must_make_sense() {
    for mut optimizer in optimizers(&Schedule::constant(0.5)) {
        for rate in [-0.5, f64::INFINITY, f64::NAN] {
            assert_eq!(
                message(|| optimizer.set_rate(rate)),
                format!("set_rate: the rate must be finite and not negative, not {rate}")
            );
        }
        assert_eq!(optimizer.rate(), 0.5);
    }
}

#[test]
fn a_function_can_be_a_schedule() {
    let halves = [8.0, 4.0, 2.0];
    let schedule = Schedule::custom(move |step| halves.get(step as usize).copied().unwrap_or(1.0));
    let rates = |schedule: &Schedule| [0, 1, 2, 3, 4, 100].map(|step| schedule.rate(step));
    assert_eq!(rates(&schedule), [8.0, 4.0, 2.0, 1.0, 1.0, 1.0]);
    assert_eq!(rates(&schedule.clone().floor(3.0)), [8.0, 4.0, 3.0, 3.0, 3.0, 3.0]);
    assert_eq!(rates(&schedule.clone().warm_up(1)), [4.0, 8.0, 4.0, 2.0, 1.0, 1.0]);
    assert_eq!(schedule, schedule.clone());
    assert_ne!(schedule, Schedule::custom(|_| 8.0));
}

#[test]
fn a_function_that_returns_no_rate_is_refused() {
    let refused = |rate: f64, step: u64| {
        format!(
            "schedule: the function of Schedule::custom returns {rate} for step {step}: a rate is \
             finite and not negative"
        )
    };
    assert_eq!(message(|| Schedule::custom(|_| -1.0)), refused(-1.0, 0));
    let late = Schedule::custom(|step| if step < 3 { 0.1 } else { f64::NAN });
    assert_eq!(message(|| late.rate(3)), refused(f64::NAN, 3));
}

#[test]
fn a_function_cannot_be_written_as_data() {
    let error = serde_json::to_string(&Schedule::custom(|_| 0.1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a schedule of Schedule::custom is a function of the program and cannot be written as data: \
         write what the function is made from"
    );
    let error =
        serde_json::from_str::<Schedule>(r#"{"curve": "custom", "rate": 0.1}"#).unwrap_err();
    assert!(error.to_string().starts_with("unknown variant `custom`"), "{error}");
}

#[test]
fn exponential_falls_by_a_factor_in_each_step() {
    let schedule = Schedule::exponential(8.0, 0.5);
    assert_eq!([0, 1, 2, 3].map(|step| schedule.rate(step)), [8.0, 4.0, 2.0, 1.0]);
    let floored = schedule.clone().floor(3.0).warm_up(1);
    assert_eq!([0, 1, 2, 3, 4].map(|step| floored.rate(step)), [4.0, 8.0, 4.0, 3.0, 3.0]);
    assert_eq!(floored.rate(u64::MAX), 3.0);
    let text = r#"{"curve":{"exponential":{"factor":0.5}},"rate":8.0,"floor":0.0,"warm_up":0}"#;
    assert_eq!(serde_json::to_string(&schedule).expect("JSON"), text);
    assert_eq!(
        message(|| Schedule::exponential(0.1, 1.5)),
        "schedule: the factor must be between 0 and 1, not 1.5"
    );
}
