//! What the program says.

use std::fs;

use exercises::program::{overview, report, run};
use exercises::{Answers, Outcome, judge};
use tensor::Tensor;

use crate::sets::SOLUTIONS;

fn said(arguments: &[&str]) -> Result<String, String> {
    run(&arguments.iter().map(|word| word.to_string()).collect::<Vec<_>>())
}

/// Returns what is said about a wrong answer.
fn about(number: usize, answers: Answers) -> String {
    let task = exercises::all()[number - 1];
    report(&task, &judge(&task, &answers))
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn all_are_open_at_first() {
    let text = said(&[]).expect("a table");
    assert_eq!(text.matches("  open   ").count(), 30, "{text}");
    assert!(text.contains("0 of 30 done"), "{text}");
    assert!(text.contains("examples/exercises/tasks/01_division.rs"), "{text}");
    assert!(said(&["7"]).expect("a report").contains("in place of `todo!()`"));
}

#[test]
fn the_table_counts_what_is_done_and_asks_about_what_is_wrong() {
    let swish = |x: f64, _: f64| x;
    let text = overview(&Answers { swish, ..SOLUTIONS });
    assert!(text.contains("29 of 30 done"), "{text}");
    assert!(text.contains("What is wrong with 20?"), "{text}");
    assert!(overview(&SOLUTIONS).contains("All done"));
}

#[test]
fn a_mistake_is_named_with_op_input_index_and_both_values() {
    let dense = crate::mistakes::checks_and_layers::dense_bias_mean;
    let text = about(13, Answers { dense, ..SOLUTIONS });
    assert!(text.contains("dense: db at [0]: expected "), "{text}");
    assert!(text.contains(", found "), "{text}");
    assert!(
        text.contains("The gradient check, with a dy of its own, says so too: db at ["),
        "{text}"
    );
    assert!(text.contains("is the sum over the"), "{text}");
}

#[test]
fn a_mistake_that_nobody_thought_of_is_described_if_it_is_simple() {
    let softmax = |y: &[f64], dy: &[f64]| {
        let right = (SOLUTIONS.softmax)(y, dy);
        right.into_iter().map(|dx| 3.0 * dx).collect()
    };
    let text = about(10, Answers { softmax, ..SOLUTIONS });
    assert!(text.contains("dx is everywhere 3 times what it should be"), "{text}");

    let swish = |x, dy| -(SOLUTIONS.swish)(x, dy);
    let text = about(20, Answers { swish, ..SOLUTIONS });
    assert!(text.contains("dx is right but for its sign"), "{text}");

    let max = |x: &[f64], _| vec![7.0; x.len()];
    let text = about(9, Answers { max, ..SOLUTIONS });
    assert!(text.contains("hint 9"), "{text}");
}

#[test]
fn a_panic_and_a_loop_without_end_are_reported() {
    let rms_norm = |x: &[f64], _: &[f64], _| vec![x[x.len()]];
    let text = about(23, Answers { rms_norm, ..SOLUTIONS });
    assert!(text.contains("it panics at "), "{text}");
    assert!(text.contains("program.rs, line "), "{text}");
    assert!(text.contains("the len is 2 but the index is 2"), "{text}");
    assert!(text.contains("of n elements the last is n − 1"), "{text}");

    let swish = |_, _| loop {
        std::thread::sleep(std::time::Duration::from_secs(1));
    };
    assert!(about(20, Answers { swish, ..SOLUTIONS }).contains("never ends"));
}

#[test]
fn panics_of_beginners_get_help() {
    // The axes aligned from behind, as in Python, where an index may be negative.
    let broadcast = |a: &[usize], b: &[usize]| {
        let rank = a.len().max(b.len());
        Some(
            (0..rank)
                .map(|axis| a[axis - (rank - a.len())].max(b[axis - (rank - b.len())]))
                .collect(),
        )
    };
    // A release does not check for an overflow.
    let text = in_one_line(&about(5, Answers { broadcast, ..SOLUTIONS }));
    let help = if cfg!(debug_assertions) { "a `usize` cannot go below 0" } else { "past the end" };
    assert!(text.contains(help), "{text}");

    let merge = |ids: &[u32], pair: [u32; 2], _| {
        (0..ids.len()).filter(|&i| ids[i..i + 2] == pair).map(|i| ids[i]).collect()
    };
    let text = in_one_line(&about(18, Answers { merge, ..SOLUTIONS }));
    assert!(text.contains("out of range for slice"), "{text}");
    assert!(text.contains("`i + 2 <= x.len()`"), "{text}");
}

#[test]
fn the_gradient_check_names_an_index_or_a_random_direction_and_for_a_number_neither() {
    let check = |number: usize, answers: Answers| {
        let text = in_one_line(&about(number, answers));
        let (_, said) = text.split_once("says so too: ").expect("what the check says");
        said.to_string()
    };
    let matmul = |a: &Tensor<f64>, b: &Tensor<f64>, dy: &Tensor<f64>| {
        let [da, db] = (SOLUTIONS.matmul)(a, b, dy);
        [da * 2.0, db]
    };
    let said = check(8, Answers { matmul, ..SOLUTIONS });
    assert!(said.starts_with("da at ["), "{said}");

    let division = crate::mistakes::beginnings::division_sign;
    let said = check(1, Answers { division, ..SOLUTIONS });
    assert!(said.starts_with("db is "), "{said}");

    let max = crate::mistakes::operations::max_first;
    let said = check(9, Answers { max, ..SOLUTIONS });
    assert!(said.starts_with("dx along a random direction is "), "{said}");
}

#[test]
fn nan_and_too_few_numbers_are_wrong() {
    let swish = |_, _| f64::NAN;
    let text = about(20, Answers { swish, ..SOLUTIONS });
    assert!(text.contains("found NaN") && text.contains("0 / 0 gives that"), "{text}");
    let rope = |x: &[f64], _| x[..1].to_vec();
    assert!(about(25, Answers { rope, ..SOLUTIONS }).contains("y: expected 2 numbers, found 1"));
    let clip = |_: &[Tensor<f64>], _| Vec::new();
    assert!(about(17, Answers { clip, ..SOLUTIONS }).contains("expected 2 results, found 0"));
}

#[test]
fn hints_and_solutions_are_shown() {
    assert!(said(&["hint", "7"]).expect("a hint").contains("sum_to"));
    let solution = said(&["solution", "7"]).expect("a solution");
    assert!(solution.contains("(dy * b).sum_to(a.shape())"), "{solution}");
    assert!(said(&["--help"]).expect("help").contains("solution 7"));
}

#[test]
fn a_wrong_command_is_answered_with_what_there_is() {
    assert!(said(&["31"]).expect_err("an error").contains("from 1 to 30"));
    assert!(said(&["0"]).expect_err("an error").contains("from 1 to 30"));
    assert!(said(&["hint"]).expect_err("an error").contains("hint 7"));
    assert!(said(&["hint", "x"]).expect_err("an error").contains("no exercise x"));
    assert!(said(&["check", "7"]).expect_err("an error").contains("--help"));
}

#[test]
fn grades_are_read_by_programs() {
    let text = said(&["grade", "--json"]).expect("JSON");
    let grades: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(grades["open"], 30);
    assert_eq!(grades["exercises"][6]["name"], "product");
    let text = said(&["grade"]).expect("CSV");
    assert_eq!(text.lines().nth(1), Some("1,division,1,open,"));
    assert_eq!(text.lines().count(), 31);
}

#[test]
fn a_handout_has_no_solutions() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("handout");
    let name = folder.to_str().expect("a name");
    assert!(said(&["handout", name]).expect("a handout").contains(name));
    let exercises = folder.join("examples/exercises");
    assert!(exercises.join("tasks/01_division.rs").exists());
    for withheld in ["solutions", "mistakes", "tests"] {
        assert!(!exercises.join(withheld).exists(), "{withheld}");
    }
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    assert!(manifest.contains("[workspace.dependencies]"), "{manifest}");
    assert!(!manifest.contains("[package]"), "{manifest}");
    assert!(said(&["handout", name]).expect_err("an error").contains("exists already"));

    // Nothing that is compiled without the tests asks for what is withheld.
    for file in fs::read_dir(exercises.join("src")).expect("a folder") {
        let file = file.expect("a file").path();
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert!(!text.contains("../solutions"), "{}", file.display());
    }
}

#[test]
fn an_outcome_of_a_solution_says_how_much_was_compared() {
    let task = exercises::all()[0];
    let Outcome::Done { cases, compared } = judge(&task, &SOLUTIONS) else { panic!("it is done") };
    assert_eq!(cases, 3);
    assert!(compared > 0);
}
