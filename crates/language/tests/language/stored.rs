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
fn the_validation_part_is_limited_and_the_largest_share_told_is_accepted() {
    let text = "0123456789abcde\n".repeat(1 << 20);
    let error = open(text.as_bytes(), Tokens::Bytes, 0.5).unwrap_err();
    let start = "the share 0.5 for validation has 8388608 bytes, but it is kept in memory, and may have 4194304: \
                 give at most ";
    let share = error.strip_prefix(start).expect(&error);
    assert_eq!(share, "0.247");
    let corpus = open(text.as_bytes(), Tokens::Bytes, share.parse().unwrap()).unwrap();
    assert_eq!(corpus.training.len() + corpus.validation.tokens().len(), text.len());
}

#[test]
fn another_vocabulary_is_refused() {
    let error = open(b"some text", Tokens::Given(Vocabulary::Bytes), 0.1).unwrap_err();
    assert!(error.contains("only a text of bytes, characters or byte pairs"), "{error}");
}
