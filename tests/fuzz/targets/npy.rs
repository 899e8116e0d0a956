//! A `.npy` file of any bytes: what is accepted is the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use store::{read_npy, write_npy};

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    std::fs::write(&path, bytes).unwrap();
    let _ = read_npy::<u32>(&path);
    let Ok(array) = read_npy::<f64>(&path) else { return };
    write_npy(&path, &array).unwrap();
    let again = read_npy::<f64>(&path).unwrap();
    assert_eq!(again.shape(), array.shape());
    let bits = |array: &tensor::Tensor<f64>| -> Vec<u64> {
        array.to_vec().into_iter().map(f64::to_bits).collect()
    };
    assert_eq!(bits(&again), bits(&array));
});
