//! Reads and writes the folder of a `LlamaForCausalLM`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use autograd::Parameters;
use data::{FileError, quoted, read_weights, read_whole};
use files::write_whole;
use nn::{Decoder, DecoderConfig, FeedForwardKind};
use safetensors::SafeTensors;
use serde::Deserialize;
use tensor::Tensor;

use super::marks::GENERATION;
use super::{CONFIG, LlamaError, LlamaExportError, LlamaFault, TextMarks, build, config, layout};
use crate::archive::{self, Float};
use crate::interchange::{WeightEntry, WeightsFault};

const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Reads the folder of a `LlamaForCausalLM`: `config.json`, with `model.safetensors` or the files that
/// `model.safetensors.index.json` names. The weights may be in F64, F32, F16 or BF16; they are rounded to
/// `T`.
///
/// Old buffers `rotary_emb.inv_freq` are passed over. So is the `lm_head.weight` of a tied model, if it
/// equals the embedding.
///
/// ```
/// use autograd::Parameters;
/// use nn::{Decoder, DecoderConfig, FeedForwardKind};
/// use store::TextMarks;
///
/// let config = DecoderConfig { kind: FeedForwardKind::SiluGated, ..DecoderConfig::small(65) };
/// let mut parameters = Parameters::new(1);
/// let model = Decoder::new(&mut parameters, config);
///
/// let folder = tempfile::tempdir()?;
/// store::write_llama(folder.path(), &model, &parameters, &TextMarks::default())?;
/// let (model, parameters) = store::read_llama::<f32>(folder.path())?;
/// assert_eq!(model.config().width, 64);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a file cannot be read or is damaged; if the config describes a model that [`Decoder`] does not
/// compute; or if a tensor is missing, left over, of another shape or type, or not finite.
pub fn read_llama<T: Float>(
    folder: impl AsRef<Path>,
) -> Result<(Decoder, Parameters<T>), LlamaError> {
    let folder = folder.as_ref();
    let path = folder.join(CONFIG);
    let config = read(&path)
        .and_then(|bytes| config::parse(&bytes).map_err(LlamaFault::Config))
        .map_err(|fault| FileError::new(&path, fault))?;
    let mut weights = Weights::default();
    let files = weight_files(folder)?;
    for path in &files {
        let mut read = || {
            let bytes = read_weights(path).map_err(WeightsFault::Read)?;
            weights.add(&bytes, &config)
        };
        read().map_err(|fault| FileError::new(path, LlamaFault::Weights(fault)))?;
    }
    let place = if let [only] = &files[..] { only.clone() } else { folder.join(INDEX) };
    let values = (weights.finish(&config))
        .map_err(|fault| FileError::new(place, LlamaFault::Weights(fault)))?;
    Ok(build(config, values))
}

fn read(path: &Path) -> Result<Vec<u8>, LlamaFault> {
    read_whole(path).map_err(LlamaFault::Read)
}

/// The index of weights in several files.
#[derive(Deserialize)]
struct Index {
    /// The file of each tensor.
    weight_map: BTreeMap<String, String>,
}

/// Returns the files with the weights of a folder. As in transformers, one file goes before several.
fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, LlamaError> {
    let (single, path) = (folder.join(WEIGHTS), folder.join(INDEX));
    if single.exists() {
        return Ok(vec![single]);
    }
    if !path.exists() {
        let why = format!(
            "has neither {WEIGHTS} nor {INDEX}: save the model with save_pretrained of a transformers that \
             writes safetensors"
        );
        return Err(FileError::new(folder, LlamaFault::Config(why)));
    }
    let names = read(&path).and_then(|bytes| shards(&bytes).map_err(LlamaFault::Config));
    let names = names.map_err(|fault| FileError::new(&path, fault))?;
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Returns the names of the files in an index.
fn shards(bytes: &[u8]) -> Result<BTreeSet<String>, String> {
    let index: Index = serde_json::from_slice(bytes)
        .map_err(|error| format!("is not an index of weights ({error}): save the model again"))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    for name in &names {
        // A path could lead out of the folder.
        let mut parts = Path::new(name).components();
        let is_name = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
        if !is_name {
            return Err(format!(
                "names the file {}, which is not the name of a file in this folder",
                quoted(name)
            ));
        }
    }
    match names.is_empty() {
        true => Err("names no files: `weight_map` is empty; save the model again".into()),
        false => Ok(names),
    }
}

/// The weights read so far.
struct Weights<T: Float> {
    /// By the names of the parameters.
    values: HashMap<String, Tensor<T>>,
    /// The head that a tied model holds twice.
    head: Option<Tensor<T>>,
    /// The number of tensors in all files.
    held: usize,
}

impl<T: Float> Default for Weights<T> {
    fn default() -> Self {
        Self { values: HashMap::new(), head: None, held: 0 }
    }
}

const HEAD: &str = "lm_head.weight";

impl<T: Float> Weights<T> {
    /// Adds the weights of one file.
    fn add(&mut self, bytes: &[u8], config: &DecoderConfig) -> Result<(), WeightsFault> {
        let format = |error: safetensors::SafeTensorError| WeightsFault::Format(error.to_string());
        let file = SafeTensors::deserialize(bytes).map_err(format)?;
        let entries = by_tensor(config);
        // In the order of their names, so that of several faults the same one is told each time.
        for (name, view) in BTreeMap::from_iter(file.iter()) {
            if name.ends_with("rotary_emb.inv_freq") {
                continue;
            }
            let Some(entry) = entries.get(name) else {
                return Err(WeightsFault::Mismatch(format!(
                    "holds a tensor {} {:?} for which the model of {CONFIG} has no parameter: it is of \
                     another model, or leave that tensor out of the file",
                    quoted(name),
                    view.shape()
                )));
            };
            self.held += 1;
            let value = entry.import(&view)?;
            let is_new = match name == HEAD && config.tied {
                true => self.head.replace(value).is_none(),
                false => self.values.insert(entry.parameter.clone(), value).is_none(),
            };
            if !is_new {
                return Err(WeightsFault::Mismatch(format!(
                    "holds the tensor {}, which another file of the model holds too: save it again",
                    quoted(name)
                )));
            }
        }
        Ok(())
    }

    /// Returns the values of all parameters.
    fn finish(self, config: &DecoderConfig) -> Result<HashMap<String, Tensor<T>>, WeightsFault> {
        for entry in layout::entries(config) {
            if !self.values.contains_key(&entry.parameter) {
                return Err(WeightsFault::Mismatch(format!(
                    "holds no tensor `{}`, which the model of {CONFIG} needs; it holds {} others: it is of \
                     another model, or not whole",
                    entry.tensor, self.held
                )));
            }
        }
        if self.head.is_some_and(|head| head != self.values["embedding.weight"]) {
            return Err(WeightsFault::Mismatch(format!(
                "holds a `{HEAD}` that differs from the embedding, although {CONFIG} says that they are one: \
                 set its `tie_word_embeddings` to false"
            )));
        }
        Ok(self.values)
    }
}

/// Returns the entries by the names of their tensors, and an entry for the head of a tied model.
fn by_tensor(config: &DecoderConfig) -> HashMap<String, WeightEntry> {
    let mut entries = layout::entries(config);
    if config.tied {
        entries.push(WeightEntry { tensor: HEAD.into(), ..entries[0].clone() });
    }
    entries.into_iter().map(|entry| (entry.tensor.clone(), entry)).collect()
}

/// Writes a model as a folder that `LlamaForCausalLM.from_pretrained` loads: `model.safetensors` in the type
/// `T`, and `config.json` with θ where versions 4 and 5 of transformers look for it. The folder is created if
/// it is not there. The config names the tokens that begin and end a text, and has no dropout. A
/// `generation_config.json` of another model is removed.
///
/// # Errors
/// If LLaMA has no such model: its kind must be [`SiluGated`](FeedForwardKind::SiluGated), with β = 1 and
/// γ = 0. If a file cannot be written. Each file is written whole or not at all.
///
/// # Panics
/// If the parameters are of another model.
#[track_caller]
pub fn write_llama<T: Float>(
    folder: impl AsRef<Path>,
    model: &Decoder,
    parameters: &Parameters<T>,
    marks: &TextMarks,
) -> Result<(), LlamaExportError> {
    let (folder, config) = (folder.as_ref(), model.config());
    check_kind(model, parameters).map_err(LlamaExportError::Foreign)?;
    let mut tensors = BTreeMap::new();
    for entry in layout::entries(config) {
        let value = parameters.find(&entry.parameter).map(|id| parameters.get(id));
        let Some(value) = value else {
            panic!(
                "write_llama: there is no parameter `{}`: pass the model's own",
                entry.parameter
            );
        };
        tensors.insert(entry.tensor.clone(), entry.export(value));
    }
    let format = [("format".to_string(), "pt".to_string())].into();
    let bytes = archive::encode(&tensors, format).expect("names and bytes in memory");
    std::fs::create_dir_all(folder)
        .map_err(|error| LlamaExportError::Folder { path: folder.to_path_buf(), error })?;
    write_whole(folder.join(WEIGHTS), |file| file.write_all(&bytes))?;
    let text = config::text(config, marks, &format!("float{}", 8 * size_of::<T>()));
    write_whole(folder.join(CONFIG), |file| file.write_all(text.as_bytes()))?;
    // It would go before the config, and name the tokens of the model that was there.
    match std::fs::remove_file(folder.join(GENERATION)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LlamaExportError::Folder { path: folder.to_path_buf(), error })
        }
        _ => Ok(()),
    }
}

/// Returns an error if LLaMA has no feed-forward part like the model's.
fn check_kind<T: Float>(model: &Decoder, parameters: &Parameters<T>) -> Result<(), String> {
    match model.config().kind {
        FeedForwardKind::SiluGated => {}
        FeedForwardKind::SwiGLU => {
            return Err(
                "its gate g σ(βg + γ) has learned β and γ, and LLaMA's gate g σ(g) has none; only \
                        models of the kind SiluGated can be exported"
                    .into(),
            );
        }
        kind => {
            return Err(format!(
                "its feed-forward part is {kind:?}, and LLaMA's is gated; only models of the kind SiluGated \
                 can be exported"
            ));
        }
    }
    for swiglu in model.feed_forwards().filter_map(|part| part.swiglu()) {
        let [beta, gamma] =
            [swiglu.beta(), swiglu.gamma()].map(|id| parameters.get(id).item().to_f64());
        if (beta, gamma) != (1.0, 0.0) {
            return Err(format!(
                "its gate `{}` is {beta} and its shift {gamma}, but LLaMA's gate g σ(g) has β = 1 and γ = 0",
                parameters.name(swiglu.beta())
            ));
        }
    }
    Ok(())
}
