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
    let full = File::options().write(true).open("/dev/full").expect("a disk that is always full");
    let Outcome { code, stderr, .. } = run_into(full, "stepper", "--plain");
    assert_eq!(code, Some(2));
    assert!(stderr.starts_with("error: failed printing to stdout: No space left"), "{stderr}");
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
