//! Checkpoints: files from which training resumes, bit for bit as if it had not been interrupted.
//!
//! ```text
//! folder/step-00000500.safetensors     the one before, in case the newest is damaged
//! folder/step-00000750.safetensors     the newest: after 750 steps
//! folder/lock                          held while a run writes here, so that no other one does
//! ```
//!
//! Each file is one safetensors archive, written under a temporary name and then renamed, so that a
//! crash at any moment leaves whole files only. It holds:
//!
//! ```text
//! hidden.weight              the weights that a saved model would have now: the best epoch's in validation
//! training/hidden.weight     the weights that training continues with, if they differ
//! optimizer/m.hidden.weight  the optimizer's memory
//! metadata  wengert          the description of the model, as `save` writes it
//!           checkpoint       a `CheckpointRecord`: position, history, options, as JSON
//!           crc32            the checksum of the file, computed with zeros in this place
//! ```
//!
//! So a checkpoint is a saved model too, and [`Saved`](crate::Saved) reads it. The position of the
//! random numbers is the seed, the epoch and the step: see [`Progress`](train::Progress).

mod contents;
mod error;
mod fingerprint;
mod folder;
mod observer;
mod record;
mod resume;

pub use error::{CheckpointError, CheckpointFault};
pub use folder::FolderLock;
pub use observer::Checkpoints;
pub use resume::Checkpoint;
