//! Keeping a trained model: its parameters as safetensors, and what else it takes to use them.
//!
//! A file holds each parameter under its name, and one piece of metadata: whatever the program
//! needs to build the model again (sizes, tokenizer, labels), as JSON. It is written to a temporary
//! file and then renamed, so there never is half a model.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use data::WriteError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tensor::Tensor;
use thiserror::Error;

/// The metadata entry that marks a file as ours and holds the description.
const DESCRIPTION: &str = "wengert";

/// Why a model could not be saved.
#[derive(Debug, Error)]
pub enum SaveError {
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The model could not be put into the format.
    #[error("the model cannot be saved: {0}")]
    Format(String),
}

/// Why a saved model could not be used: the file, and its fault.
#[derive(Debug, Error)]
#[error("{}: {fault}", path.display())]
pub struct LoadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: LoadFault,
}

/// What can be wrong with a file that should hold a model.
#[derive(Debug, Error)]
pub enum LoadFault {
    /// It cannot be read.
    #[error("cannot be read: {0}; give the path of a file written by --save")]
    Read(std::io::Error),
    /// It is not a whole safetensors file.
    #[error(
        "is no whole safetensors file ({0}); it is of another kind, empty or cut off: save the model \
         again"
    )]
    Format(String),
    /// It is a safetensors file of another program, or of another version of this one.
    #[error("holds no model of this program ({0}); give a file written by --save")]
    Foreign(String),
    /// A parameter is missing, unknown, or of another shape or type.
    #[error("does not fit the model it describes: {0}; save the model again")]
    Mismatch(String),
}

/// Writes all parameters, and a description of what they belong to, whole or not at all.
///
/// # Errors
/// When the file cannot be written; then a file that was there before is left as it was.
pub fn save(
    path: impl AsRef<Path>,
    parameters: &Parameters<f32>,
    description: &impl Serialize,
) -> Result<(), SaveError> {
    let format = |error: &dyn std::fmt::Display| SaveError::Format(error.to_string());
    let description = serde_json::to_string(description).map_err(|error| format(&error))?;
    let buffers: Vec<(&str, &[usize], Vec<u8>)> = parameters
        .iter()
        .map(|(_, name, value)| {
            let bytes = value.values().iter().flat_map(|x| x.to_le_bytes()).collect();
            (name, value.shape(), bytes)
        })
        .collect();
    let views = buffers
        .iter()
        .map(|(name, shape, bytes)| {
            Ok((*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes)?))
        })
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| format(&error))?;
    let metadata = HashMap::from([(DESCRIPTION.to_string(), description)]);
    let bytes = serialize(views, Some(metadata)).map_err(|error| format(&error))?;
    data::write_whole(path, |file| std::io::Write::write_all(file, &bytes))?;
    Ok(())
}

/// A saved model, read and checked: named tensors and their description.
#[derive(Clone, Debug)]
pub struct Saved {
    path: PathBuf,
    description: String,
    tensors: HashMap<String, Tensor<f32>>,
}

impl Saved {
    /// Reads a file that [`save`] wrote.
    ///
    /// # Errors
    /// When it cannot be read, is damaged, or was written by something else.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref().to_path_buf();
        let read = || {
            let bytes = std::fs::read(&path).map_err(LoadFault::Read)?;
            parse(&bytes)
        };
        match read() {
            Ok((description, tensors)) => Ok(Self { path, description, tensors }),
            Err(fault) => Err(LoadError { path, fault }),
        }
    }

    /// What the model is, as it was given to [`save`].
    ///
    /// # Errors
    /// When the file describes something of another form.
    pub fn description<D: DeserializeOwned>(&self) -> Result<D, LoadError> {
        serde_json::from_str(&self.description)
            .map_err(|error| self.error(LoadFault::Foreign(error.to_string())))
    }

    /// Replaces the value of every parameter by the saved one.
    ///
    /// # Errors
    /// When one is missing or left over, or shapes differ; then nothing is replaced.
    pub fn load_into(&self, parameters: &mut Parameters<f32>) -> Result<(), LoadError> {
        for (_, name, value) in parameters.iter() {
            let fault = match self.tensors.get(name) {
                None => format!("the parameter `{name}` is missing"),
                Some(saved) if saved.shape() != value.shape() => format!(
                    "the parameter `{name}` has shape {:?} instead of {:?}",
                    saved.shape(),
                    value.shape()
                ),
                Some(_) => continue,
            };
            return Err(self.error(LoadFault::Mismatch(fault)));
        }
        let mut names: Vec<&String> = self.tensors.keys().collect();
        names.sort();
        if let Some(name) = names.into_iter().find(|name| parameters.find(name).is_none()) {
            let fault = format!("there is a parameter `{name}` too many");
            return Err(self.error(LoadFault::Mismatch(fault)));
        }
        for id in parameters.ids() {
            let saved = self.tensors[parameters.name(id)].clone();
            *parameters.get_mut(id) = saved;
        }
        Ok(())
    }

    fn error(&self, fault: LoadFault) -> LoadError {
        LoadError { path: self.path.clone(), fault }
    }
}

/// The description and the tensors of a file's contents.
fn parse(bytes: &[u8]) -> Result<(String, HashMap<String, Tensor<f32>>), LoadFault> {
    let format = |error: safetensors::SafeTensorError| LoadFault::Format(error.to_string());
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(format)?;
    let file = SafeTensors::deserialize(bytes).map_err(format)?;
    let description = metadata.metadata().as_ref().and_then(|entries| entries.get(DESCRIPTION));
    let Some(description) = description else {
        return Err(LoadFault::Foreign(format!("the metadata `{DESCRIPTION}` is missing")));
    };
    let tensors = file.iter().map(|(name, view)| Ok((name.to_string(), tensor_of(name, &view)?)));
    Ok((description.clone(), tensors.collect::<Result<_, LoadFault>>()?))
}

fn tensor_of(name: &str, view: &TensorView<'_>) -> Result<Tensor<f32>, LoadFault> {
    if view.dtype() != Dtype::F32 {
        let fault = format!("the parameter `{name}` is of type {:?} instead of F32", view.dtype());
        return Err(LoadFault::Mismatch(fault));
    }
    // Also of an empty tensor: a length of 0 hides the product of the others, which strides need.
    let lengths = view.shape().iter().try_fold(1usize, |size, &n| size.checked_mul(n.max(1)));
    if lengths.is_none() {
        let fault = format!("the parameter `{name}` has the impossible shape {:?}", view.shape());
        return Err(LoadFault::Mismatch(fault));
    }
    let numbers = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let tensor = Tensor::new(view.shape(), numbers.collect());
    if !tensor.is_finite() {
        let fault = format!("the parameter `{name}` holds a number that is infinite or NaN");
        return Err(LoadFault::Mismatch(fault));
    }
    Ok(tensor)
}
