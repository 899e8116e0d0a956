//! The log of a run: its records, and how a resumed run continues it.

use std::fs;
use std::path::Path;

use autograd::Parameters;
use data::Dataset;
use nn::{BinaryCrossEntropy, Dense, Features, MeanSquaredError, Model};
use optim::Sgd;
use report::{Log, LogEvery};
use serde_json::{Value, json};
use store::Checkpoints;
use tempfile::tempdir;
use tensor::Tensor;
use train::{Context, Fit, Observer, ObserverError, Trainer};

/// Ends training after this many steps.
struct StopAfter(usize, bool);

impl Observer<f32> for StopAfter {
    fn step(&mut self, now: &Context<'_>) -> Result<(), ObserverError> {
        self.1 = now.steps() >= self.0;
        Ok(())
    }

    fn wants_stop(&self) -> bool {
        self.1
    }
}

/// Trains for two epochs of two steps, with the checkpoints in a folder, until that step.
fn train(folder: &Path, log: &mut Log, until: usize) {
    let inputs = Tensor::from([[1.0], [-1.0], [2.0], [-2.0], [1.5]]);
    let dataset = Dataset::new(inputs, Tensor::from([1, 0, 1, 0, 1]));
    let mut parameters = Parameters::new(1);
    let model = Features::new(1).then(Dense::new(&mut parameters, "dense", 1, 1));
    let track = vec!["dense.bias".to_string(), "activation.beta".to_string()];
    let options = Fit { epochs: 2, batch_size: 2, track, ..Fit::default() };
    let trainer = Trainer::new(&model, BinaryCrossEntropy);
    let mut checkpoints = Checkpoints::new(folder, &()).unwrap();
    let mut sgd = Sgd::new(0.1);
    let mut session = trainer.session(&mut parameters, &mut sgd, &dataset, &options).unwrap();
    if let Some(checkpoint) = checkpoints.newest().unwrap() {
        session = checkpoint.resume(session).unwrap();
    }
    let mut stop = StopAfter(until, false);
    let _ = session.run(&mut [&mut stop, log.of_run("dense"), &mut checkpoints]);
}

/// Trains a regression for two epochs of two steps, with its layers watched.
fn train_regression(log: &mut Log) {
    let inputs = Tensor::from([[1.0], [-1.0], [2.0], [-2.0], [1.5]]);
    let dataset = Dataset::with_targets(inputs.clone(), inputs * 3.0);
    let mut parameters = Parameters::new(1);
    let model = Features::new(1).then(Dense::new(&mut parameters, "dense", 1, 1));
    let options = Fit { epochs: 2, batch_size: 2, watch_layers: true, ..Fit::default() };
    let trainer = Trainer::new(&model, MeanSquaredError);
    let mut sgd = Sgd::new(0.1);
    let mut session = trainer.session(&mut parameters, &mut sgd, &dataset, &options).unwrap();
    session.run(&mut [log.of_run("line")]).unwrap();
}

/// Returns the records of a log, each without the time that it took.
fn records(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    let record = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record.as_object_mut().unwrap().remove("seconds");
        record
    };
    text.lines().map(record).collect()
}

#[test]
fn a_log_has_a_record_for_the_start_each_step_and_each_epoch() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let mut log = Log::create(&path, LogEvery::Step).unwrap();
    log.start(&["sentiment".to_string()], 7, &json!({ "--lr": 0.1 })).unwrap();
    train(folder.path(), &mut log, 9);

    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with(
        "{\"record\":\"start\",\"command\":[\"sentiment\"],\"seed\":7,\"options\":{\"--lr\":0.1}}\n\
         {\"record\":\"step\",\"run\":\"dense\",\"epoch\":1,\"step\":1,\"loss\":"
    ));
    let records = records(&path);
    let kinds: Vec<&str> =
        records.iter().map(|record| record["record"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["start", "step", "step", "epoch", "step", "step", "epoch"]);
    let epoch = &records[6];
    assert_eq!(
        (&epoch["number"], &epoch["of"], &epoch["rate"]),
        (&json!(2), &json!(2), &json!(0.1))
    );
    for score in ["training", "validation"] {
        assert!(epoch[score]["loss"].is_f64() && epoch[score]["accuracy"].is_f64(), "{epoch}");
    }
    let tracked = epoch["tracked"].as_object().unwrap();
    assert!(tracked.keys().eq(["dense.bias"]), "{epoch}");
}

#[test]
fn a_log_of_a_regression_has_its_metrics_and_what_goes_on_in_the_layers() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    train_regression(&mut Log::create(&path, LogEvery::Step).unwrap());
    let records = records(&path);
    let kinds: Vec<&str> =
        records.iter().map(|record| record["record"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["step", "step", "epoch", "step", "step", "epoch"]);
    let metrics = ["loss", "mae", "rmse"];
    for record in &records {
        let scores = match record["record"].as_str() {
            Some("step") => vec![record],
            _ => vec![&record["training"], &record["validation"]],
        };
        for score in scores {
            assert!(metrics.iter().all(|name| score[name].is_f64()), "{record}");
            assert!(score.get("accuracy").is_none(), "{record}");
            let (loss, rmse) = (score["loss"].as_f64().unwrap(), score["rmse"].as_f64().unwrap());
            assert!((rmse * rmse - loss).abs() < 1e-5 * loss, "{record}");
        }
    }
    let epoch = &records[2];
    // R² of the single validation sample is not defined.
    assert!(epoch["training"]["r2"].is_f64() && epoch["validation"].get("r2").is_none(), "{epoch}");
    let [activity] = &epoch["activity"].as_array().unwrap()[..] else { panic!("{epoch}") };
    assert_eq!((&activity["layer"], &activity["op"]), (&json!("dense"), &json!("dense")));
    for what in ["outputs", "gradients"] {
        let spread = &activity[what];
        assert_eq!((&spread["count"], &spread["not_finite"]), (&json!(2), &json!(0)), "{epoch}");
        assert!(spread["rms"].as_f64().unwrap() > 0.0 && spread["zeros"] == 0.0, "{epoch}");
    }
}

#[test]
fn steps_are_left_out_unless_asked_for() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    train(folder.path(), &mut Log::create(&path, LogEvery::Epoch).unwrap(), 9);
    let records = records(&path);
    assert!(records.iter().all(|record| record["record"] == "epoch"));
    assert_eq!(records.len(), 2);
}

#[test]
fn a_resumed_run_leaves_the_log_of_one_that_was_not_interrupted() {
    let whole = tempdir().unwrap();
    let expected = whole.path().join("run.jsonl");
    train(whole.path(), &mut Log::create(&expected, LogEvery::Step).unwrap(), 9);

    for stop in 1..=4 {
        let folder = tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        train(folder.path(), &mut Log::create(&path, LogEvery::Step).unwrap(), stop);
        // As if the run had been killed in the middle of a record.
        let written = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{written}{{\"record\":\"st")).unwrap();
        train(folder.path(), &mut Log::resume(&path, LogEvery::Step).unwrap(), 9);

        let (resumed, others): (Vec<Value>, Vec<Value>) = records(&path)
            .into_iter()
            .partition(|record| record["record"] == "step" || record["record"] == "epoch");
        assert_eq!(resumed, records(&expected), "stopped after step {stop}");
        let place = |kind: &str, record: &Value| {
            assert_eq!(record["record"], kind);
            (record["epoch"].as_u64().unwrap() - 1) * 2 + record["step"].as_u64().unwrap()
        };
        assert_eq!(place("stop", &others[0]), stop as u64);
        assert_eq!(place("resume", &others[1]), stop as u64);
    }
}

#[test]
fn records_that_were_lost_to_the_checkpoint_are_not_doubled() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    train(folder.path(), &mut Log::create(&path, LogEvery::Step).unwrap(), 9);
    let expected = records(&path);
    // The checkpoint of the second epoch is gone, so that epoch is trained again.
    fs::remove_file(folder.path().join("step-00000004.safetensors")).unwrap();
    train(folder.path(), &mut Log::resume(&path, LogEvery::Step).unwrap(), 9);
    let mut found = records(&path);
    assert_eq!(found.pop().unwrap()["record"], "resume");
    assert_eq!(found, expected);
}

#[test]
fn a_file_that_is_not_a_log() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "{\"record\":\"stop\"}\nbuy milk\n").unwrap();
    assert_eq!(
        Log::resume(&path, LogEvery::Epoch).unwrap_err().to_string(),
        format!(
            "{}: line 2 is not a record of a log (expected value at line 1 column 1); give another \
             file, or remove this one",
            path.display()
        )
    );
    assert_eq!(
        Log::create(folder.path().join("none/run.jsonl"), LogEvery::Epoch).unwrap_err().to_string(),
        format!(
            "{}: the log cannot be written: No such file or directory (os error 2); check that \
             the directory exists and that you may write to it",
            folder.path().join("none/run.jsonl").display()
        )
    );
}

#[test]
fn a_log_of_another_run_is_not_continued() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    let mut log = Log::create(&path, LogEvery::Epoch).unwrap();
    assert!(log.is_empty());
    log.start(&["sentiment".to_string()], 7, &json!({ "--lr": 0.1, "--epochs": 3 })).unwrap();
    let log = Log::resume(&path, LogEvery::Epoch).unwrap();
    assert!(!log.is_empty());
    log.check_start(7, &json!({ "--lr": 0.1 })).unwrap();
    let error = |seed, options| log.check_start(seed, &options).unwrap_err().to_string();
    let other = |what, saved, now| {
        format!(
            "{}: the log is of another run: {what} was {saved} and is now {now}; give another file, \
             or remove this one",
            path.display()
        )
    };
    assert_eq!(error(8, json!({ "--lr": 0.1 })), other("the seed", "7", "8"));
    assert_eq!(error(7, json!({ "--lr": 0.2 })), other("--lr", "0.1", "0.2"));
    assert_eq!(error(7, json!({ "--hidden": 5 })), other("--hidden", "null", "5"));

    let old = folder.path().join("old.jsonl");
    fs::write(&old, "{\"record\":\"stop\",\"run\":\"relu-0\",\"epoch\":1,\"step\":2}\n").unwrap();
    let log = Log::resume(&old, LogEvery::Epoch).unwrap();
    assert_eq!(
        log.check_start(7, &json!({})).unwrap_err().to_string(),
        format!(
            "{}: the log has no record `start`; give another file, or remove this one",
            old.display()
        )
    );
}
