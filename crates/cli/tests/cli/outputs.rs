//! Output files: a run checks before training that it can write them, and saves a model elsewhere
//! if the path fails after training. All this holds for root too, who may ignore permissions.

use std::fs;
#[cfg(target_os = "linux")]
use std::io::Write;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Command;

use tempfile::TempDir;

use crate::files::{SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
#[cfg(target_os = "linux")]
use crate::program::WENGERT;
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
    let given = |option: &str, file: &str| {
        format!("{option}{}{file}", if option == "--json" { '=' } else { ' ' })
    };
    let mut runs = Vec::new();
    for option in ["--save", "--report", "--json", "--log"] {
        runs.extend(files.iter().map(|file| ("train", given(option, file))));
    }
    for option in ["--plots", "--checkpoint"] {
        runs.extend(folders.iter().map(|file| ("train", format!("{option} {file}"))));
    }
    for option in ["--report", "--json"] {
        runs.extend(files.iter().map(|file| ("tabular", given(option, file))));
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
        let expected = format!("error: {}", option.trim_end_matches(['/', '.']).replace('=', " "));
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

#[cfg(unix)]
#[test]
fn a_file_that_is_read_is_not_written_to_by_another_name() {
    use std::os::unix::fs::symlink;
    let folder = folder_with(&good_files());
    let path = |name: &str| folder.path().join(name);
    fs::write(path("text"), "to be, or not to be, that is the question.\n".repeat(30)).unwrap();
    fs::write(path("tokenizer.json"), "{}").unwrap();
    let tiny = "--width 16 --layers 1 --heads 2 --steps 2 --context 16 --batch-size 4";
    let table = "--target label --hidden 3 --epochs 1";
    let commands = [
        (format!("{TRAIN_TEXTS} {SMALL} --epochs 1"), "texts.csv"),
        (format!("compare {TRAIN_TEXTS} {SMALL} --epochs 1 --seeds 2"), "texts.csv"),
        (format!("train numbers.csv {table}"), "numbers.csv"),
        (format!("compare numbers.csv {table} --seeds 2"), "numbers.csv"),
        (format!("lm train --text text {tiny}"), "text"),
        (format!("lm train --text text --from-disk {tiny}"), "text"),
        (format!("lm train --text text --tokens tokenizer.json {tiny}"), "tokenizer.json"),
        (format!("lm compare --text text {tiny}"), "text"),
    ];
    for (command, read) in commands {
        let before = fs::read(path(read)).unwrap();
        for is_hard in [true, false] {
            match is_hard {
                true => fs::hard_link(path(read), path("other")).unwrap(),
                false => symlink(read, path("other")).unwrap(),
            }
            for option in ["--log other", "--json=other"] {
                let arguments = format!("{command} {option}");
                let Outcome { code, stderr, .. } = wengert(folder.path(), &arguments);
                assert_eq!(code, Some(2), "{arguments}: {stderr}");
                assert!(stderr.contains("lead to the same place, other"), "{arguments}: {stderr}");
                assert!(fs::read(path(read)).unwrap() == before, "{arguments} changed {read}");
            }
            fs::remove_file(path("other")).unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_that_cannot_be_saved_is_kept_elsewhere() {
    let folder = folder_with(&good_files());
    let arguments = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --save /dev/full --json=run.json");
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

/// Runs the program in a folder in which `disk` is a disk of its own without space, and a shell's command after it.
/// Returns `None` where this user may not mount one.
#[cfg(target_os = "linux")]
fn on_a_full_disk(folder: &Path, free: usize, arguments: &str, then: &str) -> Option<Outcome> {
    let script = format!(
        "mount -t tmpfs -o size=1m none disk && head -c $((1048576 - {free})) /dev/zero > disk/fill
         '{WENGERT}' {arguments} > /dev/null; code=$?; ls -AR disk; rm disk/fill; {then}
         exit $code"
    );
    let mut unshare = Command::new("unshare");
    let mounts = unshare.args(["--mount", "mount", "-t", "tmpfs", "none", "/tmp"]).output();
    if !mounts.is_ok_and(|output| output.status.success()) {
        // Past the test harness, which holds back what a test that passes prints.
        std::io::stderr().write_all(b"skipped: `unshare --mount` needs root\n").unwrap();
        return None;
    }
    fs::create_dir_all(folder.join("disk")).unwrap();
    let mut unshare = Command::new("unshare");
    let run = unshare.args(["--mount", "sh", "-c", &script]).current_dir(folder).output();
    Some(Outcome::of(run.unwrap()))
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_ends_a_command_with_what_to_do_and_with_half_of_nothing() {
    let folder = folder_with(&good_files());
    let train = format!("train {TRAIN_TEXTS} {SMALL} --epochs 3 --quiet");
    wengert(folder.path(), &format!("{train} --save model.st")).success();
    for (arguments, place) in [
        (format!("{train} --save disk/model.st"), "--save disk/model.st"),
        (format!("{train} --report disk/a.html"), "disk/a.html"),
        (format!("{train} --json=disk/a.json"), "disk/a.json"),
        (format!("{train} --plots disk"), "disk/loss-relu.svg"),
        (format!("{train} --log disk/run.jsonl"), "disk/run.jsonl"),
        (format!("{train} --checkpoint disk/run"), "disk/run/options.json"),
        ("tape x*y x=2 y=3 --page disk/a.html".to_owned(), "disk/a.html"),
        ("predict --model model.st --json=disk/a.json happy".to_owned(), "disk/a.json"),
        ("train --export disk --epochs 1 --quiet".to_owned(), "disk/train.csv"),
        ("man --out disk".to_owned(), "disk/wengert.1"),
    ] {
        let Some(outcome) = on_a_full_disk(folder.path(), 0, &arguments, "") else { return };
        let Outcome { code, stdout, stderr } = outcome;
        assert_eq!(code, Some(2), "{arguments}: {stderr}");
        assert!(stderr.starts_with(&format!("error: {place}: ")), "{arguments}: {stderr}");
        let what = "No space left on device (os error 28); make space there, or give a file on another disk";
        assert!(stderr.contains(what), "{arguments}: {stderr}");
        let left: Vec<&str> = stdout.lines().filter(|line| line.contains('.')).collect();
        let log = if arguments.contains("--log") { &["run.jsonl"][..] } else { &[] };
        assert_eq!(left, log, "{arguments}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_disk_fills_up_goes_on_from_its_last_checkpoint_once_there_is_space() {
    let folder = folder_with(&good_files());
    let train = format!("train {TRAIN_TEXTS} {SMALL} --epochs 40 --quiet");
    wengert(folder.path(), &format!("{train} --save alone.st")).success();
    // Both models have a folder with their newest checkpoint and the one before.
    let arguments = format!("{train} --checkpoint disk/run");
    let resume = format!("'{WENGERT}' {train} --resume disk/run --save resumed.st > /dev/null");
    let Some(outcome) = on_a_full_disk(folder.path(), 20480, &arguments, &resume) else { return };
    let Outcome { code, stderr, .. } = outcome;
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.starts_with("error: disk/run/"), "{stderr}");
    assert!(stderr.contains("That ended training. It is kept in disk/run/"), "{stderr}");
    assert!(stderr.contains("; resume with\n\n    "), "{stderr}");
    let model = |name| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(model("alone.st"), model("resumed.st"));
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

/// As after `{ echo before; wengert …; echo after; } > log`.
#[cfg(target_os = "linux")]
#[test]
fn json_on_standard_output_does_not_replace_the_file_that_a_shell_has_led_it_to() {
    let folder = folder_with(&good_files());
    let train = format!("{TRAIN_TEXTS} {SMALL} --epochs 1 --quiet --save model.st");
    wengert(folder.path(), &train).success();
    let mut log = fs::File::create(folder.path().join("log")).unwrap();
    writeln!(log, "before").unwrap();
    let mut command = Command::new(WENGERT);
    command.args(["predict", "--model", "model.st", "--json=/dev/stdout", "so happy"]);
    command.current_dir(folder.path()).stdout(log.try_clone().unwrap());
    assert!(command.status().unwrap().success());
    writeln!(log, "after").unwrap();
    let text = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(text.starts_with("before\n") && text.ends_with("\nafter\n"), "{text}");
    assert!(text.contains("\"prediction\""), "{text}");
}
