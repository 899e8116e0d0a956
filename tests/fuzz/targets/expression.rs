//! An expression of any characters, as `wengert tape` reads it: what is accepted has the value that its own tape
//! computes, a walk back, and a list whose entries read only entries above them.

#![no_main]

use autograd::Tape;
use inspect::{Expression, ListEntry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(expression) = text.parse::<Expression>() else { return };
    let names = expression.names();
    assert_eq!(names.len(), expression.entries().len());
    for (at, entry) in expression.entries().iter().enumerate() {
        let read: Vec<usize> = match entry {
            ListEntry::Input { .. } | ListEntry::Number { .. } => Vec::new(),
            ListEntry::Op { inputs, .. } => inputs.clone(),
            ListEntry::Power { inputs, .. } => inputs.to_vec(),
            ListEntry::Where { inputs, compared, .. } => [*inputs, *compared].concat(),
        };
        assert!(read.into_iter().all(|input| input < at), "{text}");
    }
    let values: Vec<f64> = (1..=expression.inputs().len()).map(|k| k as f64 * 0.37).collect();
    let tape = Tape::<f64>::default();
    let result = expression.record(&tape, &values);
    assert_eq!(result.value().item().to_bits(), expression.value(&values).to_bits(), "{text}");
    if !values.is_empty() {
        result.backward();
    }
});
