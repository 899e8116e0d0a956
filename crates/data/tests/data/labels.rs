//! Class names and their numbers.

use data::Labels;
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
fn a_class_that_is_not_there_has_no_name() {
    Labels::of(["a", "b"]).name(2);
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
