//! A log of any bytes that is to be continued: it is refused and left as it was, or cut to whole
//! records.

#![no_main]

use libfuzzer_sys::fuzz_target;
use report::{Log, LogEvery};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.jsonl");
    std::fs::write(&path, bytes).unwrap();
    let log = Log::resume(&path, LogEvery::Step);
    let left = std::fs::read(&path).unwrap();
    match log {
        Err(_) => assert_eq!(left, bytes),
        Ok(_) => {
            assert!(bytes.starts_with(&left) && (left.is_empty() || left.ends_with(b"\n")));
            for line in left.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                assert!(serde_json::from_slice::<Value>(line).unwrap()["record"].is_string());
            }
        }
    }
});
