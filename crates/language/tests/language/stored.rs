//! A corpus whose text stays in its file.

use std::fs;

use data::Vocabulary;
use language::{Corpus, Division, StoredCorpus, Tokens};
use proptest::prelude::*;
use tempfile::tempdir;

fn open(bytes: &[u8], tokens: Tokens, validation: f64) -> Result<StoredCorpus, String> {
    let folder = tempdir().unwrap();
    let path = folder.path().join("text.txt");
    fs::write(&path, bytes).unwrap();
    StoredCorpus::open(&path, tokens, validation).map_err(|error| error.to_string())
}

proptest! {
    #[test]
    fn it_has_the_tokens_of_the_corpus_in_memory(
        words in "[a-d \n0\u{e9}\u{1f642}]{1,40}", repeats in 1..900usize, share in 0.0..0.9f64, has_share: bool, marked: bool,
    ) {
        let (text, share) = (words.repeat(repeats), if has_share { share } else { 0.0 });
        let mark = if marked { "\u{feff}" } else { "" };
        for tokens in [Tokens::Bytes, Tokens::Characters, Tokens::BytePairs(270)] {
            let memory = Corpus::text(&text, tokens.clone(), Division::Whole, share);
            let stored = open(format!("{mark}{text}").as_bytes(), tokens, share);
            match (memory, stored) {
                (Ok(memory), Ok(stored)) => {
                    let training = stored.training.read(0..stored.training.len()).unwrap();
                    prop_assert!(training == memory.training.tokens());
                    prop_assert!(stored.validation == memory.validation);
                    prop_assert!(stored.vocabulary == memory.vocabulary);
                }
                (memory, stored) => {
                    prop_assert_eq!(stored.unwrap_err(), memory.unwrap_err().to_string());
                }
            }
        }
    }
}

#[test]
fn the_validation_part_is_limited_and_the_share_told_is_accepted_and_hardly_below_the_largest() {
    let even = "0123456789abcde\n".repeat(1 << 20);
    let wide_at_the_end = "b".repeat(7_000_000) + &"\u{1d11e}".repeat(1_300_000);
    let wide_at_the_beginning = "\u{1d11e}".repeat(1_300_000) + &"b".repeat(7_000_000);
    let cases = [
        (even, "the share 0.9 for validation has 15099495 bytes", "0.250"),
        (wide_at_the_end, "the share 0.9 for validation has 11370000 bytes", "0.126"),
        (wide_at_the_beginning, "the share 0.9 for validation has 8880000 bytes", "0.504"),
    ];
    for (text, start, most) in cases {
        let error = open(text.as_bytes(), Tokens::Bytes, 0.9).unwrap_err();
        let end = format!("but it is kept in memory, and may have 4194304: give at most {most}");
        assert_eq!(error, format!("{start}, {end}"));
        let corpus = open(text.as_bytes(), Tokens::Bytes, most.parse().unwrap()).unwrap();
        let (training, validation) = (corpus.training.len(), corpus.validation.tokens().len());
        assert_eq!(training + validation, text.len());
        let above = most.parse::<f64>().unwrap() + 0.002;
        assert!(open(text.as_bytes(), Tokens::Bytes, above).is_err(), "{above}");
    }
}

#[test]
fn another_vocabulary_is_refused() {
    let error = open(b"some text", Tokens::Given(Vocabulary::Bytes), 0.1).unwrap_err();
    assert!(error.contains("only a text of bytes, characters or byte pairs"), "{error}");
}
