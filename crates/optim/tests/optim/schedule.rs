//! Rates at the corners of each curve, and schedules as data.

use approx::assert_relative_eq;
use optim::{Adam, Optimizer, Schedule};
use proptest::prelude::*;

fn rates(schedule: &Schedule, steps: u64) -> Vec<f64> {
    (0..steps).map(|step| schedule.rate(step)).collect()
}

#[test]
fn a_number_is_a_constant_rate() {
    assert_eq!(rates(&Schedule::from(0.25), 3), [0.25; 3]);
    assert_eq!(Schedule::from(0.25), Schedule::constant(0.25));
    assert_eq!(Schedule::constant(0.25).rate(u64::MAX), 0.25);
}

#[test]
fn step_decay_falls_at_the_end_of_each_period() {
    let schedule = Schedule::step_decay(8.0, 0.5, 3).floor(1.5);
    assert_eq!(rates(&schedule, 12), [8.0, 8.0, 8.0, 4.0, 4.0, 4.0, 2.0, 2.0, 2.0, 1.5, 1.5, 1.5]);
    assert_eq!(schedule.rate(u64::MAX), 1.5);
}

#[test]
fn cosine_begins_at_the_rate_passes_the_middle_and_stays_at_the_floor() {
    let schedule = Schedule::cosine(0.9, 10).floor(0.1);
    assert_eq!(schedule.rate(0), 0.9);
    assert_relative_eq!(schedule.rate(5), 0.5, epsilon = 1e-15);
    assert_eq!([10, 11, u64::MAX].map(|step| schedule.rate(step)), [0.1; 3]);
    assert_eq!(Schedule::cosine(0.9, 10).rate(10), 0.0);
}

#[test]
fn linear_falls_evenly_and_stays_at_the_floor() {
    let schedule = Schedule::linear(1.0, 4).floor(0.5);
    assert_eq!(rates(&schedule, 6), [1.0, 0.875, 0.75, 0.625, 0.5, 0.5]);
    assert_eq!(Schedule::linear(1.0, 4).rate(u64::MAX), 0.0);
}

#[test]
fn a_warm_up_goes_before_the_rest() {
    let schedule = Schedule::linear(1.0, 2).warm_up(3);
    assert_eq!(rates(&schedule, 6), [0.25, 0.5, 0.75, 1.0, 0.5, 0.0]);
    assert_eq!(Schedule::constant(1.0).warm_up(0), Schedule::constant(1.0));
    assert!(Schedule::constant(1.0).warm_up(u64::MAX).rate(0) > 0.0);
}

#[test]
fn an_optimizer_follows_its_schedule() {
    let mut parameters = autograd::Parameters::new(0);
    let mut adam = Adam::new(Schedule::linear(1.0, 2).warm_up(1));
    let gradients = crate::gradients(&parameters, &[]);
    for expected in [0.5, 1.0, 0.5, 0.0] {
        assert_eq!(adam.rate(), expected);
        adam.step(&mut parameters, &gradients);
    }
    assert_eq!(adam.steps(), 4);
}

/// From PyTorch 2.15:
///
/// ```python
/// def rates(make):
///     o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1); s = make(o); r = []
///     for _ in range(7): r.append(o.param_groups[0]['lr']); o.step(); s.step()
///     print(r)
/// rates(lambda o: StepLR(o, 2, gamma=0.3))
/// rates(lambda o: ExponentialLR(o, gamma=0.3))
/// rates(lambda o: CosineAnnealingLR(o, 6, eta_min=0.01))
/// rates(lambda o: LinearLR(o, 1.0, 0.25, total_iters=4))
/// ```
#[test]
fn the_rates_are_those_of_pytorch() {
    let schedules = [
        (
            Schedule::step_decay(0.1, 0.3, 2),
            [0.1, 0.1, 0.03, 0.03, 0.009, 0.009, 0.0026999999999999997],
        ),
        (
            Schedule::exponential(0.1, 0.3),
            [
                0.1,
                0.03,
                0.009,
                0.0026999999999999997,
                0.0008099999999999998,
                0.00024299999999999994,
                7.289999999999998e-05,
            ],
        ),
        (
            Schedule::cosine(0.1, 6).floor(0.01),
            [
                0.1,
                0.09397114317029975,
                0.07750000000000001,
                0.055000000000000014,
                0.032500000000000015,
                0.01602885682970026,
                0.01,
            ],
        ),
        (
            Schedule::linear(0.1, 4).floor(0.025),
            [
                0.1,
                0.08125,
                0.0625,
                0.04375,
                0.024999999999999998,
                0.024999999999999998,
                0.024999999999999998,
            ],
        ),
    ];
    for (schedule, expected) in schedules {
        for (found, expected) in rates(&schedule, 7).into_iter().zip(expected) {
            assert_relative_eq!(found, expected, max_relative = 1e-14);
        }
    }
}

fn falling() -> impl Strategy<Value = Schedule> {
    let curve = prop_oneof![
        (0.0..2.0).prop_map(Schedule::constant),
        (0.0..2.0).prop_map(|rate| Schedule::step_decay(rate, 0.7, 5)),
        (0.0..2.0).prop_map(|rate| Schedule::exponential(rate, 0.9)),
        (0.0..2.0).prop_map(|rate| Schedule::custom(move |step| rate / (step as f64 + 1.0))),
        (0.0..2.0).prop_map(|rate| Schedule::cosine(rate, 20)),
        (0.0..2.0).prop_map(|rate| Schedule::linear(rate, 30)),
    ];
    (curve, 0.0..1.0).prop_map(|(schedule, part)| {
        let floor = schedule.rate(0) * part;
        schedule.floor(floor)
    })
}

proptest! {
    #[test]
    fn after_its_warm_up_a_rate_never_rises(schedule in falling(), warm_up in 0..10u64) {
        let late = rates(&schedule.clone().warm_up(warm_up), 60);
        prop_assert_eq!(&late[warm_up as usize..], &rates(&schedule, 60 - warm_up)[..]);
        for pair in late[warm_up as usize..].windows(2) {
            prop_assert!(pair[1] <= pair[0] * (1.0 + 1e-15), "{:?}", pair);
        }
        for pair in late[..=warm_up as usize].windows(2) {
            prop_assert!(pair[0] <= pair[1], "{:?}", pair);
        }
    }
}

#[test]
fn a_schedule_survives_a_file() {
    let schedule = Schedule::cosine(0.001, 1000).floor(0.0001).warm_up(100);
    let text = r#"{"curve":{"cosine":{"period":1000}},"rate":0.001,"floor":0.0001,"warm_up":100}"#;
    assert_eq!(serde_json::to_string(&schedule).expect("JSON"), text);
    for schedule in [
        schedule,
        Schedule::constant(0.5),
        Schedule::step_decay(0.5, 0.25, 7),
        Schedule::exponential(0.5, 0.25).floor(0.125).warm_up(3),
        Schedule::linear(0.5, 7).warm_up(1),
    ] {
        let text = serde_json::to_string(&schedule).expect("JSON");
        assert_eq!(serde_json::from_str::<Schedule>(&text).expect("a schedule"), schedule);
    }
}

#[test]
fn a_faulty_schedule_in_a_file_is_refused() {
    let message = |text: &str| {
        serde_json::from_str::<Schedule>(text).expect_err("this is a fault").to_string()
    };
    assert_eq!(
        message(r#"{"curve": "constant", "rate": -1}"#),
        "schedule: the rate must be finite and not negative, not -1"
    );
    assert_eq!(
        message(r#"{"curve": {"linear": {"period": 0}}, "rate": 1}"#),
        "schedule: the period must be at least one step, not 0"
    );
    assert_eq!(
        message(r#"{"curve": "constant", "rate": 1, "warmup": 3}"#),
        "unknown field `warmup`, expected one of `curve`, `rate`, `floor`, `warm_up` at line 1 \
         column 41"
    );
}
