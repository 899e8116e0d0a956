//! Files meant to do harm: names that a terminal would obey, impossible numbers, sizes that exceed
//! memory. Each ends in exit code 2 with a message that is safe to print.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde_json::{Value, json};

use crate::bad_inputs::unchecked;
use crate::files::{SMALL, TRAIN_NUMBERS, TRAIN_TEXTS, folder_with, good_files};
use crate::program::{command, wengert, wengert_with};
use programs::Outcome;

/// Clears a screen, reverses what follows, ends the line, and has no width.
const HOSTILE: &str = "\u{1b}[2J\u{202e}\n\r\u{9b}31m\u{2028}\u{200b}\u{2066}\u{feff}\u{7f}name";

/// Checks that nothing of [`HOSTILE`] that a terminal would obey is in what a program wrote.
#[track_caller]
fn assert_safe(what: &str, Outcome { stdout, stderr, .. }: &Outcome) {
    for (stream, text) in [("stdout", stdout), ("stderr", stderr)] {
        let obeyed = |c: char| c != '\n' && HOSTILE.contains(c) && !c.is_ascii_graphic();
        let raw: Vec<char> = text.chars().filter(|&c| obeyed(c)).collect();
        assert!(raw.is_empty(), "{what}: {raw:?} on {stream}:\n{}", text.escape_debug());
    }
}

#[test]
fn nothing_of_a_table_that_is_trained_on_reaches_the_terminal_raw() {
    let folder = folder_with(&BTreeMap::new());
    let folder = folder.path();
    let quoted = format!("\"{HOSTILE}\"");
    let row = |i: usize| {
        let class = ["a", "b", &quoted][i % 3];
        let city = ["x", &quoted][i % 2];
        let age = if i == 5 { &quoted } else { &(i * 37 % 61).to_string() };
        format!("{city},{age},{class}\n")
    };
    let rows: String = (0..90).map(row).collect();
    fs::write(folder.join("a.csv"), format!("\"{HOSTILE}1\",\"{HOSTILE}2\",y\n{rows}")).unwrap();
    let object = serde_json::to_string(&json!({ HOSTILE: HOSTILE, "y": "a" })).unwrap();
    fs::write(folder.join("a.jsonl"), format!("{object}\n").repeat(40)).unwrap();
    for arguments in [
        "train a.csv",
        "train a.csv --target y --epochs 2 --gradcheck --save a.st",
        "train a.csv --target none",
        "evaluate --model a.st a.csv",
        "evaluate --model a.st a.csv --json",
        "predict --model a.st a.csv --json",
        "predict --model a.st a.jsonl",
        "train a.jsonl",
        "train a.jsonl --target y",
    ] {
        assert_safe(arguments, &wengert(folder, arguments));
    }
}

/// Returns a saved model, its description and its record changed, under new names.
fn edited(
    file: &[u8],
    edit: impl Fn(&str, &mut Value),
    rename: impl Fn(&str) -> String,
) -> Vec<u8> {
    let (_, metadata) = SafeTensors::read_metadata(file).unwrap();
    let texts = metadata.metadata().clone().unwrap();
    let texts = texts.into_iter().map(|(name, text)| match serde_json::from_str(&text) {
        Ok(mut value) if name != "crc32" => {
            edit(&name, &mut value);
            (name, value.to_string())
        }
        _ => (name, "00000000".to_string()),
    });
    let file = SafeTensors::deserialize(file).unwrap();
    let tensors = file.iter().map(|(name, view)| (rename(name), view));
    let mut bytes = serialize(tensors, Some(texts.collect())).unwrap();
    let mark = b"\"crc32\":\"";
    if let Some(place) = bytes.windows(mark.len()).position(|window| window == mark) {
        let checksum = format!("{:08x}", crc32fast::hash(&bytes));
        let place = place + mark.len();
        bytes[place..place + 8].copy_from_slice(checksum.as_bytes());
    }
    bytes
}

fn same(name: &str) -> String {
    name.to_string()
}

/// Replaces one after the other each text of a JSON document, and each name, by a hostile one.
fn hostile_versions(document: &Value) -> Vec<Value> {
    let mut versions = Vec::new();
    match document {
        Value::String(_) => versions.push(json!(HOSTILE)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                versions.extend(hostile_versions(item).into_iter().map(|version| {
                    let mut items = items.clone();
                    items[index] = version;
                    Value::Array(items)
                }));
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let mut renamed = fields.clone();
                renamed.remove(name);
                renamed.insert(HOSTILE.to_string(), field.clone());
                versions.push(Value::Object(renamed));
                versions.extend(hostile_versions(field).into_iter().map(|version| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), version);
                    Value::Object(fields)
                }));
            }
            let mut more = fields.clone();
            more.insert(HOSTILE.to_string(), json!(HOSTILE));
            versions.push(Value::Object(more));
        }
        _ => versions.push(json!(HOSTILE)),
    }
    versions
}

/// Returns a folder with a trained model `model.st` and its checkpoints in `run`.
fn trained() -> tempfile::TempDir {
    let folder = folder_with(&good_files());
    let options = "--activation relu --epochs 2 --save model.st --checkpoint run";
    wengert(folder.path(), &format!("{TRAIN_TEXTS} {SMALL} {options}")).success();
    folder
}

#[test]
fn nothing_of_a_saved_model_reaches_the_terminal_raw() {
    let folder = trained();
    let model = fs::read(folder.path().join("model.st")).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&model).unwrap();
    let description = metadata.metadata().as_ref().unwrap()["wengert"].clone();
    let mut description: Value = serde_json::from_str(&description).unwrap();
    // Its many words are all alike.
    description["tokenizer"]["counts"].as_array_mut().unwrap().truncate(1);
    let mut files: Vec<Vec<u8>> = (hostile_versions(&description).iter())
        .map(|version| edited(&model, |_, value| *value = version.clone(), same))
        .collect();
    files.push(edited(&model, |_, _| (), |name| format!("{HOSTILE}{name}")));
    files.push(edited(&model, |_, _| (), |name| name.replace("hidden.bias", HOSTILE)));
    assert!(files.len() > 30, "{}", files.len());
    for file in files {
        fs::write(folder.path().join("hostile.st"), file).unwrap();
        for arguments in [
            "predict --model hostile.st happy",
            "predict --model hostile.st --json happy",
            "evaluate --model hostile.st --test texts.csv",
        ] {
            let outcome = wengert(folder.path(), arguments);
            assert!(matches!(outcome.code, Some(0 | 2)), "{}", outcome.stderr);
            assert_safe(arguments, &outcome);
        }
    }
}

#[test]
fn nothing_of_a_checkpoint_or_its_options_reaches_the_terminal_raw() {
    let folder = trained();
    let path = folder.path().join("run/relu-0/step-00000004.safetensors");
    let whole = fs::read(&path).unwrap();
    let options = folder.path().join("run/options.json");
    let good_options = fs::read(&options).unwrap();
    let resume = format!("{TRAIN_TEXTS} {SMALL} --activation relu --epochs 2 --resume run");
    let (_, metadata) = SafeTensors::read_metadata(&whole).unwrap();
    for text in ["wengert", "checkpoint"] {
        let document = metadata.metadata().as_ref().unwrap()[text].clone();
        let mut document: Value = serde_json::from_str(&document).unwrap();
        if let Some(counts) = document.pointer_mut("/tokenizer/counts") {
            counts.as_array_mut().unwrap().truncate(1);
        }
        for version in hostile_versions(&document) {
            let edit = |name: &str, value: &mut Value| {
                if name == text {
                    *value = version.clone();
                }
            };
            fs::write(&path, edited(&whole, edit, same)).unwrap();
            let outcome = wengert(folder.path(), &resume);
            assert!(matches!(outcome.code, Some(0 | 2)), "{}", outcome.stderr);
            assert_safe(&resume, &outcome);
        }
    }
    fs::write(&path, &whole).unwrap();
    let document: Value = serde_json::from_slice(&good_options).unwrap();
    for version in hostile_versions(&document) {
        fs::write(&options, version.to_string()).unwrap();
        let outcome = wengert(folder.path(), &resume);
        assert_eq!(outcome.code, Some(2), "{version}");
        assert_safe("options.json", &outcome);
    }
}

#[test]
fn nothing_of_a_table_reaches_the_terminal_or_the_report_raw() {
    let name = format!("\"{HOSTILE}\"");
    let folder = folder_with(&good_files());
    let texts = fs::read_to_string(folder.path().join("texts.csv")).unwrap();
    let numbers = fs::read_to_string(folder.path().join("numbers.csv")).unwrap();
    let table = |file: &str, content: &str| fs::write(folder.path().join(file), content).unwrap();
    table("labels.csv", &texts.replace(",joy", &format!(",{name}")));
    table("words.csv", &texts.replace("number", &HOSTILE.replace('\n', " ")));
    table("columns.csv", &texts.replace("text,label", &format!("{name},label")));
    table("classes.csv", &numbers.replace(",yes", &format!(",{name}")));
    table("cells.csv", &numbers.replace("\n1,", &format!("\n{name},")));
    let reports = "--epochs 1 --report report.html --plots plots --json=figures.json";
    for arguments in [
        format!("--train labels.csv --test labels.csv {SMALL} {reports}"),
        format!("--train texts.csv --test labels.csv {SMALL}"),
        format!("--train words.csv --test words.csv {SMALL} {reports}"),
        format!("--train columns.csv --test columns.csv {SMALL}"),
        format!("tabular --train classes.csv --test classes.csv --seeds 1 {reports}"),
        "tabular --train numbers.csv --test classes.csv --epochs 1".to_string(),
        "tabular --train cells.csv --test cells.csv --epochs 1".to_string(),
    ] {
        let outcome = wengert(folder.path(), &arguments);
        assert_safe(&arguments, &outcome);
        for file in ["report.html", "plots/confusion.svg"] {
            let path = folder.path().join(file);
            let stdout = fs::read_to_string(path).unwrap_or_default();
            assert_safe(file, &Outcome { code: None, stdout, stderr: String::new() });
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_a_path_reaches_the_terminal_raw() {
    let folder = folder_with(&good_files());
    let name = HOSTILE;
    fs::write(folder.path().join(name), "text,label\na,joy\n\"b").unwrap();
    for arguments in [
        ["predict", "--model", name, "happy"].as_slice(),
        &["predict", "--model", "texts.csv", "--file", name],
        &["evaluate", "--model", name, "--test", name],
        &["--train", name, "--test", name],
        &["--train", "texts.csv", "--test", "texts.csv", "--resume", name],
        &["--train", "texts.csv", "--test", "texts.csv", "--checkpoint", name],
        &["--train", "texts.csv", "--test", "texts.csv", "--epochs", "1", "--report", "a\u{1b}"],
        &["--train", "texts.csv", "--test", "texts.csv", "--log", "none\u{1b}/\u{202e}"],
    ] {
        assert_safe(&format!("{arguments:?}"), &wengert_with(folder.path(), arguments));
    }
}

#[test]
fn an_answer_that_is_not_finite_is_an_error() {
    let folder = trained();
    let path = folder.path().join("model.st");
    let model = unchecked(&fs::read(&path).unwrap());
    let start = 8 + u64::from_le_bytes(model[..8].try_into().unwrap()) as usize;
    let mut huge = model[..start].to_vec();
    huge.extend((start..model.len()).step_by(4).flat_map(|_| 1e20_f32.to_le_bytes()));
    fs::write(&path, huge).unwrap();
    fs::write(folder.path().join("lines.txt"), "happy\nscared\n").unwrap();
    for (arguments, place) in [
        ("predict --model model.st happy", "--model model.st: "),
        ("predict --model model.st --json happy", "--model model.st: "),
        ("predict --model model.st --file lines.txt", "--model model.st, line 1: "),
        ("evaluate --model model.st --test texts.csv", "--model model.st: "),
        ("evaluate --model model.st --test texts.csv --json", "--model model.st: "),
    ] {
        let Outcome { code, stdout, stderr } = wengert(folder.path(), arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments}: {stderr}");
        let expected =
            format!("error: {place}output 1 for sample 1 is inf, which is not an answer");
        assert!(stderr.contains(&expected) && stderr.contains("learning rate"), "{stderr}");
    }
}

/// Returns a program's message when it must refuse what it was given.
#[track_caller]
fn refusal(folder: &Path, arguments: &str) -> String {
    let Outcome { code, stdout, stderr } = wengert(folder, arguments);
    assert_eq!(code, Some(2), "{arguments}: {stdout}{stderr}");
    assert!(stderr.starts_with("error: ") && !stderr.contains("panicked"), "{stderr}");
    stderr
}

#[test]
fn every_number_of_the_command_line_has_its_limits() {
    let folder = folder_with(&good_files());
    let sentiment = [
        "--epochs",
        "--batch-size",
        "--shards",
        "--lr",
        "--validation-split",
        "--patience",
        "--seed",
        "--vocab",
        "--embedding",
        "--hidden",
        "--dropout",
    ];
    let tabular = &sentiment[..7];
    let mut tried = 0;
    for (command, data, options) in
        [("", TRAIN_TEXTS, &sentiment[..]), ("tabular", TRAIN_NUMBERS, tabular)]
    {
        for option in options {
            for value in ["0", "-1", "1000000000", "18446744073709551615", "nan", "inf", "1e308"] {
                let epochs = if *option == "--epochs" { "" } else { "--epochs=1" };
                let seeds = if command == "tabular" { "--seeds=1" } else { SMALL };
                let seeds = if seeds.contains(option) { "" } else { seeds };
                let arguments = format!("{command} {data} {seeds} {epochs} {option}={value}");
                let Outcome { code, stderr, .. } = wengert(folder.path(), &arguments);
                assert!(matches!(code, Some(0 | 2)), "{arguments}: {stderr}");
                assert!(!stderr.contains("panicked"), "{arguments}: {stderr}");
                assert!(code == Some(0) || stderr.starts_with("error: "), "{arguments}: {stderr}");
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 7 * (sentiment.len() + tabular.len()));
    for value in ["1000000000", "18446744073709551615"] {
        let stderr = refusal(folder.path(), &format!("--shards {value}"));
        assert!(stderr.contains("--shards <N>") && stderr.contains("at most 4096"), "{stderr}");
    }
    for other in ["gradcheck --samples", "compare --seeds", "predict --top", "--every"] {
        for value in ["-1", "18446744073709551616"] {
            refusal(folder.path(), &format!("{other}={value}"));
        }
    }
}

#[test]
fn a_model_that_claims_more_than_it_holds_is_refused_before_memory_is_taken() {
    let folder = trained();
    let model = fs::read(folder.path().join("model.st")).unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.path().join(name), bytes).unwrap();
    let with = |pointer: &'static str, value: Value| {
        edited(&model, |_, about| *about.pointer_mut(pointer).unwrap() = value.clone(), same)
    };
    write("split.st", with("/tokenizer/rules/split", json!("x".repeat(10_000))));
    write("filters.st", with("/tokenizer/rules/filters", json!("x".repeat(10_000))));
    write("vocab.st", with("/sizes/vocab", json!(20_000_000)));
    let tensor = TensorView::new(Dtype::F32, vec![0, 1 << 62], &[]).unwrap();
    write("empty.st", serialize([("hidden.bias", tensor)], None).unwrap());
    for (file, fault) in [
        ("split.st", "the separator has 10000 bytes, expected at most 32"),
        ("filters.st", "the list of filters has 10000 bytes, expected at most 4096"),
        ("vocab.st", "it describes 80000021 numbers but holds"),
        ("empty.st", "holds no model"),
    ] {
        let stderr = refusal(folder.path(), &format!("predict --model {file} happy"));
        assert!(stderr.contains(fault), "{stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn endless_input_is_refused() {
    let folder = trained();
    for (arguments, fault) in [
        ("predict --model model.st --file /dev/zero", "--file /dev/zero"),
        ("predict --model /dev/zero happy", "it does not end within 256 MiB"),
        ("evaluate --model model.st --test /dev/zero", "it does not end within 256 MiB"),
        ("--train /dev/zero --test texts.csv", "it does not end within 256 MiB"),
        ("train /dev/zero --target label", "the line is longer than 16 MiB"),
    ] {
        let stderr = refusal(folder.path(), arguments);
        assert!(stderr.contains(fault), "{stderr}");
    }
    let mut child = command(folder.path())
        .args(["predict", "--model", "model.st"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // It stops reading before the end.
    let _ = stdin.write_all(&vec![b'x'; 40 << 20]);
    drop(stdin);
    let stderr = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(
        stderr.contains("standard input, line 1: cannot be read: the line is longer"),
        "{stderr}"
    );
}
