//! A checkpoint of llama2.c of any bytes: what is accepted computes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use store::read_llama2c;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    std::fs::write(&path, bytes).unwrap();
    let Ok((model, parameters)) = read_llama2c::<f32>(&path) else { return };
    let logits = model.extend(&parameters, &mut model.cache(), &[0]);
    assert_eq!(logits.shape(), [1, model.config().vocabulary]);
});
