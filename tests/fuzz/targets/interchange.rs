//! Weights of PyTorch of any bytes: what is accepted is the same when it is written and read again.

#![no_main]

use autograd::Parameters;
use libfuzzer_sys::fuzz_target;
use nn::Dense;
use store::{Module, PyTorch};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    std::fs::write(&path, bytes).unwrap();
    let mut parameters = Parameters::<f32>::new(0);
    Dense::new(&mut parameters, "d", 1, 2);
    let pytorch = PyTorch::new([Module::dense("d")]);
    if pytorch.load(&path, &mut parameters).is_err() {
        return;
    }
    let loaded = parameters.clone();
    pytorch.save(&path, &parameters).unwrap();
    pytorch.load(&path, &mut parameters).unwrap();
    assert!(loaded.iter().zip(parameters.iter()).all(|(a, b)| a.2 == b.2 && a.2.is_finite()));
});
