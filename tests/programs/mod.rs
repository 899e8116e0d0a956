//! The example programs, run as a person runs them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How a program ended, and what it wrote.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output in UTF-8");
        Outcome {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// What a run wrote that ended well.
    #[track_caller]
    pub fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }
}

/// Runs an example in a folder, with arguments separated by spaces; `''` is an empty one.
pub fn run(example: &str, folder: &Path, arguments: &str) -> Outcome {
    let words = arguments.split_whitespace();
    let arguments: Vec<&str> = words.map(|word| if word == "''" { "" } else { word }).collect();
    run_with(example, folder, &arguments)
}

/// Runs an example in a folder, with these arguments.
pub fn run_with(example: &str, folder: &Path, arguments: &[&str]) -> Outcome {
    let output = command(example, folder).args(arguments).output();
    Outcome::of(output.expect("an example that can be run"))
}

/// An example that is to run in a folder, with nothing on its standard input.
pub fn command(example: &str, folder: &Path) -> Command {
    let mut command = Command::new(path(example));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// The accuracy of a model in the table that ends a run, in per cent.
#[track_caller]
pub fn accuracy(stdout: &str, model: &str) -> f64 {
    let table = stdout.lines().skip_while(|line| !line.starts_with("model  "));
    let row = table.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = row.into_iter().find(|words| words.first() == Some(&model));
    row.unwrap_or_else(|| panic!("no row of {model} in:\n{stdout}"))[1].parse().expect("a number")
}

/// The program that cargo has built beside the folder of this test. For a single test (`cargo test
/// --test cli`) cargo builds no examples: a missing one is built here, but one that is older than
/// its source stays, so run `cargo build --workspace --examples` before.
fn path(example: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let profile = test.parent().and_then(Path::parent).expect("…/PROFILE/deps/TEST");
    let path = profile.join("examples").join(format!("{example}{}", env::consts::EXE_SUFFIX));
    if !path.exists() {
        build_examples(profile);
    }
    path
}

fn build_examples(profile: &Path) {
    let folder = profile.file_name().and_then(|name| name.to_str()).expect("the profile's folder");
    let name = if folder == "debug" { "dev" } else { folder };
    let built = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--examples", "--profile", name])
        .arg("--target-dir")
        .arg(profile.parent().expect("the target folder"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.expect("cargo").success(), "the examples cannot be built");
}
