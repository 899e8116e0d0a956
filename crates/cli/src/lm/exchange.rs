//! The commands `lm export` and `lm import`: models of other programs.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use autograd::Parameters;
use data::{Vocabulary, beginning, printable, printable_path, read_whole};
use files::write_whole;
use nn::{Decoder, DecoderConfig};
use serde::{Deserialize, Serialize};
use store::{
    LlamaExportError, TextMarks, read_llama, read_llama_marks, read_llama2c, read_tokenizer,
    write_llama,
};

use super::options::{LmExport, LmImport};
use super::saved::{LmDescription, LoadedModel, check_size, load};
use super::values::TokenKind;
use crate::notes::note;
use crate::places::{check_folder, check_places};
use crate::saving::save_somewhere;
use crate::shell::quoted_path;

/// The file of a Hugging Face tokenizer in a model's folder.
const TOKENIZER: &str = "tokenizer.json";

/// The file in an exported folder with a vocabulary that is not Hugging Face's. `lm import` reads it.
const VOCABULARY: &str = "vocabulary.json";

/// The tokens with which `run.c` of llama2.c begins and ends a text.
const LLAMA2C_BEGIN: u32 = 1;
const LLAMA2C_END: u32 = 2;

/// The content of the file [`VOCABULARY`].
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ExportedTokens {
    vocabulary: Vocabulary,
    /// The tokens after which a document begins.
    start: Vec<u32>,
}

/// Writes the model and its tokens into a new folder.
pub fn export(options: &LmExport) -> Result<(), Box<dyn Error>> {
    let LoadedModel { model, parameters, about } = load(&options.model)?;
    let folder = printable_path(&options.to);
    if fs::read_dir(&options.to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("--to {folder}: there are files in this folder; give a new one").into());
    }
    check_folder("--to", &options.to)?;
    write_llama(&options.to, &model, &parameters, &marks(&about)).map_err(|error| match error {
        LlamaExportError::Foreign(_) => format!(
            "--model {}: {error}; `wengert lm train --kind silu` trains one",
            printable_path(&options.model)
        ),
        error => format!("--to {error}"),
    })?;
    let (file, text) = match &about.vocabulary {
        Vocabulary::Hugging(tokenizer) => (TOKENIZER, serde_json::to_string(tokenizer)?),
        vocabulary => {
            let (vocabulary, start) = (vocabulary.clone(), about.start.clone());
            (VOCABULARY, serde_json::to_string(&ExportedTokens { vocabulary, start })?)
        }
    };
    write_whole(options.to.join(file), |file| writeln!(file, "{text}"))?;
    println!("Exported to {folder}. Load it: LlamaForCausalLM.from_pretrained({:?})", options.to);
    if file == TOKENIZER && about.start.len() > 1 && about.start != about.vocabulary.beginning() {
        note(
            "its documents begin after several tokens, and config.json can name only one: it names none",
        );
    }
    if file == VOCABULARY {
        note(&format!(
            "its tokens are in {VOCABULARY}, which `wengert lm import` reads and transformers does not"
        ));
    }
    Ok(())
}

/// Returns the tokens that begin and end a text, as `config.json` names them. An imported model
/// keeps its own; in a model that was trained here, documents also end with the token that the next
/// begins after.
fn marks(about: &LmDescription) -> TextMarks {
    let begin = match about.start[..] {
        [only] => Some(only),
        _ => None,
    };
    let mut end = about.end.clone();
    if end.is_empty() {
        end = about.vocabulary.endings();
        end.extend(begin.filter(|id| !end.contains(id)));
    }
    TextMarks { begin, end }
}

/// Reads a model, and saves it with its tokens.
pub fn import(options: &LmImport) -> Result<(), Box<dyn Error>> {
    let is_folder = options.from.is_dir();
    check_places(&files_to_import(options), &[("--save", Some(&options.save))], &[])?;
    let (model, parameters): (Decoder, Parameters) = match is_folder {
        true => read_llama(&options.from)?,
        false => read_llama2c(&options.from)?,
    };
    let marks = match is_folder {
        true => read_llama_marks(&options.from)?,
        false => TextMarks { begin: Some(LLAMA2C_BEGIN), end: vec![LLAMA2C_BEGIN, LLAMA2C_END] },
    };
    let tokens = imported_tokens(options, is_folder)?;
    let (known, rows) = (tokens.vocabulary.len(), model.config().vocabulary);
    if known > rows {
        return Err(format!(
            "{}: its tokenizer has {known} tokens but the model only {rows}; give the tokenizer.json that belongs to \
             it with --tokens",
            printable_path(&options.from)
        )
        .into());
    }
    let description = describe(model.config(), tokens, marks);
    let refused = |why| format!("{}: {why}", printable_path(&options.from));
    let config = description.checked().map_err(refused)?;
    check_size(&config, parameters.count()).map_err(refused)?;
    save_somewhere(&options.save, &parameters, &description)?;
    let (file, typed) = (printable_path(&options.save), quoted_path(&options.save));
    println!("{} parameters, {known} tokens, a context of {}", parameters.count(), config.context);
    println!("Saved as {file}. Use it: wengert lm generate --model {typed} TEXT");
    Ok(())
}

/// Returns the files that may be read, with their options: of a folder, all that are in it.
fn files_to_import(options: &LmImport) -> Vec<(&'static str, PathBuf)> {
    let mut files = vec![("FROM", options.from.clone())];
    // A folder that cannot be listed holds nothing that could be read.
    for entry in fs::read_dir(&options.from).into_iter().flatten().flatten() {
        files.push(("FROM", entry.path()));
    }
    if let Some(TokenKind::File(path)) = &options.tokens {
        files.push(("--tokens", path.clone()));
    }
    files
}

/// Returns the tokens that the option names, or those beside the weights.
fn imported_tokens(options: &LmImport, is_folder: bool) -> Result<ExportedTokens, Box<dyn Error>> {
    match &options.tokens {
        Some(TokenKind::Bytes) => {
            Ok(ExportedTokens { vocabulary: Vocabulary::Bytes, start: Vec::new() })
        }
        Some(TokenKind::File(path)) => read_vocabulary(path),
        Some(TokenKind::Characters | TokenKind::BytePairs(_)) => Err(
            "--tokens: the model has its tokens already; give bytes, or the path of its tokenizer.json".into(),
        ),
        None => read_vocabulary(&beside(&options.from, is_folder)?),
    }
}

/// Describes a model with these tokens. The marks of its folder are ids of a `tokenizer.json`; a vocabulary that
/// `lm export` wrote has its own.
fn describe(config: &DecoderConfig, tokens: ExportedTokens, marks: TextMarks) -> LmDescription {
    let ExportedTokens { vocabulary, start } = tokens;
    if !matches!(vocabulary, Vocabulary::Hugging(_)) {
        return LmDescription::imported(config, vocabulary, start, Vec::new());
    }
    let is_known = |id: &u32| {
        let has = vocabulary.has(*id);
        if !has {
            note(&format!(
                "the model begins or ends a text with token {id}, which its tokenizer does not have"
            ));
        }
        has
    };
    let begin: Vec<u32> = marks.begin.into_iter().filter(is_known).collect();
    let end = marks.end.into_iter().filter(is_known).collect();
    let start = match vocabulary.beginning() {
        [] => begin,
        beginning => beginning.to_vec(),
    };
    LmDescription::imported(config, vocabulary, start, end)
}

/// Returns the file of tokens that is in a folder.
fn beside(from: &Path, is_folder: bool) -> Result<PathBuf, String> {
    let files = [TOKENIZER, VOCABULARY].map(|file| from.join(file));
    let found = files.into_iter().find(|file| is_folder && file.is_file());
    found.ok_or_else(|| {
        format!(
            "{}: there is no {TOKENIZER} beside the weights; give the model's with --tokens",
            printable_path(from)
        )
    })
}

/// Returns the tokens of a `tokenizer.json`, or of the file that `lm export` writes.
fn read_vocabulary(path: &Path) -> Result<ExportedTokens, Box<dyn Error>> {
    if path.file_name().is_none_or(|name| name != VOCABULARY) {
        let vocabulary = Vocabulary::Hugging(Box::new(read_tokenizer(path)?));
        return Ok(ExportedTokens { vocabulary, start: Vec::new() });
    }
    let file = printable_path(path);
    let bytes = read_whole(path).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let error = error.to_string();
        let error = printable(&beginning(&error, 300)).into_owned();
        format!("{file}: is not a vocabulary that `wengert lm export` wrote: {error}").into()
    })
}
