//! Language models of a text that stays in its file: the same bytes as from memory, and what is refused.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use tempfile::{TempDir, tempdir};

use crate::program::{command, wengert};
use programs::Outcome;

const TRAIN: &str = "lm train --text text.txt --width 16 --layers 1 --heads 2 --context 32 --batch-size 6 --shards 3 \
                     --steps 9 --validate-every 3";

/// Returns a folder with a text of several blocks, `text.txt`.
fn folder_of_a_text() -> TempDir {
    let folder = tempdir().unwrap();
    let line =
        |i: usize| format!("{} naïve sheep – {} goats, said the {}th.\n", i * i % 97, i % 13, i);
    let text: String = (0..1500).map(line).collect();
    fs::write(folder.path().join("text.txt"), text).unwrap();
    folder
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

/// Returns the step, the losses of training and validation and the bits a character of each row that was printed.
fn losses(output: &str) -> Vec<Vec<f64>> {
    let numbers = |line: &str| -> Option<Vec<f64>> {
        line.split_whitespace().take(4).map(|word| word.parse().ok()).collect()
    };
    output.lines().filter_map(numbers).filter(|numbers| numbers.len() == 4).collect()
}

#[test]
fn a_text_in_its_file_trains_to_the_bytes_and_losses_of_one_in_memory() {
    let folder = folder_of_a_text();
    for tokens in ["bytes", "characters", "byte-pairs=300"] {
        let run = |end: &str| {
            let output = wengert(folder.path(), &format!("{TRAIN} --tokens {tokens} {end}"));
            losses(&output.success())
        };
        let expected = run("--save memory.st");
        assert_eq!(expected.len(), 3);
        assert_eq!(run("--from-disk --save disk.st --report page.html --tape tape.html"), expected);
        assert!(bytes(folder.path(), "disk.st") == bytes(folder.path(), "memory.st"), "{tokens}");
        let tape = String::from_utf8(bytes(folder.path(), "tape.html")).unwrap();
        for op in ["rms_norm", "rope", "causal_attention", "gated_swiglu", "softmax_cross_entropy"]
        {
            assert!(tape.contains(op), "{op} is not on the tape of a block");
        }
        let report = String::from_utf8(bytes(folder.path(), "page.html")).unwrap();
        assert!(report.contains("tape.html"), "the report does not lead to the tape");
    }
}

#[test]
fn a_run_from_memory_is_resumed_from_the_file_and_the_other_way_round() {
    for [first, second] in [["", "--from-disk"], ["--from-disk", ""]] {
        let folder = folder_of_a_text();
        let run = |end: &str| wengert(folder.path(), &format!("{TRAIN} {end}")).success();
        run(&format!("{first} --save whole.st --checkpoint run --every 4"));
        // The newest is removed, so that the run resumes from the one before it.
        let checkpoints = fs::read_dir(folder.path().join("run/swiglu-0")).unwrap();
        let newest = checkpoints.map(|entry| entry.unwrap().path()).max().unwrap();
        fs::remove_file(newest).unwrap();
        run(&format!("{second} --save resumed.st --resume run"));
        assert!(bytes(folder.path(), "resumed.st") == bytes(folder.path(), "whole.st"));
    }
}

#[test]
fn a_text_that_is_replaced_while_a_model_trains_ends_the_run_with_exit_code_2_and_how_to_go_on() {
    let folder = folder_of_a_text();
    let folder = folder.path();
    let mut run = command(folder);
    let steps =
        TRAIN.replace("--steps 9 --validate-every 3", "--steps 1000000 --validate-every 1000000");
    run.args(steps.split_whitespace()).args(["--from-disk", "--log", "log", "--log-every", "step"]);
    run.args(["--save", "model.st", "--checkpoint", "run", "--every", "1"]);
    let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let steps = || fs::read_to_string(folder.join("log")).map_or(0, |log| log.lines().count());
    let mut wait_for_more_than = |count: usize| {
        while steps() <= count && run.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(5));
        }
    };
    wait_for_more_than(2);
    // More text at the end changes nothing.
    let append = |path: &Path| File::options().append(true).open(path)?.write_all(b"One more.\n");
    append(&folder.join("text.txt")).unwrap();
    wait_for_more_than(steps() + 2);
    assert_eq!(run.try_wait().unwrap(), None);
    let len = fs::metadata(folder.join("text.txt")).unwrap().len();
    fs::write(folder.join("text.txt"), "x".repeat(len as usize)).unwrap();
    let Outcome { code, stderr, .. } = Outcome::of(run.wait_with_output().unwrap());
    assert_eq!(code, Some(2), "{stderr}");
    for expected in [
        "the samples cannot be read: --text text.txt: the ",
        "are not those that were read before; restore the text as it was. That ended training. It is kept in run/",
        "resume with\n\n    ",
        "--every 1 --resume=run",
    ] {
        assert!(stderr.contains(expected), "{stderr}");
    }
    assert!(!folder.join("model.st").exists());
}

/// With checkpoints, all tokens are read for their checksum before the first step.
#[cfg(unix)]
#[test]
fn a_signal_while_a_text_is_read_for_checkpoints_ends_the_program_at_once() {
    let folder = tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("text.txt"), "a line of a long text\n".repeat(600_000)).unwrap();
    let mut run = command(folder);
    run.args(TRAIN.split_whitespace()).args(["--from-disk", "--validation", "0.01"]);
    run.args(["--tokens", "byte-pairs=257", "--checkpoint", "run"]);
    let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let kept = folder.join("run/swiglu-0");
    let files = || fs::read_dir(&kept).map_or(0, Iterator::count);
    while files() == 0 && run.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(5));
    }
    programs::send("INT", run.id());
    let Outcome { code, stderr, .. } = Outcome::of(run.wait_with_output().unwrap());
    assert_eq!((code, stderr.as_str()), (Some(130), ""));
    let checkpoint = |name: &str| name.ends_with(".safetensors");
    let names = fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| checkpoint(name.to_str().unwrap())));
}

#[test]
fn what_cannot_stay_in_a_file_is_refused() {
    let folder = folder_of_a_text();
    let folder = folder.path();
    let refused = |options: &str, parts: &[&str]| {
        let outcome = wengert(folder, &format!("lm train --steps 2 {options}"));
        assert_eq!(outcome.code, Some(2), "{options}");
        for part in parts {
            assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
        }
    };
    refused("--from-disk", &["--text <FILE>"]);
    refused(
        "--from-disk --text text.txt --documents lines",
        &["--from-disk", "leave out --documents"],
    );
    refused("--from-disk --text none.txt", &["--text none.txt: cannot be read"]);
    refused("--from-disk --text .", &["--text .: is a folder; give the path of a text"]);
    #[cfg(target_os = "linux")]
    refused("--from-disk --text /proc/cpuinfo", &["--text /proc/cpuinfo: is not an ordinary file"]);
    fs::write(folder.join("tokenizer.json"), "{}").unwrap();
    let tokens = "--from-disk --text text.txt --tokens tokenizer.json";
    refused(tokens, &["--from-disk: a tokenizer.json needs", "byte-pairs=N"]);
    fs::write(folder.join("bad.txt"), b"fine\ncaf\xe9\n".repeat(3000)).unwrap();
    refused("--from-disk --text bad.txt", &["--text bad.txt: line 2: byte 4 of the line, 0xE9"]);
    fs::write(folder.join("large.txt"), "a line of text\n".repeat(400_000)).unwrap();
    refused(
        "--from-disk --text large.txt --validation 0.9",
        &["--validation: the share 0.9 for validation has 5400000 bytes", "give at most 0.6"],
    );
    fs::write(folder.join("short.txt"), "short").unwrap();
    refused(
        "--from-disk --text short.txt --validation 0",
        &["the text to train on has 5 tokens", "--context 128"],
    );
    refused(
        "--from-disk --text short.txt --validation 0.1",
        &["--text short.txt: the validation part"],
    );
    fs::write(folder.join("one.txt"), "a").unwrap();
    refused(
        "--from-disk --text one.txt --validation 0",
        &["--text one.txt: the text has 1 token of 1 document"],
    );
}
