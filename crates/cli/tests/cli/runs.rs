//! Runs that end well.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::files::{SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
use crate::program::{command, wengert, wengert_with};
use programs::{Outcome, accuracy};

/// Options that tell where samples come from.
const SOURCE: [&str; 5] = [
    "--train <FILE>",
    "--test <FILE>",
    "--label-column <NAME>",
    "--data-seed <N>",
    "--export <DIR>",
];

/// Options of a file that is trained on.
const TABLE: [&str; 6] = [
    "--target <NAME>",
    "--column <NAME=KIND>",
    "--header <YES|NO>",
    "--separator <CHARACTER>",
    "--test-split <SHARE>",
    "--group <NAME>",
];

/// Options of a text classifier.
const CLASSIFIER: [&str; 7] = [
    "--text-column <NAME>",
    "--max-length <N>",
    "--activation <NAME,...>",
    "--vocab <N>",
    "--embedding <N>",
    "--hidden <N>",
    "--dropout <SHARE>",
];

/// Options of a training run.
const TRAINING: [&str; 11] = [
    "--epochs <N>",
    "--batch-size <N>",
    "--shards <N>",
    "--lr <RATE>",
    "--validation-split <SHARE>",
    "--split <HOW>",
    "--patience <N>",
    "--seed <N>",
    "--watch-layers",
    "--gradcheck",
    "--quiet",
];

/// Options that tell what to write about runs.
const OUTPUT: [&str; 3] = ["--report <FILE>", "--json[=<FILE>]", "--plots <DIR>"];

/// Options of what is kept of a run.
const KEEPING: [&str; 5] =
    ["--checkpoint <DIR>", "--every <N>", "--resume <DIR>", "--log <FILE>", "--log-every <WHAT>"];

/// Runs the program's or a command's --help, and checks that it lists these options and no other,
/// and gives examples of itself.
#[track_caller]
fn check_help(command: &str, options: &[&[&str]]) {
    let help = wengert(Path::new("."), &format!("{command} --help")).success();
    let listed = |line: &str| line.trim_start().trim_start_matches("-h, ").starts_with("--");
    let listed: BTreeSet<&str> =
        help.lines().filter(|line| listed(line)).map(|line| line.trim()).collect();
    let mut expected: BTreeSet<&str> = options.concat().into_iter().collect();
    expected.insert("-h, --help");
    assert_eq!(listed, expected, "{command}");
    let (_, examples) = help.split_once("Examples:").expect("examples");
    assert!(examples.contains(format!("  wengert {command}").trim_end()), "{help}");
}

#[test]
fn help_names_every_option_and_gives_examples() {
    let experiment = [&SOURCE[..], &CLASSIFIER, &TRAINING, &KEEPING, &OUTPUT].concat();
    // Without a command, the options of `train` apply. The help of `train` lists them.
    check_help("", &[]);
    check_help(
        "train",
        &[&experiment, &["--save <FILE>"], &TABLE, &["--folds <N>", "--search <N>"]],
    );
    let own = ["--seeds <N>", "--baseline"];
    check_help("compare", &[&experiment, &own, &TABLE]);
    let own = ["--seed <N>", "--samples <N>", "--model <FILE>"];
    let kinds =
        ["--target <NAME>", "--column <NAME=KIND>", "--header <YES|NO>", "--separator <CHARACTER>"];
    check_help("gradcheck", &[&SOURCE, &CLASSIFIER, &own, &kinds]);
    let own = [
        "--model <FILE>",
        "--test <FILE>",
        "--text-column <NAME>",
        "--label-column <NAME>",
        "--separator <CHARACTER>",
        "--json[=<FILE>]",
    ];
    check_help("evaluate", &[&own]);
    check_help(
        "predict",
        &[&[
            "--model <FILE>",
            "--file <FILE>",
            "--separator <CHARACTER>",
            "--top <N>",
            "--why",
            "--json[=<FILE>]",
        ]],
    );
    let own = ["--features <NAME,...>", "--activation <NAME,...>", "--seeds <N>"];
    check_help("tabular", &[&SOURCE, &TRAINING, &OUTPUT, &own]);
}

/// Runs the text classifier with this on its standard input.
fn run_reading(input: &str, folder: &Path, arguments: &str) -> Outcome {
    let mut command = command(folder);
    command.args(arguments.split_whitespace());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Outcome::of(child.wait_with_output().unwrap())
}

/// Returns the output without times: those end a line, with two decimals and perhaps an `s`.
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
        format!("compare {TRAIN_TEXTS} {SMALL} --epochs 3 --baseline --seeds 2 --seed"),
        format!("{TRAIN_TEXTS} {SMALL} --epochs 3 --seed"),
        format!("tabular {TRAIN_NUMBERS} --epochs 3 --seeds 2 --seed"),
    ];
    for arguments in runs {
        let output = |seed| {
            let arguments = format!("{arguments} {seed}");
            without_times(&wengert(folder.path(), &arguments).success())
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
    let output =
        wengert(folder.path(), &format!("{TRAIN_TEXTS} {SMALL} --gradcheck --activation swiglu"))
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
    wengert(folder, &format!("{TRAIN_TEXTS} {SMALL} {options}")).success()
}

#[test]
fn a_saved_model_gives_the_predictions_of_its_evaluation() {
    let folder = folder_with(&good_files());
    let output = trained_and_saved(folder.path());
    assert_eq!(accuracy(&output, "swiglu"), 100.0);

    let (_, predictions) = output.split_once("Its first predictions:\n").unwrap();
    let lines: Vec<&str> = predictions.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 2 * 6);
    for prediction in lines.chunks(2) {
        let (confidence, class) = prediction[0].split_once(" % ").unwrap();
        let text = prediction[1].trim();
        let options = ["predict", "--model", "model.st", text];
        let output = wengert_with(folder.path(), &options).success();
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
fn a_text_of_unknown_words_is_answered_with_unknown() {
    let folder = folder_with(&good_files());
    trained_and_saved(folder.path());
    for (text, output) in
        [("", "unknown\n"), ("Zebra zebra", "unknown\nunknown words: zebra\n"), ("!?", "unknown\n")]
    {
        let options = ["predict", "--model", "model.st", text];
        let Outcome { code, stdout, stderr } = wengert_with(folder.path(), &options);
        assert_eq!((code, stdout.as_str()), (Some(0), output));
        assert_eq!(stderr, "note: the model knows none of these words\n");
    }
}

#[test]
fn exported_data_can_be_trained_on() {
    let folder = tempdir().unwrap();
    for (command, columns) in [("train", "text,label\n"), ("tabular", "x1,x2,x3")] {
        let options = format!("{command} --activation relu --epochs 1 --export {command}");
        let generated = wengert(folder.path(), &options).success();
        let csv = fs::read_to_string(folder.path().join(command).join("train.csv")).unwrap();
        assert!(csv.starts_with(columns));
        let options = format!(
            "{command} --activation relu --epochs 1 --train {command}/train.csv --test \
             {command}/test.csv"
        );
        let read = wengert(folder.path(), &options).success();
        assert_eq!(accuracy(&generated, "relu"), accuracy(&read, "relu"));
    }
}

#[test]
fn the_first_lines_count_texts_classes_and_words() {
    let folder = folder_with(&good_files());
    for (vocab, known) in [
        (50, "all of them known"),
        (15, "all of them known"),
        (14, "the 13 most frequent of them known"),
        (2, "the 1 most frequent of them known"),
    ] {
        let arguments = format!("{TRAIN_TEXTS} --epochs 1 --activation relu --vocab {vocab}");
        let output = wengert(folder.path(), &arguments).success();
        let lines: Vec<&str> = output.lines().take(2).collect();
        assert_eq!(lines[0], "60 training and 60 test texts, 3 classes: `anger`, `fear`, `joy`");
        assert!(lines[1].starts_with(&format!("14 different words, {known}; ")), "{output}");
    }
}

#[test]
fn the_content_of_a_file_cannot_upset_the_terminal() {
    let folder = folder_with(&good_files());
    for (name, text) in good_files() {
        let text = String::from_utf8(text).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let red =
            rows.replace("happy,joy", "\x1b[31mhappy,\x1b[31mjoy").replace("yes", "\x1b[31myes");
        fs::write(folder.path().join(name), format!("{header}\n{red}")).unwrap();
    }
    let other = "text,label\na,\x1b[2J\nb,\x1b[2J\n";
    fs::write(folder.path().join("other.csv"), other).unwrap();
    for arguments in [
        format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --save model.st"),
        "predict --model model.st --file texts.csv".to_string(),
        "evaluate --model model.st --test texts.csv".to_string(),
        "--train other.csv --test other.csv".to_string(),
        format!("tabular {TRAIN_NUMBERS} --epochs 1 --seeds 1"),
        "tabular --train other.csv --test other.csv".to_string(),
    ] {
        let Outcome { code, stdout, stderr } = wengert(folder.path(), &arguments);
        assert!(!stdout.contains('\x1b') && !stderr.contains('\x1b'), "{stdout}{stderr}");
        let expected = if arguments.contains("other.csv") { 2 } else { 0 };
        assert_eq!(code, Some(expected), "{stderr}");
    }
}

#[test]
fn without_a_command_it_trains() {
    let folder = folder_with(&good_files());
    let output = |command: &str| {
        let arguments = format!("{command} {TRAIN_TEXTS} {SMALL} --epochs 2");
        without_times(&wengert(folder.path(), &arguments).success())
    };
    assert_eq!(output(""), output("train"));
}

#[test]
fn gradcheck_as_a_command_checks_each_activation_and_trains_none() {
    let folder = folder_with(&good_files());
    let arguments = format!("gradcheck {TRAIN_TEXTS} {SMALL} --samples 2");
    let output = wengert(folder.path(), &arguments).success();
    assert!(output.contains("relu: gradient check passed: "), "{output}");
    assert!(output.contains("swiglu: gradient check passed: "), "{output}");
    assert_eq!(output.lines().filter(|line| line.starts_with("hidden.weight")).count(), 2);
    assert!(!output.contains("epoch"), "{output}");
}

#[test]
fn a_saved_model_is_evaluated_on_another_file() {
    let folder = folder_with(&good_files());
    trained_and_saved(folder.path());
    let rows = [("happy", "joy"), ("scared", "joy"), ("scared", "fear"), ("furious", "anger")];
    let rows = rows.map(|(word, mood)| format!("the number 3 made me {word},{mood}\n"));
    let other = format!("feeling,mood\n{}", rows.concat());
    fs::write(folder.path().join("other.csv"), other).unwrap();
    let arguments = "evaluate --model model.st --test other.csv --text-column feeling \
                     --label-column mood";
    let output = wengert(folder.path(), arguments).success();
    assert!(output.contains("accuracy 75.0 % (3 of 4; 95 % interval 30.1 to 95.4 %)"), "{output}");
    assert!(
        output.contains("joy                     100.0      50.0    66.7        2"),
        "{output}"
    );

    let json = wengert(folder.path(), &format!("{arguments} --json")).success();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["accuracy"], &json["samples"]), (&json!(0.75), &json!(4)));
    assert_eq!(
        json["classes"]["joy"],
        json!({ "precision": 1.0, "recall": 0.5, "f1": 2.0 / 3.0, "samples": 2 })
    );
}

#[test]
fn a_file_and_standard_input_are_answered_line_by_line() {
    let folder = folder_with(&good_files());
    trained_and_saved(folder.path());
    let lines = "I am happy\r\n\n\"scared\"";
    fs::write(folder.path().join("lines.txt"), lines).unwrap();
    let arguments = "predict --model model.st --top 1";
    let piped = run_reading(lines, folder.path(), arguments);
    let file = wengert(folder.path(), &format!("{arguments} --file lines.txt"));
    assert_eq!((&piped.stdout, &piped.stderr), (&file.stdout, &file.stderr));
    let note = "note: line 2: the model knows none of these words\n";
    assert_eq!(piped.stderr, note);
    let output = piped.success();
    let answers: Vec<&str> = output.lines().collect();
    assert_eq!(answers.len(), 7);
    assert_eq!((answers[0], answers[5]), ("I am happy", "\"scared\""));
    assert_eq!((answers[2], answers[4]), ("unknown words: i, am", "unknown"));
    assert!(answers[1].ends_with(" %  joy") && answers[6].ends_with(" %  fear"), "{output}");
}

#[test]
fn json_has_an_object_for_each_text() {
    let folder = folder_with(&good_files());
    trained_and_saved(folder.path());
    let arguments = "predict --model model.st --json";
    let output = run_reading("so happy\n\"zebra\"", folder.path(), arguments).stdout;
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(
        (&answers[0]["text"], &answers[0]["prediction"]),
        (&json!("so happy"), &json!("joy"))
    );
    let unknown = json!({
        "text": "\"zebra\"", "prediction": "unknown", "probabilities": null, "known_words": 0,
        "unknown_words": ["zebra"]
    });
    assert_eq!(answers[1], unknown);
    let probabilities = answers[0]["probabilities"].as_object().unwrap();
    assert!(probabilities.keys().eq(["anger", "fear", "joy"]), "{output}");
    let total: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-6, "{output}");
}

#[test]
fn a_report_its_figures_and_its_plots_are_written() {
    let folder = folder_with(&good_files());
    let arguments = "--epochs 2 --report a.html --json=a.json --plots plots/svg";
    wengert(folder.path(), &format!("compare {TRAIN_TEXTS} {SMALL} {arguments}")).success();
    let json = fs::read_to_string(folder.path().join("a.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["models"][1]["name"], "swiglu");
    assert_eq!(json["models"][1]["runs"].as_array().unwrap().len(), 5);
    assert_eq!(
        json["models"][1]["start"],
        json!({"activation.beta": 1.0, "activation.gamma": 0.0})
    );
    let command = json["command"].as_str().unwrap();
    assert!(command.starts_with("wengert compare --train texts.csv"), "{command}");
    assert!(command.ends_with(arguments), "{command}");
    let page = fs::read_to_string(folder.path().join("a.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains(command));
    for plot in
        ["loss-relu", "accuracy-swiglu", "swiglu-activation-beta", "activation", "confusion"]
    {
        assert!(folder.path().join(format!("plots/svg/{plot}.svg")).exists(), "{plot}");
    }
}

#[test]
fn the_table_has_a_report_too() {
    let folder = folder_with(&good_files());
    let arguments = "--activation relu,swiglu --seeds 2 --epochs 2 --report a.html --plots plots";
    wengert(folder.path(), &format!("tabular {TRAIN_NUMBERS} {arguments}")).success();
    let page = fs::read_to_string(folder.path().join("a.html")).unwrap();
    assert!(page.contains("swiglu: first.activation, β"), "{page}");
    assert!(folder.path().join("plots/swiglu-second-activation-gamma.svg").exists());
}
