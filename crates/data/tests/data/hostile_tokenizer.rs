//! Files `tokenizer.json` that are cut off, damaged, or meant to do harm. Each is refused, or is a tokenizer whose texts
//! are not much longer than what they come from. None panics or takes memory without end.

use std::panic::catch_unwind;

use data::HuggingTokenizer;
use serde_json::{Value, json};

/// A file of the kind of LLaMA 2, and one of the kind of GPT-2.
fn files() -> [Value; 2] {
    let added = json!([
        {"id": 1, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
         "normalized": false, "special": true},
        {"id": 2, "content": "</s>", "special": true}
    ]);
    let template = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
    });
    let replace = |from: &str, to: &str| json!({"type": "Replace", "pattern": {"String": from}, "content": to});
    let llama = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, replace(" ", "▁")]},
        "post_processor": template,
        "decoder": {"type": "Sequence", "decoders": [
            replace("▁", " "), {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}
        ]},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
            "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2, "<0x62>": 3, "▁": 4, "a": 5, "▁a": 6},
            "merges": ["▁ a"]
        }
    });
    let gpt = json!({
        "added_tokens": added,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": true},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}
        ]},
        "decoder": {"type": "ByteLevel"},
        "model": {"vocab": {"a": 0, "<s>": 1, "</s>": 2, "b": 3, "Ġ": 4, "Ġa": 5}, "merges": [["Ġ", "a"]]}
    });
    [llama, gpt]
}

/// Returns what is wrong with the tokenizer of this file, if it is not refused: it must take texts apart and put them
/// together again without a panic, and not make them much longer.
fn fault(file: &[u8]) -> Option<String> {
    let used = catch_unwind(|| {
        let tokenizer: HuggingTokenizer = serde_json::from_slice(file).ok()?;
        let beside = tokenizer.beginning().len() + tokenizer.endings().len();
        let ids = (0..tokenizer.len() as u32).filter(|&id| tokenizer.has(id));
        let all: Vec<u32> = ids.take(1000).collect();
        let mut longest = tokenizer.decode(&all).len() / 40;
        for text in ["", "a b", "a a</s>12 ba", "é\n\u{1f642} a"] {
            let ids = tokenizer.encode(text).unwrap_or_default();
            longest = longest.max(ids.len()).max(tokenizer.decode(&ids).len());
        }
        Some([beside, longest])
    });
    match used {
        Err(_) => Some("panicked".to_string()),
        Ok(Some(sizes)) if sizes.iter().any(|&size| size > 2000) => {
            Some(format!("{sizes:?} are long"))
        }
        Ok(_) => None,
    }
}

#[track_caller]
fn assert_harmless(what: impl Fn() -> String, file: &[u8]) {
    if let Some(fault) = fault(file) {
        panic!("{}: {fault}", what());
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    for file in files() {
        let text = file.to_string();
        serde_json::from_str::<HuggingTokenizer>(&text).unwrap();
        for length in 0..text.len() {
            let cut = serde_json::from_slice::<HuggingTokenizer>(&text.as_bytes()[..length]);
            assert!(cut.is_err(), "{length} bytes are a tokenizer");
        }
    }
}

#[test]
fn a_file_with_a_false_byte_is_refused_or_harmless() {
    for file in files() {
        let bytes = file.to_string().into_bytes();
        for place in 0..bytes.len() {
            for value in [0, b'"', b'9', b'}', b'-', 0xff, bytes[place] ^ 1] {
                let mut bytes = bytes.clone();
                bytes[place] = value;
                assert_harmless(|| format!("byte {place} = {value}"), &bytes);
            }
        }
    }
}

/// Collects all places of a document, including inner ones.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_string());
    // Names are written as RFC 6901 writes them.
    let name = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(key, field)| places(field, &format!("{at}/{}", name(key)), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_file_with_a_false_value_is_refused_or_harmless() {
    let values = [
        json!(0),
        json!(1),
        json!(7),
        json!(-1),
        json!(0.5),
        json!(u32::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(true),
        json!(false),
        json!(""),
        json!("a"),
        json!("\u{1b}[2J"),
        json!([]),
        json!({}),
        Value::Null,
    ];
    for file in files() {
        let mut found = Vec::new();
        places(&file, "", &mut found);
        for (place, value) in
            found.iter().flat_map(|place| values.iter().map(move |value| (place, value)))
        {
            let mut file = file.clone();
            *file.pointer_mut(place).unwrap() = value.clone();
            assert_harmless(|| format!("{place} = {value}"), file.to_string().as_bytes());
        }
    }
}

/// Steps that each double a text make 2⁶⁰ of one.
#[test]
fn steps_that_would_multiply_a_text_are_refused() {
    let [llama, gpt] = files();
    let many = |step: Value| vec![step; 60];
    let double = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
    let bytes = gpt["pre_tokenizer"]["pretokenizers"][1].clone();
    let long_mark =
        json!([vec![json!({"SpecialToken": {"id": "<s>", "type_id": 0}}); 5000]])[0].clone();
    for (file, place, value, told) in [
        (
            &llama,
            "/normalizer/normalizers",
            json!(many(double.clone())),
            "`normalizer` replaces `a` by the longer `aa`",
        ),
        (
            &llama,
            "/decoder/decoders",
            json!(many(double)),
            "`decoder` replaces `a` by the longer `aa`",
        ),
        (
            &gpt,
            "/pre_tokenizer/pretokenizers",
            json!(many(bytes)),
            "`pre_tokenizer` has ByteLevel 60 times",
        ),
        (
            &llama,
            "/post_processor/single",
            long_mark,
            "`post_processor` puts more than 1000 tokens beside a text",
        ),
        (&llama, "/model/vocab/a", json!(9_999_999), "ids must be below 2097152"),
        (
            &llama,
            "/post_processor/special_tokens/<s>/ids",
            json!([8]),
            "puts the id 8 beside a text",
        ),
    ] {
        let mut file = file.clone();
        *file.pointer_mut(place).expect(place) = value;
        let error =
            serde_json::from_str::<HuggingTokenizer>(&file.to_string()).unwrap_err().to_string();
        assert!(error.contains(told), "{place}: {error}");
    }
    // A strip that is longer than the text ends with the text.
    let mut file = llama;
    file["decoder"]["decoders"][3]["start"] = json!(u64::MAX);
    let tokenizer: HuggingTokenizer = serde_json::from_value(file).unwrap();
    assert_eq!(tokenizer.decode(&[4, 4, 5]), b"a");
}
