//! Patterns of names, and parameters that are frozen by them.

use autograd::{Parameters, Pattern, Tape};
use mistakes::message;
use proptest::prelude::*;
use tensor::Tensor;

/// The rule in words: a star takes nothing, or one more character.
fn matches(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], name) => name.is_empty(),
        (['*', rest @ ..], _) => {
            matches(rest, name) || !name.is_empty() && matches(pattern, &name[1..])
        }
        ([first, rest @ ..], [same, behind @ ..]) => first == same && matches(rest, behind),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_star_matches_any_characters(pattern in "[ab.*]{0,6}", name in "[ab.]{0,8}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = matches(&chars(&pattern), &chars(&name));
        prop_assert_eq!(Pattern::new(&pattern).matches(&name), expected);
    }

    #[test]
    fn a_name_is_a_pattern_of_itself(name in "[^*]*") {
        prop_assert!(Pattern::new(&name).matches(&name));
        for pattern in [format!("*{name}"), format!("{name}*"), format!("*{name}*")] {
            prop_assert!(Pattern::new(&pattern).matches(&name));
        }
    }
}

fn parameters(names: &[&str]) -> Parameters<f64> {
    let mut parameters = Parameters::with_seed(0);
    for name in names {
        parameters.add(name, Tensor::scalar(1.0));
    }
    parameters
}

/// The names of the parameters that have a gradient of their product.
fn trained(parameters: &Parameters<f64>) -> Vec<&str> {
    let tape = Tape::default();
    let product = parameters
        .ids()
        .fold(tape.variable(Tensor::scalar(1.0)), |x, id| x * tape.parameter(parameters, id));
    product.backward().iter().map(|(id, _)| parameters.name(id)).collect()
}

const NAMES: [&str; 4] = ["body.0.weight", "body.0.bias", "head.weight", "head.bias"];

#[test]
fn frozen_parameters_have_no_gradient_until_they_are_unfrozen() {
    let mut parameters = parameters(&NAMES);
    parameters.freeze_matching("body.*");
    assert_eq!(trained(&parameters), ["head.weight", "head.bias"]);
    parameters.freeze_matching("*.bias");
    assert_eq!(trained(&parameters), ["head.weight"]);
    parameters.unfreeze_matching("body.*");
    assert_eq!(trained(&parameters), ["body.0.weight", "body.0.bias", "head.weight"]);
    let bias = parameters.find("head.bias").expect("one of the names");
    parameters.unfreeze(bias);
    assert_eq!(trained(&parameters), NAMES);
    parameters.freeze_all();
    parameters.unfreeze_all();
    assert_eq!(trained(&parameters), NAMES);
}

#[test]
fn a_gradient_flows_through_a_frozen_parameter() {
    let mut parameters = parameters(&["x", "frozen"]);
    let [x, frozen] = [0, 1].map(|at| parameters.ids().nth(at).expect("two parameters"));
    *parameters.get_mut(frozen) = Tensor::scalar(5.0);
    parameters.freeze_matching("frozen");
    let tape = Tape::default();
    let product = tape.parameter(&parameters, x) * tape.parameter(&parameters, frozen);
    assert_eq!(product.backward().get(x).map(Tensor::item), Some(5.0));
}

#[test]
fn a_pattern_that_matches_nothing_tells_the_names() {
    let mut few = parameters(&NAMES);
    let there_are = "there are `body.0.weight`, `body.0.bias`, `head.weight`, `head.bias`";
    assert_eq!(
        message(|| few.freeze_matching("boddy.*")),
        format!("freeze_matching: no name matches the pattern `boddy.*`: {there_are}")
    );
    assert_eq!(
        message(|| few.unfreeze_matching("head")),
        format!("unfreeze_matching: no name matches the pattern `head`: {there_are}")
    );
    assert_eq!(trained(&few), NAMES);

    let names: Vec<_> = (0..14).map(|k| k.to_string()).collect();
    let many = parameters(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(
        Pattern::new("x").find(&many).expect_err("there is no x").to_string(),
        "no name matches the pattern `x`: there are `0`, `1`, `2`, `3`, `4`, `5`, `6`, `7`, `8`, `9`, \
         `10`, `11` and 2 more"
    );
    assert_eq!(
        Pattern::new("*").find(&parameters(&[])).expect_err("there is nothing").to_string(),
        "no name matches the pattern `*`: there are no parameters yet"
    );
}

#[test]
fn copies_are_frozen_by_themselves() {
    let original = parameters(&NAMES);
    let mut copy = original.clone();
    copy.freeze_matching("*");
    assert!(trained(&copy).is_empty());
    assert_eq!(trained(&original), NAMES);
    assert!(trained(&copy.clone()).is_empty());
}
