//! Exchanges weights with PyTorch: safetensors files with the names and layouts of `torch.nn`.
//!
//! | layer here | tensors here | module there | tensors in the file |
//! |---|---|---|---|
//! | [`Dense`](nn::Dense) | `name.weight` [in, out], `name.bias` [out] | `nn.Linear` | `weight` [out, in]: transposed, `bias` [out] |
//! | [`Embedding`](nn::Embedding) | `name.weight` [vocabulary, dim] | `nn.Embedding`, `nn.EmbeddingBag` | the same |
//! | [`Conv2d`](nn::Conv2d), [`LayerNorm`](nn::LayerNorm), [`RMSNorm`](nn::RMSNorm), [`Gru`](nn::Gru), [`Lstm`](nn::Lstm) | `name.weight`, … | of the same name | the same |
//! | any other, such as [`SwiGLU`](nn::SwiGLU) | `name.beta`, … | a custom module | the same |
//!
//! We compute X·W and PyTorch computes X·Wᵀ, so the weight is transposed. Keras also has [in, out];
//! its `kernel` must be transposed for such a file.
//!
//! The shape of a square matrix does not say whether it must be transposed. So a [`PyTorch`] lists
//! the kind of each layer, and each parameter must belong to a listed layer.
//!
//! Here and in `nn.EmbeddingBag` a padding id has a zero vector, whatever its row of the table
//! holds. In `nn.Embedding` the row itself must be zero, so [`Module::padding`] writes it as zeros.

pub(crate) mod llama;
mod part;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write};
use std::path::Path;

use autograd::Parameters;
use data::{FileError, quoted, read_weights};
use files::{WriteError, write_whole};
use half::{bf16, f16};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use tensor::Tensor;
use thiserror::Error;

use crate::archive::{self, Float};

/// The modules of PyTorch that correspond to the layers of a model.
///
/// ```
/// use autograd::Parameters;
/// use nn::{Dense, Embedding};
/// use store::{Module, PyTorch};
///
/// let mut parameters = Parameters::new(1);
/// Embedding::new(&mut parameters, "embedding", 50, 8);
/// Dense::new(&mut parameters, "hidden", 8, 16);
///
/// let pytorch = PyTorch::new([
///     Module::embedding("embedding").padding(0),
///     Module::dense("hidden").called("fc1"), // self.fc1 = torch.nn.Linear(8, 16)
/// ]);
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("weights.safetensors");
/// pytorch.save(&path, &parameters)?;
/// pytorch.load(&path, &mut parameters)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In Python: `model.load_state_dict(safetensors.torch.load_file(path))`, and
/// `safetensors.torch.save_file(model.state_dict(), path)`.
#[derive(Clone, Debug)]
pub struct PyTorch {
    modules: Vec<Module>,
}

/// One layer here and its module there.
#[derive(Clone, Debug)]
pub struct Module {
    ours: String,
    theirs: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Dense,
    Embedding { padding: Option<usize> },
    AsIs,
}

impl Module {
    /// Creates an entry for the [`Dense`](nn::Dense) layer of this name, an `nn.Linear`. Layers inside it, such as
    /// `name.hidden`, need entries of their own.
    pub fn dense(name: impl Into<String>) -> Self {
        Self::new(name, Kind::Dense)
    }

    /// Creates an entry for the [`Embedding`](nn::Embedding) of this name, an `nn.Embedding` or
    /// `nn.EmbeddingBag`. Layers inside it need entries of their own.
    pub fn embedding(name: impl Into<String>) -> Self {
        Self::new(name, Kind::Embedding { padding: None })
    }

    /// Creates an entry for a layer, or one parameter, whose tensors have the same names and
    /// layouts in PyTorch.
    pub fn as_is(name: impl Into<String>) -> Self {
        Self::new(name, Kind::AsIs)
    }

    fn new(name: impl Into<String>, kind: Kind) -> Self {
        let ours = name.into();
        Self { theirs: ours.clone(), ours, kind }
    }

    /// Sets the layer's name in PyTorch, such as `"0"` in an `nn.Sequential`.
    pub fn called(self, theirs: impl Into<String>) -> Self {
        Self { theirs: theirs.into(), ..self }
    }

    /// Sets the padding id of an embedding. Its row is written as zeros.
    ///
    /// # Panics
    /// If the module is not an embedding.
    #[track_caller]
    pub fn padding(self, id: u32) -> Self {
        let embedding = matches!(self.kind, Kind::Embedding { .. });
        assert!(embedding, "padding: `{}` is not an embedding", self.ours);
        Self { kind: Kind::Embedding { padding: Some(id as usize) }, ..self }
    }

    /// Returns the part of a parameter's name after the layer's name, if it belongs to this layer.
    fn rest<'a>(&self, parameter: &'a str) -> Option<&'a str> {
        let rest = parameter.strip_prefix(&self.ours)?;
        let belongs = match self.kind {
            Kind::Dense => [".weight", ".bias"].contains(&rest),
            Kind::Embedding { .. } => rest == ".weight",
            Kind::AsIs => rest.is_empty() || rest.starts_with('.'),
        };
        belongs.then_some(rest)
    }
}

/// Weights cannot be exchanged: the file, and its fault.
pub type WeightsError = FileError<WeightsFault>;

/// The faults of a file that should hold a model's weights.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightsFault {
    /// It cannot be read.
    #[error("cannot be read: {0}; give the path of a safetensors file")]
    Read(io::Error),
    /// It is not a whole safetensors file.
    #[error(
        "is not a whole safetensors file ({0}); it is of another kind, empty or cut off: write it again \
         with safetensors.torch.save_file"
    )]
    Format(String),
    /// A tensor is missing, left over, or of another shape or type; or it is not finite.
    #[error("{0}")]
    Mismatch(String),
}

impl PyTorch {
    /// Creates the list of a model's modules, in any order.
    pub fn new(modules: impl IntoIterator<Item = Module>) -> Self {
        Self { modules: modules.into_iter().collect() }
    }

    /// Writes all parameters under PyTorch's names and in its layouts, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written. Then an existing file is left as it was.
    ///
    /// # Panics
    /// If a parameter does not belong to a module, a module has no parameter or is listed twice, two parameters
    /// would have one name, or a dense or embedding weight is not a matrix.
    #[track_caller]
    pub fn save<T: Float>(
        &self,
        path: impl AsRef<Path>,
        parameters: &Parameters<T>,
    ) -> Result<(), WriteError> {
        let entries = self.entries(parameters);
        let values = parameters.iter().map(|(_, _, value)| value);
        let tensors: BTreeMap<String, Tensor<T>> = (entries.into_iter().zip(values))
            .map(|(entry, value)| (entry.tensor.clone(), entry.export(value)))
            .collect();
        // Tells other tools that the tensors are PyTorch's.
        let format = [("format".to_string(), "pt".to_string())].into();
        let bytes = archive::encode(&tensors, format).expect("names and bytes in memory");
        write_whole(path, |file| file.write_all(&bytes))
    }

    /// Replaces the value of every parameter by the value in a file, rounded to `T`. The file may
    /// be in F64, F32, F16 or BF16. [`load_matching`](Self::load_matching) loads what fits, and reports
    /// the rest.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged, or a tensor is missing, left over, of another
    /// shape or type, or not finite. Then no value is replaced.
    ///
    /// # Panics
    /// If [`save`](Self::save) would panic.
    #[track_caller]
    pub fn load<T: Float>(
        &self,
        path: impl AsRef<Path>,
        parameters: &mut Parameters<T>,
    ) -> Result<(), WeightsError> {
        let entries = self.entries(parameters);
        let path = path.as_ref();
        let read = || {
            let bytes = read_weights(path).map_err(WeightsFault::Read)?;
            read_all(&bytes, &entries)
        };
        let values = read().map_err(|fault| FileError::new(path, fault))?;
        for (id, value) in parameters.ids().zip(values) {
            parameters.set(id, value);
        }
        Ok(())
    }

    /// Returns the entry of each parameter in the file.
    #[track_caller]
    fn entries<T: Float>(&self, parameters: &Parameters<T>) -> Vec<WeightEntry> {
        let mut names = BTreeSet::new();
        let mut entries = Vec::new();
        for (_, parameter, value) in parameters.iter() {
            let entry = self.entry(parameter, value.shape());
            let is_new = names.insert(entry.tensor.clone());
            assert!(is_new, "two parameters would be called `{}`", entry.tensor);
            entries.push(entry);
        }
        self.check_modules(parameters);
        entries
    }

    /// Checks that each module has a parameter of its own. A mistyped name would leave its weights to the module around it.
    #[track_caller]
    fn check_modules<T: Float>(&self, parameters: &Parameters<T>) {
        for module in &self.modules {
            let mut names = parameters.iter().map(|(_, name, _)| name);
            assert!(
                names.any(|name| module.rest(name).is_some()),
                "there is no parameter of the module `{}`: correct its name, or leave it out",
                module.ours
            );
            let like = self.modules.iter().filter(|other| other.ours == module.ours);
            assert!(
                like.count() == 1,
                "the module `{}` is listed twice: leave one out",
                module.ours
            );
        }
    }

    /// Returns the entry of a parameter in the file, by the module with the longest matching name.
    #[track_caller]
    fn entry(&self, parameter: &str, shape: &[usize]) -> WeightEntry {
        let of_it = self.modules.iter().filter(|module| module.rest(parameter).is_some());
        let Some(module) = of_it.max_by_key(|module| module.ours.len()) else {
            panic!(
                "the parameter `{parameter}` {shape:?} belongs to no module: list its layer with \
                 Module::dense, embedding or as_is"
            );
        };
        let rest = &parameter[module.ours.len()..];
        let kind = if rest == ".weight" { module.kind } else { Kind::AsIs };
        let fits = match kind {
            Kind::Dense => shape.len() == 2,
            Kind::Embedding { padding } => {
                shape.len() == 2 && padding.is_none_or(|id| id < shape[0])
            }
            Kind::AsIs => true,
        };
        assert!(
            fits,
            "the parameter `{parameter}` {shape:?} is listed as {kind:?}, which it is not"
        );
        let mut shape = shape.to_vec();
        if let Kind::Dense = kind {
            shape.reverse();
        }
        let tensor = format!("{}{rest}", module.theirs).trim_start_matches('.').to_string();
        WeightEntry { parameter: parameter.to_string(), tensor, kind, shape }
    }
}

/// One parameter, with its name and shape in the file.
#[derive(Clone)]
struct WeightEntry {
    parameter: String,
    tensor: String,
    kind: Kind,
    shape: Vec<usize>,
}

impl WeightEntry {
    /// Returns the value of the parameter in the file's layout.
    fn export<T: Float>(&self, value: &Tensor<T>) -> Tensor<T> {
        match self.kind {
            Kind::Dense => value.t(),
            Kind::Embedding { padding: Some(id) } => {
                let mut table = value.clone();
                let dim = self.shape[1];
                table.as_mut_slice()[id * dim..(id + 1) * dim].fill(T::ZERO);
                table
            }
            Kind::Embedding { padding: None } | Kind::AsIs => value.clone(),
        }
    }

    /// Returns the value of the parameter from the file's layout.
    fn import<T: Float>(&self, view: &TensorView<'_>) -> Result<Tensor<T>, WeightsFault> {
        let tensor = &self.tensor;
        if view.shape() != self.shape {
            return Err(WeightsFault::Mismatch(format!(
                "tensor `{tensor}` has shape {:?}, but `{}` needs {:?}{}",
                view.shape(),
                self.parameter,
                self.shape,
                self.hint(view.shape())
            )));
        }
        let numbers = decode(view).ok_or_else(|| {
            WeightsFault::Mismatch(format!(
                "tensor `{tensor}` is of type {:?}; only F64, F32, F16 and BF16 can be read: convert \
                 it with tensor.float()",
                view.dtype()
            ))
        })?;
        let stored = Tensor::new(&self.shape, numbers);
        if !stored.is_finite() {
            return Err(WeightsFault::Mismatch(format!(
                "tensor `{tensor}` holds a number that is infinite, NaN or too large for the \
                 parameters' type: look for where its training went wrong"
            )));
        }
        // A model's initial parameters are contiguous, so loaded ones are too.
        Ok(if let Kind::Dense = self.kind { stored.t().contiguous() } else { stored })
    }

    /// Returns the likely reason for a wrong shape.
    fn hint(&self, found: &[usize]) -> &'static str {
        let transposed = self.shape.len() == 2 && found.iter().rev().eq(&self.shape);
        match self.kind {
            Kind::Dense if transposed => {
                ", that is [outputs, inputs]: write the weight transposed, as PyTorch does"
            }
            Kind::Dense => ", that is [outputs, inputs]: the models differ in size",
            Kind::AsIs if transposed => ": if it is of a dense layer, list it with Module::dense",
            Kind::Embedding { .. } => ", that is [vocabulary, dim]: the models differ in size",
            Kind::AsIs => ": the models differ in size",
        }
    }
}

/// Returns the value of each parameter, from the bytes of a file.
fn read_all<T: Float>(
    bytes: &[u8],
    entries: &[WeightEntry],
) -> Result<Vec<Tensor<T>>, WeightsFault> {
    let format = |error: SafeTensorError| WeightsFault::Format(error.to_string());
    let file = SafeTensors::deserialize(bytes).map_err(format)?;
    let held: BTreeMap<&str, TensorView<'_>> = file.iter().collect();
    let mut values = Vec::with_capacity(entries.len());
    for entry in entries {
        let view = held.get(entry.tensor.as_str()).ok_or_else(|| {
            WeightsFault::Mismatch(format!(
                "holds no tensor `{}`, which `{}` needs; it holds {}: give the module its name in the \
                 file with Module::called",
                entry.tensor,
                entry.parameter,
                names(&held)
            ))
        })?;
        values.push(entry.import(view)?);
    }
    let known: HashSet<&str> = entries.iter().map(|entry| entry.tensor.as_str()).collect();
    match held.iter().find(|(name, _)| !known.contains(*name)) {
        None => Ok(values),
        Some((name, view)) => Err(WeightsFault::Mismatch(format!(
            "holds a tensor {} {:?} for which this model has no parameter: it is of another model, \
             or leave that tensor out of the file",
            quoted(name),
            view.shape()
        ))),
    }
}

/// Returns the numbers of a tensor as `T`; `None` if its type is not a supported float.
fn decode<T: Float>(view: &TensorView<'_>) -> Option<Vec<T>> {
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F64 => numbers(bytes, f64::from_le_bytes),
        Dtype::F32 => numbers(bytes, |b| f32::from_le_bytes(b).into()),
        Dtype::F16 => numbers(bytes, |b| f16::from_le_bytes(b).to_f64()),
        Dtype::BF16 => numbers(bytes, |b| bf16::from_le_bytes(b).to_f64()),
        _ => return None,
    })
}

fn numbers<T: Float, const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<T> {
    let (numbers, _) = bytes.as_chunks();
    numbers.iter().map(|&bytes| T::from_f64(number(bytes))).collect()
}

/// Returns the first twelve names, and the number of others.
fn names(held: &BTreeMap<&str, TensorView<'_>>) -> String {
    let mut shown: Vec<String> = held.keys().take(12).map(|name| quoted(name)).collect();
    match held.len().saturating_sub(12) {
        _ if held.is_empty() => "none".to_string(),
        0 => shown.join(", "),
        more => {
            shown.push(format!("and {more} more"));
            shown.join(", ")
        }
    }
}
