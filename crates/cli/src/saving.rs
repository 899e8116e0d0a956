//! Saves a model after its training, elsewhere if it cannot be saved where it should be.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use data::printable_path;
use serde::Serialize;
use store::save;

/// Saves a model at this path. If that fails, it saves the model under a new name in the current or the
/// temporary folder, as the training would be lost otherwise. The error says where.
pub fn save_somewhere(
    path: &Path,
    parameters: &Parameters,
    description: &impl Serialize,
) -> Result<(), String> {
    let Err(error) = save(path, parameters, description) else { return Ok(()) };
    let rescued = [env::current_dir().unwrap_or_default(), env::temp_dir()]
        .into_iter()
        .find_map(|folder| save_under_new_name(&folder, parameters, description).ok());
    match rescued {
        Some(file) => Err(format!(
            "--save {error}. The model is kept in {}: move it to where you want it",
            printable_path(&file)
        )),
        None => Err(format!("--save {error}. The model could not be kept elsewhere either")),
    }
}

/// Saves the model under a name that no file of the folder has.
fn save_under_new_name(
    folder: &Path,
    parameters: &Parameters,
    description: &impl Serialize,
) -> Result<PathBuf, Box<dyn Error>> {
    let mut name = tempfile::Builder::new();
    name.prefix("model-").suffix(".safetensors").rand_bytes(8);
    // Removed again if the model cannot be written in its place.
    let place = name.tempfile_in(folder)?.into_temp_path();
    save(&place, parameters, description)?;
    Ok(place.keep()?)
}
