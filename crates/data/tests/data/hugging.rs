//! Tokenizers of Hugging Face, compared with the Python package: see `tests/hugging/generate.py`.

use data::{HuggingTokenizer, Vocabulary};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Fixture {
    name: String,
    /// The name of the fixture that has the tokens and merges of this one. The others leave them out.
    like: String,
    file: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    decoded: String,
}

fn fixtures() -> Vec<Fixture> {
    let mut fixtures: Vec<Fixture> =
        serde_json::from_str(include_str!("../hugging/tokenizers.json")).expect("the file fits");
    for number in 0..fixtures.len() {
        let like = fixtures.iter().position(|other| other.name == fixtures[number].like);
        let model = fixtures[like.expect("it is among them")].file["model"].clone();
        for key in ["vocab", "merges"] {
            fixtures[number].file["model"][key] = model[key].clone();
        }
    }
    fixtures
}

fn tokenizer(file: &Value) -> HuggingTokenizer {
    serde_json::from_value(file.clone()).expect("the tokenizer is of a known form")
}

#[test]
fn ids_and_texts_are_those_of_the_python_package() {
    let fixtures = fixtures();
    assert_eq!(fixtures.len(), 8);
    for Fixture { name, file, cases, .. } in fixtures {
        let tokenizer = tokenizer(&file);
        for Case { text, ids, decoded } in cases {
            assert_eq!(tokenizer.encode(&text).as_ref(), Ok(&ids), "{name}: {text:?}");
            let ours = String::from_utf8(tokenizer.decode(&ids)).expect("these are whole texts");
            assert_eq!(ours, decoded, "{name}: {text:?}");
        }
    }
}

#[test]
fn a_written_tokenizer_is_read_as_the_same() {
    for Fixture { name, file, .. } in fixtures() {
        let read = tokenizer(&file);
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written, file, "{name}: the file has all that was in it");
        assert_eq!(tokenizer(&written), read);
    }
}

#[test]
fn the_tokens_that_end_a_text_are_told() {
    let mut file = fixtures()[4].file.clone();
    assert_eq!(tokenizer(&file).endings(), [2]);
    // A template may put others after a text.
    let single = file.pointer_mut("/post_processor/single").and_then(Value::as_array_mut);
    single.unwrap().push(json!({"SpecialToken": {"id": "<s>", "type_id": 0}}));
    assert_eq!(tokenizer(&file).endings(), [1, 2]);
    assert_eq!(tokenizer(&file).beginning(), [1]);
    assert!(Vocabulary::Bytes.endings().is_empty());
}

#[test]
fn the_tokens_before_a_text_are_told_and_not_encoded() {
    let file = &fixtures()[4].file;
    let tokenizer = tokenizer(file);
    assert_eq!((tokenizer.beginning(), tokenizer.id("</s>")), (&[1][..], Some(2)));
    let ids = tokenizer.encode("a").unwrap();
    assert!(!ids.contains(&1));
    let vocabulary = Vocabulary::Hugging(Box::new(tokenizer));
    assert_eq!(vocabulary.beginning(), [1]);
    assert_eq!((vocabulary.token(1), vocabulary.token(3 + 10)), (b"<s>".to_vec(), vec![10]));
    assert_eq!((vocabulary.decode(&ids), vocabulary.len()), (b"a".to_vec(), 420));
}

/// What is changed in the file of LLaMA 2, and what is said of it.
#[test]
fn what_is_not_implemented_is_refused_by_its_key() {
    let file = &fixtures()[4].file;
    let cases = [
        ("/truncation", json!({"max_length": 5}), "`truncation` and `padding` are not implemented"),
        ("/model/dropout", json!(0.1), "`model.dropout` is not implemented: set it to null"),
        ("/model/end_of_word_suffix", json!("</w>"), "`model.end_of_word_suffix` is `</w>`"),
        ("/model/type", json!("Unigram"), "unknown variant `Unigram`, expected `BPE`"),
        ("/normalizer", json!({"type": "NFC"}), "unknown variant `NFC`, expected one of `Prepend`"),
        ("/pre_tokenizer", json!({"type": "Whitespace"}), "unknown variant `Whitespace`"),
        (
            "/pre_tokenizer",
            json!({"type": "Split", "pattern": {"Regex": "\\d"}, "behavior": "Isolated", "invert": false}),
            r#"`pre_tokenizer` splits by Regex("\\d")"#,
        ),
        ("/decoder", Value::Null, "`decoder` is missing"),
        ("/added_tokens/1/lstrip", json!(true), "the added token `<s>` has `lstrip` true"),
        ("/added_tokens/1/id", json!(99_999_999), "ids must be below 2097152"),
        ("/model/merges/0", json!(["a", "zzz"]), "the merge 1 in `model.merges` has `azzz`"),
        ("/model/merges/0", json!("a"), "the merge 1 in `model.merges` has no space"),
        (
            "/post_processor/special_tokens",
            json!({}),
            "`post_processor.special_tokens` has no `<s>`",
        ),
    ];
    for (place, value, expected) in cases {
        let mut file = file.clone();
        *file.pointer_mut(place).expect(place) = value;
        let error = serde_json::from_value::<HuggingTokenizer>(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{place}: {error}");
    }
}

#[test]
fn a_character_without_a_token_is_named_with_its_place() {
    let mut file = fixtures()[4].file.clone();
    file["model"]["byte_fallback"] = json!(false);
    let error = tokenizer(&file).encode("a\nab 🙂").unwrap_err();
    assert_eq!((error.character, error.line, error.column), ('🙂', 2, 4));
}
