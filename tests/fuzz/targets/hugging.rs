//! A `tokenizer.json` of any bytes: what is accepted takes a text apart, and is the same when it is written and read
//! again.

#![no_main]

use data::HuggingTokenizer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(tokenizer) = serde_json::from_slice::<HuggingTokenizer>(bytes) else { return };
    let beside = [tokenizer.beginning(), &tokenizer.endings()].concat();
    let ids = tokenizer.encode("a b</s>12 \u{1f642}\né").unwrap_or_default();
    assert!(beside.iter().chain(&ids).all(|&id| tokenizer.has(id)));
    tokenizer.decode(&[beside, ids].concat());
    let written = serde_json::to_string(&tokenizer).unwrap();
    assert!(serde_json::from_str::<HuggingTokenizer>(&written).unwrap() == tokenizer);
});
