//! The tokens that begin and end a text, as the folder of a model names them.

use std::path::Path;

use data::{FileError, read_whole};
use serde_json::{Map, Value};

use super::{CONFIG, LlamaError, LlamaFault, shown};

/// The file whose generation settings take precedence over `config.json`.
pub(super) const GENERATION: &str = "generation_config.json";

const BEGIN: &str = "bos_token_id";
const END: &str = "eos_token_id";

/// The tokens that begin and end a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextMarks {
    /// The token that a text begins with.
    pub begin: Option<u32>,
    /// The tokens that a text ends with, any one of them.
    pub end: Vec<u32>,
}

/// Reads the tokens that begin and end a text from the folder of a `LlamaForCausalLM`: `bos_token_id` and
/// `eos_token_id` of `generation_config.json`, if it is there and has them, and otherwise of `config.json`. A key that
/// is missing or `null` names no token, although old versions of transformers took 1 and 2 then.
///
/// # Errors
/// If a file cannot be read, or has something other than tokens under these keys.
pub fn read_llama_marks(folder: impl AsRef<Path>) -> Result<TextMarks, LlamaError> {
    let path = folder.as_ref().join(GENERATION);
    // A link that leads nowhere is there, and cannot be read.
    let is_there = path.symlink_metadata().is_ok();
    let generation = if is_there { marks(&path)? } else { TextMarks::default() };
    let config = marks(&folder.as_ref().join(CONFIG))?;
    let end = if generation.end.is_empty() { config.end } else { generation.end };
    Ok(TextMarks { begin: generation.begin.or(config.begin), end })
}

/// Returns the marks that one file names.
fn marks(path: &Path) -> Result<TextMarks, LlamaError> {
    let found = read_whole(path).map_err(LlamaFault::Read).and_then(|bytes| {
        let object: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|error| {
            LlamaFault::Config(format!("is not a JSON object ({error}): save the model again"))
        })?;
        let begin = match ids(&object, BEGIN)?[..] {
            [] => None,
            [id] => Some(id),
            _ => {
                return Err(LlamaFault::Config(format!(
                    "`{BEGIN}` is a list of several tokens: a text begins with one; keep that one"
                )));
            }
        };
        Ok(TextMarks { begin, end: ids(&object, END)? })
    });
    found.map_err(|fault| FileError::new(path, fault))
}

/// Returns the tokens under a key: one, or a list.
fn ids(object: &Map<String, Value>, key: &str) -> Result<Vec<u32>, LlamaFault> {
    let values = match object.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
    };
    let id = |value: &Value| {
        let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
        id.ok_or_else(|| {
            LlamaFault::Config(format!(
                "`{key}` is {}: it must be the id of a token, a list of ids, or null",
                shown(value)
            ))
        })
    };
    values.iter().map(id).collect()
}
