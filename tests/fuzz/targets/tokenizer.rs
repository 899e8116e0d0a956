//! A tokenizer from any JSON: it is the same when it is written and read again, and every id that it
//! gives is below the number of rows that it asks of an embedding.

#![no_main]

use data::Tokenizer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (json, text) = input;
    let mut tokenizer = serde_json::from_str::<Tokenizer>(json).unwrap_or_else(|_| {
        let mut tokenizer = Tokenizer::new();
        tokenizer.fit_on_texts([json]);
        tokenizer
    });
    tokenizer.fit_on_texts([text]);
    let saved = serde_json::to_string(&tokenizer).unwrap();
    assert_eq!(serde_json::from_str::<Tokenizer>(&saved).unwrap(), tokenizer);
    let rows = tokenizer.vocabulary_size();
    for id in tokenizer.texts_to_sequences([text]).concat() {
        assert!((id as usize) < rows, "{id} of {rows}");
    }
});
