//! Output files: a run checks before training that it can write them, and saves a model elsewhere
//! if the path fails after training. All this holds for root too, who may ignore permissions.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::files::{SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
use crate::program::wengert;
use programs::Outcome;

/// Returns a folder in which many outputs are obstructed.
#[cfg(target_os = "linux")]
fn obstructed() -> TempDir {
    use std::os::unix::fs::symlink;
    let folder = folder_with(&good_files());
    let path = |name: &str| folder.path().join(name);
    symlink("none/model.st", path("dangling")).unwrap();
    symlink("nowhere", path("near")).unwrap();
    symlink("/proc/nowhere", path("read_only")).unwrap();
    symlink("/proc/version", path("protected")).unwrap();
    symlink("/proc", path("read_only_folder")).unwrap();
    fs::create_dir_all(path("plots/loss-relu.svg")).unwrap();
    fs::create_dir_all(path("dataset/test.csv")).unwrap();
    fs::create_dir_all(path("linked")).unwrap();
    symlink("none/train.csv", path("linked/train.csv")).unwrap();
    folder
}

/// Returns the names of all files and folders.
fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            names.extend(self::names(&path));
        }
        names.push(path.display().to_string());
    }
    names.sort();
    names
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_reported_before_training() {
    let folder = obstructed();
    let before = names(folder.path());
    let long = "n".repeat(300);
    let files = ["dangling", "near", "read_only", "protected", "new/", "new/.", &long];
    let folders = ["read_only_folder/new", "near", "near/new", "texts.csv/new", &long];
    let mut runs = Vec::new();
    for option in ["--save", "--report", "--json", "--log"] {
        runs.extend(files.iter().map(|file| ("train", format!("{option} {file}"))));
    }
    for option in ["--plots", "--checkpoint"] {
        runs.extend(folders.iter().map(|file| ("train", format!("{option} {file}"))));
    }
    for option in ["--report", "--json"] {
        runs.extend(files.iter().map(|file| ("tabular", format!("{option} {file}"))));
    }
    for command in ["train", "tabular"] {
        runs.push((command, "--plots plots".to_string()));
    }
    for (command, option) in runs {
        let train = if command == "train" {
            format!("train {TRAIN_TEXTS} {SMALL} {option}")
        } else {
            format!("tabular {TRAIN_NUMBERS} {option}")
        };
        let Outcome { code, stdout, stderr } = wengert(folder.path(), &train);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{option}: {stderr}");
        let expected = format!("error: {}", option.trim_end_matches(['/', '.']));
        assert!(stderr.starts_with(&expected), "{option}: {stderr}");
        assert!(stderr.contains("cannot be"), "{option}: {stderr}");
        assert_eq!(names(folder.path()), before, "{option}");
    }
    for (command, export) in [("train", "dataset"), ("tabular", "linked")] {
        let Outcome { code, stdout, stderr } =
            wengert(folder.path(), &format!("{command} --export {export}"));
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(stderr.starts_with(&format!("error: --export {export}/t")), "{stderr}");
        assert_eq!(names(folder.path()), before, "{export}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_that_cannot_be_saved_is_kept_elsewhere() {
    let folder = folder_with(&good_files());
    let arguments = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --save /dev/full --json run.json");
    let Outcome { code, stderr, stdout } = wengert(folder.path(), &arguments);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.starts_with("error: --save /dev/full: cannot be written: No space left on device"),
        "{stderr}"
    );
    let (_, kept) = stderr.split_once("The model is kept in ").expect("where the model is");
    let (file, _) = kept.split_once(": move it").expect("what to do with it");
    wengert(folder.path(), &format!("predict --model {file} happy")).success();
    // The other outputs exist.
    assert!(stdout.contains("Its confusion matrix") && folder.path().join("run.json").exists());
}

#[cfg(unix)]
#[test]
fn a_saved_model_keeps_the_permissions_of_the_one_before() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder_with(&good_files());
    let model = folder.path().join("model.st");
    fs::write(&model, "").unwrap();
    fs::set_permissions(&model, fs::Permissions::from_mode(0o600)).unwrap();
    let arguments = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --save model.st");
    wengert(folder.path(), &arguments).success();
    assert_eq!(fs::metadata(&model).unwrap().permissions().mode() & 0o777, 0o600);
}
