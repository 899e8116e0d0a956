//! Compares what the processes of a run have: program, options, samples, weights.
//!
//! Each process updates its own copy of the weights. A process that was started with another file, or runs on
//! a processor that rounds differently, would silently train another model. So each tells the others a
//! checksum of what it has, and a difference ends the run.

use std::hash::{DefaultHasher, Hasher};

use super::Workers;
use crate::error::{TrainError, WorkerEnded};
use crate::wire::{Reader, write_count, write_text};

/// Named values that should be the same in all processes.
pub(crate) type Entries = Vec<(String, String)>;

/// Returns an error, in all processes the same, unless all of them call this with the same values. Each value
/// has a name, such as `--epochs`.
///
/// # Errors
/// If a value differs from that of process 0, or a process has left.
pub fn check_same(workers: &dyn Workers, values: &[(String, String)]) -> Result<(), TrainError> {
    let mut message = Vec::new();
    write_count(values.len(), &mut message);
    for (name, value) in values {
        write_text(name, &mut message);
        write_text(value, &mut message);
    }
    let all: Vec<Entries> = workers.gather(message)?.iter().map(|message| read(message)).collect();
    for (rank, values) in all.iter().enumerate() {
        let names = all[0].iter().chain(values).map(|(name, _)| name);
        let of = |values: &Entries, name: &str| {
            let found = values.iter().find(|(other, _)| other == name);
            found.map_or("not there".to_string(), |(_, value)| value.clone())
        };
        for name in names {
            let (expected, found) = (of(&all[0], name), of(values, name));
            if found != expected {
                let (what, size) = (name.clone(), workers.size());
                return Err(TrainError::OtherWorker { rank, size, what, found, expected });
            }
        }
    }
    Ok(())
}

fn read(message: &[u8]) -> Entries {
    let mut reader = Reader(message);
    let entries = 0..reader.count();
    entries.map(|_| (reader.text(), reader.text())).collect()
}

/// Returns a checksum of the bytes that `give` hands to the sink, as 16 hexadecimal digits. It is the same in
/// all processes of one program.
pub(crate) fn checksum(give: impl FnOnce(&mut dyn FnMut(&[u8]))) -> String {
    let mut hasher = DefaultHasher::new();
    give(&mut |bytes| hasher.write(bytes));
    format!("{:016x}", hasher.finish())
}

impl From<WorkerEnded> for TrainError {
    fn from(ended: WorkerEnded) -> Self {
        TrainError::Worker(ended)
    }
}
