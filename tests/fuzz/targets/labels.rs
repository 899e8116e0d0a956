//! Any names as labels: each is a class, no class is there twice, and a file keeps the order.

#![no_main]

use data::Labels;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let names: Vec<&str> = text.split(',').collect();
    let labels = Labels::of(names.iter().copied());
    for name in names {
        let class = labels.class(name).unwrap();
        assert_eq!(labels.name(class), name);
    }
    for (class, name) in labels.names().iter().enumerate() {
        assert_eq!(labels.class(name), Ok(class as u32));
    }
    let written = serde_json::to_string(&labels).unwrap();
    assert_eq!(serde_json::from_str::<Labels>(&written).unwrap(), labels);
});
