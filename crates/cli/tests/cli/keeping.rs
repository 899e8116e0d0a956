//! Logs, checkpoints and `--quiet` from the command line. Interruptions are in `tests/kill`.

#[cfg(target_os = "linux")]
use std::ffi::OsStr;
use std::fs;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::files::{SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
use crate::program::{command, wengert};
use programs::Outcome;

/// Trains a small classifier with these options.
fn train(folder: &Path, options: &str) -> Outcome {
    wengert(folder, &format!("train {TRAIN_TEXTS} {SMALL} {options}"))
}

/// Returns the message of a run that fails with exit code 2.
#[track_caller]
fn error(folder: &Path, options: &str) -> String {
    let Outcome { code, stderr, .. } = train(folder, options);
    assert_eq!(code, Some(2), "{stderr}");
    stderr.strip_prefix("error: ").expect("`error: `").trim_end().to_string()
}

#[test]
fn quiet_prints_the_final_figures_only() {
    let folder = folder_with(&good_files());
    let quiet = "--quiet --epochs 2 --report a.html --json=a.json --plots plots";
    let texts = format!("{TRAIN_TEXTS} {SMALL} {quiet}");
    let table = |models: &[&'static str], end: &[&'static str]| [&["model"], models, end].concat();
    let one_seed = ["One", "Several", "The"];
    for (arguments, begins) in [
        (format!("{texts} --save a.st"), table(&["relu", "swiglu"], &one_seed)),
        (format!("compare {texts} --seeds 1"), table(&["relu", "swiglu"], &one_seed)),
        (
            format!("tabular {TRAIN_NUMBERS} {quiet} --seeds 1 --activation relu"),
            table(&["relu"], &one_seed),
        ),
    ] {
        let Outcome { stdout, stderr, .. } = wengert(folder.path(), &arguments);
        let first_words = stdout.lines().map(|line| line.split(' ').next().unwrap());
        assert!(first_words.eq(begins) && stderr.is_empty(), "{stdout}{stderr}");
    }
}

#[test]
fn layers_that_are_watched_are_on_the_log_and_on_the_page() {
    let folder = folder_with(&good_files());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let weights = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let options = "--epochs 2 --log a.jsonl --save a.st --report a.html --plots a --watch-layers";
    train(folder.path(), options).success();
    train(folder.path(), "--epochs 2 --log b.jsonl --save b.st --report b.html").success();
    assert_eq!(weights("a.st"), weights("b.st"), "watching changes nothing");

    let epochs = |log: &str| -> Vec<Value> {
        let records = read(log).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut records: Vec<Value> = records;
        records.retain(|record| record["record"] == "epoch");
        records
    };
    let watched = epochs("a.jsonl");
    assert_eq!(watched.len(), 2 * 2);
    for epoch in watched {
        let activity = epoch["activity"].as_array().unwrap();
        let layers: Vec<&str> =
            activity.iter().filter_map(|operation| operation["layer"].as_str()).collect();
        for layer in ["embedding", "hidden", "output"] {
            assert!(layers.contains(&layer), "{epoch}");
        }
    }
    assert!(epochs("b.jsonl").iter().all(|epoch| epoch.get("activity").is_none()));
    assert!(read("a.html").contains("Inside the model"));
    assert!(!read("b.html").contains("Inside the model"));
    assert!(read("a/inside-hidden--dense.svg").starts_with("<svg "));
}

#[test]
fn the_log_begins_with_command_seed_and_options() {
    let folder = folder_with(&good_files());
    train(folder.path(), "--seed 3 --epochs 2 --log run.jsonl --log-every step").success();
    let log = fs::read_to_string(folder.path().join("run.jsonl")).unwrap();
    let records: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&records[0]["record"], &records[0]["seed"]), (&"start".into(), &3.into()));
    assert_eq!(records[0]["command"][1], "train");
    assert_eq!(records[0]["options"]["--epochs"], 2);
    // Two models, two epochs of two steps each.
    assert_eq!(records.len(), 1 + 2 * 2 * (2 + 1));
    assert!(records[12]["tracked"]["activation.beta"].is_f64(), "{}", records[12]);
}

#[test]
fn a_finished_run_is_printed_again_and_can_be_given_more_epochs() {
    let folder = folder_with(&good_files());
    let first = train(folder.path(), "--epochs 2 --quiet --checkpoint run").success();
    let again = train(folder.path(), "--epochs 2 --quiet --resume run").success();
    assert_eq!(first, again);
    train(folder.path(), "--epochs 4 --save more.st --resume run").success();
    train(folder.path(), "--epochs 4 --save straight.st").success();
    let model = |name| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(model("more.st"), model("straight.st"));
}

/// A path is bytes on Linux, but a log is JSON, which is UTF-8.
#[cfg(target_os = "linux")]
#[test]
fn names_of_files_need_not_be_unicode() {
    let folder = folder_with(&good_files());
    let name = OsStr::from_bytes(b"caf\xe9.csv");
    fs::rename(folder.path().join("texts.csv"), folder.path().join(name)).unwrap();
    for keep in ["--checkpoint", "--resume"] {
        let mut command = command(folder.path());
        command.arg("--train").arg(name).arg("--test").arg(name).args(SMALL.split(' '));
        command.args(["--epochs", "1", "--log", "run.jsonl", "--report", "a.html", keep, "run"]);
        Outcome::of(command.output().unwrap()).success();
    }
}

#[test]
fn a_checkpoint_is_a_model_to_predict_with() {
    let folder = folder_with(&good_files());
    train(folder.path(), "--lr 0.05 --epochs 30 --checkpoint run").success();
    let arguments = "predict --model run/swiglu-0/step-00000060.safetensors --top 1 happy";
    let answer = wengert(folder.path(), arguments).success();
    assert!(answer.trim_end().ends_with("%  joy"), "{answer}");
}

#[test]
fn a_damaged_checkpoint_is_skipped_with_a_warning() {
    let folder = folder_with(&good_files());
    let whole = train(folder.path(), "--epochs 3 --quiet --checkpoint run").success();
    let newest = folder.path().join("run/relu-0/step-00000006.safetensors");
    fs::write(newest, "half").unwrap();
    let Outcome { stdout, stderr, .. } = train(folder.path(), "--epochs 3 --quiet --resume run");
    assert_eq!(
        stderr,
        "warning: run/relu-0/step-00000006.safetensors: is damaged: it is not a whole safetensors file \
         (header too small); begin a new run if there is no whole checkpoint before it\n\
         warning: resuming from the one before, run/relu-0/step-00000004.safetensors\n"
    );
    let accuracies = |table: &str| -> Vec<String> {
        table.split_whitespace().filter(|word| word.contains(".")).map(str::to_string).collect()
    };
    assert_eq!(accuracies(&stdout)[..3], accuracies(&whole)[..3]);
}

#[test]
fn runs_that_cannot_be_kept_or_resumed() {
    let folder = folder_with(&good_files());
    let folder = folder.path();
    train(folder, "--epochs 2 --checkpoint run").success();
    assert_eq!(
        error(folder, "--epochs 2 --checkpoint run"),
        "--checkpoint run: there is already a run in this folder; resume it with --resume run, or \
         give another folder to begin a new one"
    );
    assert_eq!(
        error(folder, "--resume none"),
        "--resume none: there is no run to resume, as none/options.json cannot be read: No such \
         file or directory (os error 2); --checkpoint none begins one"
    );
    for (options, now) in [("--lr 0.1", "0.1"), ("--seed 4", "4"), ("--batch-size 16", "16")] {
        let (name, then) =
            (options.split(' ').next().unwrap(), error(folder, &format!("{options} --resume run")));
        assert!(
            then.starts_with(&format!("--resume run: this run was begun with {name} ")),
            "{then}"
        );
        assert!(then.contains(&format!(", but now it is {now}; resume it with {name} ")), "{then}");
    }
    assert_eq!(
        error(folder, "--epochs 1 --resume run"),
        "run/relu-0/step-00000004.safetensors: has already completed 2 epochs, but only 1 are wanted \
         now; ask for at least 2, or begin a new run in another folder"
    );
    fs::write(folder.join("run/options.json"), "[]").unwrap();
    assert!(
        error(folder, "--resume run")
            .starts_with("run/options.json: these are not the options of a")
    );
    assert!(
        error(folder, "--checkpoint texts.csv")
            .starts_with("--checkpoint texts.csv: cannot be made")
    );
    assert!(error(folder, "--log none/run.jsonl").starts_with("--log none/run.jsonl: cannot be"));
    assert!(error(folder, "--every 3").contains("--checkpoint <DIR>|--resume <DIR>"));
    assert!(error(folder, "--every 0 --checkpoint other").contains("a whole number of at least 1"));
    assert!(error(folder, "--log-every step").contains("--log <FILE>"));
    assert!(error(folder, "--checkpoint a --resume b").contains("cannot be used with"));
    assert!(error(folder, "--quiet --gradcheck").contains("cannot be used with"));
    fs::remove_file(folder.join("run/options.json")).unwrap();
    assert_eq!(
        error(folder, "--checkpoint run"),
        "--checkpoint run: there are checkpoints in this folder, but no options.json to resume them \
         with; give another folder to begin a new run"
    );
}

#[test]
fn two_runs_do_not_write_into_one_folder() {
    let folder = folder_with(&good_files());
    let folder = folder.path();
    let mut first = command(folder);
    let arguments = format!("train {TRAIN_TEXTS} {SMALL} --epochs 1000000 --checkpoint run");
    let mut first = first.args(arguments.split(' ')).stdout(Stdio::null()).spawn().unwrap();
    while !folder.join("run/relu-0").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let refused = error(folder, "--epochs 1000000 --resume run --log second.jsonl");
    let begun = error(folder, "--checkpoint run");
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(
        refused,
        "--resume run: is in use: another run writes its checkpoints there; wait until that has \
         ended, or give another folder"
    );
    assert!(
        begun.starts_with("--checkpoint run: there is already a run in this folder"),
        "{begun}"
    );
    assert!(!folder.join("second.jsonl").exists());
    // A killed run no longer holds the lock.
    train(folder, "--activation tanh --epochs 1 --resume run").success();
}

#[test]
fn a_log_of_another_seed_is_not_continued() {
    let folder = folder_with(&good_files());
    let folder = folder.path();
    train(folder, "--seed 3 --epochs 1 --checkpoint three --log run.jsonl").success();
    train(folder, "--seed 4 --epochs 1 --checkpoint four").success();
    let before = fs::read_to_string(folder.join("run.jsonl")).unwrap();
    assert_eq!(
        error(folder, "--seed 4 --epochs 2 --resume four --log run.jsonl"),
        "run.jsonl: the log is of another run: the seed was 3 and is now 4; give another file, or \
         remove this one"
    );
    assert_eq!(fs::read_to_string(folder.join("run.jsonl")).unwrap(), before);
    train(folder, "--seed 3 --epochs 2 --resume three --log run.jsonl").success();
    train(folder, "--seed 4 --epochs 2 --resume four --log four.jsonl").success();
}

#[test]
fn a_folder_that_begins_with_a_hyphen_is_printed_as_it_can_be_typed() {
    let folder = folder_with(&good_files());
    train(folder.path(), "--epochs 1 --checkpoint=-x").success();
    assert!(error(folder.path(), "--checkpoint=-x").contains("; resume it with --resume=-x, or"));
    assert!(error(folder.path(), "--resume=-y").ends_with("; --checkpoint=-y begins one"));
}
