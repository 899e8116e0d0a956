//! Tells one source of samples from another, so that a run is not resumed with other samples.

use serde::{Deserialize, Serialize};
use train::{AnySource, ObserverError};

/// The shapes and the checksums of samples: of all samples of a data set, of the first ones of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fingerprint {
    pub(super) inputs: String,
    pub(super) targets: String,
    pub(super) inputs_crc32: u32,
    pub(super) targets_crc32: u32,
}

/// The fingerprints of all samples of a run.
#[derive(Clone, Debug)]
pub(super) struct Fingerprints {
    pub(super) training: Fingerprint,
    pub(super) validation: Option<Fingerprint>,
}

impl Fingerprints {
    pub(super) fn new(
        source: &dyn AnySource,
        validation: Option<&dyn AnySource>,
    ) -> Result<Self, ObserverError> {
        Ok(Self {
            training: Fingerprint::new(source)?,
            validation: validation.map(Fingerprint::new).transpose()?,
        })
    }
}

impl Fingerprint {
    fn new(source: &dyn AnySource) -> Result<Self, ObserverError> {
        let (mut of_inputs, mut of_targets) = (crc32fast::Hasher::new(), crc32fast::Hasher::new());
        let [inputs, targets] = source
            .digest(&mut |bytes| of_inputs.update(bytes), &mut |bytes| of_targets.update(bytes))?;
        Ok(Self {
            inputs,
            targets,
            inputs_crc32: of_inputs.finalize(),
            targets_crc32: of_targets.finalize(),
        })
    }
}
