//! Shows what is in a saved model or a checkpoint, even if the model cannot be used.
//!
//! [`Saved`](crate::Saved) gives a model to compute with, and refuses one whose weights are not finite.
//! An [`Inventory`] accepts such weights, so that you can find out what is wrong.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use data::{FileError, beginning, read_weights};
use serde::de::DeserializeOwned;
use tensor::Tensor;

use crate::archive::{Archive, DESCRIPTION, OPTIMIZER, RECORD, TRAINING};
use crate::saved::{LoadError, LoadFault};

/// The contents of a file that [`save`](crate::save) or [`Checkpoints`](crate::Checkpoints) wrote.
///
/// ```
/// use autograd::Parameters;
/// use store::{Inventory, save};
/// use tensor::Tensor;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.safetensors");
/// let mut parameters = Parameters::new(0);
/// parameters.add("w", Tensor::from([1.0, f32::NAN]));
/// save(&path, &parameters, &"a line")?;
/// let inventory = Inventory::read(&path)?;
/// assert_eq!(inventory.weights["w"].len(), 2);
/// assert_eq!(inventory.description::<String>()?, "a line");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Inventory {
    path: PathBuf,
    /// The size of the file, in bytes.
    pub bytes: usize,
    /// The weights that the model has, by name.
    pub weights: BTreeMap<String, Tensor<f32>>,
    /// The weights that a resumed training would continue with, if they are others.
    pub training: BTreeMap<String, Tensor<f32>>,
    /// What the optimizer remembers.
    pub optimizer: BTreeMap<String, Tensor<f32>>,
    /// The texts of the file, by name, in JSON.
    texts: HashMap<String, String>,
}

impl Inventory {
    /// Reads a file.
    ///
    /// # Errors
    /// If the file cannot be read, is not a whole safetensors file of 32-bit numbers, or was written by
    /// another program.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref().to_path_buf();
        let bytes = match read_weights(&path) {
            Ok(bytes) => bytes,
            Err(error) => return Err(FileError::new(path, LoadFault::Read(error))),
        };
        let (texts, tensors) = match decode(&bytes) {
            Ok(contents) => contents,
            Err(fault) => return Err(FileError::new(path, fault)),
        };
        let mut inventory = Self {
            path,
            bytes: bytes.len(),
            weights: BTreeMap::new(),
            training: BTreeMap::new(),
            optimizer: BTreeMap::new(),
            texts,
        };
        let is_checkpoint = inventory.is_checkpoint();
        for (name, tensor) in tensors {
            // A model may have a parameter of such a name; a checkpoint's own are not parameters.
            let part = |prefix| name.strip_prefix(prefix).filter(|_| is_checkpoint);
            if let Some(name) = part(TRAINING) {
                inventory.training.insert(name.to_string(), tensor);
            } else if let Some(name) = part(OPTIMIZER) {
                inventory.optimizer.insert(name.to_string(), tensor);
            } else {
                inventory.weights.insert(name, tensor);
            }
        }
        Ok(inventory)
    }

    /// Returns `true` if training can resume from the file.
    pub fn is_checkpoint(&self) -> bool {
        self.texts.contains_key(RECORD)
    }

    /// Returns the description of the model that was given to [`save`](crate::save).
    ///
    /// # Errors
    /// If it does not have the form of `D`.
    pub fn description<D: DeserializeOwned>(&self) -> Result<D, LoadError> {
        self.json(DESCRIPTION)
    }

    /// Returns the record of the training; `None` if the file is not a checkpoint.
    ///
    /// # Errors
    /// If it does not have the form of `D`.
    pub fn record<D: DeserializeOwned>(&self) -> Result<Option<D>, LoadError> {
        self.is_checkpoint().then(|| self.json(RECORD)).transpose()
    }

    fn json<D: DeserializeOwned>(&self, name: &str) -> Result<D, LoadError> {
        serde_json::from_str(&self.texts[name]).map_err(|error| {
            let why = format!("the metadata `{name}`: {}", beginning(&error.to_string(), 300));
            FileError::new(&self.path, LoadFault::Foreign(why))
        })
    }
}

type TextsAndTensors = (HashMap<String, String>, HashMap<String, Tensor<f32>>);

fn decode(bytes: &[u8]) -> Result<TextsAndTensors, LoadFault> {
    let Archive { texts, tensors } = Archive::decode(bytes)?;
    match texts.contains_key(DESCRIPTION) {
        true => Ok((texts, tensors)),
        false => Err(LoadFault::Foreign(format!("the metadata `{DESCRIPTION}` is missing"))),
    }
}
