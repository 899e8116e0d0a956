//! The rules that are exported are the ops: on a grid, the same values and the same VJPs.

use std::collections::BTreeSet;

use autograd::Tape;
use inspect::{Expression, OpRule, RULES, Step, Walk, function_names};
use tensor::Tensor;

/// At ±40 a term of 1 + e⁻|x| is lost in rounding.
const GRID: [f64; 14] =
    [-40.0, -3.0, -1.5, -1.0, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 12.5, 40.0, f64::NAN];

/// Writes the op as an expression of its letters, where the second of `powi` is a number.
fn call(rule: &OpRule, at: &[f64]) -> String {
    match rule.op {
        "powi" => format!("x^{}", at[1]),
        "where_" => format!("where({} > 0.5, a, b)", at[2]),
        op => format!("{op}({})", rule.letters.join(", ")),
    }
}

/// Returns the value of the op itself, and what its VJP adds to each input.
fn of_op(rule: &OpRule, at: &[f64], dy: f64) -> (f64, Vec<f64>) {
    let expression: Expression = call(rule, at).parse().expect(rule.op);
    let tape = Tape::default();
    let result = expression.record(&tape, &at[..expression.inputs().len()]);
    let walk = Walk::with_cotangent(result, Tensor::scalar(dy));
    let added = walk.steps().iter().filter_map(|step| match step {
        Step::Contribute(added) => Some(added.amount.item()),
        _ => None,
    });
    (result.value().item(), added.collect())
}

/// Returns the value of a rule's expression.
fn of_rule(text: &str, rule: &OpRule, at: &[f64], y: f64, dy: f64) -> f64 {
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let value = |name: &String| match name.as_str() {
        "y" => y,
        "dy" => dy,
        name => at[rule.letters.iter().position(|letter| *letter == name).expect("a letter")],
    };
    expression.value(&expression.inputs().iter().map(value).collect::<Vec<_>>())
}

/// Returns all points of the grid for as many letters; an exponent is whole, a condition 0 or 1.
fn points(letters: &[&str]) -> Vec<Vec<f64>> {
    letters.iter().fold(vec![vec![]], |points, letter| {
        let values: Vec<f64> = match *letter {
            "n" => (-3..=4).map(f64::from).collect(),
            "holds" => vec![0.0, 1.0],
            _ => GRID.to_vec(),
        };
        let longer = |point: &Vec<f64>| {
            let point = point.clone();
            values.clone().into_iter().map(move |x| [point.as_slice(), &[x]].concat())
        };
        points.iter().flat_map(longer).collect()
    })
}

/// A relative comparison, as a small number is as good a value as a large one.
#[track_caller]
fn assert_close(found: f64, expected: f64, what: &str) {
    let is_same = found == expected || (found.is_nan() && expected.is_nan());
    let error = (found - expected).abs() / expected.abs();
    assert!(is_same || error <= 1e-12, "{what}: the rule gives {found}, the op {expected}");
}

#[test]
fn every_rule_is_its_op_on_a_grid() {
    for rule in RULES {
        let mut compared = 0;
        for at in points(rule.letters) {
            for dy in [1.0, -0.7] {
                let (y, added) = of_op(rule, &at, dy);
                let what = format!("{} at {at:?}, dy {dy}", rule.op);
                if let Some(value) = rule.value {
                    assert_close(of_rule(value, rule, &at, y, dy), y, &format!("y of {what}"));
                }
                assert_eq!(added.len(), rule.adjoints.len(), "{what}");
                for (text, expected) in rule.adjoints.iter().zip(added) {
                    let what = format!("{text} of {what}");
                    assert_close(of_rule(text, rule, &at, y, dy), expected, &what);
                    compared += 1;
                }
            }
        }
        assert!(compared >= 22, "{}: {compared} derivatives", rule.op);
    }
}

#[test]
fn every_op_of_an_expression_has_a_rule() {
    let ruled: BTreeSet<&str> = RULES.iter().map(|rule| rule.op).collect();
    // `minimum` is composed of others, `where` is `where_` on the tape, and `powi` is written with ^.
    let composed = ["minimum", "where"];
    let called = function_names().into_iter().filter(|name| !composed.contains(name));
    let expected: BTreeSet<&str> = called.chain(["powi", "where_"]).collect();
    assert_eq!(ruled, expected);
}
