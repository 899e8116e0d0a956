//! What students have handed in, graded one after another.
//!
//! An answer is Rust, so it is compiled. For each student the files of their folder are put into a copy of this
//! package, which is built and asked for its grades. A file that does not compile is taken out, so that the
//! others can still be graded. Answers run on this machine, with the rights of the person who grades.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::handout;
use crate::task::all;

/// Grades the folders of students. Returns a list with an object for each, as [`grade`](crate::grade) makes them.
pub(crate) fn grade(folders: &[&str]) -> Result<String, String> {
    for folder in folders {
        if !Path::new(folder).is_dir() {
            return Err(format!(
                "grade: {folder} is not a folder: give the folders that were handed in"
            ));
        }
    }
    let failed = |error: io::Error| format!("grade: {error}");
    let workshop = Workshop::new().map_err(failed)?;
    let graded = folders.iter().map(|folder| workshop.grade(Path::new(folder)));
    let graded = graded.collect::<Result<Vec<_>, String>>();
    fs::remove_dir_all(&workshop.folder).map_err(failed)?;
    graded.map(|graded| format!("{:#}\n", Value::from(graded)))
}

/// A copy of the package in which answers are built.
struct Workshop {
    folder: PathBuf,
    /// Kept from one run to the next, so that the library is compiled once.
    target: PathBuf,
}

impl Workshop {
    fn new() -> io::Result<Self> {
        let target = env::temp_dir().join("wengert-grading");
        let folder = env::temp_dir().join(format!("wengert-grading-{}", std::process::id()));
        handout::copy_all(&handout::repository(), &folder)?;
        Ok(Self { folder, target })
    }

    fn grade(&self, student: &Path) -> Result<Value, String> {
        let failed = |error: io::Error| format!("grade: {}: {error}", student.display());
        self.put_in(student).map_err(failed)?;
        let mut broken = BTreeSet::new();
        loop {
            let built = self.cargo(&["build"]).map_err(failed)?;
            if built.status.success() {
                break;
            }
            let errors = String::from_utf8_lossy(&built.stderr).into_owned();
            let new: Vec<String> =
                broken_files(&errors).into_iter().filter(|file| !broken.contains(file)).collect();
            if new.is_empty() {
                return Err(format!("grade: {}: {errors}", student.display()));
            }
            for file in new {
                fs::copy(handout::tasks().join(&file), self.tasks().join(&file)).map_err(failed)?;
                broken.insert(file);
            }
        }
        let output = self.cargo(&["run", "--", "grade", "--json"]).map_err(failed)?;
        let mut grades = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| json!({ "error": "the program ended without grades" }));
        mark(&mut grades, student, &broken);
        Ok(grades)
    }

    fn tasks(&self) -> PathBuf {
        self.folder.join(handout::EXERCISES).join("tasks")
    }

    /// Puts the files of a student in place of the stubs. An exercise without a file stays open.
    fn put_in(&self, student: &Path) -> io::Result<()> {
        for task in all() {
            let handed_in = student.join(task.file());
            let from =
                if handed_in.exists() { handed_in } else { handout::tasks().join(task.file()) };
            // Written, not copied: cargo goes by the time of the file.
            fs::write(self.tasks().join(task.file()), fs::read(from)?)?;
        }
        Ok(())
    }

    fn cargo(&self, arguments: &[&str]) -> io::Result<Output> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let (command, rest) = arguments.split_first().expect("a command");
        Command::new(cargo)
            .args([command, "--quiet", "--offline", "--package", "exercises"])
            .args(rest)
            .env("CARGO_TARGET_DIR", &self.target)
            .current_dir(&self.folder)
            .output()
    }
}

/// Returns the files of `tasks/` in which the compiler found errors.
fn broken_files(messages: &str) -> BTreeSet<String> {
    let files: Vec<String> = all().iter().map(|task| task.file()).collect();
    let mut broken = BTreeSet::new();
    let mut is_error = false;
    for line in messages.lines() {
        if line.starts_with("error") || line.starts_with("warning") {
            is_error = line.starts_with("error");
        }
        let is_in = |file: &&String| line.contains(&format!("/tasks/{file}:"));
        if is_error && line.trim_start().starts_with("--> ") {
            broken.extend(files.iter().find(is_in).cloned());
        }
    }
    broken
}

/// Adds whose grades these are, and which files did not compile.
fn mark(grades: &mut Value, student: &Path, broken: &BTreeSet<String>) {
    grades["student"] = json!(student.to_string_lossy());
    let Some(entries) = grades["exercises"].as_array_mut() else { return };
    let tasks = all();
    let broken = |number: usize| broken.contains(&tasks[number - 1].file());
    let mut count = 0;
    for entry in entries {
        if entry["number"].as_u64().is_some_and(|number| broken(number as usize)) {
            entry["state"] = json!("does not compile");
            count += 1;
        }
    }
    grades["open"] = json!(grades["open"].as_u64().unwrap_or(0).saturating_sub(count));
    grades["does not compile"] = json!(count);
}
