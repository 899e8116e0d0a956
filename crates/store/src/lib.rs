//! Saves models and runs in files, and reads them back.
//!
//! [`save`] keeps a model for later and [`Saved`] reads it, or the [part](Loaded) of it that another
//! model shares; an [`Inventory`] shows what is in a file. [`Checkpoints`] is an observer that saves a
//! run while it trains, so that training can resume after a crash. [`PyTorch`] exchanges weights with
//! other frameworks, [`read_llama`] and [`write_llama`] language models with Hugging Face, [`read_npy`]
//! and [`write_npy`] arrays with NumPy.
//!
//! Every file is written under a temporary name and then renamed, so a reader never sees half of
//! one. The content of a file is checked before it is used, and every error names the file.

#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]

mod archive;
mod checkpoint;
mod interchange;
mod inventory;
mod little_endian;
mod loaded;
mod npy;
mod saved;
mod tokenizer;

pub use archive::Float;
pub use checkpoint::{Checkpoint, CheckpointError, CheckpointFault, Checkpoints, FolderLock};
pub use files::WriteError;
pub use interchange::llama::{
    LlamaError, LlamaExportError, LlamaFault, TextMarks, read_llama, read_llama_marks,
    read_llama2c, write_llama,
};
pub use interchange::{Module, PyTorch, WeightsError, WeightsFault};
pub use inventory::Inventory;
pub use little_endian::LittleEndian;
pub use loaded::{Loaded, Reshaped};
pub use npy::{NpyError, NpyFault, NpyNumber, read_npy, write_npy};
pub use saved::{LoadError, LoadFault, SaveError, Saved, save};
pub use tokenizer::{TokenizerError, TokenizerFault, read_tokenizer};
