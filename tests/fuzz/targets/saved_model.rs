//! A saved model of any bytes: it is refused, or gives a model of finite numbers.

#![no_main]

use autograd::Parameters;
use libfuzzer_sys::fuzz_target;
use nn::Dense;
use store::Saved;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.st");
    std::fs::write(&path, bytes).unwrap();
    let Ok(saved) = Saved::read(&path) else { return };
    let _ = saved.description::<serde_json::Value>();
    let mut parameters = Parameters::<f32>::new(0);
    Dense::new(&mut parameters, "d", 1, 2);
    if saved.load_into(&mut parameters).is_ok() {
        assert!(parameters.iter().all(|(_, _, value)| value.is_finite()));
    }
});
