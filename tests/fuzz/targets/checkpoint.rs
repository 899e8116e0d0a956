//! A real checkpoint with one field of its record replaced by any JSON, and a checksum to match: it is
//! refused, or the run continues to its end.

#![no_main]

use std::cell::LazyCell;
use std::fs;

use autograd::Parameters;
use data::Dataset;
use libfuzzer_sys::fuzz_target;
use nn::{Dense, Features, Model};
use optim::Adam;
use safetensors::tensor::{SafeTensors, serialize};
use serde_json::Value;
use store::{Checkpoint, Checkpoints};
use tensor::Tensor;
use train::{Fit, History, Loss, Trainer};

thread_local! {
    static REAL: LazyCell<Vec<u8>> = LazyCell::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Checkpoints::new(folder.path(), &"").unwrap();
        let fit = Fit { epochs: 2, batch_size: 2, ..Fit::default() };
        run(None, &fit, Some(&mut writer)).unwrap();
        fs::read(writer.written().unwrap()).unwrap()
    });
}

fn run(
    checkpoint: Option<Checkpoint>,
    fit: &Fit,
    writer: Option<&mut Checkpoints>,
) -> Result<History, String> {
    let mut parameters = Parameters::<f32>::new(1);
    let model = Features::new(1).then(Dense::new(&mut parameters, "d", 1, 2));
    let inputs = Tensor::from([[0.0], [1.0], [2.0], [3.0], [4.0]]);
    let dataset = Dataset::new(inputs, Tensor::from([0, 1, 0, 1, 0]));
    let trainer = Trainer::new(&model, SoftmaxCrossEntropy::new());
    let mut adam = Adam::new(0.01);
    let mut session = trainer.session(&mut parameters, &mut adam, &dataset, fit).unwrap();
    if let Some(checkpoint) = checkpoint {
        session = checkpoint.resume(session).map_err(|error| error.to_string())?;
    }
    let mut observers = Vec::new();
    observers.extend(writer.map(|writer| writer as &mut dyn train::Observer<f32>));
    session.run(&mut observers).map_err(|error| error.to_string())
}

/// Replaces one place of a document, chosen by a number.
fn replace(document: &mut Value, place: u8, value: Value) {
    let count = match document {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    if count == 0 || place == u8::MAX {
        *document = value;
        return;
    }
    let (here, rest) = (usize::from(place) % count, place / count as u8);
    match document {
        Value::Array(items) => replace(&mut items[here], rest, value),
        Value::Object(fields) => replace(fields.values_mut().nth(here).unwrap(), rest, value),
        _ => {}
    }
}

fuzz_target!(|input: (u8, &str)| {
    let (place, json) = input;
    let Ok(value) = serde_json::from_str(json) else { return };
    let real = REAL.with(|real| LazyCell::force(real).clone());
    let (_, metadata) = SafeTensors::read_metadata(&real).unwrap();
    let mut texts = metadata.metadata().clone().unwrap();
    let mut record: Value = serde_json::from_str(&texts["checkpoint"]).unwrap();
    replace(&mut record, place, value);
    texts.insert("checkpoint".to_string(), record.to_string());
    texts.insert("crc32".to_string(), "00000000".to_string());
    let tensors = SafeTensors::deserialize(&real).unwrap();
    let mut bytes = serialize(tensors.iter(), Some(texts)).unwrap();
    let mark = b"\"crc32\":\"";
    let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
    let checksum = format!("{:08x}", crc32fast::hash(&bytes));
    bytes[at..at + 8].copy_from_slice(checksum.as_bytes());

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("step-00000004.safetensors"), bytes).unwrap();
    let checkpoints = Checkpoints::new(folder.path(), &"").unwrap();
    let fit = Fit { epochs: 3, batch_size: 2, ..Fit::default() };
    if let Ok(Some(checkpoint)) = checkpoints.newest()
        && let Ok(history) = run(Some(checkpoint), &fit, None)
    {
        assert_eq!(history.epochs.len(), 3);
        assert!(history.kept_epoch().score().loss.is_finite());
    }
});
