//! Files that are written whole or not at all; what is a link stays one, and what is no file too.

use std::fs;
use std::io::{self, Write};

use data::write_whole;

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data.csv");
    fs::write(&path, "before").unwrap();
    let full = || io::Error::other("the disk is full");
    let error = write_whole(&path, |file| {
        file.write_all(b"half of it")?;
        Err(full())
    });
    assert_eq!(
        error.unwrap_err().to_string(),
        format!(
            "{}: cannot be written: the disk is full; check that the directory exists and that you \
             may write to it",
            path.display()
        )
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "before");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

    let nowhere = directory.path().join("none").join("data.csv");
    let error = write_whole(&nowhere, |_| Ok(())).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: cannot be written: ", nowhere.display())), "{error}");
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
fn a_link_to_nowhere_is_told_and_stays() {
    let directory = tempfile::tempdir().unwrap();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink("none", &link).unwrap();
    let error = write_whole(&link, |file| file.write_all(b"text")).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: cannot be written: No such ", link.display())));
    assert!(link.is_symlink());
}

/// As `--json /dev/stdout` does, where that is a pipe.
#[cfg(unix)]
#[test]
fn a_pipe_is_written_to() {
    let (reader, writer) = io::pipe().unwrap();
    let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer));
    write_whole(&path, |file| file.write_all(b"text")).unwrap();
    drop(writer);
    assert_eq!(io::read_to_string(reader).unwrap(), "text");
}
