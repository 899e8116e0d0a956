//! Small files to train on, and folders of them.

use std::collections::BTreeMap;
use std::fs;

use tempfile::{TempDir, tempdir};

/// File names, which may begin with a folder's, and contents.
pub type Files = BTreeMap<&'static str, Vec<u8>>;

/// Trains a text classifier on [`good_files`].
pub const TRAIN_TEXTS: &str = "--train texts.csv --test texts.csv";

/// Trains on the table among [`good_files`].
pub const TRAIN_NUMBERS: &str = "--train numbers.csv --test numbers.csv";

/// A text classifier that is trained at once.
pub const SMALL: &str = "--vocab 50 --embedding 4 --hidden 3";

/// Returns a file of texts and one of numbers, each easy to learn.
pub fn good_files() -> Files {
    BTreeMap::from([("texts.csv", texts().into_bytes()), ("numbers.csv", numbers().into_bytes())])
}

/// Returns a folder with these files.
pub fn folder_with(files: &Files) -> TempDir {
    let folder = tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

/// Texts whose label is told by one word.
fn texts() -> String {
    let words = [("happy", "joy"), ("scared", "fear"), ("furious", "anger")];
    let row = |i: usize| {
        let (word, label) = words[i % 3];
        format!("the number {} made me {word},{label}\n", i % 7)
    };
    format!("text,label\n{}", (0..60).map(row).collect::<String>())
}

/// Rows whose label is the sign of the first column.
fn numbers() -> String {
    let row = |i: i32| {
        let x = (i * 37 % 61 - 30) * 2 + 1;
        format!("{x},{},{}\n", i % 5, if x > 0 { "yes" } else { "no" })
    };
    format!("a,b,label\n{}", (0..60).map(row).collect::<String>())
}
