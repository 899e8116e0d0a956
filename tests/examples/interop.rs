//! A model trained in one framework gives the same outputs in another.
//!
//! Each folder of `tests/interop/` is named after the framework that trained its model. The programs
//! of `examples/13_interop` wrote weights and inputs there, and PyTorch and Keras the outputs, so that
//! neither is needed here:
//!
//! ```sh
//! cargo run --release --example interop -- train tests/interop/wengert
//! cd examples/13_interop
//! python pytorch.py train ../../tests/interop/pytorch && python keras_model.py train ../../tests/interop/keras
//! for trained in wengert pytorch keras; do
//!     python pytorch.py run ../../tests/interop/$trained && python keras_model.py run ../../tests/interop/$trained
//! done
//! ```

use std::fs;
use std::path::Path;

use tempfile::{TempDir, tempdir};
use tensor::Tensor;

use programs::{Outcome, example, run};

/// A copy of what a framework has trained, for the program writes its own outputs beside it.
fn copy(trained: &str) -> TempDir {
    let folder = tempdir().expect("a temporary folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(trained);
    for entry in fs::read_dir(from).expect("the fixtures") {
        let entry = entry.expect("a fixture");
        fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copied fixture");
    }
    folder
}

fn run_here(folder: &TempDir) -> Outcome {
    run(example("interop"), folder.path(), "run .")
}

#[track_caller]
fn assert_all_agree(trained: &str) {
    let output = run_here(&copy(trained)).success();
    let compared: Vec<&str> =
        output.lines().map(|line| line.split(':').next().unwrap_or(line)).collect();
    assert_eq!(compared, ["largest difference from keras", "largest difference from pytorch"]);
}

#[test]
fn a_model_trained_in_pytorch_runs_here() {
    assert_all_agree("pytorch");
}

#[test]
fn a_model_trained_in_keras_runs_here() {
    assert_all_agree("keras");
}

#[test]
fn a_model_trained_here_runs_in_pytorch_and_keras() {
    assert_all_agree("wengert");
}

#[test]
fn what_is_trained_here_has_the_form_of_the_fixtures() {
    let folder = tempdir().expect("a temporary folder");
    run(example("interop"), folder.path(), "train new").success();
    let header = |path: &Path| {
        let bytes = fs::read(path).expect("weights");
        let (length, rest) = bytes.split_first_chunk().expect("the length of the header");
        let header = &rest[..u64::from_le_bytes(*length) as usize];
        serde_json::from_slice::<serde_json::Value>(header).expect("a header in JSON")
    };
    let names = |header: serde_json::Value| {
        let shapes = header.as_object().expect("tensors by name").clone().into_iter();
        let shapes = shapes.filter(|(name, _)| name != "__metadata__");
        shapes.map(|(name, tensor)| (name, tensor["shape"].clone())).collect::<Vec<_>>()
    };
    let pytorchs = copy("pytorch");
    assert_eq!(
        names(header(&folder.path().join("new/weights.safetensors"))),
        names(header(&pytorchs.path().join("weights.safetensors"))),
    );
}

#[test]
fn outputs_that_differ_are_an_error() {
    let folder = copy("pytorch");
    let path = folder.path().join("outputs.keras.npy");
    let outputs: Tensor = store::read_npy(&path).expect("outputs");
    store::write_npy(&path, &outputs.map(|x| x + 0.001)).expect("changed outputs");
    let outcome = run_here(&folder);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.stderr, "error: that is more than 1e-5: the models are not the same\n");
}

#[test]
fn bad_files_are_errors() {
    let folder = copy("pytorch");
    let inputs = folder.path().join("inputs.npy");
    let error = || {
        let outcome = run_here(&folder);
        assert_eq!(outcome.code, Some(2));
        outcome.stderr
    };
    store::write_npy(&inputs, &Tensor::from([[1, 49]])).expect("inputs");
    assert_eq!(
        error(),
        "error: ./inputs.npy: there is no row 49: the 49 rows are numbered from 0\n"
    );
    store::write_npy(&inputs, &Tensor::from([1, 2])).expect("inputs");
    assert_eq!(error(), "error: ./inputs.npy: ids must be [batch, time], not [2]\n");
    store::write_npy(&inputs, &Tensor::from([[1, 2]])).expect("inputs");
    assert_eq!(error(), "error: ./outputs.keras.npy: shape [32, 3] is not [1, 3]\n");
    fs::remove_file(folder.path().join("weights.safetensors")).expect("no weights");
    assert_eq!(
        error(),
        "error: ./weights.safetensors: cannot be read: No such file or directory (os error 2); give \
         the path of a safetensors file\n"
    );
}
