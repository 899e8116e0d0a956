//! Output that nobody reads to its end, as behind `| head`, or that cannot be written.

use std::fs::File;
use std::io::{self, Write};
use std::process::{Command, Stdio};

use crate::files::{SMALL, TRAIN_TEXTS, folder_with, good_files};
use crate::programs::{Outcome, command, run};

/// Runs an example whose standard output goes there.
fn run_into(stdout: impl Into<Stdio>, example: &str, arguments: &str) -> Outcome {
    let folder = folder_with(&good_files());
    let mut command = command(example, folder.path());
    let output = command.args(arguments.split_whitespace()).stdout(stdout).output();
    Outcome::of(output.expect("an example that can be run"))
}

#[test]
fn a_program_ends_quietly_when_nobody_reads_on() {
    for (example, arguments) in [
        ("sentiment", "--save model.st"),
        ("tape_pages", "--out pages"),
        ("stepper", "--plain"),
        ("interop", "train new"),
        ("wrong_gradients", ""),
        ("xor", ""),
        ("derivative", ""),
        ("sentiment", "--help"),
    ] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let Outcome { code, stderr, .. } = run_into(writer, example, arguments);
        assert_eq!((code, stderr.as_str()), (Some(141), ""), "{example}");
    }
}

#[test]
fn a_model_is_saved_even_when_nobody_reads_its_figures() {
    let folder = folder_with(&good_files());
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let arguments = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --quiet --save model.st");
    let mut command = command("sentiment", folder.path());
    let status = command.args(arguments.split_whitespace()).stdout(writer).status();
    assert_eq!(status.expect("an example that can be run").code(), Some(141));
    run("sentiment", folder.path(), "predict --model model.st happy").success();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    for (example, arguments) in [
        ("stepper", "--plain"),
        ("sentiment", "--quiet --epochs 1"),
        ("sentiment", "predict --help"),
        ("tabular", "--help"),
        ("tape_pages", "--out pages"),
        ("interop", "train new"),
        ("wrong_gradients", "--help"),
        ("xor", ""),
        ("derivative", ""),
    ] {
        let Outcome { code, stderr, .. } = run_into(full_disk(), example, arguments);
        assert_eq!(code, Some(2), "{example} {arguments}: {stderr}");
        assert!(stderr.starts_with("error: failed printing to stdout: No space left"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[cfg(target_os = "linux")]
fn full_disk() -> File {
    File::options().write(true).open("/dev/full").expect("a disk that is always full")
}

/// An error that cannot be told is still an error, and a note that cannot be told is none.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_cannot_be_written_changes_no_exit_code() {
    let folder = folder_with(&good_files());
    let train = format!("train {TRAIN_TEXTS} {SMALL} --epochs 2");
    let save = format!("{train} --save model.st --checkpoint run");
    run("sentiment", folder.path(), &save).success();
    let newest = folder.path().join("run/relu-0/step-00000004.safetensors");
    let damage = || std::fs::write(&newest, "half").expect("a damaged checkpoint");
    let warned = format!("{train} --resume run");
    for (example, arguments, expected) in [
        ("sentiment", "--epochs 0", 2),
        ("sentiment", "--train none.csv --test none.csv", 2),
        ("sentiment", "train --save none/model.st", 2),
        ("sentiment", "predict --model model.st zzz", 0),
        ("sentiment", "predict --model none.st zzz", 2),
        ("sentiment", "evaluate --model none.st --test texts.csv", 2),
        ("sentiment", &warned, 0),
        ("tabular", "--train none.csv --test none.csv", 2),
        ("tabular", "--seeds 0", 2),
        ("interop", "run none", 2),
        ("tape_pages", "--out texts.csv/pages", 2),
        ("stepper", "--model none", 2),
        ("wrong_gradients", "--epochs 0", 2),
        ("xor", "", 0),
        ("derivative", "", 0),
    ] {
        let (reader, no_reader) = io::pipe().expect("a pipe");
        drop(reader);
        for stderr in [Stdio::from(full_disk()), Stdio::from(no_reader)] {
            damage();
            let mut command = command(example, folder.path());
            let output = command.args(arguments.split_whitespace()).stderr(stderr).output();
            let code = Outcome::of(output.expect("an example that can be run")).code;
            assert_eq!(code, Some(expected), "{example} {arguments}");
        }
        damage();
        let program = command(example, folder.path()).get_program().display().to_string();
        let closed = format!("'{program}' {arguments} 2>&-");
        let mut shell = Command::new("sh");
        let output = shell.args(["-c", &closed]).current_dir(folder.path()).output();
        assert_eq!(Outcome::of(output.expect("a shell")).code, Some(expected), "{closed}");
    }
}

/// In a terminal of its own, which `script` makes and records. Where that is absent, the test says so
/// and passes.
#[cfg(target_os = "linux")]
#[test]
fn the_terminal_scrolls_whole_again_when_nobody_reads_on() {
    let folder = folder_with(&good_files());
    let sentiment = command("sentiment", folder.path()).get_program().display().to_string();
    let training = format!("'{sentiment}' {TRAIN_TEXTS} {SMALL} --epochs 100000");
    let session = format!("stty rows 24 cols 80; {training} | head -n 8");
    let recorded = Command::new("script")
        .args(["--quiet", "--command", &session, "/dev/null"])
        .current_dir(folder.path())
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output();
    if recorded.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        // Past the test harness, which holds back what a test that passes prints.
        writeln!(io::stderr(), "skipped: install the program `script` (util-linux)")
            .expect("stderr");
        return;
    }
    let recorded = Outcome::of(recorded.expect("a recording")).stdout;
    let (_, behind) = recorded.rsplit_once("\x1b[1;23r").expect("a line set apart for the bar");
    assert!(behind.contains("\x1b[r"), "{recorded:?}");
}
