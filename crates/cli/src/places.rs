//! The files and folders that a command writes: checked before its work, so that none of it is lost after it.

use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};

use data::printable_path;

/// An option and its path, if one was given.
pub type Place<'a> = (&'static str, Option<&'a Path>);

/// Checks that files and folders can be written, and that no two of them have one path, nor one of the files that
/// are read. The check leaves no file.
pub fn check_places(
    read: &[(&'static str, PathBuf)],
    files: &[Place],
    folders: &[Place],
) -> Result<(), String> {
    let (files, folders) = (given(files), given(folders));
    files.iter().try_for_each(|(option, path)| check_writable(option, path))?;
    folders.iter().try_for_each(|(option, path)| check_folder(option, path))?;
    let read = read.iter().map(|(option, path)| (*option, path.as_path()));
    let others: Vec<_> = read.chain(folders).collect();
    for (i, (option, path)) in files.iter().enumerate() {
        let mut before = others.iter().chain(&files[..i]);
        if let Some((other, _)) = before.find(|(_, other)| is_same_place(other, path)) {
            return Err(format!(
                "{other} and {option} lead to the same place, {}; give each one of its own",
                printable_path(path)
            ));
        }
    }
    Ok(())
}

fn given<'a>(places: &[Place<'a>]) -> Vec<(&'static str, &'a Path)> {
    places.iter().filter_map(|&(option, path)| Some((option, path?))).collect()
}

/// Returns `true` if writing to one path changes what the other leads to. A file has several paths by symbolic links,
/// which are resolved, and by hard links, which are not.
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    let is_one_file = || Some(identity(one)? == identity(other)?);
    resolved(one) == resolved(other) || is_one_file().unwrap_or(false)
}

/// Returns the device and the number of a file, which all its hard links share.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((found.dev(), found.ino()))
}

/// Returns `None`: only canonical paths are compared on this system.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// Returns the canonical form of a path. A file that does not exist yet is in a folder that does.
pub fn resolved(path: &Path) -> PathBuf {
    let absolute = path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let in_folder = || Some(absolute.parent()?.canonicalize().ok()?.join(absolute.file_name()?));
    absolute.canonicalize().ok().or_else(in_folder).unwrap_or(absolute)
}

/// Checks that a file can be written at its destination, with links resolved.
fn check_writable(option: &str, path: &Path) -> Result<(), String> {
    let file = printable_path(path);
    if path.is_dir() {
        return Err(format!("{option} {file}: this is a directory; give the path of a file"));
    }
    if let (Ok(target), false) = (path.read_link(), path.exists()) {
        return Err(format!(
            "{option} {file}: cannot be written: this is a link to {}, which is not there; give the \
             path of a file",
            printable_path(&target)
        ));
    }
    files::check_writable(path).map_err(|error| {
        format!(
            "{option} {file}: cannot be written: {}; give a file in a directory that exists and \
             that you may write to",
            error.reason()
        )
    })
}

/// Checks that a folder can be created and written to, by creating it. New folders are removed
/// again.
pub fn check_folder(option: &str, folder: &Path) -> Result<(), String> {
    let path = path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
    let made = make_folder(option, folder);
    let tried = made.and_then(|()| {
        let trial = files::check_folder(folder);
        trial.map_err(|error| no_folder(option, folder, error.reason()))
    });
    for made in missing {
        // The innermost is removed first. A folder that another run has filled stays.
        let _ = fs::remove_dir(made);
    }
    tried
}

/// Checks that files of these names can be written in a folder: no directory has one of the names.
pub fn check_replaceable(
    option: &str,
    folder: &Path,
    is_meant: impl Fn(&str) -> bool,
) -> Result<(), String> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_name().to_str().is_some_and(&is_meant) {
            continue;
        }
        let file = entry.path();
        files::check_writable(&file).map_err(|error| {
            format!(
                "{option} {}: cannot be written: {}; move it away, or give another folder",
                printable_path(&file),
                error.reason()
            )
        })?;
    }
    Ok(())
}

/// Creates a folder and its parents, if they do not exist.
pub fn make_folder(option: &str, folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| no_folder(option, folder, &error))
}

fn no_folder(option: &str, folder: &Path, error: &io::Error) -> String {
    let folder = printable_path(folder);
    format!("{option} {folder}: cannot be made or written to: {error}; give another folder")
}
