//! The program `wengert` and the examples, run by tests as a person runs them.

#![forbid(unsafe_code)]

use std::env;
#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::{self, PipeWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The end of a program, and what it wrote.
pub struct Outcome {
    /// The exit code, unless a signal ended the program.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Outcome {
    /// Creates the outcome from what a command returned. Panics if the output is not UTF-8.
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output in UTF-8");
        Outcome {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Returns the standard output of a run with exit code 0. Panics with the standard error of any
    /// other.
    #[track_caller]
    pub fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }
}

/// Runs a program in a folder, with arguments separated by spaces; `''` is an empty one.
pub fn run(program: impl AsRef<Path>, folder: &Path, arguments: &str) -> Outcome {
    let words = arguments.split_whitespace();
    let arguments: Vec<&str> = words.map(|word| if word == "''" { "" } else { word }).collect();
    run_with(program, folder, &arguments)
}

/// Runs a program in a folder, with these arguments.
pub fn run_with(program: impl AsRef<Path>, folder: &Path, arguments: &[&str]) -> Outcome {
    let output = command(program, folder).args(arguments).output();
    Outcome::of(output.expect("a program that can be run"))
}

/// Returns the command that runs a program in a folder, with nothing on its standard input.
pub fn command(program: impl AsRef<Path>, folder: &Path) -> Command {
    let mut command = Command::new(program.as_ref());
    command.current_dir(folder).stdin(Stdio::null());
    // The width of the terminal, and what would make it one of several processes.
    for variable in [
        "COLUMNS",
        "OMPI_COMM_WORLD_SIZE",
        "PMI_SIZE",
        "MV2_COMM_WORLD_SIZE",
        "SLURM_STEP_NUM_TASKS",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Runs a program in a folder with its standard output going to `stdout`.
pub fn run_into(
    stdout: impl Into<Stdio>,
    program: impl AsRef<Path>,
    folder: &Path,
    arguments: &str,
) -> Outcome {
    let mut command = command(program, folder);
    let output = command.args(arguments.split_whitespace()).stdout(stdout).output();
    Outcome::of(output.expect("a program that can be run"))
}

/// Sends a signal, such as `INT`, to a process.
#[cfg(unix)]
pub fn send(signal: &str, process: u32) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status();
    assert!(sent.expect("the program `kill`").success());
}

/// Returns a pipe that no one reads, like the one to a `head` that has ended.
pub fn unread_pipe() -> PipeWriter {
    let (_, writer) = io::pipe().expect("a pipe");
    writer
}

/// Returns a file on a disk that is always full.
#[cfg(target_os = "linux")]
pub fn full_disk() -> File {
    File::options().write(true).open("/dev/full").expect("a disk that is always full")
}

/// Checks that a program whose output no one reads on ends quietly.
#[track_caller]
pub fn assert_ends_quietly(program: impl AsRef<Path>, folder: &Path, arguments: &str) {
    let Outcome { code, stderr, .. } = run_into(unread_pipe(), program, folder, arguments);
    assert_eq!((code, stderr.as_str()), (Some(141), ""), "{arguments}");
}

/// Checks that a program whose output goes to a full disk says so in a line, with exit code 2.
#[cfg(target_os = "linux")]
#[track_caller]
pub fn assert_tells_of_a_full_disk(program: impl AsRef<Path>, folder: &Path, arguments: &str) {
    let Outcome { code, stderr, .. } = run_into(full_disk(), program, folder, arguments);
    assert_eq!(code, Some(2), "{arguments}: {stderr}");
    assert!(stderr.starts_with("error: failed printing to stdout: No space left"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

/// Checks the exit code of a program whose standard error is full, unread or closed. Each of the
/// three runs comes after `prepare`.
#[cfg(target_os = "linux")]
#[track_caller]
pub fn assert_code_without_stderr(
    program: impl AsRef<Path>,
    folder: &Path,
    arguments: &str,
    expected: i32,
    prepare: impl Fn(),
) {
    let program = program.as_ref();
    for stderr in [Stdio::from(full_disk()), Stdio::from(unread_pipe())] {
        prepare();
        let mut command = command(program, folder);
        let output = command.args(arguments.split_whitespace()).stderr(stderr).output();
        let code = Outcome::of(output.expect("a program that can be run")).code;
        assert_eq!(code, Some(expected), "{arguments}");
    }
    prepare();
    let closed = format!("'{}' {arguments} 2>&-", program.display());
    let output = Command::new("sh").args(["-c", &closed]).current_dir(folder).output();
    assert_eq!(Outcome::of(output.expect("a shell")).code, Some(expected), "{closed}");
}

/// Returns the accuracy of a model in the table that ends a run, in percent.
#[track_caller]
pub fn accuracy(stdout: &str, model: &str) -> f64 {
    let table = stdout.lines().skip_while(|line| !line.starts_with("model  "));
    let row = table.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = row.into_iter().find(|words| words.first() == Some(&model));
    row.unwrap_or_else(|| panic!("no row of {model} in:\n{stdout}"))[1].parse().expect("a number")
}

/// Returns the path of the program `wengert`. Tests of its own package have
/// `env!("CARGO_BIN_EXE_wengert")` instead.
pub fn wengert() -> PathBuf {
    built("wengert")
}

/// Returns the path of an example.
pub fn example(name: &str) -> PathBuf {
    built(&format!("examples/{name}"))
}

/// The program that cargo has built above the folder of this test. For a single test (`cargo test
/// --test browser`) cargo builds no others: a missing one is built here, but one that is older than
/// its source stays, so run `cargo build --workspace --bins --examples` before.
fn built(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let profile = test.parent().and_then(Path::parent).expect("…/PROFILE/deps/TEST");
    let path = profile.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !path.exists() {
        build_all(profile);
    }
    path
}

/// Builds all of them: for a single one cargo might choose other features of the libraries, and
/// compile those again.
fn build_all(profile: &Path) {
    let folder = profile.file_name().and_then(|name| name.to_str()).expect("the profile's folder");
    let name = if folder == "debug" { "dev" } else { folder };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--bins", "--examples", "--profile", name])
        .arg("--target-dir")
        .arg(profile.parent().expect("the target folder"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.expect("cargo").success(), "the programs cannot be built");
}
