//! Loads the part of a PyTorch file that fits a model, and reports the rest.

use std::collections::BTreeMap;
use std::path::Path;

use autograd::{ParameterId, Parameters, Pattern};
use data::{FileError, read_weights};
use safetensors::tensor::{SafeTensors, TensorView};
use tensor::Tensor;

use super::{Kind, PyTorch, WeightEntry, WeightsError, WeightsFault};
use crate::archive::Float;
use crate::loaded::{Loaded, Reshaped};

impl PyTorch {
    /// Replaces the values of the parameters whose names match a [`Pattern`], where the file has their
    /// tensor in the right shape. The others keep their values. Only the layers of these parameters
    /// have to be listed. The report names parameters as here, and tensors that are left over as in the
    /// file.
    ///
    /// ```
    /// use autograd::Parameters;
    /// use nn::Dense;
    /// use store::{Module, PyTorch};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("weights.safetensors");
    /// # let mut theirs = Parameters::new(1);
    /// # Dense::new(&mut theirs, "body", 4, 8);
    /// # Dense::new(&mut theirs, "fc", 8, 1000);
    /// # PyTorch::new([Module::dense("body"), Module::dense("fc")]).save(&path, &theirs)?;
    /// let mut parameters = Parameters::new(2);
    /// Dense::new(&mut parameters, "body", 4, 8);
    /// Dense::new(&mut parameters, "head", 8, 3);
    ///
    /// let pytorch = PyTorch::new([Module::dense("body")]);
    /// let loaded = pytorch.load_matching(&path, "body.*", &mut parameters)?;
    /// assert_eq!(loaded.loaded, ["body.bias", "body.weight"]);
    /// assert_eq!(loaded.missing, ["head.bias", "head.weight"]);
    /// assert_eq!(loaded.left_over, ["fc.bias", "fc.weight"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read or is damaged, a tensor that fits is of another type or not finite, or
    /// none fits. Then no value is replaced.
    ///
    /// # Panics
    /// If the pattern matches no parameter, or one that it matches belongs to no module.
    #[track_caller]
    pub fn load_matching<T: Float>(
        &self,
        path: impl AsRef<Path>,
        pattern: &str,
        parameters: &mut Parameters<T>,
    ) -> Result<Loaded, WeightsError> {
        let chosen = match Pattern::new(pattern).find(parameters) {
            Ok(chosen) => chosen,
            Err(error) => panic!("load_matching: {error}"),
        };
        let mut entries = Vec::with_capacity(chosen.len());
        for id in chosen {
            entries.push((id, self.entry(parameters.name(id), parameters.shape(id))));
        }
        let path = path.as_ref();
        let read = || {
            let bytes = read_weights(path).map_err(WeightsFault::Read)?;
            part(&bytes, &entries, parameters)
        };
        let (loaded, values) = read().map_err(|fault| FileError::new(path, fault))?;
        for (id, value) in values {
            parameters.set(id, value);
        }
        Ok(loaded)
    }
}

/// The report of a file, and the values of the parameters that it has a fitting tensor for.
type Part<T> = (Loaded, Vec<(ParameterId, Tensor<T>)>);

fn part<T: Float>(
    bytes: &[u8],
    entries: &[(ParameterId, WeightEntry)],
    parameters: &Parameters<T>,
) -> Result<Part<T>, WeightsFault> {
    let file =
        SafeTensors::deserialize(bytes).map_err(|error| WeightsFault::Format(error.to_string()))?;
    let mut held: BTreeMap<&str, TensorView<'_>> = file.iter().collect();
    let (mut report, mut values) = (Loaded::default(), Vec::new());
    for (id, entry) in entries {
        let name = entry.parameter.clone();
        match held.remove(entry.tensor.as_str()) {
            None => report.missing.push(name),
            Some(view) if view.shape() == entry.shape => {
                values.push((*id, entry.import(&view)?));
                report.loaded.push(name);
            }
            Some(view) => {
                let mut in_file = view.shape().to_vec();
                if let Kind::Dense = entry.kind {
                    in_file.reverse();
                }
                let in_model = parameters.shape(*id).to_vec();
                report.reshaped.push(Reshaped { name, in_file, in_model });
            }
        }
    }
    let is_chosen = |id: &ParameterId| entries.iter().any(|(chosen, _)| chosen == id);
    let others = parameters.ids().filter(|id| !is_chosen(id));
    report.missing.extend(others.map(|id| parameters.name(id).to_string()));
    report.left_over.extend(held.into_keys().map(str::to_string));
    let report = report.sorted();
    match report.loaded.is_empty() {
        true => Err(WeightsFault::Mismatch(format!(
            "has nothing for this model: no tensor has the name and the shape of a parameter; {}",
            report.in_one_line()
        ))),
        false => Ok((report, values)),
    }
}
