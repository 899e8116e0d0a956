//! Reading the tokenizer of a model of Hugging Face from its file.

use std::fs;

use store::read_tokenizer;
use tempfile::TempDir;

const FILE: &str = r#"{
    "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
    "decoder": {"type": "ByteLevel"},
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
}"#;

#[test]
fn a_tokenizer_is_read_from_its_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tokenizer.json");
    fs::write(&path, FILE).unwrap();
    let tokenizer = read_tokenizer(&path).unwrap();
    assert_eq!(tokenizer.encode("aab"), Ok(vec![0, 2]));
}

#[test]
fn a_tokenizer_that_is_refused_names_the_file_and_the_key() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tokenizer.json");
    for (file, expected) in [
        (FILE.replace("BPE", "Unigram"), "`model.type`: unknown variant `Unigram`, expected `BPE`"),
        (FILE.replace("\"a b\"", "\"a c\""), "the merge 1 in `model.merges` has `ac`"),
        (FILE.replace("\"a\": 0", "\"a\": -1"), "`model.vocab.a`: invalid value: integer `-1`"),
        (FILE[..FILE.len() - 2].to_owned(), "EOF while parsing an object"),
        (format!("{FILE} x"), "trailing characters at line 5"),
    ] {
        fs::write(&path, &file).unwrap();
        let error = read_tokenizer(&path).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
        assert!(error.contains(expected), "{error}");
        assert!(error.ends_with("with byte-pair encoding"), "{error}");
    }
    let missing = read_tokenizer(folder.path().join("none.json")).unwrap_err().to_string();
    assert!(missing.contains("none.json: "), "{missing}");
}
