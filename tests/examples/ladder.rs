//! What the examples to read print: each shows what its head says it shows.

use std::fs;
use std::path::Path;

use programs::{Outcome, accuracy, example, run, wengert};
use tempfile::{TempDir, tempdir};

/// Returns what an example without arguments prints.
#[track_caller]
fn printed(name: &str) -> String {
    run(example(name), Path::new("."), "").success()
}

/// Returns the number after `words` on the last line that has them.
#[track_caller]
fn number_behind(output: &str, words: &str) -> f64 {
    let (_, behind) = output.rsplit_once(words).unwrap_or_else(|| panic!("{words}: {output}"));
    let number = behind.split_whitespace().next().expect("a number").trim_end_matches(',');
    number.parse().unwrap_or_else(|_| panic!("{number:?} in {output}"))
}

#[test]
fn the_derivatives_of_the_expression_are_printed_and_checked() {
    let output = printed("derivative");
    assert!(output.contains("y + cos x = 2.583853"), "{output}");
    assert!(output.contains("01_derivative.rs:"), "the tape names lines of the example: {output}");
}

#[test]
fn a_broadcast_row_gets_the_sum_of_the_gradient_over_its_rows() {
    let output = printed("tensors");
    assert!(output.contains("shape [3]:\n[ 50,  94, 138]"), "{output}");
    assert!(output.contains("The gradient check passed: "), "{output}");
}

#[test]
fn an_op_of_ones_own_passes_the_gradient_check() {
    let output = printed("own_op");
    assert!(output.contains("The gradient check passed: "), "{output}");
}

#[test]
fn the_gradient_check_names_the_wrong_op_and_its_line() {
    let output = printed("gradient_check");
    assert!(output.contains("WRONG"), "{output}");
    let op = output.lines().find(|line| line.starts_with("wrong op: ")).expect("a wrong op");
    assert!(op.contains("silu"), "{op}");
    assert!(op.contains("04_gradient_check.rs:"), "{op}");
}

#[test]
fn linear_regression_finds_the_weights_of_the_data() {
    let output = printed("linear_regression");
    assert!(number_behind(&output, "step 50: loss ") < 0.012, "{output}");
    let weight = number_behind(&output, "weight [[");
    assert!((weight - 2.0).abs() < 0.05, "{output}");
}

#[test]
fn xor_is_learned() {
    let output = printed("xor");
    assert!(number_behind(&output, "step 300: loss ") < 0.05, "{output}");
}

#[test]
fn a_layer_of_ones_own_passes_the_gradient_check_and_learns() {
    let output = printed("own_layer");
    assert!(output.contains("The gradient check passed: "), "{output}");
    assert!(number_behind(&output, "epoch 500: loss ") < 0.1, "{output}");
}

#[test]
fn a_gan_learns_the_ring() {
    let output = printed("gan");
    assert!((number_behind(&output, "step 3000: radius ") - 1.0).abs() < 0.1, "{output}");
    let (_, last) = output.rsplit_once("step 3000: ").expect("the last step");
    assert!(number_behind(last.lines().next().expect("a line"), "deviation ") < 0.2, "{output}");
    assert!(number_behind(last.lines().next().expect("a line"), "sectors ") >= 11.0, "{output}");
}

#[test]
fn a_trained_body_with_a_new_head_is_better_than_nothing() {
    let output = printed("fine_tuning");
    assert!(output.contains("loaded (4): `body.0.bias`, `body.0.weight`"), "{output}");
    let scratch = number_behind(&output, "from nothing: ");
    let frozen = number_behind(&output, "with the frozen body: ");
    let tuned = number_behind(&output, "with the body, slowly: ");
    assert!(frozen > scratch + 5.0 && tuned > scratch + 5.0, "{output}");
}

#[test]
fn on_the_table_both_networks_reach_85_per_cent() {
    let output = printed("tabular");
    for activation in ["relu", "swiglu"] {
        assert!(accuracy(&output, activation) >= 85.0, "{output}");
    }
}

#[test]
fn drawn_digits_are_read_with_more_than_95_per_cent_right() {
    let output = printed("digits");
    assert!(number_behind(&output, "test accuracy ") > 95.0, "{output}");
    assert!(output.contains("██"), "it prints images: {output}");
}

#[test]
fn the_comparison_of_activations_has_the_figures_of_the_program() {
    let output = printed("sentiment");
    let program = run(wengert(), Path::new("."), "train --quiet").success();
    for activation in ["relu", "swiglu"] {
        assert_eq!(accuracy(&output, activation), accuracy(&program, activation));
    }
    assert_eq!(output.matches("gradient check before training passed: ").count(), 2, "{output}");
    assert!(output.contains("activation.beta has become "), "{output}");
}

#[test]
fn a_language_model_comes_near_its_floor() {
    let output = run(example("language_model"), Path::new("."), "400").success();
    let floor = number_behind(&output, "the floor is ");
    assert!((0.09..0.1).contains(&floor), "{output}");
    assert!(number_behind(&output, "epoch 6  loss ") < 6.0 * floor, "{output}");
    assert!(output.contains("block 1: β has become "), "{output}");
    let wrong = run(example("language_model"), Path::new("."), "many");
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
    assert!(wrong.stderr.contains("the number of stories"), "{}", wrong.stderr);
}

#[test]
fn the_small_framework_learns_xor_and_the_rings() {
    let output = printed("small_framework");
    assert!(number_behind(&output, "step 400: loss ") < 0.02, "{output}");
    assert!(number_behind(&output, "epoch 100: loss ") < 0.4, "{output}");
}

#[test]
fn a_gradient_penalty_makes_the_slopes_smaller() {
    let output = printed("gradient_penalty");
    let slope = |step: &str| {
        let line = output.lines().find(|line| line.starts_with(step)).expect("the step's line");
        number_behind(line, "mean |∇ₓf|² ")
    };
    assert!(slope("step 300:") > 2.0 * slope("step 0:"), "{output}");
    assert!(slope("step 600:") < 0.5 * slope("step 300:"), "{output}");
    assert!(number_behind(&output, "step 600: loss ") < 0.5, "{output}");
}

#[test]
fn the_differential_equation_is_solved() {
    let output = printed("physics");
    assert!(number_behind(&output, "largest error ") < 1e-2, "{output}");
}

#[test]
fn the_largest_eigenvalue_converges_and_its_parabola_fits_the_loss() {
    let output = printed("curvature");
    let eigenvalue = |step: &str| number_behind(&output, &format!("step {step}: eigenvalue "));
    assert!((eigenvalue("10") / eigenvalue(" 9") - 1.0).abs() < 0.01, "{output}");
    let line = output.lines().find(|line| line.starts_with(" 0.25 ")).expect("a row of the table");
    let row: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!((row[1] - row[2]).abs() < 0.01, "{output}");
}

/// A folder with texts whose label is told by one word, and with files that are not fit.
fn folder() -> TempDir {
    let folder = tempdir().expect("a folder");
    let words = [("happy", "joy"), ("scared", "fear"), ("furious", "anger")];
    let row = |i: usize| format!("the number {} is {},{}\n", i % 7, words[i % 3].0, words[i % 3].1);
    let rows: String = (0..300).map(row).collect();
    for (name, content) in [
        ("texts.csv", format!("text,label\n{rows}")),
        ("envy.csv", "text,label\nhappy,joy\nscared,envy\n".to_string()),
        ("joy.csv", "text,label\nhappy,joy\n".to_string()),
        ("wordless.csv", "text,label\n!!,joy\n...,fear\n".to_string()),
        ("columns.csv", "text,mood\nhappy,joy\n".to_string()),
    ] {
        fs::write(folder.path().join(name), content).expect("a file");
    }
    folder
}

#[test]
fn the_comparison_of_activations_reads_files() {
    let arguments = "--train texts.csv --test texts.csv";
    let output = run(example("sentiment"), folder().path(), arguments).success();
    assert!(output.starts_with("300 training and 300 test texts, 3 classes\n"), "{output}");
    assert!(accuracy(&output, "swiglu") > 90.0, "{output}");
}

#[test]
fn the_comparison_of_activations_tells_what_is_wrong_with_its_input() {
    for (arguments, fault) in [
        ("--verbose", "found [\"--verbose\"]: give nothing, or --train FILE --test FILE"),
        ("--train texts.csv", "give nothing, or --train FILE --test FILE"),
        ("--train none.csv --test texts.csv", "none.csv: there is no such file"),
        (
            "--train texts.csv --test envy.csv",
            "envy.csv, line 3: column `label`: the label `envy` is not one of",
        ),
        ("--train columns.csv --test texts.csv", "columns.csv, line 1: there is no column `label`"),
        ("--train joy.csv --test joy.csv", "the training texts have 1 words and 1 labels"),
        ("--train wordless.csv --test texts.csv", "the training texts have 0 words and 2 labels"),
    ] {
        let Outcome { code, stdout, stderr } =
            run(example("sentiment"), folder().path(), arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(fault), "{arguments}: {stderr}");
    }
}
