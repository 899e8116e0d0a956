//! Every stub is open, every solution is right, and every typical mistake is recognized.

mod mistakes;
mod program;
mod sets;
mod solutions;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;

use exercises::program::report;
use exercises::{Answers, Outcome, fingerprint, judge};
use serde_json::Value;

use sets::{Mutant, SOLUTIONS, mutants};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn exercises_are_numbered_in_order_of_the_chapters_and_have_their_files() {
    let tasks = exercises::all();
    assert_eq!(tasks.len(), 30);
    for (i, task) in tasks.iter().enumerate() {
        assert_eq!(task.number, i + 1);
        assert!(i == 0 || tasks[i - 1].chapter <= task.chapter, "{}", task.name);
        for kind in ["tasks", "solutions"] {
            let file = folder().join(kind).join(task.file());
            let text = fs::read_to_string(&file).expect("the file of the exercise");
            assert!(text.contains(&format!("pub fn {}(", task.name)), "{}", file.display());
            let head = text.lines().next().expect("a first line");
            assert!(head.contains(&format!("xercise {}", task.number)), "{}", file.display());
            assert!(head.ends_with(&format!("{}.", task.title)), "{}", file.display());
        }
    }
    for kind in ["tasks", "solutions"] {
        assert_eq!(fs::read_dir(folder().join(kind)).expect("a folder").count(), tasks.len());
    }
}

#[test]
fn every_stub_is_open() {
    for task in exercises::all() {
        assert_eq!(judge(&task, &Answers::READER), Outcome::Open, "exercise {}", task.number);
    }
}

#[test]
fn every_solution_is_right() {
    for task in exercises::all() {
        let outcome = judge(&task, &SOLUTIONS);
        assert!(matches!(outcome, Outcome::Done { .. }), "exercise {}: {outcome:?}", task.number);
    }
}

/// Returns the arrays that a case is given.
fn arrays(given: &str) -> Vec<Value> {
    let first = |text| serde_json::Deserializer::from_str(text).into_iter().next();
    let values = given.split(" = ").skip(1).filter_map(first).filter_map(Result::ok);
    values.filter(Value::is_array).collect()
}

/// Returns `true` for a matrix with more than one row that is equal to its transpose.
fn is_symmetric(input: &Value) -> bool {
    let length = |rows: &Value| rows.as_array().map_or(0, Vec::len);
    let all = || 0..length(input);
    let is_square = all().all(|i| length(&input[i]) == length(input));
    is_square && length(input) > 1 && all().all(|i| all().all(|j| input[i][j] == input[j][i]))
}

#[test]
fn no_input_is_symmetric_or_equal_to_another_which_would_hide_a_mistake() {
    for task in exercises::all() {
        for case in (task.cases)(&SOLUTIONS) {
            let inputs = arrays(&case.given);
            for (i, input) in inputs.iter().enumerate() {
                // Exercise 5 is about shapes, and equal shapes are one of its cases.
                let is_there_twice = task.number != 5 && inputs[..i].contains(input);
                assert!(!is_symmetric(input) && !is_there_twice, "{}: {input}", task.name);
            }
        }
    }
}

#[test]
fn what_is_shown_of_a_matrix_product_is_what_the_hint_speaks_of() {
    for (number, name, answers) in mutants().into_iter().filter(|(number, ..)| *number == 8) {
        let Outcome::Wrong(wrong) = judge(&exercises::all()[number - 1], &answers) else {
            panic!("the mistake `{name}` passes");
        };
        assert!(wrong.difference.starts_with("da at "), "{name}: {}", wrong.difference);
    }
}

#[test]
fn every_vjp_is_checked_by_the_gradient_check() {
    let is_checked = |outcome| matches!(outcome, Outcome::Done { compared, .. } if compared > 0);
    let checked = exercises::all().into_iter().filter(|task| is_checked(judge(task, &SOLUTIONS)));
    let checked: Vec<usize> = checked.map(|task| task.number).collect();
    assert_eq!(checked, [1, 7, 8, 9, 10, 13, 14, 19, 20, 21, 24, 26, 30]);
}

/// Returns the line of a wrong answer in the file of fingerprints.
fn line((number, name, answers): &Mutant) -> String {
    let task = exercises::all()[number - 1];
    let found: Vec<_> = (task.cases)(answers).iter().map(|case| case.found()).collect();
    format!("{number} {name}\t{}\n", fingerprint::of(&found))
}

#[test]
fn fingerprints_are_those_of_the_mistakes() {
    let lines: String = mutants().iter().map(line).collect();
    let file = folder().join("mistakes.txt");
    if env::var_os("EXERCISES").is_some_and(|value| value == "write") {
        fs::write(&file, &lines).expect("the file can be written");
    }
    let kept = fs::read_to_string(&file).expect("the file of fingerprints");
    // On another processor the last digits differ; that they are recognized is tested below.
    let names = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.split_once('\t')?.0.to_string())).collect()
    };
    assert_eq!(names(&kept), names(&lines), "write it again, as src/fingerprint.rs says");
}

#[test]
fn every_mistake_is_found_and_gets_its_hint() {
    for (number, name, answers) in mutants() {
        let task = exercises::all()[number - 1];
        let Outcome::Wrong(wrong) = judge(&task, &answers) else {
            panic!("exercise {number}: the mistake `{name}` passes");
        };
        let found = wrong.mistake.map(|mistake| mistake.name);
        assert_eq!(found, Some(name), "exercise {number}: {wrong:?}");
        let said = report(&task, &Outcome::Wrong(wrong.clone()));
        let hint = wrong.mistake.expect("a mistake").hint;
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&said).contains(&words(hint)), "{said}");
        assert!(!wrong.given.is_empty(), "exercise {number}");
    }
}

#[test]
fn every_mistake_in_a_vjp_is_found_by_the_gradient_check_as_well() {
    // The check does not run where a shape is wrong already.
    for (number, name, answers) in mutants() {
        let task = exercises::all()[number - 1];
        let Outcome::Wrong(wrong) = judge(&task, &answers) else { continue };
        let is_vjp = (task.cases)(&SOLUTIONS)[0].check().is_some();
        let fits = !wrong.difference.contains("shape") && !wrong.difference.contains("numbers");
        assert_eq!(wrong.check.is_some(), is_vjp && fits, "exercise {number}, {name}: {wrong:?}");
    }
}

#[test]
fn every_exercise_knows_two_mistakes_or_more_and_each_has_a_wrong_answer() {
    let named = |(number, name, _): Mutant| (number, name);
    let with_answers: BTreeSet<_> = mutants().into_iter().map(named).collect();
    for task in exercises::all() {
        assert!(task.mistakes.len() >= 2, "exercise {}", task.number);
        assert!(!task.hint.is_empty(), "exercise {}", task.number);
    }
    let tasks = exercises::all();
    let described = tasks
        .iter()
        .flat_map(|task| task.mistakes.iter().map(|mistake| (task.number, mistake.name)));
    assert_eq!(described.collect::<BTreeSet<_>>(), with_answers);
}
