//! The options of a run from any JSON: they are the same when they are written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use train::Fit;

fuzz_target!(|json: &str| {
    if let Ok(fit) = serde_json::from_str::<Fit>(json) {
        let written = serde_json::to_string(&fit).unwrap();
        assert_eq!(serde_json::from_str::<Fit>(&written).unwrap(), fit);
    }
});
