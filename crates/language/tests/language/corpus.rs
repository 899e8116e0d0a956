//! Texts made ready for training.

use data::generated::{story_entropy, sums};
use data::{BytePairs, Characters, NO_TARGET, Samples, UnknownCharacter, Vocabulary};
use language::{Corpus, CorpusError, Division, Documents, Tokens};
use proptest::prelude::*;
use tensor::Key;

fn text_of(corpus: &Corpus, documents: &Documents) -> String {
    String::from_utf8(corpus.vocabulary.decode(documents.tokens())).unwrap()
}

#[test]
fn a_part_of_the_stories_is_for_validation() {
    let corpus = Corpus::stories(200, 7);
    assert_eq!((corpus.training.starts().len(), corpus.validation.starts().len()), (180, 20));
    let [training, validation] = [&corpus.training, &corpus.validation];
    let all = data::generated::stories(200, Key::new(7));
    assert_eq!(text_of(&corpus, training) + &text_of(&corpus, validation), all.text);
    let surprise = |documents: &Documents| documents.known().unwrap().surprise.clone();
    assert_eq!([surprise(training), surprise(validation)].concat(), all.surprise);
    assert_eq!(corpus.vocabulary.decode(&corpus.start), b"\n");
    assert_eq!(corpus, Corpus::stories(200, 7));
}

#[test]
fn each_window_of_generated_text_begins_with_a_document() {
    for (corpus, length, is_cut) in [
        (Corpus::stories(100, 1), 128, false),
        (Corpus::stories(100, 1), 60, true),
        (Corpus::sums(100, 1000, 1), 32, false),
        (Corpus::brackets(100, 6, 1), 16, true),
    ] {
        let windows = corpus.training.windows(length);
        for window in 0..windows.len() {
            // The line break before the document is the first token, so that a model has seen a beginning.
            let start = windows.inputs().places(window).start;
            let first = if start == 0 { 0 } else { start + 1 };
            assert!(corpus.training.starts().contains(&first));
            assert!(start == 0 || corpus.training.tokens()[start..first] == corpus.start);
        }
        let targets = windows.targets().batch().to_vec();
        let counted = targets.iter().filter(|&&target| target != NO_TARGET).count();
        let all = corpus.training.tokens().len() - 1;
        // What comes after the first window of a longer document is left out.
        assert_eq!(counted < all, is_cut, "{counted} of {all} in windows of {length}");
    }
}

#[test]
fn the_mean_surprise_of_a_corpus_is_the_entropy() {
    let corpus = Corpus::stories(10_000, 3);
    let surprise = &corpus.training.known().unwrap().surprise;
    let mean = surprise.iter().sum::<f64>() / surprise.len() as f64;
    assert!((mean - story_entropy()).abs() < 0.003, "{mean} {}", story_entropy());
}

#[test]
fn tokens_of_several_characters_have_the_sum_of_their_surprises() {
    let told = sums(60, 100, Key::new(2));
    let corpus = Corpus::told(&told, Tokens::BytePairs(280), 0.5).unwrap();
    assert!(corpus.training.tokens().len() + corpus.validation.tokens().len() < told.text.len());
    let sum = |documents: &Documents| documents.known().unwrap().surprise.iter().sum::<f64>();
    let total = sum(&corpus.training) + sum(&corpus.validation);
    assert!((total - told.surprise.iter().sum::<f64>()).abs() < 1e-9);
    // Byte pairs are learned from the part that a model learns from.
    let training = text_of(&corpus, &corpus.training);
    assert_eq!(corpus.vocabulary, Vocabulary::BytePairs(BytePairs::train(&training, 280)));
}

#[test]
fn a_whole_text_is_cut_by_its_characters() {
    let corpus = Corpus::text("äbcdefghij", Tokens::Characters, Division::Whole, 0.3).unwrap();
    assert_eq!(text_of(&corpus, &corpus.training), "äbcdefg");
    assert_eq!(text_of(&corpus, &corpus.validation), "hij");
    assert!(corpus.start.is_empty());
    assert_eq!(corpus.vocabulary.len(), 10, "characters of both parts");
}

#[test]
fn blank_lines_are_between_documents() {
    let text = "\nones\r\nones\n\r\n \ntwos\n\n\nsix";
    let corpus = Corpus::text(text, Tokens::Bytes, Division::BlankLines, 0.0).unwrap();
    let starts = corpus.training.starts();
    let begin: Vec<&str> = starts.iter().map(|&start| &text[start..][..3]).collect();
    assert_eq!(begin, ["\non", "two", "six"]);
    assert_eq!(text_of(&corpus, &corpus.training), text);
    assert!(corpus.validation.is_empty());
}

#[test]
fn documents_end_with_the_line_ends_of_their_text() {
    for (end, other) in [("\n", "\r\n"), ("\r\n", "\n")] {
        let line = format!("one{end}");
        let text = format!("{}{other}", line.repeat(4));
        let corpus = Corpus::text(&text, Tokens::Bytes, Division::Lines, 0.0).unwrap();
        assert_eq!(corpus.vocabulary.decode(&corpus.start), end.as_bytes());
        let text = format!("{line}{end}").repeat(4);
        let corpus = Corpus::text(&text, Tokens::Bytes, Division::BlankLines, 0.0).unwrap();
        assert_eq!(corpus.vocabulary.decode(&corpus.start), end.repeat(2).as_bytes());
        // Each window after the first begins with the mark before its document.
        let windows = corpus.training.windows(text.len() / 4);
        let start = windows.inputs().places(1).start;
        let marked = &corpus.training.tokens()[start..start + corpus.start.len()];
        assert_eq!(marked, corpus.start);
    }
}

#[test]
fn a_text_that_is_too_short_or_unknown_is_refused() {
    let short = Corpus::text("a\nb\n", Tokens::Bytes, Division::Whole, 0.25).unwrap_err();
    let expected = "the validation part has 1 token of 1 document, but a prediction takes two tokens; give a \
                    longer text, or another share for validation";
    assert_eq!(short.to_string(), expected);
    let whole = Corpus::text("a", Tokens::Bytes, Division::Whole, 0.0).unwrap_err();
    let expected =
        "the text has 1 token of 1 document, but a prediction takes two tokens; give a longer text";
    assert_eq!(whole.to_string(), expected);
    let known = Tokens::Given(Vocabulary::Characters(Characters::of("ab\n")));
    let error = Corpus::text("ab\nab\nac\n", known, Division::Lines, 0.3).unwrap_err();
    let place = UnknownCharacter { character: 'c', line: 3, column: 2, known: 3 };
    assert_eq!(error, CorpusError::Unknown(place), "the place is that in the whole text");
}

proptest! {
    #[test]
    fn the_parts_are_the_text(text in "[ab\n ]{4,60}", share in 0.0..0.6f64) {
        for division in [Division::Whole, Division::Lines, Division::BlankLines] {
            if let Ok(corpus) = Corpus::text(&text, Tokens::Characters, division, share) {
                let parts = text_of(&corpus, &corpus.training) + &text_of(&corpus, &corpus.validation);
                prop_assert_eq!(&parts, &text);
            }
        }
    }
}
