//! Runs that end well.

use std::fs;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use crate::files::{SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
use crate::programs::{Outcome, accuracy, run, run_with};

#[test]
fn help_names_every_option_and_gives_examples() {
    let shared = [
        "--train <FILE>",
        "--test <FILE>",
        "--label-column <NAME>",
        "--data-seed <N>",
        "--export <DIR>",
        "--activation <NAME,...>",
        "--epochs <N>",
        "--batch-size <N>",
        "--lr <RATE>",
        "--validation-split <SHARE>",
        "--patience <N>",
        "--seed <N>",
        "--gradcheck",
        "--seeds <N>",
        "--help",
        "Examples:",
        "With cargo: cargo run --release --example",
    ];
    let sentiment = [
        "--text-column <NAME>",
        "--vocab <N>",
        "--embedding <N>",
        "--hidden <N>",
        "--dropout <SHARE>",
        "--baseline",
        "--save <FILE>",
        "--model <FILE>",
        "--predict <TEXT>",
    ];
    for (example, own) in [("sentiment", &sentiment[..]), ("tabular", &["--features <NAME,...>"])] {
        let help = run(example, Path::new("."), "--help").success();
        for part in shared.iter().chain(own) {
            assert!(help.contains(part), "{part} is missing in:\n{help}");
        }
        let listed = help.lines().filter(|line| line.trim_start().starts_with("--")).count();
        assert_eq!(listed + 1, shared.len() - 2 + own.len(), "an option is not tested:\n{help}");
    }
}

/// The output without times: those end a line, with two decimals and perhaps an `s`.
fn without_times(output: &str) -> String {
    let line = |line: &str| {
        let line = line.strip_suffix(" s").unwrap_or(line);
        let time = |word: &str| word.split_once('.').is_some_and(|(_, digits)| digits.len() == 2);
        match line.rsplit_once(' ') {
            Some((rest, last)) if time(last) && last.parse::<f64>().is_ok() => rest.trim_end(),
            _ => line,
        }
        .to_string()
    };
    output.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_seed_gives_the_same_output_and_another_does_not() {
    let folder = folder_with(&good_files());
    let runs = [
        ("sentiment", format!("{TRAIN_TEXTS} {SMALL} --epochs 3 --baseline --seeds 2 --seed")),
        ("sentiment", format!("{TRAIN_TEXTS} {SMALL} --epochs 3 --seed")),
        ("tabular", format!("{TRAIN_NUMBERS} --epochs 3 --seeds 2 --seed")),
    ];
    for (example, arguments) in runs {
        let output = |seed| {
            let arguments = format!("{arguments} {seed}");
            without_times(&run(example, folder.path(), &arguments).success())
        };
        let first = output(1);
        assert!(first.contains("accuracy"));
        assert_eq!(first, output(1));
        assert_ne!(first, output(2));
    }
}

#[test]
fn gradcheck_prints_a_line_for_each_parameter_before_and_after_training() {
    let folder = folder_with(&good_files());
    let output = run(
        "sentiment",
        folder.path(),
        &format!("{TRAIN_TEXTS} {SMALL} --gradcheck --activation swiglu"),
    )
    .success();
    for name in ["embedding.weight", "hidden.bias", "activation.gamma"] {
        let lines = output.lines().filter(|line| line.starts_with(name) && line.contains(" ok "));
        assert_eq!(lines.count(), 2, "{name} in:\n{output}");
    }
    assert!(output.contains("Gradient check before training passed: "), "{output}");
    assert!(output.contains("Gradient check on the trained weights passed: "), "{output}");
}

/// Trains on [`texts`] until nothing is wrong, and saves the model as `model.st`.
fn trained_and_saved(folder: &Path) -> String {
    let options = "--activation swiglu --lr 0.05 --epochs 60 --save model.st";
    run("sentiment", folder, &format!("{TRAIN_TEXTS} {SMALL} {options}")).success()
}

#[test]
fn a_saved_model_predicts_what_it_did_in_evaluation() {
    let folder = folder_with(&good_files());
    let output = trained_and_saved(folder.path());
    assert_eq!(accuracy(&output, "swiglu"), 100.0);

    let (_, predictions) = output.split_once("Its first predictions:\n").unwrap();
    let lines: Vec<&str> = predictions.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 2 * 6);
    for prediction in lines.chunks(2) {
        let (confidence, class) = prediction[0].split_once(" % ").unwrap();
        let text = prediction[1].trim();
        let options = ["--model", "model.st", "--predict", text];
        let output = run_with("sentiment", folder.path(), &options).success();
        let ranking: Vec<(f64, &str)> = output
            .lines()
            .map(|line| line.split_once(" %  ").unwrap())
            .map(|(probability, class)| (probability.trim().parse().unwrap(), class))
            .collect();
        let total: f64 = ranking.iter().map(|(probability, _)| probability).sum();
        assert!((total - 100.0).abs() <= 0.15, "{output}");
        assert!(ranking.is_sorted_by(|a, b| a.0 >= b.0), "{output}");
        assert_eq!(ranking[0].1, class);
        let confidence: f64 = confidence.trim().parse().unwrap();
        assert!((ranking[0].0 - confidence).abs() <= 0.55, "{confidence} %, but then {output}");
    }
}

#[test]
fn the_same_seed_saves_the_same_bytes() {
    let (first, second) = (folder_with(&good_files()), folder_with(&good_files()));
    trained_and_saved(first.path());
    trained_and_saved(second.path());
    let model = |folder: &TempDir| fs::read(folder.path().join("model.st")).unwrap();
    assert_eq!(model(&first), model(&second));
}

#[test]
fn a_text_of_unknown_words_is_answered_with_a_note() {
    let folder = folder_with(&good_files());
    trained_and_saved(folder.path());
    for text in ["", "zebra", "…"] {
        let options = ["--model", "model.st", "--predict", text];
        let Outcome { code, stdout, stderr } = run_with("sentiment", folder.path(), &options);
        assert_eq!((code, stdout.lines().count()), (Some(0), 3));
        assert_eq!(stderr, "note: the model knows none of these words, so it can only guess\n");
    }
}

#[test]
fn exported_data_can_be_trained_on() {
    let folder = tempdir().unwrap();
    for (example, columns) in [("sentiment", "text,label\n"), ("tabular", "x1,x2,x3")] {
        let options = format!("--activation relu --seeds 1 --epochs 1 --export {example}");
        let generated = run(example, folder.path(), &options).success();
        let csv = fs::read_to_string(folder.path().join(example).join("train.csv")).unwrap();
        assert!(csv.starts_with(columns));
        let options = format!(
            "--activation relu --seeds 1 --epochs 1 --train {example}/train.csv --test \
             {example}/test.csv"
        );
        let read = run(example, folder.path(), &options).success();
        assert_eq!(accuracy(&generated, "relu"), accuracy(&read, "relu"));
    }
}
