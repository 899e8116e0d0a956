//! Looking at a formula and at a saved model: the commands `tape` and `inspect`.

use std::fs;

use autograd::Parameters;
use serde_json::{Value, json};
use tempfile::tempdir;
use tensor::Tensor;

use crate::program::wengert_with;

#[test]
fn the_tape_of_a_formula_is_printed_with_its_gradient() {
    let folder = tempdir().unwrap();
    let text = wengert_with(folder.path(), &["tape", "x*y + sin(x)", "x=2", "y=3"]).success();
    for line in [
        "  %2  mul(%0, %1)  y = a · b  6\n",
        "      ā = b ȳ  to %0: -0.416147 + 3 = 2.58385\n",
        "  d/dx  2.58385  2.58385\n",
        "  d/dy  2        2\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    // A minus at the beginning does not make an option, and a value may be a formula.
    let text = wengert_with(folder.path(), &["tape", "-x^2", "x=-pi/2"]).success();
    assert!(text.contains("  d/dx  3.14159  3.14159\n"), "{text}");
    let text = wengert_with(folder.path(), &["tape", "relu(x)", "x=0"]).success();
    assert!(text.contains("  d/dx  0  0.5  they differ: is there a kink"), "{text}");
    let text = wengert_with(folder.path(), &["tape", "1/x", "x=0"]).success();
    assert!(text.contains("they differ: is there a kink or a pole"), "{text}");
}

#[test]
fn the_tape_of_a_formula_is_written_as_page_and_graph() {
    let folder = tempdir().unwrap();
    let arguments =
        ["tape", "h = tanh(w*x); h^2", "--page", "h.html", "w=1", "x=2", "--dot", "h.dot"];
    wengert_with(folder.path(), &arguments).success();
    let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("h.html").contains("h = tanh(%2)"));
    let graph = read("h.dot");
    assert!(
        graph.contains("n2 -> n3")
            && graph.contains(r#"label="%3 h = tanh\n0.964028\nadjoint 1.92806""#),
        "{graph}"
    );
}

#[test]
fn a_wrong_formula_or_value_is_told_with_exit_code_2_and_nothing_written() {
    let folder = tempdir().unwrap();
    let cases: [(&[&str], &str); 11] = [
        (&["x * "], "the expression, line 1, column 5: the end stands after `*` where an operand"),
        (&["x + foo(x)"], "\n  x + foo(x)\n      ^\n"),
        (&["x*y", "x=2"], "y has no value; add y=VALUE after the expression"),
        (&["x*y"], "x, y have no values; add them after the expression, as in x=2"),
        (&["x", "x=2", "z=3"], "`z=3`: the expression has no input `z`; its inputs are x"),
        (&["x", "x=2", "x=3"], "`x=3`: x has two values; give it one"),
        (&["x", "x"], "`x` is not a value; expected NAME=VALUE, such as x=2"),
        (&["x", "x="], "`x=`: there is no value after `=`; expected one, such as 2 or pi/4"),
        (&["x", "x=y"], "`x=y`: `y` is not a number; expected one, such as 2 or pi/4"),
        (&["2 + 3", "x=1"], "has no input `x`; it has no inputs"),
        (&["x", "x=1", "--dot", "page.html"], "lead to the same place"),
    ];
    for (arguments, words) in cases {
        let arguments = [&["tape"], arguments, &["--page", "page.html"]].concat();
        let outcome = wengert_with(folder.path(), &arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(words), "{words}\n{}", outcome.stderr);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Saves a model as a text classifier describes itself, with these weights.
fn save(path: &std::path::Path, weights: [f32; 4]) {
    let mut parameters = Parameters::new(0);
    parameters.add("hidden.weight", Tensor::new([2, 2], weights.to_vec()));
    parameters.add("hidden.bias", Tensor::zeros([2]));
    let description = json!({
        "activation": "relu",
        "labels": ["good", "\u{1b}[31mbad"],
        "tokenizer": null,
        "sizes": {"hidden": 2},
    });
    store::save(path, &parameters, &description).unwrap();
}

#[test]
fn a_saved_model_is_shown_with_kind_options_and_statistics() {
    let folder = tempdir().unwrap();
    save(&folder.path().join("model.st"), [1.0, 2.0, 3.0, 6.0]);
    let text = wengert_with(folder.path(), &["inspect", "--model", "model.st"]).success();
    for part in [
        "model.st: text classifier\n6 numbers in 2 parameters, 24 bytes",
        "hidden.weight  [2, 2]        4     3    1.87083    1    6           0\n",
        "  sizes.hidden  2\n",
        r"good, \u{1b}[31mbad",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let arguments = ["inspect", "--model", "model.st", "--json"];
    let printed = wengert_with(folder.path(), &arguments).success();
    wengert_with(folder.path(), &["inspect", "--model", "model.st", "--json=m.json"]).success();
    assert_eq!(fs::read_to_string(folder.path().join("m.json")).unwrap(), printed);
    let figures: Value = serde_json::from_str(&printed).unwrap();
    let weight = &figures["tensors"][1];
    assert_eq!((&weight["name"], &weight["mean"]), (&json!("hidden.weight"), &json!(3.0)));
    assert_eq!((&figures["parameters"], &figures["is_checkpoint"]), (&json!(6), &json!(false)));
}

#[test]
fn a_model_that_cannot_be_used_is_shown_with_the_reason() {
    let folder = tempdir().unwrap();
    save(&folder.path().join("model.st"), [1.0, f32::NAN, f32::INFINITY, 3.0]);
    let text = wengert_with(folder.path(), &["inspect", "--model", "model.st"]).success();
    assert!(
        text.contains("hidden.weight  [2, 2]        4     2          1    1    3           2\n"),
        "{text}"
    );
    assert!(text.contains("2 numbers are infinite or NaN, so the model cannot be used"), "{text}");
    fs::write(folder.path().join("text.txt"), "no model").unwrap();
    for (file, words) in
        [("none.st", "cannot be read"), ("text.txt", "not a whole safetensors file")]
    {
        let outcome = wengert_with(folder.path(), &["inspect", "--model", file, "--json=out.json"]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
        assert!(
            outcome.stderr.starts_with(&format!("error: --model {file}: ")),
            "{}",
            outcome.stderr
        );
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
    assert!(!folder.path().join("out.json").exists());
}
