//! Tells one data set from another, so that a run is not resumed with other samples.

use data::Dataset;
use serde::{Deserialize, Serialize};
use tensor::Tensor;
use train::AnyDataset;

use crate::little_endian::{LittleEndian, little_endian};

/// The shape of a data set, and checksums of its labels and inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    pub(super) shape: Vec<usize>,
    pub(super) labels: u32,
    /// `None` if inputs are neither features nor token ids.
    pub(super) inputs: Option<u32>,
}

impl Fingerprint {
    pub(super) fn new(dataset: &dyn AnyDataset) -> Self {
        let any = dataset.as_any();
        let features = || any.downcast_ref::<Dataset<f32>>().and_then(features);
        let ids = || any.downcast_ref::<Dataset<u32>>().map(ids);
        Self {
            shape: dataset.shape(),
            labels: checksum(dataset.labels()),
            inputs: features().or_else(ids),
        }
    }

    /// Returns the number of samples.
    pub(super) fn samples(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }
}

/// Returns the checksum of features; `None` for sequences of them.
fn features(dataset: &Dataset<f32>) -> Option<u32> {
    dataset.sequences().is_none().then(|| checksum(dataset.inputs()))
}

/// Returns the checksum of token ids. For sequences it includes the length before each.
fn ids(dataset: &Dataset<u32>) -> u32 {
    let Some(sequences) = dataset.sequences() else { return checksum(dataset.inputs()) };
    let mut hasher = crc32fast::Hasher::new();
    for sequence in sequences.iter() {
        hasher.update(&(sequence.len() as u64).to_le_bytes());
        sequence.iter().for_each(|id| hasher.update(&id.to_le_bytes()));
    }
    hasher.finalize()
}

fn checksum<T: LittleEndian>(tensor: &Tensor<T>) -> u32 {
    crc32fast::hash(&little_endian(tensor))
}
