//! A text that stays in its file: the same tokens as in memory, and an error wherever they could be others.

use std::fs::{self, File};
use std::io::Write;
#[cfg(target_os = "linux")]
use std::path::Path;
use std::path::PathBuf;
#[cfg(target_os = "linux")]
use std::process::Command;
use std::sync::Arc;

use data::{
    BytePairs, Characters, DrawnWindows, Source, StoredText, TextFault, TextFile, Vocabulary,
};
use proptest::prelude::*;
use tempfile::{TempDir, tempdir};
use tensor::Key;

/// Returns a file with these bytes, in a folder that is removed with the first value.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("text.txt");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn stored(path: &PathBuf, vocabulary: &Vocabulary) -> Result<StoredText, String> {
    let file = TextFile::open(path).map_err(|error| error.to_string())?;
    let range = file.range();
    StoredText::new(file, range, vocabulary.clone()).map_err(|error| error.to_string())
}

/// Returns the vocabularies whose texts can be cut, of a text.
fn vocabularies(text: &str) -> [Vocabulary; 3] {
    let pairs = BytePairs::train(text, 300);
    [Vocabulary::Bytes, Vocabulary::Characters(Characters::of(text)), Vocabulary::BytePairs(pairs)]
}

/// A text of some blocks, with characters of one to four bytes, and spaces, digits and signs side by side.
fn long_text() -> String {
    let line =
        |i: usize| format!("naïve {i} 日本 – 🙂{}{}x\n", " ".repeat(i % 4), "\u{a0}".repeat(i % 3));
    (0..2000).map(line).collect()
}

proptest! {
    #[test]
    fn stored_tokens_are_those_of_the_text(words in "[a-c0 .\n\u{e9}\u{2014}]{0,300}", repeats in 1..150usize, at: (u16, u16)) {
        let text = words.repeat(repeats);
        let (_folder, path) = file(text.as_bytes());
        for vocabulary in vocabularies(&text) {
            let (stored, expected) = (stored(&path, &vocabulary).unwrap(), vocabulary.encode(&text).unwrap());
            prop_assert_eq!(stored.len(), expected.len());
            let [a, b] = [at.0, at.1].map(|at| at as usize % (expected.len() + 1));
            let some = a.min(b)..a.max(b);
            prop_assert!(stored.read(some.clone()).unwrap() == expected[some]);
            prop_assert!(stored.read(0..expected.len()).unwrap() == expected);
        }
    }
}

#[test]
fn a_part_of_a_text_has_the_tokens_of_that_part() {
    let text = format!("\u{feff}{}", long_text());
    let (_folder, path) = file(text.as_bytes());
    let end = text.char_indices().nth(20_000).unwrap().0;
    for vocabulary in vocabularies(&text) {
        let file = TextFile::open(&path).unwrap();
        assert_eq!(file.range().start, 3, "a byte-order mark is not text");
        let part = StoredText::new(file, 3..end as u64, vocabulary.clone()).unwrap();
        assert!(part.read(0..part.len()).unwrap() == vocabulary.encode(&text[3..end]).unwrap());
    }
}

#[test]
fn windows_from_a_file_are_those_from_memory() {
    let text = long_text();
    let (_folder, path) = file(text.as_bytes());
    for vocabulary in vocabularies(&text) {
        let tokens = vocabulary.encode(&text).unwrap();
        let (length, key) = (17, Key::new(5));
        let memory = DrawnWindows::new(&tokens, length, 12, 30, key);
        let text = Arc::new(stored(&path, &vocabulary).unwrap());
        let disk = DrawnWindows::stored(text, length, 12, 30, key);
        let batches = |windows: &DrawnWindows| -> Vec<_> {
            let batches = (1..=3).flat_map(|epoch| windows.epoch(epoch, 5, None));
            let read = batches.map(|batch| batch.unwrap().read_all().unwrap());
            read.map(|batch| [batch.inputs(), batch.targets()].map(data::Samples::batch)).collect()
        };
        assert_eq!(batches(&disk), batches(&memory));

        let part = |windows: &DrawnWindows| {
            let batch = windows.epoch(2, 5, None).next().unwrap().unwrap().read(1..3).unwrap();
            data::Samples::batch(batch.targets())
        };
        assert_eq!(part(&disk), part(&memory));

        // So a run from memory can be resumed from the file.
        let digest = |windows: &DrawnWindows| {
            let mut bytes = [Vec::new(), Vec::new()];
            let [inputs, targets] = &mut bytes;
            let shapes = windows.digest(&mut |part| inputs.extend_from_slice(part), &mut |part| {
                targets.extend_from_slice(part)
            });
            (shapes.unwrap(), bytes)
        };
        assert!(digest(&disk) == digest(&memory));
    }
}

/// Changes a file in some way, which the name says.
type Change = (&'static str, fn(&PathBuf));

fn append(path: &PathBuf) {
    File::options().append(true).open(path).unwrap().write_all(b"more").unwrap();
}

fn set_time(path: &PathBuf) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
}

/// The same length and, with a coarse clock, the same time: the checksum tells.
#[test]
fn other_bytes_than_before_are_an_error_and_never_other_tokens() {
    let text = long_text();
    let changes: [Change; 2] = [
        ("a byte", |path| {
            let bytes = fs::read(path).unwrap();
            let place = bytes.iter().rposition(|&byte| byte == b'x').unwrap();
            let time = fs::metadata(path).unwrap().modified().unwrap();
            let mut changed = bytes;
            changed[place] = b'y';
            fs::write(path, changed).unwrap();
            File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
        }),
        ("its length", |path| {
            File::options().write(true).open(path).unwrap().set_len(9000).unwrap()
        }),
    ];
    for (what, change) in changes {
        let (_folder, path) = file(text.as_bytes());
        let stored = stored(&path, &Vocabulary::Bytes).unwrap();
        let last = stored.len() - 40..stored.len();
        stored.read(last.clone()).unwrap();
        change(&path);
        let error = stored.read(last).expect_err(what);
        assert!(matches!(error.fault, TextFault::Replaced { .. }), "{what}: {error}");
        let error = error.to_string();
        assert!(error.contains("are not those that were read before; restore the text"), "{error}");
    }
}

#[test]
fn a_file_that_gets_another_date_or_grows_still_has_its_tokens() {
    let changes: [Change; 2] = [("its end", append), ("its time", set_time)];
    for (what, change) in changes {
        let (_folder, path) = file(long_text().as_bytes());
        let stored = stored(&path, &Vocabulary::Bytes).unwrap();
        let before = stored.read(0..stored.len()).unwrap();
        change(&path);
        assert!(stored.read(0..stored.len()).unwrap() == before, "{what}");
    }
}

#[test]
fn a_file_that_is_changed_before_it_was_read_to_its_end_is_an_error() {
    let changes: [Change; 2] = [("its end", append), ("its time", set_time)];
    for (what, change) in changes {
        let (_folder, path) = file(long_text().as_bytes());
        let file = TextFile::open(&path).unwrap();
        change(&path);
        let range = file.range();
        let error = StoredText::new(file, range, Vocabulary::Bytes).expect_err(what);
        assert!(matches!(error.fault, TextFault::Changed), "{what}: {error}");
    }
}

#[test]
fn a_file_that_is_replaced_or_removed_is_read_on_as_it_was() {
    let (folder, path) = file(long_text().as_bytes());
    let stored = stored(&path, &Vocabulary::Bytes).unwrap();
    let before = stored.read(0..100).unwrap();
    let other = folder.path().join("other.txt");
    fs::write(&other, "another text").unwrap();
    fs::rename(&other, &path).unwrap();
    assert_eq!(stored.read(0..100).unwrap(), before);
    fs::remove_file(&path).unwrap();
    assert_eq!(stored.read(0..100).unwrap(), before);
}

#[test]
fn what_is_not_a_text_is_refused_with_its_place() {
    let long = "a line of text\n".repeat(2000);
    let cases: [(Vec<u8>, &str); 5] = [
        ([long.as_bytes(), b"caf\xe9 and so on\n"].concat(), "line 2001: byte 4 of the line, 0xE9"),
        ([long.as_bytes(), b"caf\xc3"].concat(), "line 2001: byte 4 of the line, 0xC3"),
        ([long.as_bytes(), b"\0\xff\n"].concat(), "this is a binary file"),
        (b"\x1f\x8b\x08".to_vec(), "line 1: this is a gzip file"),
        ("a\n".encode_utf16().flat_map(u16::to_le_bytes).collect(), "the file is UTF-16"),
    ];
    for (bytes, expected) in cases {
        let (_folder, path) = file(&bytes);
        let error = stored(&path, &Vocabulary::Bytes).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_fault_has_the_place_that_it_has_in_memory() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let long = "a line of text\n".repeat(2000);
    let cases: [(&str, Vec<u8>); 6] = [
        ("a mark", b"\xef\xbb\xbfcaf\xe9 caf\xe9 caf\xe9\n".to_vec()),
        ("a mark, another line", b"\xef\xbb\xbfone\ncaf\xe9 caf\xe9 caf\xe9\n".to_vec()),
        ("UTF-16 with a mark", utf16("\u{feff}a\nb\n")),
        (
            "UTF-16 whose third line has another letter",
            [b"\n\n".as_slice(), &utf16("a\nb\n")].concat(),
        ),
        ("a NUL in an earlier block", [b"one\ntw\0o\n", long.as_bytes(), b"caf\xe9\n"].concat()),
        ("a NUL after it in its block", [long.as_bytes(), b"caf\xe9\n\0\n"].concat()),
    ];
    for (what, bytes) in cases {
        let (_folder, path) = file(&bytes);
        let error = stored(&path, &Vocabulary::Bytes).expect_err(what);
        let (offset, fault) = data::text(&bytes).expect_err(what);
        let line = bytes[..offset].iter().filter(|&&byte| byte == b'\n').count() + 1;
        assert!(error.ends_with(&format!("text.txt: line {line}: {fault}")), "{what}: {error}");
    }
}

#[test]
fn a_text_that_begins_and_has_a_block_that_ends_like_parquet_is_a_text() {
    let text = format!("PAR1{}PAR1 and so on", " ".repeat(8184));
    for text in [text.as_str(), &text[..8192]] {
        let (_folder, path) = file(text.as_bytes());
        assert_eq!(stored(&path, &Vocabulary::Bytes).unwrap().len(), text.len());
        assert_eq!(data::text(text.as_bytes()), Ok(text));
    }
}

#[test]
fn a_folder_is_named_as_one() {
    let folder = tempdir().unwrap();
    let error = TextFile::open(folder.path()).unwrap_err();
    assert!(matches!(error.fault, TextFault::Folder), "{error}");
}

/// Opening a pipe would wait for someone to write into it.
#[cfg(target_os = "linux")]
#[test]
fn pipes_devices_and_files_without_a_size_are_refused_at_once() {
    let folder = tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/zero"), Path::new("/proc/cpuinfo")] {
        let error = TextFile::open(path).unwrap_err();
        assert!(matches!(error.fault, TextFault::NoFile), "{error}");
    }
}

#[test]
fn a_word_that_is_longer_than_a_block_stays_whole_and_one_without_end_is_refused() {
    let text = format!("{} b c {}", "a".repeat(100_000), "d".repeat(20_000));
    let (_folder, path) = file(text.as_bytes());
    let vocabulary = Vocabulary::BytePairs(BytePairs::train("aaaa dd", 258));
    let stored_text = stored(&path, &vocabulary).unwrap();
    let expected = vocabulary.encode(&text).unwrap();
    assert!(stored_text.read(0..stored_text.len()).unwrap() == expected);

    for byte in [b'a', b' '] {
        let most = 1 << 20;
        let (_folder, path) = file(&vec![byte; most]);
        assert!(stored(&path, &vocabulary).is_ok());
        let (_folder, path) = file(&vec![byte; most + 1]);
        let error = stored(&path, &vocabulary).unwrap_err();
        let expected = "the 1 MiB from byte 0 on cannot be cut into parts, as they are a single word or a single run \
                        of white space";
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_character_without_a_token_is_named() {
    let (_folder, path) = file(b"hello world");
    let error = stored(&path, &Vocabulary::Characters(Characters::of("hello"))).unwrap_err();
    assert!(error.contains("has the character ' ', which the vocabulary does not have"), "{error}");
}
