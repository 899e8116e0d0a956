//! Checkpoints with false values: every field of a real one is set to every value that could upset
//! a program, and the checksum is corrected. Each is refused by a message that names a field, or
//! gives a run whose history holds together. None panics, overflows or hangs.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use safetensors::tensor::{SafeTensors, serialize};
use serde_json::{Value, json};
use store::Checkpoints;
use tempfile::tempdir;
use train::{Fit, History, Plateau};

use crate::checkpoints::{self, EndAfter, newest, train};

/// Options of all kinds, so that each has a field.
fn options() -> Fit {
    Fit { plateau: Some(Plateau::default()), ..checkpoints::options() }
}

/// A place in a JSON document: names and indices, as RFC 6901 writes them.
type Pointer = String;

/// Returns the only checkpoint of a run that ended after this many steps.
fn checkpoint(steps: usize) -> Vec<u8> {
    let folder = tempdir().unwrap();
    let mut writer = Checkpoints::new(folder.path(), &"a network").unwrap();
    let _ = train(7, None, &options(), &mut [&mut EndAfter::stop(steps), &mut writer]);
    fs::read(writer.written().unwrap()).unwrap()
}

fn record_of(file: &[u8]) -> Value {
    let (_, metadata) = SafeTensors::read_metadata(file).unwrap();
    serde_json::from_str(&metadata.metadata().as_ref().unwrap()["checkpoint"]).unwrap()
}

/// Returns the file with another record and a checksum to match.
fn with_record(file: &[u8], record: &Value) -> Vec<u8> {
    let (_, metadata) = SafeTensors::read_metadata(file).unwrap();
    let mut texts = metadata.metadata().clone().unwrap();
    texts.insert("checkpoint".to_string(), record.to_string());
    texts.insert("crc32".to_string(), "00000000".to_string());
    let mut bytes = serialize(SafeTensors::deserialize(file).unwrap().iter(), Some(texts)).unwrap();
    let mark = b"\"crc32\":\"";
    let place = bytes.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
    let checksum = format!("{:08x}", crc32fast::hash(&bytes));
    bytes[place..place + 8].copy_from_slice(checksum.as_bytes());
    bytes
}

/// Returns the history of the run that resumes from this file, or the message that refuses it.
fn go_on(file: &[u8]) -> Result<History, String> {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("step-00000001.safetensors"), file).unwrap();
    let checkpoints = Checkpoints::new(folder.path(), &"a network").unwrap();
    let checkpoint = checkpoints.newest().map_err(|error| error.to_string())?;
    train(99, checkpoint, &options(), &mut []).map(|outcome| outcome.history)
}

/// Collects all places of a document, including inner ones.
fn places(value: &Value, at: &str, found: &mut Vec<Pointer>) {
    found.push(at.to_string());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| places(field, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, item)| places(item, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

fn edge_values() -> Vec<Value> {
    vec![
        json!(0),
        json!(1),
        json!(2),
        json!(7),
        json!(-1),
        json!(u32::MAX),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(0.5),
        json!(true),
        json!("\u{1b}[2J"),
        json!([]),
        json!({}),
        // JSON writes NaN and infinity as null.
        Value::Null,
    ]
}

/// Returns the fault of the program's answer to a false record, if there is any.
fn fault_of(outcome: Result<Result<History, String>, ()>) -> Option<String> {
    match outcome {
        Err(()) => Some("panicked".to_string()),
        Ok(Err(message)) => {
            let names_it = message.contains('`') || message.contains("is of another run: the ");
            let names_it = names_it || message.contains("is of version ");
            let names_it = names_it || message.contains("another optimizer's memory");
            let is_clean = !message.contains('\u{1b}');
            (!names_it || !is_clean).then_some(message)
        }
        Ok(Ok(history)) => {
            let numbers = history.epochs.iter().map(|epoch| epoch.number);
            let is_whole = numbers.eq(1..=3);
            let is_best =
                |score: &train::Score| !score.is_better_than(history.kept_epoch().score());
            let holds = is_whole && history.epochs.iter().all(|epoch| is_best(epoch.score()));
            (!holds).then(|| format!("gave the history {history:?}"))
        }
    }
}

#[test]
fn no_number_of_a_checkpoint_can_upset_the_run_that_goes_on_with_it() {
    let mut faults = Vec::new();
    let mut tried = 0;
    for steps in [2, 6, 8, 12] {
        let file = checkpoint(steps);
        let record = record_of(&file);
        assert!(go_on(&with_record(&file, &record)).is_ok());
        let mut found = Vec::new();
        places(&record, "", &mut found);
        for place in &found {
            for value in edge_values() {
                let mut record = record.clone();
                *record.pointer_mut(place).unwrap() = value.clone();
                let false_file = with_record(&file, &record);
                let outcome = catch_unwind(AssertUnwindSafe(|| go_on(&false_file)));
                tried += 1;
                if let Some(fault) = fault_of(outcome.map_err(drop)) {
                    faults.push(format!("after {steps} steps, {place} = {value}: {fault}"));
                }
            }
        }
    }
    assert!(tried > 2_000, "{tried} records");
    assert!(faults.is_empty(), "{} of {tried}:\n{}", faults.len(), faults.join("\n"));
}

/// Returns the checkpoint of a run that has ended: its three epochs took twelve steps.
fn ended() -> Vec<u8> {
    checkpoint(13)
}

/// Returns the message that refuses a checkpoint of three epochs in which a field has this value.
fn refusal(place: &str, value: Value) -> String {
    refusal_of(|record| *record.pointer_mut(place).unwrap() = value)
}

/// Returns the message that refuses a checkpoint of three epochs with this change.
fn refusal_of(change: impl FnOnce(&mut Value)) -> String {
    let file = ended();
    let mut record = record_of(&file);
    change(&mut record);
    let message = go_on(&with_record(&file, &record)).unwrap_err();
    message.split_once(".safetensors: ").unwrap().1.to_string()
}

#[test]
fn the_message_names_the_field_its_value_and_what_was_expected() {
    let field = |fault: &str| {
        format!(
            "cannot be resumed: {fault}; resume from a checkpoint as it was written, or begin a new \
             run"
        )
    };
    let best = record_of(&ended())["best"].clone();
    let best = format!("`best` is 7, expected {best}, the number of the epoch with the best score");
    for (place, value, fault) in [
        ("/best", json!(7), best.as_str()),
        (
            "/epochs/1/validation/accuracy",
            json!(1e308),
            "`epochs[1].validation.accuracy` is 1e308, expected from 0 to 1",
        ),
        (
            "/optimizer/steps",
            json!(13),
            "`optimizer.steps` is 13, expected 12, as many as were taken",
        ),
        (
            "/optimizer/steps",
            json!(u64::MAX),
            "`optimizer.steps` is 18446744073709551615, expected from 0 (those before the run) to \
             9007199254740992",
        ),
        (
            "/current/samples",
            json!(1000),
            "`current.samples` is 1000, expected from 0 to 0, for 0 steps of 8",
        ),
        (
            "/current/tally",
            json!({"classes": {"samples": 0, "correct": 1}}),
            "`current.tally.classes.correct` is 1, expected at most the 0 samples",
        ),
        (
            "/epochs/2/number",
            json!(2),
            "`epochs[2].number` is 2, expected 3, its place in the list",
        ),
        ("/options/batch_size", json!(0), "`options.batch_size` is 0, expected at least 1"),
    ] {
        assert_eq!(refusal(place, value), field(fault));
    }
    let message = refusal("/epochs/0/number", json!(-1));
    assert!(
        message.contains("`epochs[0].number`: invalid value: integer `-1`, expected usize"),
        "{message}"
    );
}

#[test]
fn an_impossible_share_is_refused_whichever_metric_it_is() {
    for metric in ["accuracy", "micro_f1", "macro_f1", "weighted_f1", "roc_auc"] {
        assert!(train::is_share(metric), "{metric}");
        for share in [-0.25, 1.5] {
            let message =
                refusal_of(|record| record["epochs"][1]["validation"][metric] = json!(share));
            let fault =
                format!("`epochs[1].validation.{metric}` is {share:?}, expected from 0 to 1");
            assert!(message.contains(&fault), "{message}");
        }
    }
}

#[test]
fn a_false_checkpoint_gives_way_to_the_one_before() {
    let folder = tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    write("step-00000006.safetensors", &checkpoint(6));
    let file = checkpoint(8);
    let mut record = record_of(&file);
    record["best"] = json!(9);
    write("step-00000008.safetensors", &with_record(&file, &record));
    let found = newest(folder.path()).unwrap();
    assert_eq!(found.path().file_name(), Path::new("step-00000006.safetensors").file_name());
    assert!(found.damaged()[0].to_string().contains("`best` is 9, expected"));
}
