//! The tokenizer against Keras: values from `keras_preprocessing` 1.1.2, and a transcription of it.

use data::{DEFAULT_FILTERS, Tokenizer};
use proptest::prelude::*;

const TEXTS: [&str; 3] = [
    "The cat sat on the mat.",
    "The dog -- the BIG dog! -- chased the cat.",
    "It's the cat's mat; isn't it?",
];
const NEW: [&str; 4] = ["The dog's mat, a mat", "it sat; CAT", "  ", ""];

fn fitted(mut tokenizer: Tokenizer) -> Tokenizer {
    tokenizer.fit_on_texts(TEXTS);
    tokenizer
}

fn vocabulary(tokenizer: &Tokenizer) -> Vec<&str> {
    (0..100).filter_map(|id| tokenizer.word(id)).collect()
}

#[test]
fn words_are_numbered_by_frequency_then_by_first_appearance() {
    let tokenizer = fitted(Tokenizer::keras());
    assert_eq!(
        vocabulary(&tokenizer),
        ["the", "cat", "mat", "dog", "sat", "on", "big", "chased", "it's", "cat's", "isn't", "it"]
    );
    assert_eq!(tokenizer.id("the"), Some(1));
    assert_eq!(tokenizer.word(0), None);
    assert_eq!(tokenizer.word_counts()[..2], [("the".into(), 6), ("cat".into(), 2)]);
    assert_eq!(tokenizer.vocabulary_size(), 13);
    assert_eq!(tokenizer.texts_to_sequences(NEW), [vec![1, 3, 3], vec![12, 5, 2], vec![], vec![]]);
}

#[test]
fn num_words_keeps_the_ids_below_it() {
    let tokenizer = fitted(Tokenizer::keras().with_num_words(5));
    assert_eq!(tokenizer.texts_to_sequences(NEW), [vec![1, 3, 3], vec![2], vec![], vec![]]);
    assert_eq!(tokenizer.sequences_to_texts(&[vec![0, 1, 99, 5]]), ["the"]);
    assert_eq!(tokenizer.vocabulary_size(), 5);
    assert_eq!(tokenizer.id("sat"), Some(5), "the numbering itself has no limit");
    assert_eq!(fitted(Tokenizer::keras().with_num_words(0)), fitted(Tokenizer::keras()));
}

#[test]
fn the_oov_token_is_1_and_replaces_every_word_without_an_id() {
    let tokenizer = fitted(Tokenizer::keras().with_num_words(5).with_oov_token("<unk>"));
    let sequences = tokenizer.texts_to_sequences(NEW);
    assert_eq!(sequences, [vec![2, 1, 4, 1, 4], vec![1, 1, 3], vec![], vec![]]);
    assert_eq!(
        tokenizer.sequences_to_texts(&sequences),
        ["the <unk> mat <unk> mat", "<unk> <unk> cat", "", ""]
    );
    assert_eq!(tokenizer.sequences_to_texts(&[vec![0, 1, 99, 5]]), ["<unk> <unk> <unk> <unk>"]);
}

#[test]
fn an_oov_token_has_its_id_even_if_num_words_allows_none() {
    let tokenizer = fitted(Tokenizer::keras().with_num_words(1).with_oov_token("<unk>"));
    assert_eq!(tokenizer.texts_to_sequences(["it sat"]), [[1, 1]]);
    assert_eq!(tokenizer.vocabulary_size(), 2);
}

#[test]
fn a_text_word_that_equals_the_oov_token_is_that_token() {
    let mut tokenizer = Tokenizer::keras().with_oov_token("unk");
    tokenizer.fit_on_texts(["a unk a", "unk b a"]);
    assert_eq!(vocabulary(&tokenizer), ["unk", "a", "b"]);
    assert_eq!(tokenizer.texts_to_sequences(["b unk zzz"]), [[3, 1, 1]]);
}

#[test]
fn lower_filters_and_split_are_as_in_keras() {
    let plain = Tokenizer::keras().with_oov_token("<unk>").with_lower(false).with_filters(".!");
    let tokenizer = fitted(plain);
    assert_eq!(tokenizer.texts_to_sequences([NEW[0]]), [[3, 1, 1, 1, 9]]);
    assert_eq!(tokenizer.word(14), Some("mat;"));

    let tokenizer = fitted(Tokenizer::keras().with_split("--").with_filters(" ."));
    assert_eq!(
        vocabulary(&tokenizer)[5..],
        ["dog", "big", "dog!", "chased", "it's", "cat's", "mat;", "isn't", "it?"]
    );
}

#[test]
fn fitting_again_adds_to_the_counts() {
    let mut tokenizer = Tokenizer::keras();
    tokenizer.fit_on_texts(["b a"]);
    tokenizer.fit_on_texts(["a c", "c c"]);
    assert_eq!(vocabulary(&tokenizer), ["c", "a", "b"]);
}

#[test]
#[should_panic(expected = "Tokenizer::with_split: the separator is empty")]
fn an_empty_separator_is_refused() {
    let _ = Tokenizer::keras().with_split("");
}

#[test]
fn a_saved_tokenizer_with_an_empty_separator_is_refused() {
    let saved = serde_json::to_string(&fitted(Tokenizer::keras())).unwrap();
    let damaged = saved.replace("\"split\":\" \"", "\"split\":\"\"");
    let error = serde_json::from_str::<Tokenizer>(&damaged).unwrap_err();
    assert_eq!(error.to_string(), "the separator is empty, which would cut a text nowhere");
}

#[test]
fn words_end_at_any_white_space() {
    let blanks = [
        ' ', '\t', '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{a0}', '\u{1680}', '\u{2003}',
        '\u{2028}', '\u{2029}', '\u{202f}', '\u{3000}', '\u{200b}', '\u{feff}', '\0', '\u{1f}',
    ];
    for blank in blanks {
        let mut tokenizer = Tokenizer::new();
        tokenizer.fit_on_texts([format!("{blank}so{blank}{blank}happy{blank}")]);
        assert_eq!(vocabulary(&tokenizer), ["so", "happy"], "{blank:?}");
        assert!(tokenizer.separates(blank), "{blank:?}");
    }
    let mut tokenizer = Tokenizer::new();
    let joined = "man\u{200d}woman";
    tokenizer.fit_on_texts([joined]);
    assert_eq!(vocabulary(&tokenizer), [joined], "a joiner joins");
}

#[test]
fn a_tokenizer_saved_before_the_white_space_option_splits_as_keras_does() {
    let saved = serde_json::to_string(&fitted(Tokenizer::keras())).unwrap();
    let before = saved.replace(",\"white_space\":false", "");
    assert_ne!(before, saved);
    let loaded: Tokenizer = serde_json::from_str(&before).unwrap();
    assert_eq!(loaded, fitted(Tokenizer::keras()));
    assert_eq!(loaded.texts_to_sequences(["the\rcat"]), [[0; 0]], "the words are glued together");

    let saved = serde_json::to_string(&fitted(Tokenizer::new())).unwrap();
    let loaded: Tokenizer = serde_json::from_str(&saved).unwrap();
    assert_eq!(loaded.texts_to_sequences(["the\rcat"]), [[1, 2]]);
}

/// `word_index` and `texts_to_sequences`, copied line by line from Keras for the default filters.
mod keras {
    use super::DEFAULT_FILTERS;

    fn words(text: &str) -> Vec<String> {
        let text = text.to_lowercase().replace(|c| DEFAULT_FILTERS.contains(c), " ");
        text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    pub fn word_index(texts: &[String], oov_token: Option<&str>) -> Vec<String> {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for word in texts.iter().flat_map(|text| words(text)) {
            match counts.iter_mut().find(|(known, _)| *known == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
        counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        oov_token.map(str::to_owned).into_iter().chain(counts.into_iter().map(|c| c.0)).collect()
    }

    pub fn sequence(
        text: &str,
        index: &[String],
        num_words: usize,
        oov_token: Option<&str>,
    ) -> Vec<u32> {
        let mut sequence = Vec::new();
        for word in words(text) {
            match index.iter().position(|known| *known == word).map(|place| place + 1) {
                Some(id) if num_words == 0 || id < num_words => sequence.push(id as u32),
                _ if oov_token.is_some() => sequence.push(1),
                _ => {}
            }
        }
        sequence
    }
}

proptest! {
    #[test]
    fn ids_equal_keras(
        texts in prop::collection::vec("[abAB'., \té]{0,12}", 1..8),
        new in prop::collection::vec("[abAcC., ]{0,12}", 0..4),
        num_words in 0..8_usize,
        oov_token in prop::option::of(Just("<oov>")),
    ) {
        let mut tokenizer = Tokenizer::keras().with_num_words(num_words);
        if let Some(token) = oov_token {
            tokenizer = tokenizer.with_oov_token(token);
        }
        tokenizer.fit_on_texts(&texts);
        let index = keras::word_index(&texts, oov_token);
        prop_assert_eq!(vocabulary(&tokenizer), index.iter().collect::<Vec<_>>());

        let all: Vec<&String> = texts.iter().chain(&new).collect();
        let sequences = tokenizer.texts_to_sequences(&all);
        for (text, sequence) in all.into_iter().zip(&sequences) {
            let expected = keras::sequence(text, &index, num_words, oov_token);
            prop_assert_eq!(sequence, &expected);
            let size = tokenizer.vocabulary_size() as u32;
            prop_assert!(sequence.iter().all(|&id| 0 < id && id < size));
        }
        let again = tokenizer.texts_to_sequences(tokenizer.sequences_to_texts(&sequences));
        let known = |sequences: &[Vec<u32>]| -> Vec<Vec<u32>> {
            let oov = u32::from(oov_token.is_some());
            let known = |s: &Vec<u32>| s.iter().copied().filter(|&id| id > oov).collect();
            sequences.iter().map(known).collect()
        };
        prop_assert_eq!(known(&again), known(&sequences), "known words round-trip");
    }

    #[test]
    fn a_saved_tokenizer_continues_counting(
        first in prop::collection::vec(any::<String>(), 0..4),
        second in prop::collection::vec(any::<String>(), 0..4),
    ) {
        let mut tokenizer = Tokenizer::keras().with_num_words(9).with_oov_token("<oov>");
        tokenizer.fit_on_texts(&first);
        let saved = serde_json::to_string(&tokenizer).unwrap();
        let mut loaded: Tokenizer = serde_json::from_str(&saved).unwrap();
        prop_assert_eq!(&loaded, &tokenizer);
        loaded.fit_on_texts(&second);
        tokenizer.fit_on_texts(&second);
        prop_assert_eq!(&loaded, &tokenizer);
    }
}
