//! Files are written whole or not at all. Links stay links, and pipes are written to directly.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use data::{Table, write_csv};
use files::{check_folder, check_writable, write_whole};
use proptest::prelude::*;

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data.csv");
    fs::write(&path, "before").unwrap();
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    let error = write_whole(&path, |file| {
        file.write_all(b"half of it")?;
        Err(full())
    });
    assert_eq!(
        error.unwrap_err().to_string(),
        format!(
            "{}: cannot be written: no storage space; make space there, or give a file on another disk",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

    let nowhere = directory.path().join("none").join("data.csv");
    let error = write_whole(&nowhere, |_| Ok(())).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: cannot be written: ", nowhere.display())), "{error}");
    assert!(
        error.ends_with("; check that the directory exists and that you may write to it"),
        "{error}"
    );
}

#[test]
fn a_folder_is_checked_without_a_name_that_may_be_taken() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("trial")).unwrap();
    check_folder(directory.path()).unwrap();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    check_folder(directory.path().join("none")).unwrap_err();
}

/// As after `program > file`, where there is text already and more will follow.
#[cfg(target_os = "linux")]
#[test]
fn an_open_file_is_written_after_what_is_there() {
    use std::os::fd::AsRawFd;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    fs::write(&path, "before\n").unwrap();
    let open = File::options().append(true).open(&path).unwrap();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(format!("/dev/fd/{}", open.as_raw_fd()), &link).unwrap();
    for name in [format!("/dev/fd/{}", open.as_raw_fd()).into(), link] {
        check_writable(&name).unwrap();
        write_whole(&name, |file| file.write_all(b"between\n")).unwrap();
    }
    (&open).write_all(b"after\n").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "before\nbetween\nbetween\nafter\n");
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_leads_to_the_new_text() {
    let directory = tempfile::tempdir().unwrap();
    let [file, link] = ["data.csv", "link"].map(|name| directory.path().join(name));
    fs::write(&file, "before").unwrap();
    std::os::unix::fs::symlink("data.csv", &link).unwrap();
    write_whole(&link, |file| file.write_all(b"after")).unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "after");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_an_error_and_stays() {
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink("none", &link).unwrap();
    let error = write_whole(&link, |file| file.write_all(b"text")).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: cannot be written: No such ", link.display())));
    assert!(link.is_symlink());
}

/// A program does this with `--json /dev/stdout` if its output is a pipe.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to() {
    let (reader, writer) = io::pipe().unwrap();
    let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
    write_whole(&path, |file| file.write_all(b"text")).unwrap();
    drop(writer);
    assert_eq!(io::read_to_string(reader).unwrap(), "text");
}

/// Returns the names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_permissions_and_a_new_one_gets_the_usual_ones() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let usual = directory.path().join("usual");
    File::create(&usual).unwrap();
    let new = directory.path().join("new");
    write_whole(&new, |file| file.write_all(b"text")).unwrap();
    assert_eq!(mode(&new), mode(&usual));
    for kept in [0o600, 0o640, 0o666, 0o755] {
        fs::set_permissions(&new, fs::Permissions::from_mode(kept)).unwrap();
        write_whole(&new, |file| file.write_all(b"text")).unwrap();
        assert_eq!(mode(&new), kept, "{kept:o}");
    }
}

/// Another user could guess a temporary name made of the process number.
#[cfg(unix)]
#[test]
fn a_link_planted_at_a_temporary_name_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let victim = directory.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let planted =
        [format!("model.st.{}.tmp", std::process::id()), ".wengert-aaaaaaaa.tmp".to_string()];
    for name in &planted {
        std::os::unix::fs::symlink(&victim, directory.path().join(name)).unwrap();
    }
    let path = directory.path().join("model.st");
    check_writable(&path).unwrap();
    write_whole(&path, |file| file.write_all(b"text")).unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(planted.iter().all(|name| directory.path().join(name).is_symlink()));
}

#[test]
fn leftovers_of_killed_runs_are_removed_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let others = ["wengert-abcdefgh.tmp", ".wengert-abcdefgh", "model.st.7.tmp", "notes.tmp"];
    for name in others.iter().chain(&[".wengert-abcdefgh.tmp"]) {
        fs::write(directory.path().join(name), "half").unwrap();
    }
    write_whole(directory.path().join("model.st"), |file| file.write_all(b"text")).unwrap();
    let mut expected = Vec::from(others);
    expected.push("model.st");
    expected.sort();
    assert_eq!(names(directory.path()), expected);
}

#[test]
fn a_file_that_is_being_written_is_not_a_leftover() {
    let directory = tempfile::tempdir().unwrap();
    let [outer, inner] = ["outer", "inner"].map(|name| directory.path().join(name));
    write_whole(&outer, |file| {
        file.write_all(b"first")?;
        write_whole(&inner, |file| file.write_all(b"text")).unwrap();
        check_writable(&outer).unwrap();
        file.write_all(b" second")
    })
    .unwrap();
    assert_eq!(fs::read_to_string(&outer).unwrap(), "first second");
    assert_eq!(names(directory.path()), ["inner", "outer"]);
}

#[test]
fn many_threads_write_into_one_folder_at_once() {
    let directory = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let folder = directory.path();
            scope.spawn(move || {
                for text in 0..25 {
                    let path = folder.join(format!("file{}", text % 3));
                    write_whole(path, |file| write!(file, "{thread} {text}")).unwrap();
                }
            });
        }
    });
    assert_eq!(names(directory.path()), ["file0", "file1", "file2"]);
}

/// Each holds for root too, who may ignore permissions.
#[cfg(target_os = "linux")]
#[test]
fn check_writable_fails_where_writing_would() {
    use std::os::unix::fs::symlink;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::create_dir(path("folder")).unwrap();
    fs::write(path("file"), "text").unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    symlink("none/nowhere", path("far")).unwrap();
    symlink("folder", path("to_folder")).unwrap();
    symlink("/proc/nowhere", path("read_only")).unwrap();
    symlink("/proc/version", path("protected")).unwrap();
    symlink("ring", path("ring")).unwrap();
    let before = names(directory.path());
    let long = "n".repeat(300);
    let places = [
        "folder",
        "dangling",
        "far",
        "to_folder",
        "read_only",
        "protected",
        "ring",
        "new/",
        "new/.",
        "new/..",
        ".",
        "..",
        "file/model.st",
        "none/model.st",
        &long,
    ];
    for place in places {
        let path = directory.path().join(place);
        let checked = check_writable(&path).unwrap_err().to_string();
        let written = write_whole(&path, |file| file.write_all(b"text")).unwrap_err().to_string();
        assert!(checked.starts_with(&format!("{}: cannot be written: ", path.display())));
        assert_eq!(checked, written);
    }
    for name in ["file", "new", &"n".repeat(255)] {
        check_writable(path(name)).unwrap();
    }
    check_writable("/dev/full").unwrap();
    assert_eq!(names(directory.path()), before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_written_reads_back(
        rows in prop::collection::vec(prop::array::uniform3(any::<String>()), 1..20),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rows.csv");
        write_whole(&path, |file| write_csv(file, ["a", "b", "c"], &rows)).unwrap();
        let table = Table::read(&path).unwrap();
        for (column, name) in ["a", "b", "c"].into_iter().enumerate() {
            let expected: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
            prop_assert_eq!(table.text(name).unwrap(), expected);
        }
        prop_assert_eq!(names(directory.path()), ["rows.csv"], "the temporary file is gone");
    }
}
