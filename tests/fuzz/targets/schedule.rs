//! A schedule from any JSON: its rate is a number of at least 0 at every step.

#![no_main]

use libfuzzer_sys::fuzz_target;
use optim::Schedule;

fuzz_target!(|input: (&str, u64)| {
    let (json, step) = input;
    let Ok(schedule) = serde_json::from_str::<Schedule>(json) else { return };
    for step in [0, 1, step, u64::MAX] {
        let rate = schedule.rate(step);
        assert!(rate.is_finite() && rate >= 0.0, "{rate} at step {step}");
    }
    let written = serde_json::to_string(&schedule).unwrap();
    assert_eq!(serde_json::from_str::<Schedule>(&written).unwrap(), schedule);
});
