//! Output of an example that no one reads to its end, as before `| head`, or that cannot be written.

use programs::{
    assert_code_without_stderr, assert_ends_quietly, assert_tells_of_a_full_disk, example,
};
use tempfile::tempdir;

#[test]
fn an_example_ends_quietly_when_no_one_reads_on() {
    let folder = tempdir().expect("a folder");
    for (name, arguments) in [
        ("tape_pages", "--out pages"),
        ("interop", "train new"),
        ("wrong_gradients", ""),
        ("sentiment", ""),
        ("xor", ""),
        ("derivative", ""),
    ] {
        assert_ends_quietly(example(name), folder.path(), arguments);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = tempdir().expect("a folder");
    for (name, arguments) in [
        ("tape_pages", "--out pages"),
        ("interop", "train new"),
        ("wrong_gradients", "--help"),
        ("sentiment", ""),
        ("xor", ""),
        ("derivative", ""),
    ] {
        assert_tells_of_a_full_disk(example(name), folder.path(), arguments);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_cannot_be_written_changes_no_exit_code() {
    let folder = tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), "").expect("a file");
    for (name, arguments, expected) in [
        ("interop", "run none", 2),
        ("tape_pages", "--out file/pages", 2),
        ("wrong_gradients", "--epochs 0", 2),
        ("sentiment", "--verbose", 2),
        ("xor", "", 0),
        ("derivative", "", 0),
    ] {
        assert_code_without_stderr(example(name), folder.path(), arguments, expected, || ());
    }
}
