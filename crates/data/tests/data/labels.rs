//! Class names and their numbers.

use data::{Labels, label_notes};
use proptest::prelude::*;

#[test]
fn names_are_sorted_and_distinct() {
    let labels = Labels::of(["trust", "joy", "trust", "Fear"]);
    assert_eq!(labels.names(), ["Fear", "joy", "trust"]);
    assert_eq!(labels.len(), 3);
}

#[test]
fn names_that_are_numbers_come_first_and_by_value() {
    let labels = Labels::of(["10", "b", "9", "-1", "0", "0.5", "nan", "inf"]);
    assert_eq!(labels.names(), ["-1", "0", "0.5", "9", "10", "b", "inf", "nan"]);
}

#[test]
fn an_unknown_name_is_answered_with_the_known_ones() {
    let labels = Labels::of((0..15).map(|i| i.to_string()));
    assert_eq!(
        labels.class("15").unwrap_err().to_string(),
        "the label `15` is not one of the 15 known ones (`0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, \
         `8`, `9`, `10`, `11`, and 3 more)"
    );
}

#[test]
#[should_panic(expected = "Labels::name: class 2 of 2 classes")]
fn the_name_of_a_class_out_of_range_panics() {
    Labels::of(["a", "b"]).name(2);
}

#[test]
fn labels_that_look_alike_are_named_with_their_rows() {
    let note = |names: &[&str]| label_notes(names).join("\n");
    assert_eq!(
        note(&["Joy", "joy", "joy", "sad"]),
        "the labels `Joy` (1 row) and `joy` (2 rows) differ only in case, but are different classes; \
         if they are meant to be one, write them alike"
    );
    let number = "differ only in how the number is written";
    for pair in [["1", "1.0"], ["1", "01"], ["0", "-0"], ["1000", "1e3"], ["+1", "1"]] {
        assert!(note(&pair).contains(number), "{pair:?}");
    }
    let unseen = "differ only in characters that cannot be seen";
    for name in ["joy\u{200b}", "\u{feff}joy", "j\u{ad}oy", "joy\u{200e}"] {
        assert!(note(&["joy", name]).contains(unseen), "{name:?}");
    }
    for name in ["very  happy", "very\u{a0}happy", "Very_Happy", "\"very happy\"", "very\nhappy"] {
        assert!(note(&["very happy", name]).contains("differ only in "), "{name:?}");
    }
    let three = note(&["JOY", "joy", "Joy"]);
    assert!(three.contains("`JOY` (1 row), `Joy` (1 row) and `joy` (1 row)"), "{three}");
    assert_eq!(note(&["1", "2", "joy", "fear", "joyful", "1.5"]), "");
}

#[test]
fn labels_that_read_like_missing_values_are_named() {
    for name in ["nan", "NaN", "None", "N/A", "NULL", "<NA>", "-", "?", "\u{200b}"] {
        let notes = label_notes(["joy", name, "sad", name]);
        assert!(notes[0].contains("(2 rows) reads like a missing value"), "{name:?}: {notes:?}");
        assert_eq!(notes.len(), 1);
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known_name_it_looks_like() {
    let labels = Labels::of(["joy", "1"]);
    let message = |name| labels.class(name).unwrap_err().to_string();
    assert!(message("Joy").ends_with("(`1`, `joy`); did you mean `joy`?"));
    assert!(message("1.0").ends_with("; did you mean `1`?"));
    assert!(message("sad").ends_with("(`1`, `joy`)"));
}

proptest! {
    #[test]
    fn every_name_round_trips(
        names in prop::collection::vec(prop_oneof![any::<String>(), "-?[0-9]{1,3}(\\.0)?"], 1..20),
    ) {
        let labels = Labels::of(names.clone());
        for name in &names {
            prop_assert_eq!(labels.name(labels.class(name).unwrap()), name);
        }
        for class in 0..labels.len() as u32 {
            prop_assert_eq!(labels.class(labels.name(class)), Ok(class));
        }
        let mut reversed = names;
        reversed.reverse();
        prop_assert_eq!(&Labels::of(reversed), &labels, "the order of the rows does not matter");
        let saved = serde_json::to_string(&labels).unwrap();
        prop_assert_eq!(serde_json::from_str::<Labels>(&saved).unwrap(), labels);
    }
}
