//! Saves a trained model: its parameters as safetensors, and a description of how to use them.
//!
//! A file holds each parameter under its name, and one metadata entry in JSON: everything that the
//! program needs to build the model again (sizes, tokenizer, labels). Another entry, `crc32`, is the
//! checksum of the file, computed with zeros in its place; a file without one, of an earlier version
//! or changed by another program that left it out, is read unchecked. The file is written to a temporary
//! file and then renamed, so a file is never half written.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use data::{FileError, beginning, quoted, read_weights};
use files::WriteError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tensor::Tensor;
use thiserror::Error;

use crate::archive::{self, Archive, ArchiveError, DESCRIPTION, RECORD, is_memory};

/// A model cannot be saved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The format cannot hold the model.
    #[error("the model cannot be saved: {0}")]
    Format(String),
}

/// A saved model cannot be used: the file, and its fault.
pub type LoadError = FileError<LoadFault>;

/// The faults of a file that should hold a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadFault {
    /// It cannot be read.
    #[error("cannot be read: {0}; give the path of a saved model")]
    Read(std::io::Error),
    /// It is not a whole safetensors file.
    #[error(
        "is not a whole safetensors file ({0}); it is of another kind, empty or cut off: save the model \
         again"
    )]
    Format(String),
    /// It is not as it was written.
    #[error("is damaged: {0}; save the model again, or use an earlier checkpoint")]
    Damaged(String),
    /// It is a safetensors file of another program, or of another version of this one.
    #[error("holds no model of this program ({0}); give a saved model")]
    Foreign(String),
    /// A parameter is missing, unknown, or of another shape or type.
    #[error("does not fit the model it describes: {0}; save the model again")]
    Mismatch(String),
    /// A parameter is infinite or NaN.
    #[error(
        "cannot be used: {0}; use an earlier checkpoint, or train again with a lower learning rate"
    )]
    NotFinite(String),
    /// Nothing of it can be loaded into the model.
    #[error("has nothing for this model: {0}")]
    Nothing(String),
}

impl From<ArchiveError> for LoadFault {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Format(why) => LoadFault::Format(why),
            // In a checkpoint, it may be a tensor of the optimizer's memory.
            ArchiveError::Tensor(what) => LoadFault::Mismatch(format!("the tensor {what}")),
            ArchiveError::Checksum(what) => LoadFault::Damaged(what),
        }
    }
}

/// Writes all parameters and a description of the model, whole or not at all.
///
/// # Errors
/// If the file cannot be written. Then an existing file is left as it was.
pub fn save(
    path: impl AsRef<Path>,
    parameters: &Parameters<f32>,
    description: &impl Serialize,
) -> Result<(), SaveError> {
    let description =
        serde_json::to_string(description).map_err(|error| SaveError::Format(error.to_string()))?;
    let tensors = parameters.iter().map(|(_, name, value)| (name, value));
    let texts = HashMap::from([(DESCRIPTION.to_string(), description)]);
    let bytes = archive::encode_with_checksum(tensors, texts).map_err(SaveError::Format)?;
    files::write_whole(path, |file| std::io::Write::write_all(file, &bytes))?;
    Ok(())
}

/// A saved model, read and checked: named tensors and their description.
#[derive(Clone, Debug)]
pub struct Saved {
    path: PathBuf,
    description: String,
    pub(crate) tensors: HashMap<String, Tensor<f32>>,
}

impl Saved {
    /// Reads a file that [`save`] wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged, or was written by another program.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref().to_path_buf();
        let read = || {
            let bytes = read_weights(&path).map_err(LoadFault::Read)?;
            parse(&bytes)
        };
        match read() {
            Ok((description, tensors)) => Ok(Self { path, description, tensors }),
            Err(fault) => Err(FileError::new(path, fault)),
        }
    }

    /// Returns the description that was given to [`save`].
    ///
    /// # Errors
    /// If the description does not have the form of `D`.
    pub fn description<D: DeserializeOwned>(&self) -> Result<D, LoadError> {
        serde_json::from_str(&self.description).map_err(|error| {
            self.error(LoadFault::Foreign(beginning(&error.to_string(), 300).into_owned()))
        })
    }

    /// Returns the number of numbers in all saved parameters.
    pub fn count(&self) -> usize {
        self.tensors.values().map(Tensor::len).sum()
    }

    /// Replaces the value of every parameter by the saved one. [`load_matching`](Self::load_matching)
    /// loads what fits, and reports the rest.
    ///
    /// # Errors
    /// If a parameter is missing or left over, or shapes differ. Then no value is replaced.
    pub fn load_into(&self, parameters: &mut Parameters<f32>) -> Result<(), LoadError> {
        replace_values(parameters, &self.tensors)
            .map_err(|fault| self.error(LoadFault::Mismatch(fault)))
    }

    pub(crate) fn error(&self, fault: LoadFault) -> LoadError {
        FileError::new(&self.path, fault)
    }
}

/// Sets every parameter to the value of its name. The error says which name or shape does not fit.
/// Then no value is replaced.
pub(crate) fn replace_values(
    parameters: &mut Parameters<f32>,
    values: &HashMap<String, Tensor<f32>>,
) -> Result<(), String> {
    for (_, name, present) in parameters.iter() {
        match values.get(name) {
            None => return Err(format!("the parameter `{name}` is missing")),
            Some(value) if value.shape() != present.shape() => {
                return Err(format!(
                    "the parameter `{name}` has shape {:?} instead of {:?}",
                    value.shape(),
                    present.shape()
                ));
            }
            Some(_) => {}
        }
    }
    if let Some(name) = values.keys().filter(|name| parameters.find(name).is_none()).min() {
        return Err(format!("there is a parameter {} too many", quoted(name)));
    }
    for id in parameters.ids() {
        let value = values[parameters.name(id)].clone();
        parameters.set(id, value);
    }
    Ok(())
}

/// Returns the description and the parameters of a file's contents. The other contents of a
/// checkpoint are left out, so a checkpoint can be used like a saved model.
fn parse(bytes: &[u8]) -> Result<(String, HashMap<String, Tensor<f32>>), LoadFault> {
    let Archive { mut texts, mut tensors } = Archive::decode(bytes)?;
    let Some(description) = texts.remove(DESCRIPTION) else {
        return Err(LoadFault::Foreign(format!("the metadata `{DESCRIPTION}` is missing")));
    };
    if texts.contains_key(RECORD) {
        tensors.retain(|name, _| !is_memory(name));
    }
    let lost = tensors.iter().filter(|(_, tensor)| !tensor.is_finite());
    match lost.map(|(name, _)| name).min() {
        None => Ok((description, tensors)),
        Some(name) => Err(LoadFault::NotFinite(not_finite(name))),
    }
}

/// Returns a message that says that a parameter is not finite.
pub(crate) fn not_finite(name: &str) -> String {
    format!("the parameter {} holds a number that is infinite or NaN", quoted(name))
}
