//! Output that is not read to its end, as with `| head`, or that cannot be written.

#[cfg(target_os = "linux")]
use std::fs;
#[cfg(target_os = "linux")]
use std::io::Read;
use std::io::{self, Write};
use std::process::{Command, Stdio};

use programs::{
    Outcome, assert_code_without_stderr, assert_ends_quietly, assert_tells_of_a_full_disk,
    run_into, unread_pipe,
};

use crate::files::{SMALL, TRAIN_TEXTS, folder_with, good_files};
use crate::program::{WENGERT, command, wengert};

#[test]
fn the_program_ends_quietly_when_no_one_reads_on() {
    let folder = folder_with(&good_files());
    let train = format!("{TRAIN_TEXTS} {SMALL} --epochs 2");
    wengert(folder.path(), &format!("{train} --quiet --save texts.st")).success();
    let table = "train numbers.csv --target label --epochs 2 --hidden 3";
    wengert(folder.path(), &format!("{table} --quiet --save table.st")).success();
    for arguments in [
        &train,
        table,
        "predict --model texts.st happy",
        "predict --model texts.st --json happy",
        "predict --model table.st numbers.csv",
        "evaluate --model texts.st --test texts.csv",
        "tape x*y x=2 y=3",
        "tape x x=2 --page x.html",
        "inspect --model texts.st",
        "completions bash",
        "man",
        "--help",
    ] {
        assert_ends_quietly(WENGERT, folder.path(), arguments);
    }
}

#[test]
fn a_model_is_saved_even_when_no_one_reads_its_figures() {
    let folder = folder_with(&good_files());
    let arguments = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --quiet --save model.st");
    let outcome = run_into(unread_pipe(), WENGERT, folder.path(), &arguments);
    assert_eq!(outcome.code, Some(141));
    wengert(folder.path(), "predict --model model.st happy").success();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = folder_with(&good_files());
    for arguments in ["--quiet --epochs 1", "predict --help", "tabular --help", "tape x x=1", "man"]
    {
        assert_tells_of_a_full_disk(WENGERT, folder.path(), arguments);
    }
}

/// An error that cannot be printed is still an error; a note that cannot be printed is not.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_cannot_be_written_changes_no_exit_code() {
    let folder = folder_with(&good_files());
    let train = format!("train {TRAIN_TEXTS} {SMALL} --epochs 2");
    let save = format!("{train} --save model.st --checkpoint run");
    wengert(folder.path(), &save).success();
    let newest = folder.path().join("run/relu-0/step-00000004.safetensors");
    let damage = || std::fs::write(&newest, "half").expect("a damaged checkpoint");
    let warned = format!("{train} --resume run");
    for (arguments, expected) in [
        ("--epochs 0", 2),
        ("--train none.csv --test none.csv", 2),
        ("train --save none/model.st", 2),
        ("predict --model model.st zzz", 0),
        ("predict --model none.st zzz", 2),
        ("evaluate --model none.st --test texts.csv", 2),
        (&warned, 0),
        ("tabular --train none.csv --test none.csv", 2),
        ("tabular --seeds 0", 2),
    ] {
        assert_code_without_stderr(WENGERT, folder.path(), arguments, expected, damage);
    }
}

/// Runs in a separate terminal, which `script` creates and records. Without `script` the test says
/// so and passes.
#[cfg(target_os = "linux")]
#[test]
fn the_terminal_scrolls_whole_again_when_no_one_reads_on() {
    let folder = folder_with(&good_files());
    let wengert = command(folder.path()).get_program().display().to_string();
    let training = format!("'{wengert}' {TRAIN_TEXTS} {SMALL} --epochs 100000");
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

/// Ctrl-Z gives the terminal to the shell, and `fg` back, in a separate terminal that `script` creates.
#[cfg(target_os = "linux")]
#[test]
fn the_shell_gets_the_whole_terminal_while_a_run_is_stopped() {
    let folder = folder_with(&good_files());
    let training = format!("'{WENGERT}' {TRAIN_TEXTS} {SMALL} --epochs 100000");
    let session =
        format!("set -m; stty rows 24 cols 80; {training}; echo PROMPT; fg; echo \"END $?\"");
    fs::write(folder.path().join("session"), session).unwrap();
    let mut script = Command::new("script");
    script.args(["--quiet", "--command", "bash session", "/dev/null"]).current_dir(folder.path());
    script.env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut script = match script.spawn() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            writeln!(io::stderr(), "skipped: install the program `script` (util-linux)").unwrap();
            return;
        }
        script => script.expect("a terminal"),
    };
    let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let set_apart = "\x1b[1;23r";
    read_until(&mut screen, set_apart);
    keys.write_all(b"\x1a").unwrap();
    let stopped = read_until(&mut screen, "PROMPT");
    assert!(is_given_back(&stopped), "{stopped:?}");
    read_until(&mut screen, set_apart);
    keys.write_all(b"\x03").unwrap();
    let ended = read_until(&mut screen, "END 130");
    assert!(is_given_back(&ended), "{ended:?}");
    assert!(ended.contains("Training stops after this step; press Ctrl-C again"), "{ended:?}");
    let told = ended.rfind("interrupted: training was stopped in epoch ");
    assert!(told > ended.rfind("\x1b[r"), "{ended:?}");
    drop(keys);
    script.wait().unwrap();
}

/// Returns `true` if the terminal scrolls whole at the end of this output.
#[cfg(target_os = "linux")]
fn is_given_back(output: &str) -> bool {
    output.rfind("\x1b[r") > output.rfind("\x1b[1;23r")
}

/// Returns what is written up to these words.
#[cfg(target_os = "linux")]
fn read_until(screen: &mut impl Read, words: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(words.as_bytes()) {
        let mut byte = [0];
        screen.read_exact(&mut byte).expect("more output");
        read.extend(byte);
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[cfg(not(feature = "mpi"))]
#[test]
fn several_processes_of_a_program_without_mpi_are_refused_once() {
    let folder = folder_with(&good_files());
    let start = |rank| {
        let mut program = command(folder.path());
        program.envs([("OMPI_COMM_WORLD_SIZE", "2"), ("OMPI_COMM_WORLD_RANK", rank)]);
        Outcome::of(program.output().unwrap())
    };
    let [first, second] = ["0", "1"].map(start);
    assert_eq!((first.code, second.code), (Some(2), Some(2)));
    let expected = "error: 2 processes of this program were started, but it was built without MPI";
    assert!(first.stderr.starts_with(expected), "{}", first.stderr);
    assert_eq!(second.stderr, "");
}
