//! The commands `lm export` and `lm import`: models of other programs.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use data::{Vocabulary, beginning, printable, printable_path, read_whole};
use files::write_whole;
use nn::Decoder;
use store::{LlamaExportError, read_llama, read_llama2c, read_tokenizer, write_llama};

use super::options::{LmExport, LmImport};
use super::saved::{LmDescription, LoadedModel, load};
use super::values::TokenKind;
use crate::notes::note;
use crate::output::{check_folder, check_places};
use crate::saving::save_somewhere;

/// The file of a Hugging Face tokenizer in a model's folder.
const TOKENIZER: &str = "tokenizer.json";

/// The file in an exported folder with a vocabulary that is not Hugging Face's. `lm import` reads it.
const VOCABULARY: &str = "vocabulary.json";

/// Writes the model and its tokens into a new folder.
pub fn export(options: &LmExport) -> Result<(), Box<dyn Error>> {
    let LoadedModel { model, parameters, about } = load(&options.model)?;
    let folder = printable_path(&options.to);
    if fs::read_dir(&options.to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("--to {folder}: there are files in this folder; give a new one").into());
    }
    check_folder("--to", &options.to)?;
    write_llama(&options.to, &model, &parameters).map_err(|error| match error {
        LlamaExportError::Foreign(_) => format!(
            "--model {}: {error}; `wengert lm train --kind silu` trains one",
            printable_path(&options.model)
        ),
        error => format!("--to {error}"),
    })?;
    let (file, text) = match &about.vocabulary {
        Vocabulary::Hugging(tokenizer) => (TOKENIZER, serde_json::to_string(tokenizer)?),
        vocabulary => (VOCABULARY, serde_json::to_string(vocabulary)?),
    };
    write_whole(options.to.join(file), |file| writeln!(file, "{text}"))?;
    println!("Exported to {folder}. Load it: LlamaForCausalLM.from_pretrained({:?})", options.to);
    if file == VOCABULARY {
        note(&format!(
            "its tokens are in {VOCABULARY}, which `wengert lm import` reads and transformers does not"
        ));
    }
    Ok(())
}

/// Reads a model, and saves it with its tokens.
pub fn import(options: &LmImport) -> Result<(), Box<dyn Error>> {
    let from = [("FROM", options.from.clone())];
    check_places(&from, &[("--save", Some(&options.save))], &[])?;
    let is_folder = options.from.is_dir();
    let (model, parameters): (Decoder, Parameters) = match is_folder {
        true => read_llama(&options.from)?,
        false => read_llama2c(&options.from)?,
    };
    let vocabulary = match &options.tokens {
        Some(TokenKind::Bytes) => Vocabulary::Bytes,
        Some(TokenKind::File(path)) => read_vocabulary(path)?,
        Some(TokenKind::Characters | TokenKind::BytePairs(_)) => {
            return Err(
                "--tokens: the model has its tokens already; give bytes, or the path of its \
                        tokenizer.json"
                    .into(),
            );
        }
        None => read_vocabulary(&beside(&options.from, is_folder)?)?,
    };
    let (tokens, rows) = (vocabulary.len(), model.config().vocabulary);
    if tokens > rows {
        return Err(format!(
            "{}: its tokenizer has {tokens} tokens but the model only {rows}; give the tokenizer.json that \
             belongs to it by --tokens",
            printable_path(&options.from)
        )
        .into());
    }
    let description = LmDescription::imported(model.config(), vocabulary);
    save_somewhere(&options.save, &parameters, &description)?;
    let file = printable_path(&options.save);
    println!(
        "{} parameters, {tokens} tokens, a context of {}",
        parameters.count(),
        model.config().context
    );
    println!("Saved as {file}. Use it: wengert lm generate --model {file} TEXT");
    Ok(())
}

/// Returns the file of tokens that is in a folder.
fn beside(from: &Path, is_folder: bool) -> Result<PathBuf, String> {
    let files = [TOKENIZER, VOCABULARY].map(|file| from.join(file));
    let found = files.into_iter().find(|file| is_folder && file.is_file());
    found.ok_or_else(|| {
        format!(
            "{}: there is no {TOKENIZER} beside the weights; give the model's by --tokens",
            printable_path(from)
        )
    })
}

/// Returns the tokens of a `tokenizer.json`, or of the file that `lm export` writes.
fn read_vocabulary(path: &Path) -> Result<Vocabulary, Box<dyn Error>> {
    if path.file_name().is_none_or(|name| name != VOCABULARY) {
        return Ok(Vocabulary::Hugging(Box::new(read_tokenizer(path)?)));
    }
    let file = printable_path(path);
    let bytes = read_whole(path).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let error = error.to_string();
        let error = printable(&beginning(&error, 300)).into_owned();
        format!("{file}: is not a vocabulary that `wengert lm export` wrote: {error}").into()
    })
}
