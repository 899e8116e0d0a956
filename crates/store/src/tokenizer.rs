//! Reads the tokenizer of a model of Hugging Face.

use std::io;
use std::path::Path;

use data::{FileError, HuggingTokenizer, beginning, quoted, read_whole};
use thiserror::Error;

/// A `tokenizer.json` could not be used: its path, and its fault.
pub type TokenizerError = FileError<TokenizerFault>;

/// What is wrong with a `tokenizer.json`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenizerFault {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It is not JSON, or has something that is not implemented.
    #[error(
        "{what}; expected the tokenizer.json of a model of the LLaMA kind, with byte-pair encoding"
    )]
    Refused {
        /// The place, if it is known, and what is there.
        what: String,
    },
}

/// Reads a file `tokenizer.json` of Hugging Face.
///
/// # Errors
/// If the file cannot be read, is not JSON, or has something that [`HuggingTokenizer`] does not implement; the
/// error names the key.
pub fn read_tokenizer(path: impl AsRef<Path>) -> Result<HuggingTokenizer, TokenizerError> {
    let read = |path: &Path| {
        let bytes = read_whole(path)?;
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let tokenizer = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let key = error.path().to_string();
            let what = beginning(&error.into_inner().to_string(), 300).into_owned();
            // The whole file is called ".".
            refused(if key == "." { what } else { format!("{}: {what}", quoted(&key)) })
        })?;
        reader.end().map_err(|error| refused(error.to_string()))?;
        Ok(tokenizer)
    };
    read(path.as_ref()).map_err(|fault| FileError::new(path, fault))
}

fn refused(what: String) -> TokenizerFault {
    TokenizerFault::Refused { what }
}
