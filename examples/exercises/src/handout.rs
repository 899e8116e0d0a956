//! A folder with all that students need, and without the solutions.
//!
//! A clone of the repository would have the solutions in its history. The handout has the exercises and the
//! crates that they use, as a workspace of its own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The packages of the repository that the exercises need, tests included.
const PACKAGES: [&str; 5] =
    ["crates/tensor", "crates/autograd", "crates/nn", "crates/optim", "tests/mistakes"];

/// The folder of this package in the repository.
pub(crate) const EXERCISES: &str = "examples/exercises";

/// What students do not get: the solutions, what would give them away, and what tests both.
const WITHHELD: [&str; 3] = ["solutions", "mistakes", "tests"];

/// Writes the handout into a new folder. Returns what to say.
pub(crate) fn write(folder: &Path) -> Result<String, String> {
    if folder.exists() {
        let place = folder.display();
        return Err(format!("handout: {place} exists already: give the name of a new folder"));
    }
    copy_all(&repository(), folder)
        .map_err(|error| format!("handout: {}: {error}", folder.display()))?;
    Ok(format!(
        "Written to {place}: the exercises as they are in tasks/ now, and the library, without solutions.\n\
         Students run `cargo run -p exercises` there. To let them work offline, run `cargo vendor` in it and\n\
         add what it prints to .cargo/config.toml.\n",
        place = folder.display()
    ))
}

/// Returns the folder of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the folder that a reader edits.
pub(crate) fn tasks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tasks")
}

/// Writes the workspace of the handout.
pub(crate) fn copy_all(repository: &Path, folder: &Path) -> io::Result<()> {
    for package in PACKAGES {
        copy(&repository.join(package), &folder.join(package), &[])?;
    }
    copy(&repository.join(EXERCISES), &folder.join(EXERCISES), &WITHHELD)?;
    for file in ["Cargo.lock", "rustfmt.toml", "LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(repository.join(file), folder.join(file))?;
    }
    let manifest = fs::read_to_string(repository.join("Cargo.toml"))?;
    fs::write(folder.join("Cargo.toml"), workspace(&manifest))
}

/// Copies a folder, but for some of its entries.
fn copy(from: &Path, to: &Path, withheld: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if withheld.iter().any(|withheld| name == *withheld) {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to.join(name), &[])?,
            false => {
                fs::copy(entry.path(), to.join(name))?;
            }
        }
    }
    Ok(())
}

/// Returns the repository's manifest with these members alone: its shared settings, without its root package.
fn workspace(manifest: &str) -> String {
    let members: Vec<String> = PACKAGES
        .iter()
        .chain([&EXERCISES])
        .map(|package| format!("    \"{package}\",\n"))
        .collect();
    let head = format!("[workspace]\nresolver = \"3\"\nmembers = [\n{}]\n", members.concat());
    let is_shared = |section: &&str| {
        section.starts_with("workspace.")
            || section.starts_with("profile.") && !section.starts_with("profile.dev.package")
    };
    let sections = manifest.split("\n[").skip(1).filter(is_shared);
    // A comment above a section belongs to the section after it.
    let without_comment = |section: &str| {
        let lines: Vec<&str> = section.lines().collect();
        let kept = lines.iter().rposition(|line| !line.starts_with('#') && !line.is_empty());
        lines[..kept.map_or(0, |last| last + 1)].join("\n")
    };
    let shared = sections.map(|section| format!("\n[{}\n", without_comment(section)));
    head + &shared.collect::<String>()
}
