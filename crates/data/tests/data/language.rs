//! What a language model is made of: tokens, texts that know their surprise, and an n-gram model.

use std::collections::HashMap;
use std::io::{Write, stderr};
use std::path::Path;

use data::generated::{Told, brackets, stories, story_entropy, sums};
use data::{BytePairs, Characters, KneserNey};
use proptest::prelude::*;
use tensor::Key;

fn ids(text: &str) -> Vec<u32> {
    text.bytes().map(u32::from).collect()
}

#[test]
fn the_mean_surprise_of_many_stories_is_the_declared_entropy() {
    let told = stories(20_000, Key::new(3));
    let entropy = story_entropy();
    assert!((told.mean_surprise() - entropy).abs() < 0.002, "{} {entropy}", told.mean_surprise());
    // Two people of four, two things of four, a color for each, one of two questions, in 89 characters.
    let of_a_story = f64::from(4 * 3 * (4 * 3) * (4 * 4) * 2).ln();
    assert!((entropy - of_a_story / 89.0).abs() < 1e-12, "{entropy}");
}

#[test]
fn answers_follow_from_the_story() {
    let told = stories(200, Key::new(1));
    let answers = told.is_answer.iter().filter(|&&is_answer| is_answer).count();
    let share = answers as f64 / told.text.len() as f64;
    assert!(share > 0.05 && share < 0.25, "{share}");
    for (surprise, &is_answer) in told.surprise.iter().zip(&told.is_answer) {
        assert!(*surprise >= 0.0 && (!is_answer || *surprise == 0.0));
    }
    for story in told.text.lines() {
        let owners: HashMap<&str, (&str, &str)> = story
            .split(". ")
            .filter_map(|sentence| {
                let (person, what) = sentence.split_once(" has a ")?;
                let (color, thing) = what.split_once(' ')?;
                Some((thing, (person, color)))
            })
            .collect();
        let (_, question) = story.split_once("Who has the ").unwrap();
        let (thing, answer) = question.split_once("? ").unwrap();
        let (person, color) = owners[thing];
        assert_eq!(answer, format!("{person}. What color is it? {color}."), "{story}");
        assert!(story.len() < 95, "{story}");
    }
}

/// The surprise of each character must be −ln of the frequency with which it follows the same text.
#[test]
fn the_surprise_of_a_character_is_its_conditional_frequency() {
    let told = stories(30_000, Key::new(8));
    let mut counts: HashMap<&str, HashMap<char, (f64, f64)>> = HashMap::new();
    let mut start = 0;
    for line in told.text.lines() {
        for at in 0..12 {
            let next = line[at..].chars().next().unwrap();
            let entry = counts.entry(&line[..at]).or_default();
            let (count, surprise) = entry.entry(next).or_insert((0.0, told.surprise[start + at]));
            *count += 1.0;
            assert_eq!(*surprise, told.surprise[start + at], "after {:?}", &line[..at]);
        }
        start += line.len() + 1;
    }
    for (before, following) in counts {
        let total: f64 = following.values().map(|(count, _)| count).sum();
        for (next, (count, surprise)) in following.into_iter().filter(|_| total > 2000.0) {
            let found = -(count / total).ln();
            assert!((found - surprise).abs() < 0.15, "{next} after {before:?}: {found} {surprise}");
        }
    }
}

#[test]
fn no_counting_model_beats_the_entropy_of_the_stories() {
    let (train, test) = (stories(2000, Key::new(1)), stories(200, Key::new(2)));
    let test_ids = ids(&test.text);
    let mut last = f64::INFINITY;
    for order in [1, 2, 4, 6] {
        let loss = KneserNey::new(ids(&train.text), 128, order).loss(&test_ids, 0);
        assert!(loss < last, "order {order}: {loss}");
        assert!(loss > test.mean_surprise(), "order {order}: {loss}");
        last = loss;
    }
    assert!(last < 2.5 * story_entropy(), "{last}");
}

#[test]
fn a_sum_is_right_and_its_digits_are_certain() {
    let told = sums(50, 1000, Key::new(5));
    assert_eq!(told, sums(50, 1000, Key::new(5)));
    for line in told.text.lines() {
        let (sum, result) = line.split_once('=').unwrap();
        let (a, b) = sum.split_once('+').unwrap();
        let sum = (a.parse::<u32>().unwrap() + b.parse::<u32>().unwrap()).to_string();
        assert_eq!(result, sum.chars().rev().collect::<String>());
    }
    // Two numbers out of a thousand, and nothing else.
    let total: f64 = told.surprise.iter().sum();
    assert!((total - 50.0 * 2.0 * 1000f64.ln()).abs() < 1e-6, "{total}");
}

#[test]
fn each_bracket_is_closed_by_its_own_kind() {
    let told = brackets(300, 5, Key::new(2));
    let mut deepest = 0;
    for line in told.text.lines() {
        let mut open = Vec::new();
        for bracket in line.chars() {
            match bracket {
                '(' => open.push(')'),
                '[' => open.push(']'),
                closing => assert_eq!(open.pop(), Some(closing), "{line}"),
            }
            deepest = deepest.max(open.len());
        }
        assert!(open.is_empty(), "{line}");
    }
    assert_eq!(deepest, 5);
}

#[test]
fn the_mean_surprise_of_many_brackets_is_the_declared_entropy() {
    for deepest in [1, 4, 7] {
        let told = brackets(20_000, deepest, Key::new(4));
        let depth = deepest as f64;
        let entropy = 3.0 * depth * 2f64.ln() / (2.0 * depth + 1.0);
        let mean = told.mean_surprise();
        assert!((mean - entropy).abs() < 0.005, "depth {deepest}: {mean} {entropy}");
    }
}

#[test]
fn an_empty_text_has_nothing_to_tell() {
    assert_eq!(stories(0, Key::new(1)), Told::default());
}

/// By the formula nothing would be taken away from counts of 3 and more.
#[test]
fn no_token_is_impossible_where_the_text_is_too_short_for_discounts() {
    let text = [4, 4, 4, 4, 4, 4, 0, 1, 1, 0, 1, 2, 0, 1, 2, 0, 3, 1, 2, 0, 2];
    let model = KneserNey::new(text.to_vec(), 7, 3);
    assert!((0..7).all(|token| model.probability(&[1, 2], token) > 0.0));
}

proptest! {
    #[test]
    fn probabilities_of_all_tokens_sum_to_one(
        text in prop::collection::vec(0u32..5, 8..60),
        context in prop::collection::vec(0u32..5, 0..9),
        order in 1usize..9,
    ) {
        let model = KneserNey::new(text, 7, order);
        let sum: f64 = (0..7).map(|token| model.probability(&context, token)).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12, "{}", sum);
        for token in 0..7 {
            prop_assert!(model.probability(&context, token) > 0.0);
        }
    }

    #[test]
    fn byte_pairs_give_every_text_back(
        learned in "[a-c ]{0,80}",
        text in ".{0,40}",
        size in 256usize..300,
    ) {
        let pairs = BytePairs::train(&learned, size);
        prop_assert!(pairs.len() <= size);
        for text in [text, learned] {
            let ids = pairs.encode(&text);
            prop_assert!(ids.len() <= text.len());
            prop_assert_eq!(pairs.decode(&ids), text.as_bytes());
        }
    }

    #[test]
    fn saved_byte_pairs_encode_as_before(learned in "[a-c ]{0,80}") {
        let pairs = BytePairs::train(&learned, 280);
        let saved = serde_json::to_string(&pairs).unwrap();
        let loaded: BytePairs = serde_json::from_str(&saved).unwrap();
        prop_assert_eq!(&loaded, &pairs);
        prop_assert_eq!(loaded.encode(&learned), pairs.encode(&learned));
    }

    #[test]
    fn characters_give_their_text_back(text in ".{0,40}") {
        let characters = Characters::of(&text);
        let ids = characters.encode(&text).unwrap();
        prop_assert_eq!(characters.decode(&ids), text);
        let saved = serde_json::to_string(&characters).unwrap();
        prop_assert_eq!(serde_json::from_str::<Characters>(&saved).unwrap(), characters);
    }
}

/// p("d" | "a b") by hand, on a text in which every formula can be followed with a pencil.
#[test]
fn a_probability_equals_the_formula_by_hand() {
    // a b c a b d a b c: grams of 2 with their counts: ab 3, bc 2, ca 1, bd 1, da 1.
    let text = [0, 1, 2, 0, 1, 3, 0, 1, 2].to_vec();
    let model = KneserNey::new(text, 4, 2);
    // Too few counts for the discounts of the formula: they are 0.5, 1 and 1.5. Of the five pairs, two
    // end with a, one with b, one with c, one with d.
    let below = |continuations: f64, discount: f64| {
        ((continuations - discount) + (3.0 * 0.5 + 1.0) * 0.25) / 5.0
    };
    let p_c = below(1.0, 0.5);
    let after_b = ((2.0 - 1.0) + (1.0 + 0.5) * p_c) / 3.0;
    assert!((model.probability(&[0, 1], 2) - after_b).abs() < 1e-12);
    assert!((model.probability(&[], 0) - below(2.0, 1.0)).abs() < 1e-12);
}

#[test]
fn the_most_frequent_pair_is_merged_first() {
    // "ab" occurs three times; then "cd" and "abab" twice each, and the lower ids come first.
    let pairs = BytePairs::train("ababab cdcd", 259);
    assert_eq!([256, 257, 258].map(|id| pairs.token(id)), [&b"ab"[..], b"cd", b"abab"]);
    let pairs = BytePairs::train("ab ab ab", 300);
    assert_eq!(pairs.len(), 258, "no pair reaches across words: ab, and a space with it");
}

#[test]
fn false_merges_are_refused_with_their_place() {
    let refused = |json: &str| serde_json::from_str::<BytePairs>(json).unwrap_err().to_string();
    let unknown = refused(r#"{"merges": [[97, 300]]}"#);
    assert!(
        unknown.contains("the merge 256 is of 97 and 300, but must be of lower ids"),
        "{unknown}"
    );
    let twice = refused(r#"{"merges": [[97, 98], [97, 98]]}"#);
    assert!(twice.contains("the merges 256 and 257 are of the same pair"), "{twice}");
}

/// The losses that another implementation of modified Kneser–Ney has on the last tenth of Shakespeare's plays, by
/// order from 1, in nats per character.
const ON_SHAKESPEARE: [f64; 8] = [3.347, 2.484, 2.038, 1.719, 1.561, 1.523, 1.517, 1.519];

/// Set `WENGERT_DATA` to a folder with `tinyshakespeare/input.txt`. Without it this test does nothing.
#[test]
fn losses_on_shakespeare_are_the_known_ones() {
    let Some(data) = std::env::var_os("WENGERT_DATA") else {
        // A passing test does not show println!.
        writeln!(stderr(), "skipped: set WENGERT_DATA to the folder of tinyshakespeare/")
            .expect("stderr");
        return;
    };
    let file = Path::new(&data).join("tinyshakespeare/input.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let characters = Characters::of(&text);
    let ids = characters.encode(&text).unwrap();
    let start = ids.len() * 9 / 10;
    for (order, expected) in (1..).zip(ON_SHAKESPEARE) {
        let model = KneserNey::new(ids[..start].to_vec(), characters.len(), order);
        let loss = model.loss(&ids[start..], 0);
        assert!((loss - expected).abs() < 0.01, "order {order}: {loss}, expected {expected}");
    }
}
