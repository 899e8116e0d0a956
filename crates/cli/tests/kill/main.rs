//! Runs that are interrupted, by `kill -9` at random moments, by Ctrl-C or by SIGTERM. They resume
//! from any state, and end like a run without an interruption. So do runs that Ctrl-Z stops for a while.
//! Also runs whose folder is removed meanwhile.

use std::ffi::{OsStr, OsString};
use std::fs;
#[cfg(target_os = "linux")]
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::unix::ffi::OsStrExt;
#[cfg(target_os = "linux")]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use store::Saved;
use tempfile::tempdir;

use programs::{Outcome, accuracy, command, run, send};

const WENGERT: &str = env!("CARGO_BIN_EXE_wengert");

/// The number of times that the program is killed.
const KILLS: usize = 50;

/// Two small models; a checkpoint after every third step, so that many kills meet one half written.
const OPTIONS: &str = "train --vocab 400 --embedding 24 --hidden 12 --lr 0.005 --epochs 3 --train \
                       train.csv --test train.csv --save model.st --log run.jsonl";

/// Writes a file of texts, in which one word decides the label.
fn write_texts(folder: &Path) {
    let words = [("happy", "joy"), ("scared", "fear"), ("furious", "anger")];
    let row = |i: usize| {
        let (word, label) = words[i % 3];
        format!("a{} b{} made me {word},{label}\n", i % 127, i % 89)
    };
    let rows: String = (0..1200).map(row).collect();
    fs::write(folder.join("train.csv"), format!("text,label\n{rows}")).unwrap();
}

/// Begins the run in a folder, or resumes it.
fn arguments(folder: &Path) -> String {
    let is_begun = folder.join("run/options.json").exists();
    let option = if is_begun { "--resume" } else { "--checkpoint" };
    format!("{OPTIONS} --every 3 {option} run")
}

#[test]
fn fifty_kills_leave_every_checkpoint_whole_and_the_result_as_it_was() {
    let (alone, killed) = (tempdir().unwrap(), tempdir().unwrap());
    write_texts(alone.path());
    write_texts(killed.path());
    let start = Instant::now();
    let expected = run(WENGERT, alone.path(), OPTIONS).success();
    let mut span = start.elapsed();
    assert!(accuracy(&expected, "swiglu") > 90.0, "{expected}");

    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut kills = 0;
    while kills < KILLS {
        let was_running = kill_after(span.mul_f64(rng.random()), killed.path());
        kills += usize::from(was_running);
        // A span that follows the machine's speed: kills that come too late do not count.
        span = span.mul_f64(if was_running { 1.1 } else { 0.8 });
        for file in checkpoints(killed.path()) {
            let read = Saved::read(&file);
            assert!(read.is_ok(), "after kill {kills}: {}", read.unwrap_err());
        }
    }

    let ended = run(WENGERT, killed.path(), &arguments(killed.path()));
    assert_eq!(ended.stderr, "", "a checkpoint was damaged");
    assert_eq!(figures(&ended.success()), figures(&expected));
    assert_eq!(model(killed.path()), model(alone.path()));
    assert_eq!(epochs(killed.path()), epochs(alone.path()));
    assert_eq!(leftovers(killed.path()), Vec::<PathBuf>::new());
}

/// Ctrl-C is the signal INT; TERM is what `kill`, `timeout` and container engines send.
#[cfg(unix)]
#[test]
fn a_run_ended_by_a_signal_goes_on_by_the_command_that_it_prints() {
    let alone = tempdir().unwrap();
    write_texts(alone.path());
    let options = OPTIONS.replace("--epochs 3", "--epochs 60");
    let expected = run(WENGERT, alone.path(), &options).success();

    let not_unicode = OsStr::from_bytes(b"caf\xe9 'of' $x");
    for (signal, code, checkpoints) in [
        ("INT", 130, OsStr::new("run")),
        ("TERM", 143, OsStr::new("-x")),
        ("TERM", 143, OsStr::new("two words; 'quotes' \"$HOME\"\n\x1b[31m")),
        ("INT", 130, not_unicode),
    ] {
        let stopped = tempdir().unwrap();
        write_texts(stopped.path());
        let mut program = command(WENGERT, stopped.path());
        let mut checkpoint = OsString::from("--checkpoint=");
        checkpoint.push(checkpoints);
        program.args(options.split_whitespace()).arg(checkpoint);
        let outcome = interrupted(program, stopped.path(), signal);
        assert_eq!(outcome.code, Some(code), "{}", outcome.stderr);
        assert!(outcome.stderr.starts_with("\ninterrupted: training was stopped in epoch "));
        let (_, command) = outcome.stderr.split_once("; resume with\n\n    ").unwrap();
        assert!(!command.trim_end().contains(char::is_control), "{command:?}");
        let resumed = Command::new("sh").args(["-c", command]).current_dir(stopped.path()).output();
        let resumed = Outcome::of(resumed.unwrap()).success();
        assert_eq!(figures(&resumed), figures(&expected));
        assert_eq!(model(stopped.path()), model(alone.path()));
        assert_eq!(epochs(stopped.path()), epochs(alone.path()));
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_without_checkpoints_too() {
    let folder = tempdir().unwrap();
    write_texts(folder.path());
    let mut program = command(WENGERT, folder.path());
    program.args(OPTIONS.replace("--epochs 3", "--epochs 1000000").split_whitespace());
    let outcome = interrupted(program, folder.path(), "TERM");
    assert_eq!(outcome.code, Some(143), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Nothing of it was kept; with --checkpoint DIR"));
}

/// If standard error cannot be written, the exit code still says what has happened.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_shows_in_the_exit_code_if_standard_error_cannot_be_written() {
    let folder = tempdir().unwrap();
    write_texts(folder.path());
    let mut program = command(WENGERT, folder.path());
    program.args(OPTIONS.replace("--epochs 3", "--epochs 1000000").split_whitespace());
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let child = program.stdout(Stdio::null()).stderr(full).spawn().unwrap();
    wait_for_records(folder.path());
    send("TERM", child.id());
    assert_eq!(Outcome::of(child.wait_with_output().unwrap()).code, Some(143));
}

/// The kernel does not deliver a signal to process 1 unless it has a handler. Where this user may
/// not make a process 1 of his own, the test says so and passes.
#[cfg(target_os = "linux")]
#[test]
fn process_1_is_ended_by_a_signal_too() {
    let makes_one = Command::new("unshare").args(["--pid", "--fork", "true"]).output();
    if !makes_one.is_ok_and(|output| output.status.success()) {
        // Past the test harness, which holds back what a test that passes prints.
        std::io::stderr().write_all(b"skipped: `unshare --pid` needs root\n").unwrap();
        return;
    }
    let folder = tempdir().unwrap();
    write_texts(folder.path());
    let wengert = command(WENGERT, folder.path());
    let mut program = Command::new("unshare");
    program.args(["--pid", "--fork"]).arg(wengert.get_program()).current_dir(folder.path());
    let options = OPTIONS.replace("--epochs 3", "--epochs 1000000");
    program.args(options.split_whitespace()).args(["--checkpoint", "run"]);
    let child = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_records(folder.path());
    let (id, children) = (child.id(), format!("/proc/{0}/task/{0}/children", child.id()));
    let first = fs::read_to_string(children).unwrap().trim().parse().unwrap();
    assert_ne!(first, id);
    send("TERM", first);
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(outcome.code, Some(143), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("It is kept in run/relu-0/step-"), "{}", outcome.stderr);
}

/// Ctrl-Z is the signal TSTP, and `fg` sends CONT.
#[cfg(target_os = "linux")]
#[test]
fn a_run_stopped_by_ctrl_z_goes_on_to_the_same_result() {
    let (alone, stopped) = (tempdir().unwrap(), tempdir().unwrap());
    write_texts(alone.path());
    write_texts(stopped.path());
    let options = OPTIONS.replace("--epochs 3", "--epochs 200");
    let expected = run(WENGERT, alone.path(), &options).success();
    let mut program = command(WENGERT, stopped.path());
    program.args(options.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // The system ignores Ctrl-Z if no shell could continue the program.
    let child = program.process_group(0).spawn().unwrap();
    wait_for_records(stopped.path());
    for _ in 0..3 {
        send("TSTP", child.id());
        wait_until_stopped(child.id());
        send("CONT", child.id());
    }
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(outcome.stderr, "");
    assert_eq!(figures(&outcome.success()), figures(&expected));
    assert_eq!(model(stopped.path()), model(alone.path()));
    assert_eq!(epochs(stopped.path()), epochs(alone.path()));
}

/// Waits until the system has stopped a process.
#[cfg(target_os = "linux")]
fn wait_until_stopped(process: u32) {
    loop {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let (_, behind_the_name) = stat.rsplit_once(") ").unwrap();
        match behind_the_name.chars().next() {
            Some('T') => return,
            Some('Z') => panic!("it has ended"),
            _ => thread::yield_now(),
        }
    }
}

/// The first signal waits for training to end its step. Here it waits in vain: the program is held up by a pipe
/// that is full.
#[cfg(target_os = "linux")]
#[test]
fn a_second_signal_ends_a_program_that_is_held_up_at_once() {
    // The program may get signals of two kinds in either order.
    for (signals, codes) in [
        (["TERM", "TERM"], [143, 143]),
        (["INT", "INT"], [130, 130]),
        (["INT", "TERM"], [130, 143]),
    ] {
        let folder = tempdir().unwrap();
        write_texts(folder.path());
        let (mut log, _) = full_pipe(folder.path());
        // Room for what is logged before the first step.
        log.read_exact(&mut [0; 4096]).unwrap();
        let mut program = command(WENGERT, folder.path());
        let options =
            OPTIONS.replace("--epochs 3", "--epochs 1000000").replace("run.jsonl", "pipe");
        program.args(options.split_whitespace()).args(["--quiet", "--log-every", "step"]);
        program.args(["--checkpoint", "run", "--every", "1"]).stdout(Stdio::null());
        let mut child = program.stderr(Stdio::piped()).spawn().unwrap();
        // The log of a step is written before the checkpoint, and the next one waits for room.
        while checkpoints(folder.path()).is_empty() || log.write(b"x").is_ok() {
            assert!(child.try_wait().unwrap().is_none(), "it has ended by itself");
            thread::sleep(Duration::from_millis(5));
        }
        send(signals[0], child.id());
        assert!(child.try_wait().unwrap().is_none(), "one signal has ended it");
        // The system merges equal signals that it has not delivered yet.
        while child.try_wait().unwrap().is_none() {
            send(signals[1], child.id());
        }
        let Outcome { code, stderr, .. } = Outcome::of(child.wait_with_output().unwrap());
        assert!(code.is_some_and(|code| codes.contains(&code)), "{signals:?}: {code:?}");
        assert_eq!(stderr, "");
    }
}

/// After training, no step is left to wait for.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_a_program_that_is_held_up_after_training_at_once() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let folder = tempdir().unwrap();
        write_texts(folder.path());
        let (full, stdout) = full_pipe(folder.path());
        let mut program = command(WENGERT, folder.path());
        program.args(OPTIONS.split_whitespace()).arg("--quiet").stdout(stdout);
        let child = program.stderr(Stdio::piped()).spawn().unwrap();
        // The model is saved when only the figures are still to be printed.
        while !folder.path().join("model.st").exists() {
            thread::yield_now();
        }
        send(signal, child.id());
        let outcome = Outcome::of(child.wait_with_output().unwrap());
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(code), ""));
        drop(full);
    }
}

/// Returns a pipe that takes no byte more, and its end to write to.
#[cfg(target_os = "linux")]
fn full_pipe(folder: &Path) -> (fs::File, fs::File) {
    use std::os::unix::fs::OpenOptionsExt;
    /// Do not wait where nothing can be written.
    const O_NONBLOCK: i32 = 0o4000;
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut options = fs::File::options();
    let mut both_ends =
        options.read(true).write(true).custom_flags(O_NONBLOCK).open(&pipe).unwrap();
    for length in [4096, 1] {
        while both_ends.write(&vec![b'x'; length]).is_ok() {}
    }
    (both_ends, fs::File::options().write(true).open(&pipe).unwrap())
}

/// Removes a folder of files that a program is writing, at one stroke: it is moved away before.
fn remove(folder: &Path) {
    let away = folder.with_extension("away");
    fs::rename(folder, &away).unwrap();
    fs::remove_dir_all(away).unwrap();
}

#[cfg(unix)]
#[test]
fn a_run_whose_folder_of_checkpoints_is_removed_ends_and_says_which_file_is_not_written() {
    let folder = tempdir().unwrap();
    write_texts(folder.path());
    fs::create_dir(folder.path().join("out")).unwrap();
    let options = OPTIONS.replace("--epochs 3", "--epochs 1000000");
    let mut program = command(WENGERT, folder.path());
    program.args(options.split_whitespace()).args(["--checkpoint", "out/run"]);
    let child = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_records(folder.path());
    remove(&folder.path().join("out"));
    let Outcome { code, stderr, .. } = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.starts_with("error: out/run/relu-0/step-"), "{stderr}");
    let end = ": cannot be written: No such file or directory (os error 2); check that the directory \
               exists and that you may write to it\n";
    assert!(stderr.ends_with(end), "{stderr}");
    assert!(!folder.path().join("out").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_whose_folder_is_removed_is_kept_elsewhere_and_a_removed_log_is_told() {
    let folder = tempdir().unwrap();
    write_texts(folder.path());
    fs::create_dir(folder.path().join("out")).unwrap();
    let options = OPTIONS.replace("--epochs 3", "--epochs 200").replace("model.st", "out/model.st");
    let options = options.replace("run.jsonl", "out/run.jsonl");
    let mut program = command(WENGERT, folder.path());
    program.args(options.split_whitespace());
    let child = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_records(&folder.path().join("out"));
    send("STOP", child.id());
    wait_until_stopped(child.id());
    remove(&folder.path().join("out"));
    send("CONT", child.id());
    let Outcome { code, stderr, .. } = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.starts_with("warning: out/run.jsonl: the log is gone: it was removed"),
        "{stderr}"
    );
    assert!(
        stderr.contains("\nerror: --save out/model.st: cannot be written: No such"),
        "{stderr}"
    );
    let (_, kept) = stderr.split_once("The model is kept in ").expect("where the model is");
    let (file, _) = kept.split_once(": move it").expect("what to do with it");
    run(WENGERT, folder.path(), &format!("predict --model {file} happy")).success();
}

/// Runs the program until the log has its first records, and sends it a signal.
#[cfg(unix)]
fn interrupted(mut program: Command, folder: &Path, signal: &str) -> Outcome {
    let child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for_records(folder);
    send(signal, child.id());
    Outcome::of(child.wait_with_output().unwrap())
}

#[cfg(unix)]
fn wait_for_records(folder: &Path) {
    let records = || fs::read_to_string(folder.join("run.jsonl")).unwrap_or_default();
    while records().lines().count() < 3 {
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs the program until that moment. Returns `true` if it was still running then. A run that has
/// ended is removed, so that the next kill interrupts a new one.
fn kill_after(moment: Duration, folder: &Path) -> bool {
    let arguments = arguments(folder);
    let mut program = command(WENGERT, folder);
    let mut child = program
        .args(arguments.split_whitespace())
        .stdout(fs::File::create(folder.join("stdout.txt")).unwrap())
        .stderr(fs::File::create(folder.join("stderr.txt")).unwrap())
        .spawn()
        .unwrap();
    thread::sleep(moment);
    let was_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    let status = child.wait().unwrap();
    let errors = fs::read_to_string(folder.join("stderr.txt")).unwrap();
    assert_eq!(errors, "", "{arguments}");
    if status.success() {
        fs::remove_dir_all(folder.join("run")).unwrap();
        fs::remove_file(folder.join("run.jsonl")).unwrap();
    }
    was_running
}

/// Returns all checkpoints of all models.
fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    let list = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let all = list(folder.join("run")).into_iter().flat_map(list);
    all.filter(|path| path.extension().is_some_and(|kind| kind == "safetensors")).collect()
}

/// Returns all temporary files.
fn leftovers(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(leftovers(&path));
        } else if path.extension().is_some_and(|kind| kind == "tmp") {
            found.push(path);
        }
    }
    found
}

fn model(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("model.st")).unwrap()
}

/// Returns the final output of a run without the time that it took.
fn figures(stdout: &str) -> String {
    let lines = stdout.lines().skip_while(|line| !line.starts_with("model  "));
    let without_seconds = lines.map(|line| match line.rsplit_once("  ") {
        Some((before, last)) if last.trim().parse::<f64>().is_ok() => before,
        _ => line,
    });
    without_seconds.collect::<Vec<_>>().join("\n")
}

/// Returns the epochs in the log, without the time that they took.
fn epochs(folder: &Path) -> Vec<serde_json::Value> {
    let log = fs::read_to_string(folder.join("run.jsonl")).unwrap();
    let records = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let epochs = records.filter(|record| record["record"] == "epoch").map(|mut record| {
        record.as_object_mut().unwrap().remove("seconds");
        record
    });
    epochs.collect()
}
