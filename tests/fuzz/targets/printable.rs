//! Any text in a message: nothing that a terminal obeys is left, and JSON keeps its meaning.

#![no_main]

use data::{excerpt, printable, printable_json, quoted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let is_obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}')
    };
    for shown in [printable(text).into_owned(), quoted(text), excerpt(text)] {
        assert!(!shown.contains(is_obeyed));
    }
    let json = serde_json::to_string(text).unwrap();
    assert_eq!(serde_json::from_str::<String>(&printable_json(&json)).unwrap(), text);
});
